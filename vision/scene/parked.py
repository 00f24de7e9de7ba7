"""Vehicles that were there before: who parks by the kerb all day does not bring what is put down beside his car.

By place, not by track: at a picture in two seconds the boxes of cars that stand side by side change their tracks. Not
kept over a restart: what stands there then was there before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, iou, iou_matrix
from vision.sources import Box

PARKED_S = 20.0
"""Who has stood for so long is parked. A van whose people carry things out for longer is no owner of them either: they
are, for as long as they come and go."""
SAME_SPOT_IOU = 0.5
"""Boxes of a car that stands overlap by more, also where the detector's box jumps to its neighbour now and then."""
FOLLOW = 0.3
"""How far a spot's box goes towards that of a look."""
FROM_START_S = 4.0
"""What stood there at the first looks nobody saw come: it may have been there for ever."""
COUNTED_EVERY_S = 1.0
"""Looks sooner after one another are not counted: ten a second of a busy road tell no more than one."""
LEAST_SHARE, COUNTED_LOOKS = 0.5, 40
"""Share of the last so many looks at which a car that stands is seen at least; where cars drive by, one is there at
fewer."""
HIDES = 0.4
FORGET_S, FORGET_LOOKS = 20.0, 5
"""A spot that has been empty for so long, and at so many looks with nobody before it, is one no more: by night a quiet
camera looks every 10 s, and misses a car at every other look."""
YOUNG_LOOKS, FORGET_YOUNG_LOOKS = 3, 2
"""The same of a spot where one has been seen less often than the former: most of them drive."""


@dataclass(slots=True)
class _Spot:
    box: Box
    since: float
    last_seen: float
    looks: int = 1
    seen: int = 1
    missed: int = 0

    def count(self, *, seen: bool) -> None:
        self.looks, self.seen = self.looks + 1, self.seen + seen
        self.missed = 0 if seen else self.missed + 1
        if self.looks > COUNTED_LOOKS:  # what was long ago weighs less
            self.looks, self.seen = self.looks // 2, self.seen // 2

    def is_empty(self, time: float) -> bool:
        if self.seen < YOUNG_LOOKS and self.missed >= FORGET_YOUNG_LOOKS:
            return True
        return time - self.last_seen >= FORGET_S and self.missed >= FORGET_LOOKS


class ParkedVehicles:
    """Where vehicles stand in one camera's view, and since when. Times are UNIX seconds of media time."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._last = float("-inf")
        self._spots: list[_Spot] = []

    def update(self, detections: Detections, time: float) -> None:
        """Take one look."""
        if time - self._last < COUNTED_EVERY_S:
            return
        self._last = time
        self._began = time if self._began is None else self._began
        vehicles = detections.with_role(Role.VEHICLE).boxes
        bodies = [as_box(row) for row in detections.with_role(Role.PERSON, Role.VEHICLE).boxes]
        found = self._found(vehicles)
        for index, spot in enumerate(self._spots):
            row = found.get(index)
            if row is not None:
                box = as_box(vehicles[row])
                spot.box = tuple(old + FOLLOW * (new - old) for old, new in zip(spot.box, box, strict=True))  # type: ignore[assignment]
                spot.last_seen = time
                spot.count(seen=True)
            elif not any(covered_share(spot.box, body) > HIDES for body in bodies):
                spot.count(seen=False)
        since = float("-inf") if time - self._began <= FROM_START_S else time
        taken = set(found.values())
        self._spots = [spot for spot in self._spots if not spot.is_empty(time)]
        self._spots += [_Spot(as_box(row), since, time) for i, row in enumerate(vehicles) if i not in taken]

    def stood(self, box: Box, at: float) -> bool:
        """Whether a vehicle in `box` (fractions of the picture) had been parked there by the time `at`."""
        return any(
            at - spot.since >= PARKED_S
            and spot.seen >= LEAST_SHARE * spot.looks
            and iou(spot.box, box) >= SAME_SPOT_IOU
            for spot in self._spots
        )

    def _found(self, vehicles: npt.NDArray[np.float32]) -> dict[int, int]:
        """Which vehicle stands in which spot: index of the spot to row of `vehicles` (N, 4), best pairs first."""
        found: dict[int, int] = {}
        if not self._spots or not len(vehicles):
            return found
        overlap = iou_matrix(np.array([spot.box for spot in self._spots], np.float32), vehicles)
        while overlap.max() >= SAME_SPOT_IOU:
            spot, row = (int(i) for i in np.unravel_index(int(overlap.argmax()), overlap.shape))
            found[spot] = row
            overlap[spot, :], overlap[:, row] = 0.0, 0.0
        return found
