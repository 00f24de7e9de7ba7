"""Street vending (占道经营 / 无照游商): equipment that stands in the street with somebody who stays at it.

Equipment alone is no case (it may be stored), nor is a person alone (he may wait). Both together for the dwell time, in
the hours when vending is forbidden there, are. What the model knows as a stall (cart, table with goods, parasol) needs
a vendor; what it does not know (goods on a cloth, a vehicle that is sold from) needs buyers who come and go as well: a
man who waits beside his suitcase or his car has none.

What a fixed shop puts out is another matter for the city (店外经营): zones tagged `shopfront` report it so. Licensed
stands are fixtures of the zone, or hours left out of the schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Role
from vision.rules.attendance import ALONE_S, Attendance, attended
from vision.rules.close_words import is_no_stall, least_stall_share
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.left_things import against
from vision.rules.rule import ZoneRule, fits, in_zone, on_ground
from vision.scene import Place, SceneState, StaticThing, Track
from vision.scene.geometry import covered_share, gap, intersection, iou
from vision.scene.kinds import STALL, TRICYCLE
from vision.sources import Box

AT_STALL_HEIGHTS = 0.8
"""A vendor stands within this many of his own heights of his stall (about 1.4 m)."""
STAYS_SHARE = 0.7
"""One person must be there for this share of the dwell: a row of different passers-by is no vendor. Of 67 stalls told
in composed scenes 66 had somebody for 0.72 to 1 of it when half was asked for; of 4 that were none three had 0.56 to
0.62: passers-by who by chance stood where others had."""
STAYS_SHARE_KNOWN, SURE_KIND = 0.5, 0.5
"""The same where close looks are sure, by the latter mean share, that it is a stall: by night or behind his goods the
detector sees the vendor now and then only."""
PRESENT_SHARE = 0.5
"""Share of the last looks at which the model must have seen the stall."""
PRESENT_SHARE_NEW = 0.25
"""The same where something new stands in the place: that it is there needs no model."""
LEAST_HITS = 4
STALL_KIND = 0.4
"""Mean share at close looks from which it is a stall, however seldom the detector says so."""
EVEN_NEW = 0.2
"""By how much less close looks must bear it out where something new stands: signs, parasols and parked motorcycles that
are called stalls were there before."""
CLEAR_AFTER_S = 60.0
"""A stall is gone when it has not been seen for this long; a bus that halts in front of it leaves sooner."""
SAME_STALL_IOU = 0.3
PART_SHARE, ONE_ABOVE_OTHER = 0.7, 0.3
"""Shares of the smaller of two boxes that lie in the other: of goods before their stall, a parasol over it; and of a
table under its awning, each as wide as the other: the model now sees the one and now the other."""
NEARER = 2.0
"""How many times nearer to the camera than a vehicle somebody stands who is not at it: at 3 m from the camera whoever
stands 1.4 m before it is. Else passers-by who in the picture pass a car far behind them came to buy from it."""
LEAST_VISITS = 2
"""Buyers that unknown goods or a vehicle need: one person may be met, two in turn come to buy."""
GOODS_HEIGHTS = 0.5
"""Goods on the ground are spread at least this many heights of their seller wide (some 0.8 m): a bag is not."""
VEHICLE = "vehicle"
"""Subcategory of what is sold from a vehicle."""
SHOPFRONT = "shopfront"
"""Zones with this tag lie before fixed shops."""


class VendingSettings(RuleSettings):
    """Settings of `street_vending` in one zone."""

    rule: Literal["street_vending"] = "street_vending"
    dwell: Duration = Field(
        180.0, ge=1, le=86400, description="How long stall and vendor must stay (cities use 3-5 min)."
    )
    min_area: float = Field(0.002, ge=0, le=1, description="Smallest stall, share of the picture (see size_of).")
    max_area: float = Field(0.5, ge=0, le=1, description="Largest stall, share of the picture (see size_of).")
    min_score: float = Field(0.4, ge=0, le=1, description="Least median score of the stall.")
    min_score_new: float = Field(0.3, ge=0, le=1, description="The same where something new stands in the place.")
    unknown_goods: bool = Field(
        True, description="Report goods, vehicles and doubtful stalls, where a person stays and buyers come."
    )


@dataclass(slots=True)
class _Point:
    """Something that may be sold from, as it is now. `score` and `share` are 1 where the model has no say in it.

    `before`: the key of the new thing that stands there, as which it was followed before the model knew it.
    `sure`: the model has seen it often enough for it to be told, and as what is sold from.
    `known`: mean share at which close looks took it for a stall.
    `least_known`: what that must be to bear out the detector's word; None while no close look has told anything.
    """

    key: str
    kind: str
    box: Box
    since: float
    last_seen: float
    score: float
    share: float
    visits_needed: int
    before: str | None = None
    sure: bool = True
    known: float = 0.0
    least_known: float | None = None


@dataclass(slots=True)
class _Case:
    incident_id: str
    box: Box
    started: float
    confidence: float
    subcategory: str
    last_seen: float


class StreetVending(ZoneRule[VendingSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "street_vending"
    settings_type: ClassVar[type[RuleSettings]] = VendingSettings

    def __init__(self, zone: Zone, settings: VendingSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._attendance: dict[str, Attendance] = {}
        self._cases: list[_Case] = []
        self._untold: list[Box] = []

    def update(self, scene: SceneState) -> list[Incident]:
        """Note who is at which selling point, clear what went, report those run for the dwell time."""
        stalls = self._stalls(scene)
        stalls += self._unseen_stalls(scene, stalls)
        self._untold = [point.box for point in stalls if not self._is_told(point)]
        known = {point.key for point in stalls}
        goods = [point for point in self._goods(scene) if point.key not in known]
        points = [*stalls, *goods, *self._vehicles(scene)] if self._settings.unknown_goods else stalls
        if scene.detections is not None:
            self._note_people([*goods, *(point for point in points if point not in goods)], scene)
        reports = [r for case in list(self._cases) if (r := self._follow(case, points, scene)) is not None]
        if self._on_duty(scene):
            reports += [r for point in points if (r := self._sold_from(point, scene)) is not None]
        return reports

    @property
    def seeks_people(self) -> Sequence[Box]:
        """Stalls that are no case yet: the vendor stands behind his goods."""
        return self._untold

    def save(self) -> dict[str, Any]:
        attendance = {key: asdict(attendance) for key, attendance in self._attendance.items()}
        return {"cases": [asdict(case) for case in self._cases], "attendance": attendance}

    def load(self, state: dict[str, Any]) -> None:
        self._cases = [_Case(**{**case, "box": tuple(case["box"])}) for case in state.get("cases", [])]
        self._attendance = {key: Attendance.restored(plain) for key, plain in state.get("attendance", {}).items()}

    def _stalls(self, scene: SceneState) -> list[_Point]:
        """What the model has seen as a stall, seldom at first: who comes with it is its vendor from then on.

        Where a new thing stands, it has stood there for as long.
        """
        points = []
        for place in scene.places:
            if place.role is not Role.STALL or place.present_share == 0:
                continue
            if not in_zone(self._zone, place.box) or not on_ground(place.box, scene):
                continue
            thing = next((t for t in scene.things if _is_it(t, place)), None)
            known = max(place.kinds.share(STALL), 0.0 if thing is None else thing.kinds.share(STALL))
            points.append(
                _Point(
                    f"stall-{place.place_id}", self._kind(place.box, scene), place.box,
                    place.first_seen if thing is None else min(place.first_seen, thing.appeared), place.last_seen,
                    place.score, place.present_share, 0, None if thing is None else f"thing-{thing.thing_id}",
                    (place.hits >= LEAST_HITS or known >= STALL_KIND) and not is_no_stall(place), known,
                    least_stall_share(place.score) if any(one.kinds.known for one in (place, thing) if one) else None,
                )
            )  # fmt: skip
        return points

    def _unseen_stalls(self, scene: SceneState, stalls: Sequence[_Point]) -> list[_Point]:
        """New things that close looks take for a stall, and the detector for something else, as a cart by night.

        Until close looks have told what it is, who stays at it is noted.
        """
        return [
            _Point(
                f"thing-{t.thing_id}", self._kind(t.box, scene), t.box, t.appeared, t.last_seen, share, 1.0, 0,
                sure=t.kinds.known, known=share, least_known=STALL_KIND,
            )
            for t in scene.things
            if t.gone_since is None and in_zone(self._zone, t.box) and on_ground(t.box, scene)
            if (share := t.kinds.share(STALL)) >= max(STALL_KIND, t.kinds.share(TRICYCLE))
            or (t.kinds.looks > 0 and not t.kinds.known)
            if not any(_inside(stall.box, t.box) or iou(stall.box, t.box) > SAME_STALL_IOU for stall in stalls)
        ]  # fmt: skip

    def _goods(self, scene: SceneState) -> list[_Point]:
        """New things of no known class that somebody brought and keeps near, spread out: goods on the ground."""
        return [
            _Point(f"thing-{t.thing_id}", "goods", t.box, t.first_seen, t.last_seen, 1.0, 1.0, LEAST_VISITS)
            for t in scene.things
            if t.gone_since is None and t.brought and not against(t) and in_zone(self._zone, t.box)
            if _is_spread(t, scene.aspect)
        ]

    def _vehicles(self, scene: SceneState) -> list[_Point]:
        """Vehicles that stand."""
        return [
            _Point(f"track-{t.track_id}", VEHICLE, t.box, t.still_since, t.last_seen, 1.0, 1.0, LEAST_VISITS)
            for t in scene.tracks
            if t.role is Role.VEHICLE and in_zone(self._zone, t.box)
        ]

    def _kind(self, box: Box, scene: SceneState) -> str:
        if SHOPFRONT in self._zone.tags:
            return "shop_goods"
        on_wheels = any(t.role is Role.VEHICLE and covered_share(t.box, box) > 0.5 for t in scene.tracks)
        return "cart" if on_wheels else "stall"

    def _note_people(self, points: Sequence[_Point], scene: SceneState) -> None:
        # A stall that was missed at one look keeps its people.
        now = {key: a for key, a in self._attendance.items() if scene.time - a.last <= ALONE_S}
        missed = set(now)
        for point in points:
            there = [t for t in scene.tracks if t.role is Role.PERSON and _at(t, point, scene)]
            if point.key not in now and point.before in now:
                now[point.key] = now.pop(point.before)
            attendance = attended(now.get(point.key), there, scene.time)
            if attendance is not None:
                now[point.key] = attendance
            else:
                now.pop(point.key, None)
            missed.discard(point.key)
        for key in missed & set(now):
            now[key].looked = scene.time
        self._attendance = now

    def _sold_from(self, point: _Point, scene: SceneState) -> Incident | None:
        attendance, settings = self._attendance.get(point.key), self._settings
        if attendance is None or not point.sure or not fits(settings, point.box, self._zone):
            return None
        if self._is_told(point):
            return None
        started = max(attendance.since, point.since)
        run_for, stay = attendance.last - started, attendance.longest_stay()
        needed = (STAYS_SHARE_KNOWN if point.known >= SURE_KIND else STAYS_SHARE) * settings.dwell
        if run_for < settings.dwell or stay < needed or not attendance.somebody_stands(scene.time):
            return None
        if point.visits_needed and not self._is_bought_from(point, attendance, scene):
            return None
        score_is, least_score, least_share = "stall_score", settings.min_score, PRESENT_SHARE
        if point.before is not None:
            score_is = "new_stall_score"
            least_score, least_share = min(least_score, settings.min_score_new), PRESENT_SHARE_NEW
        least_known, visits_needed = point.least_known, point.visits_needed
        if least_known is not None and point.before is not None:
            least_known = max(0.0, least_known - EVEN_NEW)
        if point.score >= least_score and point.share >= PRESENT_SHARE and point.known < (least_known or 0.0):
            # To the detector it is one at most looks, to close looks it is not: what people buy at decides.
            least_known, visits_needed = None, LEAST_VISITS
            if not settings.unknown_goods or not self._is_bought_from(point, attendance, scene):
                return None
        if point.score < least_score or point.share < least_share:
            least_known = max(STALL_KIND, least_known or 0.0)
            if any(intersection(case.box, point.box) > 0 for case in self._cases):
                return None  # of a stall whose parasol touches its table both are known
        close: tuple[Reason, ...] = ()
        if least_known is not None:
            if point.known < least_known:
                return None
            close = (Reason("close_look_stall_share", round(point.known, 2), round(least_known, 2)),)
        why = (
            Reason("stall_attended_s", round(run_for, 1), settings.dwell),
            Reason("longest_stay_s", round(stay, 1), needed),
            Reason("stall_seen_share", round(point.share, 2), least_share),
            Reason(score_is, round(point.score, 2), least_score),
            Reason("buyers_came", attendance.visits, visits_needed),
            *close,
        )
        sure = 0.5 * max(point.score, point.known) if point.visits_needed == 0 else 0.25
        confidence = round(min(0.99, 0.3 + sure + 0.05 * min(4, attendance.visits)), 3)
        incident_id = self._new_id(scene, started, _number(point.key))
        case = _Case(incident_id, point.box, started, confidence, point.kind, scene.time)
        self._cases.append(case)
        people = [t for t in scene.tracks if t.track_id in attendance.track_ids]
        actors = tuple(Actor(t.name, t.track_id, t.box, t.first_seen, t.last_seen) for t in people)
        return self._tell(case, IncidentKind.OPENED, scene, run_for, why, actors=actors)

    def _is_told(self, point: _Point) -> bool:
        return any(iou(case.box, point.box) > SAME_STALL_IOU or _inside(case.box, point.box) for case in self._cases)

    def _is_bought_from(self, point: _Point, attendance: Attendance, scene: SceneState) -> bool:
        """Whether buyers have come to somebody who has stood in one spot for most of the dwell: sellers do."""
        if attendance.visits < LEAST_VISITS:
            return False
        long_enough = STAYS_SHARE * self._settings.dwell
        return any(
            t.role is Role.PERSON and t.last_seen - t.still_since >= long_enough and _at(t, point, scene)
            for t in scene.tracks
        )

    def _follow(self, case: _Case, points: Sequence[_Point], scene: SceneState) -> Incident | None:
        here = [p.last_seen for p in points if iou(case.box, p.box) > SAME_STALL_IOU or _inside(case.box, p.box)]
        case.last_seen = max([case.last_seen, *here])
        if scene.detections is None or scene.time - case.last_seen < CLEAR_AFTER_S:
            return None
        self._cases.remove(case)
        why = (Reason("stall_gone_s", round(scene.time - case.last_seen, 1), CLEAR_AFTER_S),)
        stood = case.last_seen - case.started
        return self._tell(case, IncidentKind.CLEARED, scene, stood, why, ended=case.last_seen)

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
    ) -> Incident:
        return self._incident(
            kind, scene, case.incident_id, case.box, case.started, case.confidence, why,
            dwell=dwell, subcategory=case.subcategory, ended=ended, actors=actors,
        )  # fmt: skip


def _at(track: Track, point: _Point, scene: SceneState) -> bool:
    """Whether somebody is within reach of it, in the picture and, at a vehicle, which stands on the ground, before it.

    On level ground the distance grows as the row of the feet comes near to the horizon (Hoiem, Efros and Hebert, 2006).
    """
    if point.kind == VEHICLE and track.box[3] - scene.horizon > NEARER * (point.box[3] - scene.horizon):
        return False
    return gap(track.box, point.box, scene.aspect) <= AT_STALL_HEIGHTS * (track.box[3] - track.box[1])


def _inside(a: Box, b: Box) -> bool:
    """Whether one is a part of the other, or both are parts of one stall."""
    inside = max(covered_share(a, b), covered_share(b, a))
    across = min(a[2], b[2]) - max(a[0], b[0])
    in_one_column = across > PART_SHARE * max(a[2] - a[0], b[2] - b[0])
    return inside > PART_SHARE or (in_one_column and inside > ONE_ABOVE_OTHER)


def _is_spread(thing: StaticThing, aspect: float) -> bool:
    """Whether it is as wide as goods laid out, beside how high people are there; so, where nobody knows."""
    return (thing.box[2] - thing.box[0]) * aspect >= GOODS_HEIGHTS * thing.upright


def _is_it(thing: StaticThing, stall: Place) -> bool:
    """Whether a new thing is what the model came to call a stall: then it has stood since the thing appeared."""
    return thing.gone_since is None and iou(thing.box, stall.box) > SAME_STALL_IOU


def _number(key: str) -> int:
    return int(key.rsplit("-", 1)[1])
