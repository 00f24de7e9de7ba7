"""What a step learns from: boxes of the teacher's larger look beside the labels, and classes that weigh more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
pytest.importorskip("ultralytics", reason="needs Ultralytics: pip install street-vision[training]")

from ultralytics.utils import DEFAULT_CFG_DICT, IterableSimpleNamespace  # noqa: E402

from training.dataset import StreetDataset, with_cuts  # noqa: E402
from training.loss import BranchLoss, FrozenTeacher, Solid, StreetLoss  # noqa: E402
from training.paste import Sprite, split_sprites  # noqa: E402
from training.recipe import load_recipe  # noqa: E402
from training.sketches import draw_sketches  # noqa: E402
from training.surgery import street_model  # noqa: E402
from training.train import freeze_statistics, in_bf16, trainable  # noqa: E402

RECIPE = load_recipe()
LOCK, PERSON, BENCH = (RECIPE.id_of(name) for name in ("ground_lock", "person", "bench"))


def test_what_the_larger_look_saw_is_a_label_if_the_recipe_wants_the_class(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images" / "street.png"), np.full((64, 64, 3), 90, np.uint8))
    (tmp_path / "labels" / "street.txt").write_text(f"{LOCK} 0.5 0.5 0.2 0.2\n")
    (tmp_path / "train.txt").write_text(str(tmp_path / "images" / "street.png") + "\n")
    seen = {"street.png": np.array([[PERSON, 0.1, 0.2, 0.3, 0.6], [BENCH, 0, 0, 1, 1]], np.float32)}
    labels = StreetDataset(RECIPE, tmp_path / "train.txt", 0, [], seen=seen).labels[0]
    assert labels["cls"].ravel().tolist() == [LOCK, PERSON]
    np.testing.assert_allclose(labels["bboxes"], [[0.5, 0.5, 0.2, 0.2], [0.2, 0.4, 0.2, 0.4]], atol=1e-6)


def one_lock_seen(teacher: Any, gains: dict[int, float]) -> tuple[StreetLoss, Any, Any, dict[str, Any]]:
    """A loss, what student and teacher say of a picture of noise, and a label: a lock in the middle."""
    model = street_model(teacher, RECIPE)
    trainable(model, 4)
    model.args = IterableSimpleNamespace(**{**DEFAULT_CFG_DICT, **RECIPE.train["gains"]})
    frozen = FrozenTeacher(teacher, model, RECIPE, 4)
    model.train()
    freeze_statistics(model)
    torch.manual_seed(1)
    batch = {
        "cls": torch.tensor([[float(LOCK)]]),
        "bboxes": torch.tensor([[0.5, 0.5, 0.4, 0.4]]),
        "batch_idx": torch.tensor([0.0]),
    }
    with torch.no_grad():
        return StreetLoss(model, frozen.ids, [], gains), model(torch.rand(1, 3, 64, 64)), frozen(), batch


def class_loss(teacher: Any, gains: dict[int, float]) -> float:
    loss, preds, taught, batch = one_lock_seen(teacher, gains)
    with torch.no_grad():
        _, parts = loss(preds, taught, batch)
    return float(parts[1])


def test_a_gain_weighs_where_the_thing_is_and_not_where_it_is_not(teacher: Any) -> None:
    plain = class_loss(teacher, {})
    assert class_loss(teacher, {LOCK: 3.0}) > plain * 1.2
    assert class_loss(teacher, {RECIPE.id_of("stall"): 3.0}) == pytest.approx(plain)


def test_bfloat16_is_only_used_unasked_where_the_processor_has_it() -> None:
    from vision.detect import probe_hardware

    assert in_bf16("bf16")
    assert not in_bf16("f32")
    assert in_bf16("auto") == probe_hardware().has_bf16


def unknown_of(labels: list[tuple[float, list[float]]], groups: list[list[int]]) -> Any:
    """(16, classes) bool: where absence is not taught, on a grid of 4 × 4 anchors in a picture of 64 pixels."""
    branch = SimpleNamespace(nc=len(RECIPE.classes), groups=groups, known=[PERSON])
    steps = torch.tensor([8.0, 24.0, 40.0, 56.0])
    anchors = torch.cartesian_prod(steps, steps).flip(1)
    batch = {
        "cls": torch.tensor([[key] for key, _ in labels]),
        "bboxes": torch.tensor([box for _, box in labels]),
        "batch_idx": torch.zeros(len(labels)),
    }
    like = torch.zeros(1, len(anchors), len(RECIPE.classes))
    return BranchLoss._unknown(branch, batch, anchors, torch.tensor([64.0, 64.0, 64.0, 64.0]), like)[0]


def test_where_a_thing_was_pasted_it_is_known_that_nothing_else_is_there() -> None:
    tricycle, count = RECIPE.id_of("tricycle"), len(RECIPE.classes)
    everywhere, corner = [0.5, 0.5, 1.0, 1.0], [0.125, 0.125, 0.2, 0.2]
    open_question = (float(count), everywhere)
    for key in (LOCK, count + 1):  # a lock, and a look-alike that has no label: the id behind the last unknown group
        unknown = unknown_of([(float(key), corner), open_question], [[tricycle]])
        assert not unknown[0, tricycle]
        assert bool(unknown[1:, tricycle].all())
        assert not bool(unknown[:, LOCK].any())
    # Who stands there says nothing: he may sit on the tricycle that nobody labelled.
    assert bool(unknown_of([(float(PERSON), corner), open_question], [[tricycle]])[:, tricycle].all())
    assert not bool(unknown_of([(float(LOCK), corner)], [[tricycle]]).any())


def test_a_look_alike_that_is_pasted_is_told_of_by_an_id_of_its_own(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images" / "street.png"), np.full((384, 384, 3), 120, np.uint8))
    (tmp_path / "labels" / "street.txt").write_text("")
    (tmp_path / "train.txt").write_text(str(tmp_path / "images" / "street.png") + "\n")
    kinds = {"share": 1.0, "most": 6, "on_ground": 0.0, "kinds": {"decoy": 1.0, "ground_lock": 1.0}}
    recipe = replace(RECIPE, data={**RECIPE.data, "paste": kinds, "degrade": 0.0})
    locks = [sprite for sprite in draw_sketches(np.random.default_rng(1), 4) if sprite.kind == "ground_lock"]
    dataset = StreetDataset(recipe, tmp_path / "train.txt", 2, locks)
    found = {float(key) for _ in range(12) for key in dataset.get_image_and_label(0)["cls"].ravel()}
    assert found == {float(LOCK), float(len(RECIPE.classes) + 2)}


def test_a_thing_kept_for_measuring_stays_so_however_much_was_rendered() -> None:
    few = [Sprite(f"lock-{number}", "ground_lock", np.zeros((2, 2, 4), np.uint8)) for number in (100, 103, 104, 109)]
    more = [*few, *(Sprite(f"arm-{number}", "ground_lock", few[0].bgra) for number in (100, 101, 104))]
    kept = [sprite.name for sprite in split_sprites(few, held_out=True)]
    assert kept == ["lock-104", "lock-109"]
    assert [sprite.name for sprite in split_sprites(more, held_out=True)] == [*kept, "arm-104"]
    assert {sprite.name for sprite in split_sprites(more, held_out=False)}.isdisjoint([*kept, "arm-104"])


def test_real_cut_outs_are_pasted_as_often_as_the_recipe_says() -> None:
    rendered = [Sprite(f"stall-{number}", "stall", np.zeros((2, 2, 4), np.uint8)) for number in range(60)]
    real = [Sprite(f"stall-{number:05d}", "stall", rendered[0].bgra) for number in range(10)]
    both = with_cuts(rendered, real, {"stall": 0.4})
    assert both[:60] == rendered
    assert sum(len(one.name) > len("stall-99") for one in both) == 40
    assert with_cuts(rendered, [], {"stall": 0.4}) == rendered


def test_a_weak_guess_of_the_teacher_at_a_sack_is_not_believed_and_a_strong_one_is() -> None:
    rubbish, stall, car = (RECIPE.id_of(name) for name in ("rubbish", "stall", "car"))
    branch = SimpleNamespace(known=[PERSON, BENCH, car], solid=Solid.of(RECIPE))
    steps = torch.tensor([8.0, 24.0, 40.0, 56.0])
    anchors = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1).view(-1, 2)
    batch = {
        "cls": torch.tensor([[float(rubbish)], [float(stall)]]),
        "bboxes": torch.tensor([[0.25, 0.25, 0.5, 0.5], [0.75, 0.75, 0.5, 0.5]]),
        "batch_idx": torch.tensor([0.0, 0.0]),
    }
    taught = torch.full((1, 16, 3), 0.3)
    taught[0, 1, 0] = 0.7
    believed = BranchLoss._believed(branch, taught, batch, anchors, torch.full((4,), 64.0))[0]
    sack, strong, beside, vendor = believed[0], believed[1], believed[2], believed[15]
    assert sack.tolist() == pytest.approx([0.0, 0.3, 0.0])
    assert strong.tolist() == pytest.approx([0.7, 0.3, 0.0])
    assert beside.tolist() == pytest.approx([0.3] * 3) == vendor.tolist()
    assert taught[0, 0, 0] == pytest.approx(0.3)


def test_what_a_label_says_is_not_told_again_by_the_teacher_at_another_anchor() -> None:
    branch = SimpleNamespace(known=[BENCH, PERSON])
    taught = torch.tensor([[[0.2, 0.9], [0.2, 0.8], [0.2, 0.7]]])  # (1, 3 anchors, bench and person)
    taught_boxes = torch.tensor([[[0.0, 0, 10, 30], [2.0, 0, 12, 30], [40.0, 0, 50, 30]]])
    labels, boxes = torch.tensor([[[PERSON], [LOCK], [0]]]), torch.zeros(1, 3, 4)
    boxes[0, 0] = torch.tensor([1.0, 0, 11, 30])  # both first anchors mean this person
    boxes[0, 1] = torch.tensor([40.0, 0, 50, 30])  # a lock says nothing of the person who stands before it
    once = BranchLoss._told_once(branch, taught, taught_boxes, labels, boxes)[0]
    assert once[:, 1].tolist() == pytest.approx([0.0, 0.0, 0.7])
    assert once[:, 0].tolist() == pytest.approx([0.2] * 3)
    assert taught[0, 0, 1] == pytest.approx(0.9)


def test_a_second_box_of_a_thing_costs_what_its_first_is_worth(teacher: Any) -> None:
    """A gain counts in the one-to-one branch also where only the one-to-many branch has a target: at the doubles."""
    loss, preds, taught, batch = one_lock_seen(teacher, {LOCK: 3.0})
    many, one = loss.branches.values()
    with torch.no_grad():
        _, near = many.branch(preds["one2many"], taught["one2many"], batch)
        alone, targets = one.branch(preds["one2one"], taught["one2one"], batch)
        beside, _ = one.branch(preds["one2one"], taught["one2one"], batch, near)
    assert int((targets[..., LOCK] > 0).sum()) == 1
    assert int((near[..., LOCK] > 0).sum()) > 1
    assert float(beside[1]) > float(alone[1])


def test_a_vendor_half_hidden_by_what_is_sold_from_is_a_person_to_learn(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images" / "street.png"), np.full((384, 384, 3), 120, np.uint8))
    (tmp_path / "labels" / "street.txt").write_text("")
    (tmp_path / "train.txt").write_text(str(tmp_path / "images" / "street.png") + "\n")
    stalls = [sprite for sprite in draw_sketches(np.random.default_rng(1), 4) if sprite.kind == "stall"]
    person = Sprite("person-00001", "", np.full((80, 30, 4), 255, np.uint8), 1.7)

    def labels_with(vendors: float) -> list[float]:
        kinds = {"share": 1.0, "most": 1, "on_ground": 0.0, "vendors": vendors, "kinds": {"stall": 1.0}}
        recipe = replace(RECIPE, data={**RECIPE.data, "paste": kinds, "degrade": 0.0})
        dataset = StreetDataset(recipe, tmp_path / "train.txt", 0, stalls, crops=[person])
        return [float(key) for _ in range(30) for key in dataset.get_image_and_label(0)["cls"].ravel()]

    assert labels_with(0.0).count(float(PERSON)) == 0
    both = labels_with(1.0)
    assert both.count(float(PERSON)) > 10
    assert both.count(float(RECIPE.id_of("stall"))) >= both.count(float(PERSON))
