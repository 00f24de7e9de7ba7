"""Vehicles that were there before: who parks by the kerb all day does not bring what is put down beside his car.

By place, not by track: at a picture in two seconds the boxes of cars that stand side by side change their tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, iou
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
LEAST_SHARE = 0.5
"""Share of the looks at which a car that stands is seen at least; where cars drive by, one is there at fewer."""
HIDES = 0.4
FORGET_S, FORGET_LOOKS = 20.0, 5
"""A spot that has been empty for so long, and at so many looks with nobody before it, is one no more: by night a quiet
camera looks every 10 s, and misses a car at every other look."""


@dataclass(slots=True)
class _Spot:
    box: Box
    since: float
    last_seen: float
    looks: int = 1
    seen: int = 1
    missed: int = 0


class ParkedVehicles:
    """Where vehicles stand in one camera's view, and since when. Times are UNIX seconds of media time."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._spots: list[_Spot] = []

    def update(self, detections: Detections, time: float) -> None:
        """Take one look."""
        self._began = time if self._began is None else self._began
        vehicles = [as_box(row) for row in detections.with_role(Role.VEHICLE).boxes]
        people = [as_box(row) for row in detections.with_role(Role.PERSON).boxes]
        free = list(vehicles)
        for spot in self._spots:
            box = max(free, key=lambda one: iou(one, spot.box), default=None)
            if box is not None and iou(box, spot.box) >= SAME_SPOT_IOU:
                free.remove(box)
                spot.box = tuple(old + FOLLOW * (new - old) for old, new in zip(spot.box, box, strict=True))  # type: ignore[assignment]
                spot.last_seen, spot.looks, spot.seen, spot.missed = time, spot.looks + 1, spot.seen + 1, 0
            elif not any(covered_share(spot.box, body) > HIDES for body in (*people, *vehicles)):
                spot.looks, spot.missed = spot.looks + 1, spot.missed + 1
        since = float("-inf") if time - self._began <= FROM_START_S else time
        self._spots = [spot for spot in self._spots if not _is_empty(spot, time)]
        self._spots += [_Spot(box, since, time) for box in free]

    def stood(self, box: Box, at: float) -> bool:
        """Whether a vehicle in `box` (fractions of the picture) had been parked there by the time `at`."""
        return any(
            at - spot.since >= PARKED_S
            and spot.seen >= LEAST_SHARE * spot.looks
            and iou(spot.box, box) >= SAME_SPOT_IOU
            for spot in self._spots
        )


def _is_empty(spot: _Spot, time: float) -> bool:
    return time - spot.last_seen >= FORGET_S and spot.missed >= FORGET_LOOKS
