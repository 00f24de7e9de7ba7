"""Things that the detector knows by class and that stand in one place: stalls, locks, heaps of waste.

A detection comes and goes from look to look; a place is where it keeps coming back. Presence is counted over looks at
which the place could be seen, so that people who pass in front neither end nor begin anything.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, intersection, iou
from vision.sources import Box

SAME_PLACE_IOU = 0.35
"""Detector boxes of one small thing overlap this much from look to look."""
REMEMBERED_LOOKS = 12
COUNTED_EVERY_S = 1.0
"""At most one look a second is counted: five looks in one second of a busy scene tell no more than one."""
FORGET_S = 3600.0
"""A place not seen for an hour is forgotten."""


@dataclass(slots=True)
class Place:
    """Where something of one role keeps being seen. Times are UNIX seconds of media time, box in picture fractions.

    Attributes:
        last_look: the last look that counted.
        hits: counted looks at which it was seen.
        seen_closely: it has been seen in native resolution; then only such a look can miss it.
    """

    place_id: int
    role: Role
    box: Box
    first_seen: float
    last_seen: float
    last_look: float
    names: Counter[str] = field(default_factory=Counter)
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LOOKS))
    seen: deque[bool] = field(default_factory=lambda: deque(maxlen=REMEMBERED_LOOKS))
    hits: int = 0
    seen_closely: bool = False
    missing_since: float | None = None

    @property
    def present_share(self) -> float:
        """Share of the last looks at which it was seen, 0..1."""
        return sum(self.seen) / len(self.seen) if self.seen else 0.0

    @property
    def score(self) -> float:
        """Median score of the last sightings, 0..1."""
        return median(self.scores) if self.scores else 0.0


class PlaceKeeper:
    """Keeps the places of the given roles for one camera."""

    def __init__(self, roles: tuple[Role, ...] = (Role.STALL, Role.LOCK, Role.WASTE)) -> None:
        self._roles = roles
        self.next_id = 1
        self.places: list[Place] = []

    def update(self, detections: Detections, bodies: Sequence[Box], time: float) -> list[Place]:
        """Take one look at the whole picture; `bodies` may hide places, which then are neither seen nor missed."""
        seen = detections.with_role(*self._roles)
        free = set(range(len(seen)))
        for place in self.places:
            index = self._match(place, seen, free)
            if index is not None:
                free.discard(index)
                self._saw(place, seen, index, time)
            elif not any(covered_share(place.box, body) > 0.4 for body in bodies):
                self._missed(place, seen, time)
        for index in sorted(free):
            self._begin(seen, index, time)
        self.places = [place for place in self.places if time - place.last_seen < FORGET_S]
        return self.places

    @staticmethod
    def _missed(place: Place, seen: Detections, time: float) -> None:
        if (place.seen_closely and not _close(seen, place.box)) or time - place.last_look < COUNTED_EVERY_S:
            return
        place.seen.append(False)
        place.last_look = time
        place.missing_since = place.missing_since or time

    def _match(self, place: Place, seen: Detections, free: set[int]) -> int | None:
        candidates = [(iou(place.box, as_box(seen.boxes[i])), i) for i in free if seen.roles[i] is place.role]
        best = max(candidates, default=(0.0, -1))
        return best[1] if best[0] >= SAME_PLACE_IOU else None

    def _saw(self, place: Place, seen: Detections, index: int, time: float) -> None:
        box = as_box(seen.boxes[index])
        place.box = tuple(0.8 * old + 0.2 * new for old, new in zip(place.box, box, strict=True))  # type: ignore[assignment]
        place.seen_closely |= _close(seen, box)
        place.last_seen = time
        place.missing_since = None
        if len(place.seen) == REMEMBERED_LOOKS and not any(place.seen):
            place.first_seen = time  # it was gone: what stands here now came now
        if place.seen and time - place.last_look < COUNTED_EVERY_S:
            place.seen[-1] = True
            return
        place.last_look = time
        place.scores.append(float(seen.scores[index]))
        place.names[seen.names[index]] += 1
        place.seen.append(True)
        place.hits += 1

    def _begin(self, seen: Detections, index: int, time: float) -> None:
        box = as_box(seen.boxes[index])
        if any(
            p.role is seen.roles[index] and intersection(p.box, box) > 0.5 * _least(p.box, box) for p in self.places
        ):
            return  # a second box on a thing that has a place already
        place = Place(self.next_id, seen.roles[index], box, time, time, time)
        self.next_id += 1
        self.places.append(place)
        self._saw(place, seen, index, time)


def _close(seen: Detections, box: Box) -> bool:
    """Whether the look showed this place in native resolution."""
    return any(covered_share(box, region) > 0.9 for region in seen.regions)


def _least(a: Box, b: Box) -> float:
    return min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
