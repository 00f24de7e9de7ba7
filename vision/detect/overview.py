"""A second look at the whole picture, smaller: for what fills so much of it that the first sees only parts.

A stall that a camera sees from three metres is 500 pixels wide at the network's size. The network knows such things
from pictures in which they are half as large; shown smaller, it tells the whole and not the parasol and the crates.
Which classes gain by it, and how much, is in the card of the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.detect.decode import suppress
from vision.detect.detections import Detections
from vision.detect.detector import ModelDetector
from vision.detect.letterbox import Size
from vision.detect.looks import MERGE_IOU
from vision.detect.manifest import ModelClass, Overview
from vision.sources import Image


class OverviewDetector:
    """A `Detector` of two: one looks at the network's size, one smaller. What it says of itself is the first's."""

    def __init__(self, detector: ModelDetector, smaller: ModelDetector, spec: Overview) -> None:
        """Both of the same model; `spec` says what of the smaller look counts."""
        self._detector, self._smaller, self._spec = detector, smaller, spec

    @property
    def name(self) -> str:
        return self._detector.name

    @property
    def model_sha256(self) -> str:
        return self._detector.model_sha256

    @property
    def input_size(self) -> Size:
        return self._detector.input_size

    @property
    def classes(self) -> tuple[ModelClass, ...]:
        return self._detector.classes

    @property
    def backend(self) -> str:
        return self._detector.backend

    @property
    def precision(self) -> str:
        return self._detector.precision

    @property
    def device(self) -> str:
        return self._detector.device

    @property
    def invalid_rows(self) -> int:
        return self._detector.invalid_rows + self._smaller.invalid_rows

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        found, large = self._detector.detect(images), self._smaller.detect(images)
        return [with_large(mine, theirs, self._spec) for mine, theirs in zip(found, large, strict=True)]


def with_large(found: Detections, smaller: Detections, spec: Overview) -> Detections:
    """What was found, and what of the smaller look is large and of its classes; told once each, best score first.

    Boxes of other classes stay as they were found. Both are of one picture, as fractions of it.
    """
    sides = (smaller.boxes[:, 2:] - smaller.boxes[:, :2]).max(axis=1, initial=0.0)
    wanted = np.array([name in spec.classes for name in smaller.names], dtype=np.bool_)
    large = smaller.take(wanted & (sides >= spec.least_side))
    if not len(large):
        return found
    both = Detections.joined([found, large])
    shared = np.flatnonzero([name in spec.classes for name in both.names])
    kept = suppress(both.boxes[shared], both.scores[shared], both.class_ids[shared], MERGE_IOU)
    others = np.flatnonzero([name not in spec.classes for name in both.names])
    positions = np.concatenate([others, shared[kept]])
    return both.take(positions[np.argsort(-both.scores[positions], kind="stable")])
