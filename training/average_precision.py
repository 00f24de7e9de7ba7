"""Average precision over a set of pictures, and recall at a threshold. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IOUS = np.linspace(0.5, 0.95, 10)
"""COCO's thresholds; AP50 is the first, AP50-95 the mean over all."""
RECALL_POINTS = np.linspace(0, 1, 101)


@dataclass(frozen=True, slots=True)
class Score:
    """Result of one class: AP50, AP50-95 (0..1; NaN without a labelled box) and the number of labelled boxes."""

    ap50: float
    ap: float
    boxes: int


def iou_matrix(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of (N, 4) and (M, 4) boxes x1 y1 x2 y2 → (N, M)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(2)
    areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (first, second)]
    return inter / np.maximum(areas[0][:, None] + areas[1][None] - inter, 1e-9)


def match(found: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which detections (N, 5: box, score; best score first) take a label (M, 4), per threshold: (N, 10) bool."""
    hits = np.zeros((len(found), len(IOUS)), bool)
    if not len(found) or not len(labels):
        return hits
    overlaps = iou_matrix(found[:, :4], labels)
    for column, least in enumerate(IOUS):
        free = np.ones(len(labels), bool)
        for row in range(len(found)):
            candidates = np.where(free, overlaps[row], 0)
            best = int(candidates.argmax())
            if candidates[best] >= least:
                hits[row, column] = True
                free[best] = False
    return hits


def average_precision(hits: np.ndarray, labels: int) -> float:
    """101-point AP of detections sorted by falling score; `hits` (N,) bool."""
    if labels == 0:
        return float("nan")
    right = hits.cumsum()
    recall = right / labels
    precision = right / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALL_POINTS, side="left")
    return float(np.where(places < len(envelope), np.append(envelope, 0)[places], 0).mean())


def score_class(found: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Score:
    """Score one class: per picture, detections (N, 5: x1 y1 x2 y2 score) and labelled boxes (M, 4)."""
    total = sum(len(boxes) for boxes in labels)
    ordered = [boxes[np.argsort(-boxes[:, 4], kind="stable")] for boxes in found]
    hits = np.concatenate([match(boxes, real) for boxes, real in zip(ordered, labels, strict=True)])
    order = np.argsort(-np.concatenate([boxes[:, 4] for boxes in ordered]), kind="stable")
    values = [average_precision(hits[order, column], total) for column in range(len(IOUS))]
    return Score(values[0], float(np.mean(values)), total)


def recall_precision(found: Sequence[np.ndarray], labels: Sequence[np.ndarray], least: float) -> tuple[float, float]:
    """Recall and precision at IoU 0.5 of the detections with a score of at least `least`."""
    kept = [boxes[boxes[:, 4] >= least] for boxes in found]
    ordered = [boxes[np.argsort(-boxes[:, 4], kind="stable")] for boxes in kept]
    right = sum(int(match(boxes, real)[:, 0].sum()) for boxes, real in zip(ordered, labels, strict=True))
    total, count = sum(len(boxes) for boxes in labels), sum(len(boxes) for boxes in kept)
    return (right / total if total else float("nan")), (right / count if count else float("nan"))
