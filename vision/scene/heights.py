"""How high people are in which row of the picture: learnt from those who walk there.

On level ground a body's height in the picture grows linearly with the row of its feet, from 0 at the horizon (Hoiem,
Efros and Hebert, Putting Objects in Perspective, 2006), so a few passers-by tell how high somebody is anywhere.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from vision.detect import Role
from vision.scene.tracking import Track
from vision.sources import Box

SURE = 0.6
"""Score from which a person's box is believed to be that of a whole person."""
UPRIGHT = (1.6, 4.5)
"""Height over width of somebody who walks; a box outside it is cut off, or of two people."""
BORDER = 0.01
"""A box nearer to the picture's border may be cut off."""
APART_S = 1.0
"""Between two boxes of one walker that are learnt from."""
MOST_BOXES = 160
LEAST_BOXES = 12
REFIT_SHARE = 0.1
"""The line is fitted anew once so many of the boxes are newer than it: at every look it would cost a busy street 2 ms a
second."""
SPREAD = 0.08
"""Rows, as a share of the picture, over which feet must have been seen for a line; else one height stands for all."""
BEYOND = 0.05
"""How far beyond the rows in which people were seen the line is believed."""
HORIZON_SPREAD = 0.12
"""The same for the horizon, which lies beyond all rows that were seen."""
COMMON = 0.1, 0.9
"""Quantiles of the rows between which people were seen: the last of either end may be on a stair."""


class PeopleHeights:
    """Heights of upright people by the row of their feet, both as shares of the picture's height."""

    def __init__(self, boxes: Iterable[tuple[float, float]] = ()) -> None:
        self.boxes: deque[tuple[float, float]] = deque(boxes, maxlen=MOST_BOXES)
        """The row of the feet and the height of the last people who were seen; to be kept over a restart."""
        self._last: dict[int, float] = {}
        self._line: tuple[float, float] | None = None
        self._newer = 0
        self._horizon = -math.inf

    def recall(self, boxes: Iterable[tuple[float, float]]) -> None:
        """Go on with the `boxes` of before a restart."""
        self.boxes = deque(boxes, maxlen=MOST_BOXES)
        self._line = None

    def learn(self, tracks: Iterable[Track], aspect: float, time: float) -> None:
        """Take who walks in the picture at this look; `aspect` is its width over its height."""
        seen = [track for track in tracks if track.last_seen == time and _is_whole_walker(track, aspect)]
        for track in seen:
            if time - self._last.get(track.track_id, -APART_S) >= APART_S:
                self.boxes.append((track.box[3], track.box[3] - track.box[1]))
                self._last[track.track_id] = time
                self._newer += 1
        if len(self._last) > MOST_BOXES:
            self._last = {number: at for number, at in self._last.items() if time - at < APART_S}

    def at(self, foot: float) -> float:
        """How high somebody is whose feet are in this row, in picture heights; 0.0 where that is not known."""
        if len(self.boxes) < LEAST_BOXES:
            return 0.0
        low, high = self._common()
        if not low - BEYOND <= foot <= high + BEYOND:
            return 0.0
        slope, base = self._fitted(high - low >= SPREAD)
        return max(0.0, base + slope * foot)

    @property
    def horizon(self) -> float:
        """The row at which nobody has any height, as a share of the picture's height; minus infinity if not known.

        Once it is known it stays so, though all who came of late walked in one row.
        """
        if len(self.boxes) >= LEAST_BOXES:
            low, high = self._common()
            slope, base = self._fitted(high - low >= SPREAD)
            if high - low >= HORIZON_SPREAD and slope > 0:
                self._horizon = -base / slope
        return self._horizon

    def _common(self) -> tuple[float, float]:
        """The rows between which people are seen."""
        rows = sorted(row for row, _ in self.boxes)
        low, high = (rows[int(share * (len(rows) - 1))] for share in COMMON)
        return low, high

    def _fitted(self, spread: bool) -> tuple[float, float]:
        """Slope, and height at row 0, by repeated medians (Siegel, 1982): nearly half of the boxes may be wrong."""
        if self._line is None or self._newer > REFIT_SHARE * len(self.boxes):
            self._newer = 0
            feet, heights = zip(*self.boxes, strict=True)
            if spread:
                self._line = repeated_medians(feet, heights)
            else:
                self._line = 0.0, sorted(heights)[len(heights) // 2]
        return self._line


def repeated_medians(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Slope, and value at 0, of Siegel's line: the median over all points of the median slope to the others.

    As `scipy.stats.siegelslopes` has it, which would cost each worker 24 MB and 0.4 s for the rest of `scipy.stats`.
    """
    across, up = np.subtract.outer(x, x), np.subtract.outer(y, y)
    slopes = np.divide(up, across, out=np.full(up.shape, np.nan), where=across != 0)
    slope = float(np.median(np.nanmedian(slopes, axis=1)))
    return slope, float(np.median(np.asarray(y) - slope * np.asarray(x)))


def _is_whole_walker(track: Track, aspect: float) -> bool:
    if not (track.role is Role.PERSON and track.confirmed and track.moving and track.score >= SURE):
        return False
    return _is_inside(track.box) and UPRIGHT[0] <= _shape(track.box, aspect) <= UPRIGHT[1]


def _is_inside(box: Box) -> bool:
    return min(box) > BORDER and max(box) < 1 - BORDER


def _shape(box: Box, aspect: float) -> float:
    return (box[3] - box[1]) / max((box[2] - box[0]) * aspect, 1e-6)
