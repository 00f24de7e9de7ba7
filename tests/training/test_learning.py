"""What a step learns from: boxes of the teacher's larger look beside the labels, and classes that weigh more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
pytest.importorskip("ultralytics", reason="needs Ultralytics: pip install street-vision[training]")

from ultralytics.utils import DEFAULT_CFG_DICT, IterableSimpleNamespace  # noqa: E402

from training.dataset import StreetDataset  # noqa: E402
from training.loss import FrozenTeacher, StreetLoss  # noqa: E402
from training.recipe import load_recipe  # noqa: E402
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


def class_loss(teacher: Any, gains: dict[int, float]) -> float:
    model = street_model(teacher, RECIPE)
    trainable(model, 4)
    model.args = IterableSimpleNamespace(**{**DEFAULT_CFG_DICT, **RECIPE.train["gains"]})
    frozen = FrozenTeacher(teacher, model, RECIPE, 4)
    model.train()
    freeze_statistics(model)
    torch.manual_seed(1)
    images = torch.rand(1, 3, 64, 64)
    batch = {
        "cls": torch.tensor([[float(LOCK)]]),
        "bboxes": torch.tensor([[0.5, 0.5, 0.4, 0.4]]),
        "batch_idx": torch.tensor([0.0]),
    }
    with torch.no_grad():
        preds = model(images)
        _, parts = StreetLoss(model, frozen.ids, [], gains)(preds, frozen(), batch)
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
