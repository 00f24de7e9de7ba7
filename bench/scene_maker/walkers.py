"""Who walks where in a piece of footage: the shipped model's person boxes, followed from picture to picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float32]
"""(N, 4) x1 y1 x2 y2 in pixels of the footage."""

MIN_SCORE = 0.25
LOST_FRAMES = 8
"""Frames (0.8 s) that a walker may be hidden and still be the same; `LOST_AT_EDGE` where he was leaving the picture."""
LOST_AT_EDGE = 2
EDGE = 6
"""Pixels from the picture's edge within which a walker is leaving it, or coming in."""
SAME_IOU = 0.3
EVERY = 2
SHORTEST = 15
"""Frames; shorter tracks are chance hits."""
TILE = 330
"""Side in pixels of the tiles that small people are looked for in; the model sees them enlarged."""


@dataclass(frozen=True)
class Walker:
    """One person's way: `frames` (N,) ascending, `boxes` (N, 4); hidden moments are filled in."""

    frames: npt.NDArray[np.int32]
    boxes: Boxes

    def feet(self, index: int) -> tuple[float, float]:
        """Pixel of the middle of the lower edge."""
        x1, _, x2, y2 = self.boxes[index]
        return float(x1 + x2) / 2, float(y2)

    def at(self, frame: int) -> Boxes | None:
        """The box in one frame, (4,), or None."""
        index = frame - int(self.frames[0])
        return self.boxes[index] if 0 <= index < len(self.frames) else None


def find_people(frames: Sequence[npt.NDArray[np.uint8]], threads: int = 1) -> list[Boxes]:
    """Person boxes of each frame by the shipped model, on the whole picture and on tiles of it.

    Every second frame is looked at; the others have no boxes.

    Raises:
        vision.detect.ModelError: the model cannot be loaded.
    """
    from vision.detect import load_detector  # heavy, and needed for new footage only

    detector = load_detector(threads=threads)
    height, width = frames[0].shape[:2]
    parts = [(0, 0, width, height)]
    for x in range(0, width - TILE // 2, TILE * 2 // 3):
        for y in range(0, height - TILE // 2, TILE * 2 // 3):
            parts.append((x, y, min(width, x + TILE), min(height, y + TILE)))
    found = []
    for number, frame in enumerate(frames):
        if number % EVERY:
            found.append(np.zeros((0, 4), np.float32))
            continue
        rows: list[tuple[float, Boxes]] = []
        looks = detector.detect([frame[y1:y2, x1:x2] for x1, y1, x2, y2 in parts])
        for (x1, y1, x2, y2), look in zip(parts, looks, strict=True):
            for box, score, role in zip(look.boxes, look.scores, look.roles, strict=True):
                placed = np.array([x1, y1, x1, y1]) + box * np.array([x2 - x1, y2 - y1, x2 - x1, y2 - y1])
                if role.value == "person" and score >= MIN_SCORE and not _cut((x1, y1, x2, y2), placed, width, height):
                    rows.append((float(score), placed.astype(np.float32)))
        found.append(_without_doubles(rows))
    return found


def _cut(part: tuple[int, int, int, int], box: Boxes, width: int, height: int) -> bool:
    """Whether a tile's inner edge cuts the box."""
    x1, y1, x2, y2 = part
    left, above = x1 > 0 and box[0] < x1 + 3, y1 > 0 and box[1] < y1 + 3
    return bool(left or above or (x2 < width and box[2] > x2 - 3) or (y2 < height and box[3] > y2 - 3))


def _without_doubles(rows: list[tuple[float, Boxes]]) -> Boxes:
    kept: list[Boxes] = []
    for _, box in sorted(rows, key=lambda row: -row[0]):
        if not kept or overlap(box[None], np.stack(kept)).max() < 0.5:
            kept.append(box)
    return np.stack(kept) if kept else np.zeros((0, 4), np.float32)


def overlap(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """IoU of every box of `a` with every box of `b`, (len(a), len(b))."""
    w = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    h = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    inter = np.clip(w, 0, None) * np.clip(h, 0, None)
    area_a, area_b = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b))
    return inter / np.maximum(area_a[:, None] + area_b[None] - inter, 1e-6)


class _Track:
    """A walker in the making."""

    def __init__(self, frame: int, box: Boxes) -> None:
        self.frames, self.boxes = [frame], [box]

    def expected(self, frame: int) -> Boxes:
        back = min(8, len(self.boxes) - 1)
        if back == 0:
            return self.boxes[-1]
        step = (self.boxes[-1] - self.boxes[-1 - back]) / (self.frames[-1] - self.frames[-1 - back])
        move = np.array([step[0] + step[2], step[1] + step[3]] * 2, np.float32) / 2
        return self.boxes[-1] + move * (frame - self.frames[-1])

    def live(self, frame: int, width: int, height: int) -> bool:
        """Whether he may still be found again."""
        x1, _, x2, y2 = self.boxes[-1]
        leaving = len(self.boxes) > 2 * LOST_FRAMES and (x1 < EDGE or x2 > width - EDGE or y2 > height - EDGE)
        return frame - self.frames[-1] <= (LOST_AT_EDGE if leaving else LOST_FRAMES)

    def walker(self) -> Walker:
        every = np.arange(self.frames[0], self.frames[-1] + 1)
        seen = np.stack(self.boxes)
        filled = np.stack([np.interp(every, self.frames, seen[:, i]) for i in range(4)], axis=1)
        return Walker(every.astype(np.int32), filled.astype(np.float32))


def follow(found: Sequence[Boxes], width: int, height: int) -> list[Walker]:
    """Join boxes to walkers by overlap with where each is expected; the best pair first."""
    tracks: list[_Track] = []
    for frame, boxes in enumerate(found):
        live = [track for track in tracks if track.live(frame, width, height)]
        free = set(range(len(boxes)))
        if live and len(boxes):
            scores = overlap(np.stack([track.expected(frame) for track in live]), boxes)
            while scores.max() > SAME_IOU:
                i, j = np.unravel_index(int(scores.argmax()), scores.shape)
                live[i].frames.append(frame)
                live[i].boxes.append(boxes[j])
                free.discard(int(j))
                scores[i, :], scores[:, j] = 0, 0
        tracks += [_Track(frame, boxes[j]) for j in sorted(free)]
    return [track.walker() for track in tracks if track.frames[-1] - track.frames[0] >= SHORTEST]


def read_walkers(path: Path) -> list[Walker]:
    """Walkers as `write_walkers` wrote them."""
    rows = json.loads(path.read_text("utf-8"))
    return [
        Walker(np.arange(row["first"], row["first"] + len(row["boxes"]), dtype=np.int32), np.float32(row["boxes"]))
        for row in rows
    ]


def write_walkers(path: Path, walkers: Sequence[Walker]) -> None:
    """One walker a line, boxes in whole pixels."""
    rows = [{"first": int(w.frames[0]), "boxes": np.round(w.boxes).astype(int).tolist()} for w in walkers]
    text = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    path.write_text(f"[\n{text}\n]\n", "utf-8")
