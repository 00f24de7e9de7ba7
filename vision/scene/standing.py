"""Who stands in one place for long, by place and not by track: at a picture in two seconds the boxes of cars that stand
side by side change their tracks, and somebody who waits loses his to whoever passes.

Not kept over a restart: what stands there then was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_matrix, iou, iou_matrix
from vision.sources import Box

STOOD_S = 20.0
"""Who has stood for so long was there before. A van whose people carry things out for longer is no owner of them
either: they are, for as long as they come and go."""
SAME_SPOT_IOU = 0.5
"""Boxes of a car that stands overlap by more, also where the detector's box jumps to its neighbour now and then."""
FOLLOW = 0.3
"""How far a spot's box goes towards that of a look."""
FROM_START_S = 4.0
"""What stood there at the first looks nobody saw come: it may have been there for ever."""
COUNTED_EVERY_S = 1.0
"""Looks sooner after one another are not counted: ten a second of a busy road tell no more than one."""
LEAST_SHARE, COUNTED_LOOKS = 0.5, 40
"""Share of the last so many looks at which who stands is seen at least; where cars drive by, one is there at fewer."""
HIDES = 0.4
FORGET_S, FORGET_LOOKS = 20.0, 5
"""A spot that has been empty for so long, and at so many looks with nobody before it, is one no more: by night a quiet
camera looks every 10 s, and misses a car at every other look."""
YOUNG_LOOKS, FORGET_YOUNG_LOOKS = 3, 2
"""The same of a spot where one has been seen less often than the former: most of them pass."""


@dataclass(slots=True, eq=False)
class StandingSpot:
    """Where somebody stands. Times are UNIX seconds of media time, the box fractions of the picture.

    Attributes:
        looks, seen: looks of late at which the place could be seen, and at which somebody was.
        missed: looks since somebody was seen last.
    """

    box: Box
    since: float
    last_seen: float
    looks: int = 1
    seen: int = 1
    missed: int = 0

    def has_stood(self, at: float) -> bool:
        """Whether he had stood for long by the time `at`, and not now the one and now the other who passed."""
        return at - self.since >= STOOD_S and self.seen >= LEAST_SHARE * self.looks

    def count(self, *, seen: bool) -> None:
        """Take a look at it."""
        self.looks, self.seen = self.looks + 1, self.seen + seen
        self.missed = 0 if seen else self.missed + 1
        if self.looks > COUNTED_LOOKS:  # what was long ago weighs less
            self.looks, self.seen = self.looks // 2, self.seen // 2

    def is_empty(self, time: float) -> bool:
        """Whether it can be forgotten."""
        if self.seen < YOUNG_LOOKS and self.missed >= FORGET_YOUNG_LOOKS:
            return True
        return self.missed_for_long(time)

    def missed_for_long(self, time: float) -> bool:
        """Whether nobody has been seen there for long."""
        return time - self.last_seen >= FORGET_S and self.missed >= FORGET_LOOKS


SpotT = TypeVar("SpotT", bound=StandingSpot)


class StandingSpots(Generic[SpotT]):
    """Where bodies of one role stand in one camera's view, and since when.

    Args:
        role: persons or vehicles.
        spot: makes a new spot of a box, since when, and the time of the look.
    """

    def __init__(self, role: Role, spot: Callable[[Box, float, float], SpotT]) -> None:
        self._role, self._spot = role, spot
        self._began: float | None = None
        self._last = float("-inf")
        self._spots: list[SpotT] = []

    def update(self, detections: Detections, time: float) -> None:
        """Take one look; `time` in UNIX seconds of media time."""
        if time - self._last < COUNTED_EVERY_S:
            return
        self._last = time
        self._began = time if self._began is None else self._began
        rows = detections.with_role(self._role).boxes
        bodies = detections.with_role(Role.PERSON, Role.VEHICLE).boxes
        hidden: npt.NDArray[np.bool_] = np.any(covered_matrix(self._boxes(), bodies) > HIDES, axis=1)
        found = self._found(rows)
        for index, spot in enumerate(self._spots):
            row = found.get(index)
            if row is not None:
                box = as_box(rows[row])
                spot.box = tuple(old + FOLLOW * (new - old) for old, new in zip(spot.box, box, strict=True))  # type: ignore[assignment]
                spot.last_seen = time
                spot.count(seen=True)
            elif not hidden[index]:
                spot.count(seen=False)
        since = float("-inf") if time - self._began <= FROM_START_S else time
        self._spots = [spot for spot in self._spots if not spot.is_empty(time)]
        for row in sorted(set(range(len(rows))) - set(found.values())):
            known = iou_matrix(self._boxes(), rows[row : row + 1])
            if not (known >= SAME_SPOT_IOU).any():  # else a car that is a truck, too
                self._spots.append(self._spot(as_box(rows[row]), since, time))

    def stood(self, box: Box, at: float) -> bool:
        """Whether somebody in `box` (fractions of the picture) had stood there for long by the time `at`."""
        return any(spot.has_stood(at) and iou(spot.box, box) >= SAME_SPOT_IOU for spot in self._spots)

    def _found(self, rows: npt.NDArray[np.float32]) -> dict[int, int]:
        """Who stands in which spot: index of the spot to row of `rows` (N, 4), best pairs first."""
        found: dict[int, int] = {}
        if not self._spots or not len(rows):
            return found
        overlap = iou_matrix(self._boxes(), rows)
        while overlap.max() >= SAME_SPOT_IOU:
            spot, row = (int(i) for i in np.unravel_index(int(overlap.argmax()), overlap.shape))
            found[spot] = row
            overlap[spot, :], overlap[:, row] = 0.0, 0.0
        return found

    def _boxes(self) -> npt.NDArray[np.float32]:
        return np.array([spot.box for spot in self._spots], np.float32).reshape(-1, 4)
