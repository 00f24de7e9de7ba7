"""Run an exported file on pictures, as the worker does: letterbox to 640×384, OpenVINO, boxes back in the picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import openvino as ov

from training.average_precision import iou_matrix
from vision.detect import suppress
from vision.detect.looks import MERGE_IOU
from vision.detect.manifest import Overview

PAD = 114
SAME_THING_IOU = 0.7


def letterbox(picture: np.ndarray, width: int, height: int) -> tuple[np.ndarray, float, int, int]:
    """Fit a BGR picture into (height, width) with grey borders: the canvas, the scale, the left and upper border."""
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    inner = cv2.resize(picture, (round(columns * scale), round(rows * scale)), interpolation=cv2.INTER_LINEAR)
    left, top = (width - inner.shape[1]) // 2, (height - inner.shape[0]) // 2
    canvas = np.full((height, width, 3), PAD, np.uint8)
    canvas[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return canvas, scale, left, top


def tensor(canvas: np.ndarray) -> np.ndarray:
    """BGR (H, W, 3) uint8 → RGB (1, 3, H, W) float32 0..1."""
    return np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None], np.float32) / 255


def merge_same(found: np.ndarray) -> np.ndarray:
    """Drop a weaker box (N, 6) of the same class over a stronger one: two COCO classes that are one of ours."""
    found = found[np.argsort(-found[:, 4], kind="stable")]
    keep = np.ones(len(found), bool)
    overlaps = iou_matrix(found[:, :4], found[:, :4])
    for row in range(len(found)):
        if keep[row]:
            keep[row + 1 :] &= ~((overlaps[row, row + 1 :] > SAME_THING_IOU) & (found[row + 1 :, 5] == found[row, 5]))
    return found[keep]


def joined(found: np.ndarray, large: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Boxes (N, 6) of both looks, those of `classes` told once: as `vision.detect.overview` does, on rows."""
    both = np.concatenate([found, large])
    shared = np.isin(both[:, 5], classes)
    of_both = both[shared]
    kept = suppress(of_both[:, :4], of_both[:, 4], of_both[:, 5].astype(np.int32), MERGE_IOU)
    rows = np.concatenate([both[~shared], of_both[kept]])
    return rows[np.argsort(-rows[:, 4], kind="stable")]


class ExportedDetector:
    """An ONNX or OpenVINO file with the (B, 300, 6) output. `classes` maps its ids to ours; others are dropped."""

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        classes: dict[int, int] | None = None,
        precision: str = "f32",
        threads: int = 1,
        overview: Overview | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """`overview` adds the second look, for classes by their `names` in the order of ids."""
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
        model = ov.Core().read_model(str(path))
        model.reshape({0: [1, 3, height, width]})
        self.model = ov.Core().compile_model(model, "CPU", settings)
        self.width, self.height, self.classes = width, height, classes
        self.overview, self.large, self.smaller = overview, np.zeros(0, int), None
        if overview is not None:
            self.large = np.flatnonzero(np.isin(list(names), overview.classes))
            self.smaller = ExportedDetector(path, overview.width, overview.height, classes, precision, threads)

    def find(self, picture: np.ndarray, least: float = 0.01) -> np.ndarray:
        """Detections of a BGR picture: (N, 6) x1 y1 x2 y2 score class, in its pixels, best first."""
        canvas, scale, left, top = letterbox(picture, self.width, self.height)
        rows = self.model(tensor(canvas))[0][0]
        rows = rows[rows[:, 4] >= least].copy()
        rows[:, :4] = (rows[:, :4] - [left, top, left, top]) / scale
        rows[:, 0:4:2] = rows[:, 0:4:2].clip(0, picture.shape[1])
        rows[:, 1:4:2] = rows[:, 1:4:2].clip(0, picture.shape[0])
        if self.classes is not None:
            rows = rows[np.isin(rows[:, 5].astype(int), list(self.classes))]
            rows[:, 5] = [self.classes[int(value)] for value in rows[:, 5]]
        found = merge_same(rows)
        if self.smaller is None or self.overview is None:
            return found
        smaller = self.smaller.find(picture, least)
        sides = ((smaller[:, 2:4] - smaller[:, :2]) / picture.shape[1::-1]).max(1, initial=0.0)
        wanted = np.isin(smaller[:, 5], self.large) & (sides >= self.overview.least_side)
        return joined(found, smaller[wanted], self.large) if wanted.any() else found

    def milliseconds(self, rounds: int = 60) -> float:
        """Median time of one picture in the network, without letterbox."""
        image = np.random.default_rng(0).random((1, 3, self.height, self.width), np.float32)
        for _ in range(5):
            self.model(image)
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            self.model(image)
            times.append(time.perf_counter() - began)
        return float(np.median(times) * 1000)
