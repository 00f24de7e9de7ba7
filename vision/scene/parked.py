"""Vehicles that were there before: who parks by the kerb all day does not bring what is put down beside his car, and is
a part of the view for as long as he stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vision.detect import Detections, Role
from vision.scene.geometry import iou, pixels
from vision.scene.light import Mask
from vision.scene.standing import SAME_SPOT_IOU, STOOD_S, YOUNG_LOOKS, StandingSpot, StandingSpots
from vision.sources import Box

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
class ParkedSpot(StandingSpot):
    """Where a vehicle stands.

    Attributes:
        home: its place, once it counts as a part of the view; None before.
        differs: looks since at which that place has looked otherwise.
    """

    home: Box | None = None
    differs: int = 0

    def has_stood(self, at: float) -> bool:
        """Whether it had stood for long by the time `at`."""
        if self.home is not None:
            return at - self.since >= STOOD_S
        return StandingSpot.has_stood(self, at)

    def is_empty(self, time: float) -> bool:
        """Whether it can be forgotten; one that is a part of the view stays until its place looks otherwise."""
        return self.home is None and StandingSpot.is_empty(self, time)

    @property
    def is_there(self) -> bool:
        """Whether a vehicle was seen in its place at the last look."""
        return self.missed == 0 and self.home is not None and iou(self.box, self.home) >= SAME_SPOT_IOU

    def least_change(self, time: float) -> float:
        """Share of its place, 0..1, that must look otherwise for the vehicle not to be there any more."""
        if self.is_there:
            return OTHER_SHARE
        return LONG_GONE_SHARE if self.missed_for_long(time) else GONE_SHARE


class ParkedVehicles(StandingSpots[ParkedSpot]):
    """Where vehicles stand in one camera's view, and since when. Times are UNIX seconds of media time."""

    def __init__(self) -> None:
        super().__init__(Role.VEHICLE, ParkedSpot)

    def settle(self, time: float) -> list[ParkedSpot]:
        """Those that count as a part of the view from now on."""
        seen = [spot for spot in self._spots if spot.home is None and spot.missed == 0]
        new = [spot for spot in seen if spot.has_stood(time) and spot.looks >= YOUNG_LOOKS]
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


class WhoStood:
    """Who has stood in one camera's view for long: vehicles that parked, people who wait, or what is taken for one."""

    def __init__(self) -> None:
        self.vehicles = ParkedVehicles()
        self.people = StandingSpots(Role.PERSON, StandingSpot)

    def update(self, detections: Detections, time: float) -> None:
        """Take one look; `time` in UNIX seconds of media time."""
        self.vehicles.update(detections, time)
        self.people.update(detections, time)
