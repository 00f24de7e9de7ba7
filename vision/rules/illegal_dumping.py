"""Illegal dumping (乱倒垃圾渣土): somebody comes, something new stays behind, he leaves, it stays.

The thing need not be of a class that the model knows: whatever changed in the place and stands still counts. What the
detector says of it is evidence: a person who sits, a parked car or a dog is never a left thing; a bag or rubbish is one
all the more. Waste that is there without anybody having been seen with it is reported as a pile, after a longer time.

Not a case: a thing whose owner stays by it or takes it up again, light and shadow, a thing taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Role
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.rule import ZoneRule, fits, in_zone
from vision.scene import SceneState, StaticThing, Still, Track
from vision.scene.geometry import area, gap, hull, intersection
from vision.scene.places import Place
from vision.scene.things import BROUGHT_S
from vision.sources import Box

BODY_SHARE = 0.25
"""A thing taken for a person, vehicle or animal at more than this share of the looks is one that stands or parks."""
LIGHT_SHARE = 0.5
GHOST_SHARE = 0.5
RESTLESS_SHARE = 0.3
OTHER_RULE_SHARE = 0.3
"""Mean score at which a thing is taken for a lock or a stall: it belongs to those rules, not to this one."""
LEAST_LOOKS = 3
"""Detector looks without a body in the place that a left thing needs: one look can miss a person, three do not."""
LEAST_SEEN_S = 2.0
PILE_SHARE = 0.6
BULKY = 0.5
"""A thing larger than this share of the actor's box is bulky goods (furniture), by trial on pictures."""
SEARCH_AFTER_S = 6.0
"""A thing that has stood alone for this long is worth looking up who brought it; what passes is gone by then."""
ONE_ACT_S = 15.0
"""Things that appear side by side within this time were put down in one act, and are one case."""


class DumpingSettings(RuleSettings):
    """Settings of `illegal_dumping` in one zone."""

    rule: Literal["illegal_dumping"] = "illegal_dumping"
    dwell: Duration = Field(30.0, ge=1, le=3600, description="How long the thing must stay after its bringer has left.")
    needs_actor: bool = Field(True, description="Only things that somebody was seen at when they appeared.")
    pile_after: Duration = Field(600.0, ge=10, description="Waste without a seen actor is reported after this time.")
    min_area: float = Field(0.0003, ge=0, le=1, description="Smallest thing, share of the picture.")
    max_area: float = Field(0.12, ge=0, le=1, description="Largest thing, share of the picture.")
    min_score: float = Field(0.4, ge=0, le=1, description="Least median score of waste without an actor.")


@dataclass(slots=True)
class _Case:
    """An open incident. Where the scene lost its memory in a restart, the box finds the thing again."""

    incident_id: str
    box: Box
    started: float
    thing_ids: list[int]
    place_id: int | None
    confidence: float


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
        """Clear what is gone, then report what has been left for long enough."""
        reports = [r for case in list(self._cases) if (r := self._cleared(case, scene)) is not None]
        mine = [t for t in scene.things if in_zone(self._zone, t.box) and fits(self._settings, t.box)]
        fresh = [t for t in mine if t.gone_since is None and not self._belongs_to_case(t, scene.aspect)]
        suspects = [t for t in fresh if t.actors and not _against(t)]
        self._suspect = suspects[-1].box if suspects else None
        self._unclaimed = [t.thing_id for t in fresh if self._needs_a_bringer(t, scene.time)]
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

    def _needs_a_bringer(self, thing: StaticThing, time: float) -> bool:
        """Whether all that is missing is who brought it, and it has stood for long enough to be worth the search."""
        if thing.actors or not self._settings.needs_actor or not thing.visible or _against(thing):
            return False
        return thing.unattended_s(time) >= min(SEARCH_AFTER_S, self._settings.dwell / 2)

    def _left_behind(self, thing: StaticThing, scene: SceneState) -> Incident | None:
        left_for = thing.unattended_s(scene.time)
        if left_for < self._settings.dwell or not thing.visible or scene.time - thing.first_seen < LEAST_SEEN_S:
            return None
        if _against(thing) or thing.looks < LEAST_LOOKS or (self._settings.needs_actor and not thing.actors):
            return None
        beside = self._same_act(thing, scene)
        if beside is not None:
            beside.thing_ids.append(thing.thing_id)
            beside.box = hull(beside.box, thing.box)
            return None
        why = (
            Reason("left_behind_s", round(left_for, 2), self._settings.dwell),
            Reason("taken_for_body_share", round(thing.body_share, 2), BODY_SHARE),
            Reason("light_or_shadow_share", round(thing.light_share, 2), LIGHT_SHARE),
            Reason("taken_away_share", round(thing.ghost_share, 2), GHOST_SHARE),
            Reason("looks", thing.looks, LEAST_LOOKS),
        )
        actors = tuple(
            Actor(a.name, a.track_id, _closest_box(a, thing, scene.aspect), a.first_seen, a.last_seen)
            for a in thing.actors.values()
        )
        started = max(thing.appeared, min((a.first_seen for a in actors), default=thing.appeared))
        act = thing.act
        case = _Case(
            self._new_id(scene, started, thing.thing_id), thing.box, started, [thing.thing_id], None, _confidence(thing)
        )
        return self._open(case, _subcategory(thing, scene.aspect), left_for, scene, actors, why, act)

    def _pile(self, place: Place, scene: SceneState) -> Incident | None:
        stood_for = place.last_seen - place.first_seen
        if place.role is not Role.WASTE or stood_for < self._settings.pile_after or place.missing_since is not None:
            return None
        if place.present_share < PILE_SHARE or place.score < self._settings.min_score:
            return None
        if not in_zone(self._zone, place.box) or not fits(self._settings, place.box):
            return None
        if any(case.place_id == place.place_id or intersection(case.box, place.box) > 0 for case in self._cases):
            return None
        why = (
            Reason("waste_present_s", round(stood_for, 1), self._settings.pile_after),
            Reason("present_share", round(place.present_share, 2), PILE_SHARE),
            Reason("score", round(place.score, 2), self._settings.min_score),
        )
        started = place.first_seen
        case = _Case(self._new_id(scene, started, place.place_id), place.box, started, [], place.place_id, place.score)
        return self._open(case, "household_waste", stood_for, scene, (), why, None)

    def _open(
        self,
        case: _Case,
        subcategory: str,
        dwell: float,
        scene: SceneState,
        actors: tuple[Actor, ...],
        why: tuple[Reason, ...],
        act: Still | None,
    ) -> Incident:
        self._cases.append(case)
        return self._incident(
            IncidentKind.OPENED, scene, case.incident_id, case.box, case.started, case.confidence, why,
            dwell=dwell, subcategory=subcategory, actors=actors, act=act,
        )  # fmt: skip

    def _cleared(self, case: _Case, scene: SceneState) -> Incident | None:
        things = [t for t in scene.things if t.thing_id in case.thing_ids]
        place = next((p for p in scene.places if p.place_id == case.place_id), None)
        if things and all(t.gone_since is not None for t in things):
            ended = max(t.gone_since or 0.0 for t in things)
        elif place is not None and place.missing_since is not None and place.present_share == 0:
            ended = place.missing_since
        else:
            return None
        gone_for = scene.time - ended
        if gone_for < CLEAR_AFTER_S:
            return None
        self._cases.remove(case)
        why = (Reason("place_clean_s", round(gone_for, 2), CLEAR_AFTER_S),)
        return self._incident(
            IncidentKind.CLEARED, scene, case.incident_id, case.box, case.started, case.confidence, why,
            dwell=ended - case.started, ended=ended,
        )  # fmt: skip

    def _belongs_to_case(self, thing: StaticThing, aspect: float) -> bool:
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
            if gap(case.box, thing.box, scene.aspect) <= size and abs(case.started - thing.appeared) <= ONE_ACT_S:
                return case
        return None


CLEAR_AFTER_S = 2.0
"""The place must have looked clean for this long: a passer-by's shadow does not clear a case."""


def _against(thing: StaticThing) -> bool:
    """What speaks against a thing that was left: it is a body, light, a ghost, or it moves."""
    return (
        thing.body_share > BODY_SHARE
        or thing.light_share > LIGHT_SHARE
        or thing.ghost_share > GHOST_SHARE
        or thing.is_lost_vehicle
        or thing.restless > RESTLESS_SHARE
        or thing.roles[Role.LOCK] > OTHER_RULE_SHARE * max(1, thing.looks)
        or thing.names["stall"] > OTHER_RULE_SHARE * max(1, thing.looks)
    )


def _confidence(thing: StaticThing) -> float:
    """0..1: half for having stood every test, the rest by how clearly, and by what the detector takes it for."""
    doubt = max(thing.body_share, thing.light_share, thing.ghost_share, thing.restless)
    known = min(1.0, (thing.roles[Role.WASTE] + thing.roles[Role.CARRIED]) / max(1, thing.looks) * 2)
    clear = min(1.0, thing.contrast / 60)
    return round(min(0.99, 0.5 + 0.2 * (1 - 2 * doubt) + 0.15 * clear + 0.1 * known + 0.04 * bool(thing.actors)), 3)


def _subcategory(thing: StaticThing, aspect: float) -> str:
    """Household waste, or bulky goods when it is large beside the one who brought it."""
    bodies = [area(_closest_box(a, thing, aspect)) for a in thing.actors.values() if a.role is Role.PERSON]
    return "bulky_goods" if bodies and area(thing.box) > BULKY * max(bodies) else "household_waste"


def _closest_box(actor: Track, thing: StaticThing, aspect: float) -> Box:
    """Where the actor was when he was nearest to the place, around the time the thing appeared."""
    visits = actor.boxes_between(thing.appeared - BROUGHT_S, thing.first_seen) or [actor.box]
    return min(visits, key=lambda box: gap(box, thing.box, aspect))
