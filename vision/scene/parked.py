"""Vehicles that were there before: who parks by the kerb all day does not bring what is put down beside his car.

By place, not by track: at a picture in two seconds the boxes of cars that stand side by side change their tracks. Not
kept over a restart: what stands there then was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, iou, iou_matrix, pixels
from vision.scene.light import Mask
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
LOOKS_ELSE = 2
"""Looks in a row at which the place of a vehicle looks otherwise, for it to be gone, or another one to be there."""
GROUND_SHARE = 0.6
"""Share of its place that looks as the ground behind it, of what tells the two apart, where no vehicle is seen."""
GONE_SHARE, LONG_GONE_SHARE, OTHER_SHARE = 0.25, 0.1, 0.5
"""Share of the place that differs then: where no vehicle is seen, where none has been for long (a grey van leaves grey
asphalt), and where one is."""
LEAST_UNCOVERED = 0.3
"""Share of its place that nobody may hide, for a look to tell."""


@dataclass(slots=True, eq=False)
class ParkedSpot:
    """Where a vehicle stands. Times are UNIX seconds of media time, boxes fractions of the picture.

    Attributes:
        looks, seen: looks of late at which the place could be seen, and at which a vehicle was.
        missed: looks since a vehicle was seen last.
        home: its place, once it counts as a part of the view; None before.
        differs: looks since at which that place has looked otherwise.
    """

    box: Box
    since: float
    last_seen: float
    looks: int = 1
    seen: int = 1
    missed: int = 0
    home: Box | None = None
    differs: int = 0

    def is_parked(self, at: float) -> bool:
        """Whether it had stood for long by the time `at`, and is no road where now the one and now the other drives."""
        often = self.seen >= LEAST_SHARE * self.looks
        return at - self.since >= PARKED_S and (often or self.home is not None)

    @property
    def is_there(self) -> bool:
        """Whether a vehicle was seen in its place at the last look."""
        return self.missed == 0 and self.home is not None and iou(self.box, self.home) >= SAME_SPOT_IOU

    def least_change(self, time: float) -> float:
        """Share of its place, 0..1, that must look otherwise for the vehicle not to be there any more."""
        if self.is_there:
            return OTHER_SHARE
        return LONG_GONE_SHARE if self._missed_for_long(time) else GONE_SHARE

    def count(self, *, seen: bool) -> None:
        """Take a look at it."""
        self.looks, self.seen = self.looks + 1, self.seen + seen
        self.missed = 0 if seen else self.missed + 1
        if self.looks > COUNTED_LOOKS:  # what was long ago weighs less
            self.looks, self.seen = self.looks // 2, self.seen // 2

    def is_empty(self, time: float) -> bool:
        """Whether it can be forgotten; one that is a part of the view stays until its place looks otherwise."""
        if self.home is not None:
            return False
        if self.seen < YOUNG_LOOKS and self.missed >= FORGET_YOUNG_LOOKS:
            return True
        return self._missed_for_long(time)

    def _missed_for_long(self, time: float) -> bool:
        return time - self.last_seen >= FORGET_S and self.missed >= FORGET_LOOKS


class ParkedVehicles:
    """Where vehicles stand in one camera's view, and since when. Times are UNIX seconds of media time."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._last = float("-inf")
        self._spots: list[ParkedSpot] = []

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
        for box in (as_box(row) for i, row in enumerate(vehicles) if i not in taken):
            if not any(iou(spot.box, box) >= SAME_SPOT_IOU for spot in self._spots):  # else a car that is a truck, too
                self._spots.append(ParkedSpot(box, since, time))

    def stood(self, box: Box, at: float) -> bool:
        """Whether a vehicle in `box` (fractions of the picture) had been parked there by the time `at`."""
        return any(spot.is_parked(at) and iou(spot.box, box) >= SAME_SPOT_IOU for spot in self._spots)

    def settle(self, time: float) -> list[ParkedSpot]:
        """Those that count as a part of the view from now on."""
        seen = [spot for spot in self._spots if spot.home is None and spot.missed == 0]
        new = [spot for spot in seen if spot.is_parked(time) and spot.looks >= YOUNG_LOOKS]
        for spot in new:
            spot.home = spot.box
        return new

    def is_of_view(self, box: Box) -> bool:
        """Whether a vehicle in `box` is a part of the view."""
        return any(iou(home, box) >= SAME_SPOT_IOU for home in self.homes)

    @property
    def homes(self) -> list[Box]:
        """Where vehicles stand that are a part of the view."""
        return [spot.home for spot in self._spots if spot.home is not None]

    def compare(
        self, changed: Mask, seen: Mask, ground_share: Callable[[Box], float], time: float
    ) -> tuple[list[ParkedSpot], list[ParkedSpot]]:
        """Take one look at what has changed (h, w) where it can be `seen` (h, w): which vehicles have left, their spots
        forgotten, and which others stand in the place of former ones. Once per `update`.

        `ground_share`: how much of a vehicle's place, 0..1, looks as the ground behind it.
        """
        if time != self._last:
            return [], []
        left, others = [], []
        for spot in self._spots:
            if spot.home is None:
                continue
            part = pixels(spot.home, changed.shape)
            if seen[part].mean() < LEAST_UNCOVERED:
                continue
            share = changed[part][seen[part]].mean()
            differs = share >= spot.least_change(time)
            if not differs and not spot.is_there and share > 0:
                differs = ground_share(spot.home) >= GROUND_SHARE
            spot.differs = spot.differs + 1 if differs else 0
            if spot.differs >= LOOKS_ELSE and not spot.is_there:
                left.append(spot)
            elif spot.differs > LOOKS_ELSE:
                others.append(spot)
                spot.differs = 0
        self._spots = [spot for spot in self._spots if spot not in left]
        return left, others

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
