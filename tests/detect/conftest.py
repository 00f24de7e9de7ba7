from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.detect import Detections, Manifest, ModelClass, Role
from vision.sources import Image

DATA = Path(__file__).parent / "data"

CLASSES = [
    {"id": 0, "name": "person", "role": "person", "min_score": 0.35},
    {"id": 1, "name": "bag", "role": "carried", "min_score": 0.25},
]


def manifest_data(**changes: Any) -> dict[str, Any]:
    """A sound manifest of the tiny end-to-end network, with top-level keys replaced (None removes one)."""
    digest = hashlib.sha256((DATA / "end2end.onnx").read_bytes()).hexdigest()
    data = {
        "schema": "model-manifest/1",
        "name": "tiny",
        "version": "1",
        "licence": "AGPL-3.0",
        "input": {"width": 64, "height": 32, "dynamic_shape": True},
        "output": {"layout": "end2end"},
        "classes": CLASSES,
        "files": {"onnx": {"path": "end2end.onnx", "sha256": digest}},
    }
    return {key: value for key, value in {**data, **changes}.items() if value is not None}


@pytest.fixture
def tiny_model(tmp_path: Path) -> Callable[..., Path]:
    """Makes a model folder from one of the tiny networks: `tiny_model("yolo", output={"layout": "yolo"})`."""

    def make(network: str = "end2end", folder: Path | None = None, **changes: Any) -> Path:
        place = folder or tmp_path / "tiny"
        place.mkdir(parents=True, exist_ok=True)
        copied = Path(shutil.copy(DATA / f"{network}.onnx", place))
        digest = hashlib.sha256(copied.read_bytes()).hexdigest()
        files = {"files": {"onnx": {"path": copied.name, "sha256": digest}}}
        # JSON is YAML.
        (place / "manifest.yaml").write_text(json.dumps(manifest_data(**{**files, **changes})), encoding="utf-8")
        return place

    return make


@pytest.fixture
def manifest() -> Callable[..., Manifest]:
    return lambda **changes: Manifest.model_validate(manifest_data(**changes))


@pytest.fixture
def found() -> Callable[..., Detections]:
    """Makes detections from rows (x1, y1, x2, y2, score, class id)."""

    def make(*rows: tuple[float, float, float, float, float, int]) -> Detections:
        table = np.array(rows, np.float32).reshape(-1, 6)
        ids = table[:, 5].astype(np.int32)
        roles = tuple((Role.PERSON, Role.CARRIED)[i] for i in ids)
        return Detections(table[:, :4], table[:, 4], ids, roles, tuple(("person", "bag")[i] for i in ids))

    return make


class BrightnessDetector:
    """A detector that answers each picture with one box whose score is the picture's brightness, 0..1."""

    name, model_sha256, input_size = "brightness@1", "0" * 64, (64, 32)
    classes = (ModelClass(id=0, name="person", role=Role.PERSON),)
    backend, precision, device, invalid_rows = "test", "f32", "cpu", 0

    def __init__(self, before: Callable[[Sequence[Image]], None] = lambda images: None) -> None:
        self.before = before
        self.batches: list[list[int]] = []
        self.whole: list[bool] = []

    def detect(self, images: Sequence[Image], whole: Sequence[bool] | None = None) -> list[Detections]:
        self.batches.append([int(image[0, 0, 0]) for image in images])
        self.whole += whole or [True] * len(images)
        self.before(images)
        box = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
        ids = np.zeros(1, np.int32)
        scores = [np.array([image.mean() / 255], np.float32) for image in images]
        return [Detections(box, score, ids, (Role.PERSON,), ("person",)) for score in scores]


@pytest.fixture
def brightness() -> type[BrightnessDetector]:
    return BrightnessDetector
