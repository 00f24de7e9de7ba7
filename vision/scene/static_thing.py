"""One new thing that stands still, with the evidence for and against it that has been gathered so far."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from vision.detect import Role
from vision.scene.body_look import BodyLook
from vision.scene.kinds import WASTE, KindShares
from vision.scene.light import Mask
from vision.scene.stills import Still
from vision.scene.tracking import Track
from vision.sources import Box

KNOWN_SHARE = 0.15
"""Mean score at which the detector knows a thing for waste or a bag. Waste counts from 0.68, so one look in five is
enough: people and compression hide it at others."""
KNOWN_KIND = 0.6
"""Mean share of waste at close looks from which it is waste."""
PART_SHARE, LATER_PART_SHARE = 0.25, 0.5
"""A thing that a vehicle hides at more than this share of the looks is a part of it; the latter where no vehicle was
there before it."""
PART_LOOKS, MOST_PART_LOOKS = 2, 6
"""Such looks that it takes, and that are counted: what a van hid for an hour is there when the van has gone."""
BEFORE_PARKED = 0.6
"""Share of a thing in a parked vehicle's box from which it is before that, rather than beside it."""
GHOST_BESIDE_SHARE = 0.5
LATELY = 12
"""Looks that tell whether something has turned out to be a body."""


@dataclass(slots=True)
class Spot:
    """Where somebody stood beside a thing when it came to light; at how many of the looks since, somebody still did.

    `resident`: he had stood there for long, and did not bring it.
    """

    box: Box
    since: float
    looks: int = 0
    seen: int = 0
    resident: bool = False


@dataclass(slots=True)
class StaticThing:
    """Something new that stands still. Times are UNIX seconds of media time, boxes fractions of the picture.

    Attributes:
        appeared: since when the place has differed from the clean view.
        bared: since when it has looked as it does now wherever nobody stood before it: who came later did not bring it.
        first_seen, last_seen: first and last time the thing itself was visible.
        last_near: since when nobody has stayed near it: the last time its bringer did, later by what others took back
            (`STAY_COSTS`); equals `appeared` if nobody ever did.
        owner_near: the last time one of those who surely brought it stayed near.
        stall_share: mean score, 0..1, at which the detector takes it, or another piece of the same, for a stall.
        whole: the box around all pieces of which it is one: much of a large thing may look like the ground.
        whole_body_share: `body_share` of all those pieces, by the looks at each: a car's bumper is a car.
        actors: who was at the place when it appeared, by track id.
        bringer_height: height of the shortest of the people among those, in picture heights; 0 where there is none.
        upright: height of somebody who stands where it stands, in picture heights: as of all who walk there, else
            `bringer_height`; 0 where neither is known.
        dressed: how those were dressed then, of whom that is known.
        attended: whether somebody stays near it now; who passes does not.
        company: for each of the last looks its time and the bodies near the thing: where each was, and how dressed.
        spots: where people stood beside it when it came to light.
        visible: at the last look it was there for all to see.
        hidden: at the last look a body stood before it.
        roles: what the detector took it for, as sums of scores.
        kinds: what close looks at it have told.
        is_lost_vehicle: a vehicle came, covered the place, and was not seen to leave: the thing is it, or a part of it.
        came_under_vehicle: a vehicle's box covered the place shortly before it was first seen.
        in_vehicle: a vehicle that is being followed, seen at this look or not, fills its place.
        parked_share: share of it, 0..1, in the box of a vehicle that was a part of the view when it appeared, and
            neither hides it nor is it.
        under_vehicle: looks since then at which it was hidden and a vehicle's box covered it.
        looks: looks at which it was visible and the detector ran.
        taken_for_body: looks at which the detector saw a person, vehicle or animal in its place; weak ones count less.
        body_lately: for each of the last looks, one a second at most, how surely it was one, 0..1; with their times.
        body_before: looks shortly before it appeared at which a body filled the same place: it is that body, missed.
        light_looks, ghost_looks, judged: patch judgements: light or shadow, taken away, all.
        ghost_beside_looks, beside_looks: looks at which it seemed a piece of a ghost, or what that had hidden; all.
        unwatched: it came while the worker was away (see `ThingKeeper.was_blind`), so who brought it cannot be known.
        with_light: it came at the moment when the light changed as a whole.
        with_knock: it came within seconds of a knock of the camera, after which every edge lies a little elsewhere.
        early: it came so soon after the first picture that the clean view may show what stood there then.
        act: a picture of the moment it was put down, once somebody has looked it up.
        gone_since: since when its place has looked clean again; None while it stands.
    """

    thing_id: int
    box: Box
    mask: Mask
    appeared: float
    bared: float
    first_seen: float
    last_seen: float
    last_near: float
    owner_near: float = float("-inf")
    stall_share: float = 0.0
    whole: Box = (0.0, 0.0, 0.0, 0.0)
    whole_body_share: float = 0.0
    actors: dict[int, Track] = field(default_factory=dict)
    bringer_height: float = 0.0
    upright: float = 0.0
    dressed: list[BodyLook] = field(default_factory=list)
    attended: bool = False
    company: list[tuple[float, tuple[tuple[Box, BodyLook | None], ...]]] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    roles: defaultdict[Role, float] = field(default_factory=lambda: defaultdict(float))
    names: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    kinds: KindShares = field(default_factory=KindShares)
    looks: int = 0
    taken_for_body: float = 0.0
    body_lately: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=LATELY))
    body_before: float = 0.0
    is_lost_vehicle: bool = False
    came_under_vehicle: bool = False
    in_vehicle: bool = False
    parked_share: float = 0.0
    under_vehicle: int = 0
    judged: int = 0
    light_looks: int = 0
    ghost_looks: int = 0
    ghost_beside_looks: int = 0
    beside_looks: int = 0
    unwatched: bool = False
    with_light: bool = False
    with_knock: bool = False
    early: bool = False
    seen: int = 0
    moved_looks: int = 0
    contrast: float = 0.0
    visible: bool = True
    hidden: bool = False
    act: Still | None = None
    gone_since: float | None = None

    def __post_init__(self) -> None:
        self.whole = self.box

    @property
    def before_parked(self) -> bool:
        """Whether it came to light before a parked vehicle, whose windows and paint reflect what passes."""
        return self.parked_share > BEFORE_PARKED

    @property
    def brought(self) -> bool:
        """Whether somebody may have brought it: he was seen, or nobody was looking and it is known for what is left.

        After an absence too much is new for that alone to count: light, and cars that were parked or have left.
        """
        return bool(self.actors) or (self.unwatched and self.known_as_waste)

    @property
    def known_as_waste(self) -> bool:
        """Whether the detector, or a close look, takes it for waste or for something that people carry."""
        return self.waste_share >= KNOWN_SHARE or self.kinds.share(*WASTE) >= KNOWN_KIND

    @property
    def waste_share(self) -> float:
        """Mean score, 0..1, at which the detector takes it for waste or for something that people carry."""
        return (self.roles[Role.WASTE] + self.roles[Role.CARRIED]) / max(1, self.looks)

    @property
    def restless(self) -> float:
        """Share of the looks at which a good part of it moved, 0..1; one alone may be a keyframe's compression."""
        return self.moved_looks / self.seen if self.moved_looks > 1 else 0.0

    @property
    def present_share(self) -> float:
        """Share of the looks at its place, uncovered and at rest, at which it differed from the clean view, 0..1."""
        at_rest = self.seen - self.moved_looks
        return min(1.0, self.judged / at_rest) if at_rest > 0 else 1.0

    @property
    def body_share(self) -> float:
        """Share of the detector's looks at which it was a person, a vehicle or an animal, 0..1."""
        looks = self.looks + self.body_before
        return (self.taken_for_body + self.body_before) / looks if looks else 0.0

    @property
    def body_share_lately(self) -> float:
        """The same over the last looks only; 0 while there are too few."""
        return sum(body for _, body in self.body_lately) / LATELY if len(self.body_lately) == LATELY else 0.0

    @property
    def is_of_vehicle(self) -> bool:
        """Whether it is a vehicle that the detector has lost, or a part of one.

        A part comes to sight only where the detector misses a vehicle that stands there; what a vehicle leaves behind
        stays in sight once that has gone.
        """
        if self.is_lost_vehicle or self.in_vehicle:
            return True
        if self.came_under_vehicle and self.kinds.known and not self.known_as_waste:
            return True  # a van's roof for which close looks have no word; what vans left was rubbish at 0.7 and more
        share = PART_SHARE if self.came_under_vehicle else LATER_PART_SHARE
        return self.under_vehicle >= PART_LOOKS and self.under_vehicle > share * (self.looks + self.under_vehicle)

    @property
    def light_share(self) -> float:
        """Share of the judgements that found light or shadow only, 0..1."""
        return self.light_looks / self.judged if self.judged else 0.0

    @property
    def ghost_share(self) -> float:
        """Share of the judgements that found a thing taken away, 0..1."""
        return self.ghost_looks / self.judged if self.judged else 0.0

    @property
    def beside_ghost(self) -> bool:
        """Whether at most looks it seemed a piece of a thing taken away, or what that had hidden: as pieces move, one
        look tells little."""
        return self.ghost_beside_looks > GHOST_BESIDE_SHARE * self.beside_looks

    def unattended_s(self, time: float) -> float:
        """For how long nobody has stayed near it, seconds."""
        return 0.0 if self.attended else max(0.0, time - self.last_near)
