"""Things that the detector knows by class and that stand in one place: stalls, locks, heaps of waste.

A detection comes and goes from look to look; a place is where it keeps coming back. Presence is counted over looks at
which the place could be seen, so that people who pass in front neither end nor begin anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from statistics import median

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, intersection, iou
from vision.scene.kinds import KindShares
from vision.scene.opinion import SAME_BOX_IOU
from vision.sources import Box

SAME_PLACE_IOU = 0.35
"""Detector boxes of one small thing overlap this much from look to look."""
PART_SHARE = 0.7
"""Of two boxes that overlap less, one is a part of the other if this share of it lies in that: of a lock behind a pair
of legs, a strip. Else a strip that was seen first would hold its place against the whole lock for as long as it stands.
"""
SECOND_BOX_SHARE = 0.5
"""Of a box that is neither and shares this much with a place, the smaller of the two: another box of the same thing."""
FOLLOW, FOLLOW_PART = 0.2, 0.5
"""How far a place's box goes towards the box of a look: slowly, and faster where one is a part of the other."""
REMEMBERED_LOOKS = 12
MISSED_LOOKS, MISSES_A_HIT = 5, 3
"""A place that was missed for so many looks in a row, and for so many times those at which it had been seen, was
nothing: what is seen there next came then. Else a bin that was once called a stall told of the cart that was pushed
before it 15 s later ten seconds too early. Locks keep their beginning, which makes them inventory."""
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
        total, also: sums of its scores at the counted looks, and of those of vehicles, by name, in the same box.
        kinds: what close looks at it have told.
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
    total: float = 0.0
    also: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    kinds: KindShares = field(default_factory=KindShares)
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

    @property
    def missed(self) -> int:
        """Counted looks in a row, up to the last one, at which it was not seen."""
        return sum(1 for _ in takewhile(lambda seen: not seen, reversed(self.seen)))

    @property
    def was_gone(self) -> bool:
        """Whether it has been missed for so long that what is seen there next is another thing."""
        few = max(MISSED_LOOKS, MISSES_A_HIT * self.hits)
        return self.missed >= (REMEMBERED_LOOKS if self.role is Role.LOCK else min(few, REMEMBERED_LOOKS))

    @property
    def gives_way(self) -> bool:
        """Whether it has been missed as often in a row as it was seen before; then it holds its ground against nothing.

        A cart that is pushed in is seen once on its way. Where it stops it may overlap that place too little to be it,
        and too much to be another beside it.
        """
        return self.missed >= min(self.hits, REMEMBERED_LOOKS)

    def also_share(self, name: str) -> float:
        """How much the detector's word that it is a vehicle of that name weighs beside its own, 0 or more."""
        return self.also[name] / self.total if self.total > 0 else 0.0

    def is_outweighed(self, places: Iterable[Place], role: Role) -> bool:
        """Whether the detector has called what stands here something of that role, more often and more surely.

        One thing, one word: by night a sack is now rubbish and now a lock.
        """
        return any(
            place.role is role and place.total > self.total and iou(place.box, self.box) >= SAME_BOX_IOU
            for place in places
        )


class PlaceKeeper:
    """Keeps the places of the given roles for one camera."""

    def __init__(self, roles: tuple[Role, ...] = (Role.STALL, Role.LOCK, Role.WASTE)) -> None:
        self._roles = roles
        self.next_id = 1
        self.places: list[Place] = []

    def update(self, detections: Detections, bodies: Sequence[Box], time: float) -> list[Place]:
        """Take one look at the whole picture; `bodies` may hide places, which then are neither seen nor missed."""
        seen, vehicles = detections.with_role(*self._roles), detections.with_role(Role.VEHICLE)
        free = set(range(len(seen)))
        matches = {place.place_id: self._take(place, seen, free, iou, SAME_PLACE_IOU) for place in self.places}
        for place in self.places:
            index = matches[place.place_id]
            if index is None:
                index = self._take(place, seen, free, _part_share, PART_SHARE)
            if index is not None:
                self._saw(place, seen, index, vehicles, time)
            elif not any(covered_share(place.box, body) > 0.4 for body in bodies):
                self._missed(place, seen, time)
        for index in sorted(free):
            self._begin(seen, index, vehicles, time)
        self.places = [place for place in self.places if time - place.last_seen < FORGET_S]
        return self.places

    @staticmethod
    def _missed(place: Place, seen: Detections, time: float) -> None:
        if (place.seen_closely and not _close(seen, place.box)) or time - place.last_look < COUNTED_EVERY_S:
            return
        place.seen.append(False)
        place.last_look = time
        place.missing_since = place.missing_since or time

    @staticmethod
    def _take(
        place: Place, seen: Detections, free: set[int], alike: Callable[[Box, Box], float], least: float
    ) -> int | None:
        """The detection that is most alike to the place's box, no longer free then; None where none is enough."""
        candidates = [(alike(place.box, as_box(seen.boxes[i])), i) for i in free if seen.roles[i] is place.role]
        best, index = max(candidates, default=(0.0, -1))
        if best < least:
            return None
        free.discard(index)
        return index

    def _saw(self, place: Place, seen: Detections, index: int, vehicles: Detections, time: float) -> None:
        box = as_box(seen.boxes[index])
        follow = FOLLOW if iou(place.box, box) >= SAME_PLACE_IOU else FOLLOW_PART
        place.box = tuple(old + follow * (new - old) for old, new in zip(place.box, box, strict=True))  # type: ignore[assignment]
        place.seen_closely |= _close(seen, box)
        place.last_seen = time
        place.missing_since = None
        if place.was_gone:
            place.first_seen = time  # what stands here now came now
        if place.seen and time - place.last_look < COUNTED_EVERY_S:
            place.seen[-1] = True
            return
        place.last_look = time
        place.scores.append(float(seen.scores[index]))
        place.names[seen.names[index]] += 1
        place.total += float(seen.scores[index])
        for row, score, name in zip(vehicles.boxes, vehicles.scores, vehicles.names, strict=True):
            if iou(as_box(row), box) >= SAME_BOX_IOU:
                place.also[name] += float(score)
        place.seen.append(True)
        place.hits += 1

    def _begin(self, seen: Detections, index: int, vehicles: Detections, time: float) -> None:
        box = as_box(seen.boxes[index])
        if any(
            p.role is seen.roles[index] and not p.gives_way and _part_share(p.box, box) > SECOND_BOX_SHARE
            for p in self.places
        ):
            return  # a second box on a thing that has a place already
        place = Place(self.next_id, seen.roles[index], box, time, time, time)
        self.next_id += 1
        self.places.append(place)
        self._saw(place, seen, index, vehicles, time)


def _close(seen: Detections, box: Box) -> bool:
    """Whether the look showed this place in native resolution."""
    return any(covered_share(box, region) > 0.9 for region in seen.regions)


def _part_share(a: Box, b: Box) -> float:
    """How much of the smaller box lies in the other, 0..1."""
    least = _least(a, b)
    return intersection(a, b) / least if least > 0 else 0.0


def _least(a: Box, b: Box) -> float:
    return min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
