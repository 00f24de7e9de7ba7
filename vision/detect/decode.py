"""The network's answer for one picture into `Detections`; what is not a box is dropped and counted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.detect.detections import Detections
from vision.detect.errors import ModelError
from vision.detect.letterbox import FloatArray, Letterbox
from vision.detect.manifest import Manifest

MAX_CANDIDATES = 30_000
"""Anchors that go into non-maximum suppression at most, best first: Ultralytics' `max_nms`."""

MAX_DETECTIONS = 300
"""Things in one picture at most, best first: Ultralytics' `max_det`, and the rows of the end-to-end head."""


@dataclass(slots=True, frozen=True)
class ClassTable:
    """The manifest's classes as arrays by class id; `min_scores` are of what the network says, before calibration."""

    min_scores: FloatArray
    manifest: Manifest

    @classmethod
    def of(cls, manifest: Manifest) -> ClassTable:
        least = [
            entry.min_score if entry.calibration is None else float(entry.calibration.undo(np.array(entry.min_score)))
            for entry in manifest.classes
        ]
        return cls(np.array(least, np.float32), manifest)

    def __len__(self) -> int:
        return len(self.min_scores)

    def calibrated(self, scores: FloatArray, classes: npt.NDArray[np.int32]) -> FloatArray:
        """Scores (N,) of the network as those that mean what they say; those without calibration keep every bit."""
        answer = scores.copy()
        for number in np.unique(classes):
            fit = self.manifest.classes[number].calibration
            if fit is not None:
                answer[classes == number] = fit.apply(scores[classes == number])
        return answer

    def detections(self, boxes: FloatArray, scores: FloatArray, ids: npt.NDArray[np.int32]) -> Detections:
        """Arrays of N things with the roles and names of their classes."""
        picked = [self.manifest.classes[i] for i in ids]
        roles, names = tuple(entry.role for entry in picked), tuple(entry.name for entry in picked)
        return Detections(boxes, scores, ids, roles, names)


def check_output_shape(shape: tuple[int, ...], manifest: Manifest, where: str) -> None:
    """Refuse a network whose answer to a batch of one has another shape than the manifest says.

    Raises:
        ModelError: naming `where` and both shapes.
    """
    channels = 4 + len(manifest.classes)
    if manifest.output.layout == "end2end":
        fits, wanted = len(shape) == 3 and shape[2] == 6, "(1, N, 6)"
    else:
        fits, wanted = len(shape) == 3 and shape[1] == channels, f"(1, {channels}, A)"
    if not fits:
        raise ModelError(
            f"{where}: wrong output shape {shape}; layout {manifest.output.layout} with {len(manifest.classes)} "
            f"classes needs {wanted}. Correct output.layout or classes in the manifest, or export the model again"
        )


def decode(answer: FloatArray, table: ClassTable, placed: Letterbox) -> tuple[Detections, int]:
    """One picture's answer to its detections, best score first, and how many rows were not boxes at all.

    Not a box: NaN or infinite, a score outside 0..1, a class that the manifest does not have, no area in the picture.

    Args:
        answer: (N, 6) or (4 + C, A) float32, by the manifest's layout.
        table: the manifest's classes.
        placed: where the picture lies in the network's input.
    """
    read = _read_end2end if table.manifest.output.layout == "end2end" else _read_yolo
    boxes, scores, classes, invalid = read(answer, table)
    boxes = np.clip(placed.to_picture(boxes), 0.0, 1.0)
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    invalid += int(np.count_nonzero(~solid))
    boxes, classes = boxes[solid], classes[solid]
    scores = table.calibrated(scores[solid], classes)
    # Also of the end-to-end head, which is to give each thing one box and often gives it two.
    kept = suppress(boxes, scores, classes, table.manifest.output.nms_iou)[:MAX_DETECTIONS]
    return table.detections(boxes[kept], scores[kept], classes[kept]), invalid


def suppress(
    boxes: FloatArray, scores: npt.NDArray[np.floating], classes: npt.NDArray[np.int32], iou: float
) -> npt.NDArray[np.intp]:
    """Positions of the boxes that stay when those of one class that overlap by more than `iou` become one, best first.

    `boxes` are (N, 4) corners in any unit; the highest of `scores` wins.
    """
    if len(boxes) == 0:
        return np.zeros(0, np.intp)
    rectangles = np.column_stack((boxes[:, :2], boxes[:, 2:] - boxes[:, :2]))
    kept = cv2.dnn.NMSBoxesBatched(rectangles.tolist(), scores.tolist(), classes.tolist(), -1.0, iou)
    positions = np.sort(np.asarray(kept, np.intp).ravel())
    return positions[np.argsort(-scores[positions], kind="stable")]


_Read = tuple[FloatArray, FloatArray, npt.NDArray[np.int32], int]


def _read_end2end(answer: FloatArray, table: ClassTable) -> _Read:
    scores, numbers = answer[:, 4], answer[:, 5]
    sound = np.isfinite(answer).all(axis=1) & (scores >= 0) & (scores <= 1)
    sound &= (numbers >= 0) & (numbers < len(table)) & (numbers == np.floor(numbers))
    invalid = len(answer) - int(np.count_nonzero(sound))
    rows = answer[sound]
    classes = rows[:, 5].astype(np.int32)
    rows_wanted = rows[:, 4] >= table.min_scores[classes]
    return rows[rows_wanted, :4], rows[rows_wanted, 4], classes[rows_wanted], invalid


def _read_yolo(answer: FloatArray, table: ClassTable) -> _Read:
    sound = np.isfinite(answer).all(axis=0)
    best = np.where(sound, answer[4:].max(axis=0), -1.0)
    sound &= (best >= 0) & (best <= 1)
    invalid = answer.shape[1] - int(np.count_nonzero(sound))
    wanted = np.flatnonzero(sound & (best >= table.min_scores.min()))
    classes = answer[4:, wanted].argmax(axis=0).astype(np.int32)
    enough = best[wanted] >= table.min_scores[classes]
    wanted, classes = wanted[enough], classes[enough]
    if len(wanted) > MAX_CANDIDATES:
        top = np.argsort(-best[wanted], kind="stable")[:MAX_CANDIDATES]
        wanted, classes = wanted[top], classes[top]
    centre, half = answer[:2, wanted].T, answer[2:4, wanted].T / 2
    return np.hstack((centre - half, centre + half)), best[wanted].astype(np.float32), classes, invalid
