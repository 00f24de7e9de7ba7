"""A second look at the whole picture, smaller: for what fills so much of it that the first sees only parts.

A stall that a camera sees from three metres is 500 pixels wide at the network's size. The network knows such things
from pictures in which they are half as large; shown smaller, it tells the whole and not the parasol and the crates.
Which classes gain by it, and how much, is in the card of the model. A part of a picture that is looked at in native
resolution gets one look: nobody asks it for what is large.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.detect.decode import suppress
from vision.detect.detections import Detections
from vision.detect.detector import Engine, ModelDetector
from vision.detect.letterbox import Size
from vision.detect.looks import MERGE_IOU
from vision.detect.manifest import Manifest, Overview
from vision.sources import Image


class OverviewDetector(ModelDetector):
    """Looks at the network's size, and has another one of the same model look smaller."""

    def __init__(
        self,
        manifest: Manifest,
        engine: Engine,
        sha256: str,
        input_size: Size,
        where: str,
        *,
        smaller: ModelDetector,
        spec: Overview,
    ) -> None:
        """As `ModelDetector`; `spec` says what of the `smaller` one's look counts.

        Raises:
            ModelError: as there.
        """
        super().__init__(manifest, engine, sha256, input_size, where)
        self._smaller, self._spec = smaller, spec

    @property
    def invalid_rows(self) -> int:
        return super().invalid_rows + self._smaller.invalid_rows

    def detect(self, images: Sequence[Image], whole: Sequence[bool] | None = None) -> list[Detections]:
        found = super().detect(images, whole)
        views = [index for index in range(len(images)) if whole is None or whole[index]]
        for index, large in zip(views, self._smaller.detect([images[index] for index in views]), strict=True):
            found[index] = with_large(found[index], large, self._spec)
        return found


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
