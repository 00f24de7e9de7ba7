"""What the detector saw in one frame: the one data type that every later room takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.detect.roles import Role
from vision.sources import Box


@dataclass(slots=True, frozen=True)
class Detections:
    """N things in one picture.

    Attributes:
        boxes: (N, 4) float32, x1 y1 x2 y2 as fractions of the whole picture, 0..1.
        scores: (N,) float32, 0..1.
        class_ids: (N,) int32, the model's own class numbers.
        roles: N roles, from the model's manifest.
        names: N class names, from the model's manifest.
        regions: the parts of the picture that were looked at in native resolution; none: the whole was, and only it.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    class_ids: npt.NDArray[np.int32]
    roles: tuple[Role, ...]
    names: tuple[str, ...]
    regions: tuple[Box, ...] = ()

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def empty(cls) -> Detections:
        """No things at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), (), ())

    @classmethod
    def joined(cls, parts: Sequence[Detections]) -> Detections:
        """The things of several answers about one picture, one after another; at least one answer, regions left out."""
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.class_ids for part in parts]),
            tuple(role for part in parts for role in part.roles),
            tuple(name for part in parts for name in part.names),
        )

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | Sequence[int]) -> Detections:
        """The detections that a boolean mask or a list of positions picks out, in that order."""
        picked = np.arange(len(self))[np.asarray(index, dtype=None if len(index) else np.intp)]
        return Detections(
            self.boxes[picked],
            self.scores[picked],
            self.class_ids[picked],
            tuple(self.roles[i] for i in picked),
            tuple(self.names[i] for i in picked),
            self.regions,
        )

    def with_role(self, *roles: Role) -> Detections:
        """Only the detections that play one of `roles`."""
        return self.take(np.array([role in roles for role in self.roles], dtype=np.bool_))
