"""The classifier of close-ups: its recipe, its examples, and a few steps of training on tiny pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.closeups import CloseupMaker, load_kinds_recipe, pictures, shaded, things_to_paste
from training.paste import Sprite
from training.recipe import RecipeError, load_recipe
from vision.detect import load_classifier

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A prepared set of two pictures: a heap of rubbish and a stall; the source of the other has nobody boxed."""
    rng = np.random.default_rng(0)
    entries = [
        {"file": "train/a.jpg", "source": "rubbish_cn/train", "split": "train",
         "boxes": [{"name": "rubbish", "box": [0.2, 0.5, 0.5, 0.8]}]},
        {"file": "train/b.jpg", "source": "stalls/images", "split": "train",
         "boxes": [{"name": "stall", "box": [0.3, 0.2, 0.8, 0.9]}]},
        {"file": "val/c.jpg", "source": "rubbish_cn/val", "split": "val"},
    ]  # fmt: skip
    for entry in entries:
        path = tmp_path / "images" / str(entry["file"])
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), rng.integers(60, 160, (120, 160, 3), np.uint8))
    (tmp_path / "pictures.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return tmp_path


def cut_outs() -> dict[str, list[Sprite]]:
    bgra = np.full((40, 40, 4), 255, np.uint8)
    bgra[..., :3] = (0, 200, 250)
    return {kind: [Sprite(f"{kind}-000", "", bgra, 0.8)] for kind in ("lock", "post")}


def changed(tmp_path: Path, old: str, new: str) -> Path:
    path = tmp_path / "kinds.yaml"
    path.write_text((ROOT / "training" / "street_kinds.yaml").read_text("utf-8").replace(old, new), "utf-8")
    return path


def test_every_class_of_the_detector_that_stands_in_a_street_is_of_one_kind() -> None:
    recipe = load_kinds_recipe()
    for one in load_recipe().classes:
        assert recipe.kind_of("boxes", one.name) is not None, one.name


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("boxes: [stall]", "boxes: [bin]", "boxes: bin is named twice"),
        ("name: bulky", "name: bin", "kinds: bin is named twice"),
        ("{name: nothing}", "{name: bare}", "must be 'nothing'"),
    ],
)
def test_recipe_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        load_kinds_recipe(changed(tmp_path, old, new))


def test_pictures_come_with_kinds_and_say_where_a_bare_place_can_be_told(data: Path) -> None:
    recipe, street = load_kinds_recipe(), load_recipe()
    (heap, heap_boxes, heap_bare), (_, stall_boxes, stall_bare) = pictures(recipe, street, data, "train")
    assert (heap.name, heap_boxes, heap_bare) == ("a.jpg", [("rubbish", (0.2, 0.5, 0.5, 0.8))], True)
    assert ([kind for kind, _ in stall_boxes], stall_bare) == (["stall"], False)
    ((_, nothing, _),) = pictures(recipe, street, data, "val")
    assert nothing == []


def test_examples_are_cut_out_of_labels_of_what_is_pasted_and_of_bare_places() -> None:
    recipe, rng = load_kinds_recipe(), np.random.default_rng(3)
    maker = CloseupMaker(recipe, load_recipe(), cut_outs(), rng)
    image = rng.integers(90, 130, (240, 320, 3), np.uint8)
    found: dict[tuple[str, bool], int] = {}
    for _ in range(12):
        for cut, kind, pasted in maker.examples(image, [("rubbish", (0.1, 0.6, 0.25, 0.9))], bare=2):
            assert cut.shape == (recipe.side, recipe.side, 3)
            found[kind, pasted] = found.get((kind, pasted), 0) + 1
    assert set(found) == {("rubbish", False), ("nothing", False), ("lock", True), ("post", True)}
    assert found["rubbish", False] == 12


def test_same_seed_same_examples() -> None:
    image = np.random.default_rng(1).integers(60, 160, (200, 300, 3), np.uint8)
    runs = []
    for _ in range(2):
        maker = CloseupMaker(load_kinds_recipe(), load_recipe(), cut_outs(), np.random.default_rng(7))
        runs.append(np.stack([cut for cut, _, _ in maker.examples(image, [], bare=2)]))
    assert (runs[0] == runs[1]).all()


def test_things_kept_for_measuring_are_other_ones(tmp_path: Path) -> None:
    for number in range(10):
        cv2.imwrite(str(tmp_path / f"lock-{number:03d}.png"), np.full((30, 30, 4), 255, np.uint8))
    recipe, street = load_kinds_recipe(), load_recipe()
    names = [
        {sprite.name for sprite in things_to_paste(recipe, street, tmp_path, tmp_path, held_out)["lock"]}
        for held_out in (False, True)
    ]
    rendered = [{name for name in found if name.startswith("lock-00")} for found in names]
    assert rendered[1] == {"lock-004", "lock-009"}
    assert not rendered[0] & rendered[1]


def test_shades_change_light_and_nothing_else() -> None:
    image = np.full((100, 100, 3), 120, np.uint8)
    shade = shaded(np.random.default_rng(5), image)
    assert shade.shape == image.shape
    assert 0.001 < float((np.abs(shade.astype(int) - 120) > 10).any(2).mean()) < 1


@pytest.mark.timeout(300)
def test_a_few_steps_give_a_classifier_that_the_worker_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
    pytest.importorskip("efficientnet_lite_pytorch", reason="needs it: pip install street-vision[training]")
    pytest.importorskip("onnx", reason="needs onnx: pip install street-vision[training]")
    from training import train_kinds

    recipe = load_kinds_recipe(changed(tmp_path, "batch: 64", "batch: 4"))
    rng = np.random.default_rng(0)
    np.save(tmp_path / "a-x.npy", rng.integers(0, 255, (12, recipe.side, recipe.side, 3), np.uint8))
    np.save(tmp_path / "a-y.npy", np.array([(k % len(recipe.kinds), k % 2) for k in range(12)], np.int32))
    examples = train_kinds.Examples([tmp_path / "a"])
    network = train_kinds.train(recipe, examples, tmp_path / "run", epochs=0.7)
    answers = train_kinds.probabilities(network, examples)
    assert answers.shape == (12, len(recipe.kinds))
    assert answers.sum(1) == pytest.approx(np.ones(12), abs=1e-4)
    rows: dict[str, Any] = train_kinds.report(recipe, examples, answers)
    assert rows["person"]["pasted"]["examples"] == 1
    assert (tmp_path / "run" / "last.pt").is_file()
    train_kinds.export(recipe, network, tmp_path / "models" / "tiny")
    classifier = load_classifier("tiny", [tmp_path / "models"])
    picture = examples.closeups(np.array([3]))[0]
    near, far = 0.5 - 0.5 / recipe.context, 0.5 + 0.5 / recipe.context  # so that the close-up is the whole picture
    (told,) = classifier.classify(picture, [(near, near, far, far)])
    assert list(told) == list(recipe.kinds)
    assert list(told.values()) == pytest.approx(answers[3].tolist(), abs=0.02), "as the network that was exported"
