"""Illegal dumping (乱倒垃圾渣土): somebody comes, something new stays behind, he leaves, it stays.

The thing need not be of a class that the model knows: whatever changed in the place and stands still counts. What the
detector says of it is evidence: a person who sits, a parked car or a dog is never a left thing; a bag or rubbish is one
all the more. Waste that is there without anybody having been seen with it is reported as a pile, after a longer time.

Not a case: a thing whose owner stays by it or takes it up again, light and shadow, a thing taken away.

A case is told again when it has grown, cleared when the place is clean, and withdrawn when later looks refute it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Role
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.left_things import (
    against,
    belongs_to_other,
    bringers,
    comes_and_goes,
    confidence,
    is_edge,
    is_of_new_waste,
    is_of_parked,
    is_piece_of_other,
    is_removed_waste,
    is_scrap,
    is_small,
    is_upright,
    reasons,
    refuted,
    shown_box,
    subcategory,
    was_brought,
)
from vision.rules.rule import ZoneRule, fits, in_zone, on_ground
from vision.scene import SceneState, StaticThing, Still
from vision.scene.geometry import area, gap, hull, intersection
from vision.scene.places import Place
from vision.sources import Box

LEAST_LOOKS = 3
"""Detector looks without a body in the place that a left thing needs: one look can miss a person, three do not."""
LEAST_SEEN_S = 2.0
HIDDEN_S = 3.0
"""It must have been seen this lately. Somebody who passes before it at the very look at which the time is over does not
put off the report: a keyframe before it was still there. In a crowd it may be half a minute until it is seen again."""
PILE_SHARE = 0.6
PILE_SCORE = 0.8
"""What nobody brought may have stood there for ever: a sign, a sack of sand. Of 177 labelled pieces of rubbish in 335
held-out pictures the model finds 0.39 above this, with 3 boxes that are none; above its own 0.68, 0.50 with 9."""
SEARCH_AFTER_S = 6.0
"""A thing that has stood alone for this long is worth looking up who brought it; what passes is gone by then."""
ONE_ACT_S = 15.0
"""Things that appear side by side within this time were put down in one act, and are one case."""
ONE_ACT_HEIGHTS = 0.5
"""... side by side being within half the height of who brought them, an arm's reach, or within the larger one's size:
of a large thing often only pieces differ from the ground."""
CLEAR_AFTER_S = 2.0
"""The place must have looked clean for this long: a passer-by's shadow does not clear a case."""
GROWN = 1.3
"""A heap that covers this many times the area it was reported with has grown, and is told again."""
GROWN_S = 10.0
"""... once it has been so large for this long: somebody who stands beside it makes it no larger."""


class DumpingSettings(RuleSettings):
    """Settings of `illegal_dumping` in one zone."""

    rule: Literal["illegal_dumping"] = "illegal_dumping"
    dwell: Duration = Field(30.0, ge=1, le=3600, description="How long the thing must stay after its bringer has left.")
    needs_actor: bool = Field(
        True, description="Only things that somebody was seen at when they appeared, or that are surely new waste."
    )
    pile_after: Duration = Field(600.0, ge=10, description="Waste without a seen actor is reported after this time.")
    min_area: float = Field(0.0003, ge=0, le=1, description="Smallest thing, share of the picture.")
    max_area: float = Field(0.25, ge=0, le=1, description="Largest thing, share of the picture; light is larger.")
    min_score: float = Field(PILE_SCORE, ge=0, le=1, description="Least median score of waste without an actor.")


@dataclass(slots=True)
class _Case:
    """An open incident. Where the scene lost its memory in a restart, the box finds the thing again.

    Attributes:
        told_area, told_things: size (share of the picture) and number of things as last reported.
        larger_since: since when it has been larger than that; None while it is not.
    """

    incident_id: str
    box: Box
    started: float
    confidence: float
    subcategory: str
    thing_ids: list[int] = field(default_factory=list)
    place_id: int | None = None
    told_area: float = 0.0
    told_things: int = 1
    things: int = 1
    larger_since: float | None = None


class IllegalDumping(ZoneRule[DumpingSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "illegal_dumping"
    settings_type: ClassVar[type[RuleSettings]] = DumpingSettings

    def __init__(self, zone: Zone, settings: DumpingSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._cases: list[_Case] = []
        self._suspect: Box | None = None
        self._unclaimed: list[int] = []

    def update(self, scene: SceneState) -> list[Incident]:
        """Follow what has been reported, then report what has been left for long enough."""
        reports = [r for case in list(self._cases) if (r := self._follow(case, scene)) is not None]
        mine = [t for t in scene.things if self._may_lie_there(t.box, scene)]
        fresh = [t for t in mine if t.gone_since is None and not self._belongs_to_case(t)]
        suspects = [t for t in fresh if self._was_brought(t, scene) and self._may_be_waste(t, scene)]
        self._suspect = suspects[-1].box if suspects else None
        self._unclaimed = [t.thing_id for t in fresh if self._needs_a_bringer(t, scene)]
        if scene.settled and self._on_duty(scene):
            reports += [r for thing in fresh if (r := self._left_behind(thing, scene)) is not None]
            reports += [r for place in scene.places if (r := self._pile(place, scene)) is not None]
        return reports

    def look_at(self, time: float) -> Box | None:
        return self._suspect

    @property
    def watching(self) -> bool:
        return self._suspect is not None

    @property
    def unclaimed(self) -> Sequence[int]:
        return self._unclaimed

    def save(self) -> dict[str, Any]:
        return {"cases": [asdict(case) | {"place_id": None} for case in self._cases]}

    def load(self, state: dict[str, Any]) -> None:
        self._cases = [_Case(**{**case, "box": tuple(case["box"])}) for case in state.get("cases", [])]

    def _may_lie_there(self, box: Box, scene: SceneState) -> bool:
        return in_zone(self._zone, box) and on_ground(box, scene) and fits(self._settings, box, self._zone)

    def _was_brought(self, thing: StaticThing, scene: SceneState) -> bool:
        return was_brought(thing, scene.places, self._settings.min_score)

    @staticmethod
    def _may_be_waste(thing: StaticThing, scene: SceneState) -> bool:
        return not against(thing) or is_of_new_waste(thing, scene.places)

    def _needs_a_bringer(self, thing: StaticThing, scene: SceneState) -> bool:
        """Whether all that is missing is who brought it, and it has stood for long enough to be worth the search."""
        if thing.brought or not self._settings.needs_actor or not thing.visible:
            return False
        if not self._may_be_waste(thing, scene):
            return False
        if thing.unwatched:  # who was there after the absence did not bring it
            return False
        return thing.unattended_s(scene.time) >= min(SEARCH_AFTER_S, self._settings.dwell / 2)

    def _left_behind(self, thing: StaticThing, scene: SceneState) -> Incident | None:
        left_for = thing.unattended_s(scene.time)
        seen = (thing.visible or thing.hidden) and scene.time - thing.last_seen <= HIDDEN_S
        if left_for < self._settings.dwell or not seen or scene.time - thing.first_seen < LEAST_SEEN_S:
            return None
        if comes_and_goes(thing) or thing.looks < LEAST_LOOKS:
            return None
        if thing.kinds.looks and not thing.kinds.known:
            return None  # close looks have begun, and may still refute it
        if not is_of_new_waste(thing, scene.places) and self._looks_like_none(thing, scene):
            return None
        if self._settings.needs_actor and not self._was_brought(thing, scene):
            return None
        if belongs_to_other(thing, scene.places, scene.aspect) or is_piece_of_other(thing, scene.things):
            return None
        if is_removed_waste(thing, scene.places):
            return None
        beside = self._same_act(thing, scene)
        if beside is not None:
            beside.thing_ids.append(thing.thing_id)
            beside.box = hull(beside.box, thing.box)
            beside.things += 1
            return None
        actors = bringers(thing, scene.aspect)
        started = max(thing.appeared, min((a.first_seen for a in actors), default=thing.appeared))
        case = _Case(
            self._new_id(scene, started, thing.thing_id), shown_box(thing, scene.places), started, confidence(thing),
            subcategory(thing, scene.aspect), [thing.thing_id],
        )  # fmt: skip
        why = reasons(thing, left_for, self._settings.dwell, LEAST_LOOKS)
        return self._open(case, left_for, scene, actors, why, thing.act)

    @staticmethod
    def _looks_like_none(thing: StaticThing, scene: SceneState) -> bool:
        if against(thing) or is_of_parked(thing) or is_scrap(thing):
            return True
        if is_edge(thing, scene.aspect) or is_small(thing, scene.aspect):
            return True
        return is_upright(thing, scene.things, scene.aspect)

    def _pile(self, place: Place, scene: SceneState) -> Incident | None:
        stood_for = place.last_seen - place.first_seen
        if place.role is not Role.WASTE or stood_for < self._settings.pile_after or place.missing_since is not None:
            return None
        if place.present_share < PILE_SHARE or place.score < self._settings.min_score:
            return None
        if not self._may_lie_there(place.box, scene):
            return None
        if any(case.place_id == place.place_id or intersection(case.box, place.box) > 0 for case in self._cases):
            return None
        why = (
            Reason("waste_present_s", round(stood_for, 1), self._settings.pile_after),
            Reason("present_share", round(place.present_share, 2), PILE_SHARE),
            Reason("score", round(place.score, 2), self._settings.min_score),
        )
        incident_id = self._new_id(scene, place.first_seen, place.place_id)
        case = _Case(
            incident_id, place.box, place.first_seen, round(place.score, 3), "household_waste", place_id=place.place_id
        )
        return self._open(case, stood_for, scene, (), why, None)

    def _open(
        self,
        case: _Case,
        dwell: float,
        scene: SceneState,
        actors: tuple[Actor, ...],
        why: tuple[Reason, ...],
        act: Still | None,
    ) -> Incident:
        case.told_area = area(case.box)
        self._cases.append(case)
        return self._tell(case, IncidentKind.OPENED, scene, dwell, why, actors=actors, act=act)

    def _follow(self, case: _Case, scene: SceneState) -> Incident | None:
        """Withdrawn, cleared or grown; mostly none of them."""
        things = [t for t in scene.things if t.thing_id in case.thing_ids]
        standing = [t for t in things if t.gone_since is None]
        why_not = [None if is_of_new_waste(thing, scene.places) else refuted(thing) for thing in standing]
        if standing and None not in why_not:
            self._cases.remove(case)
            why = tuple(reason for reason in why_not if reason is not None)
            return self._tell(case, IncidentKind.WITHDRAWN, scene, scene.time - case.started, why, ended=scene.time)
        place = next((p for p in scene.places if _is_place_of(p, case)), None)
        if things and not standing:
            return self._cleared(case, max(t.gone_since or 0.0 for t in things), scene)
        if place is not None and place.missing_since is not None and place.present_share == 0:
            return self._cleared(case, place.missing_since, scene)
        return self._grown(case, standing, scene)

    def _cleared(self, case: _Case, ended: float, scene: SceneState) -> Incident | None:
        gone_for = scene.time - ended
        if gone_for < CLEAR_AFTER_S:
            return None
        self._cases.remove(case)
        why = (Reason("place_clean_s", round(gone_for, 2), CLEAR_AFTER_S),)
        return self._tell(case, IncidentKind.CLEARED, scene, ended - case.started, why, ended=ended)

    def _grown(self, case: _Case, standing: Sequence[StaticThing], scene: SceneState) -> Incident | None:
        seen = [thing.box for thing in standing if thing.visible]
        now = sum(area(box) for box in seen)
        larger = case.things > case.told_things or now > GROWN * case.told_area
        if not seen or not larger:
            case.larger_since = None if seen else case.larger_since
            return None
        case.larger_since = case.larger_since or scene.time
        if scene.time - case.larger_since < GROWN_S:
            return None
        why = (
            Reason("things", case.things, case.told_things),
            Reason("times_larger", round(now / max(case.told_area, 1e-6), 2), GROWN),
        )
        case.told_area, case.told_things, case.larger_since = max(now, case.told_area), case.things, None
        for box in seen:
            case.box = hull(case.box, box)
        return self._tell(case, IncidentKind.UPDATED, scene, scene.time - case.started, why)

    def _tell(
        self,
        case: _Case,
        kind: IncidentKind,
        scene: SceneState,
        dwell: float,
        why: tuple[Reason, ...],
        *,
        ended: float | None = None,
        actors: tuple[Actor, ...] = (),
        act: Still | None = None,
    ) -> Incident:
        return self._incident(
            kind, scene, case.incident_id, case.box, case.started, case.confidence, why,
            dwell=dwell, subcategory=case.subcategory, ended=ended, actors=actors, act=act,
        )  # fmt: skip

    def _belongs_to_case(self, thing: StaticThing) -> bool:
        for case in self._cases:
            if thing.thing_id in case.thing_ids:
                return True
            if intersection(case.box, thing.box) > 0.3 * min(area(case.box), area(thing.box)):
                case.thing_ids.append(thing.thing_id)  # the same thing under a new id, after a restart for one
                return True
        return False

    def _same_act(self, thing: StaticThing, scene: SceneState) -> _Case | None:
        for case in self._cases:
            size = max(thing.box[3] - thing.box[1], case.box[3] - case.box[1])
            heights = (a.box[3] - a.box[1] for a in bringers(thing, scene.aspect))
            reach = max(size, ONE_ACT_HEIGHTS * max(heights, default=0.0))
            if gap(case.box, thing.box, scene.aspect) <= reach and abs(case.started - thing.appeared) <= ONE_ACT_S:
                return case
        return None


def _is_place_of(place: Place, case: _Case) -> bool:
    """By its number, or by where it is: places are numbered anew after a restart."""
    if case.place_id is not None or case.thing_ids:
        return place.place_id == case.place_id
    return place.role is Role.WASTE and intersection(place.box, case.box) > 0.3 * min(area(place.box), area(case.box))
