"""Street vending (占道经营 / 无照游商): a stall that stands in the street with somebody who stays at it.

Equipment alone is no case (it may be stored), nor is a person alone (he may wait). Both together for the dwell time, in
the hours when vending is forbidden there, are. Buyers who come and go raise the confidence.

First version: equipment is what the model calls a stall (carts, tables with goods, parasols). Goods on a cloth and vans
with an open hatch are not seen by the first model; the model card says how well it sees the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Role
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.rule import ZoneRule, fits, in_zone
from vision.scene import Place, SceneState, Track
from vision.scene.geometry import gap, iou
from vision.sources import Box

AT_STALL_HEIGHTS = 0.8
"""A vendor stands within this many of his own heights of his stall (about 1.4 m)."""
ALONE_S = 30.0
"""The stall may be alone for this long (the vendor fetches goods) before the dwell starts anew."""
STAYS_SHARE = 0.5
"""One person must be there for this share of the dwell: a row of different passers-by is no vendor."""
PRESENT_SHARE = 0.5
"""Share of the last looks at which the model must have seen the stall."""
LEAST_HITS = 4
CLEAR_AFTER_S = 60.0
"""A stall is gone when it has not been seen for this long; a bus that halts in front of it leaves sooner."""
SAME_STALL_IOU = 0.3


class VendingSettings(RuleSettings):
    """Settings of `street_vending` in one zone."""

    rule: Literal["street_vending"] = "street_vending"
    dwell: Duration = Field(
        180.0, ge=1, le=86400, description="How long stall and vendor must stay (cities use 3-5 min)."
    )
    min_area: float = Field(0.002, ge=0, le=1, description="Smallest stall, share of the picture.")
    max_area: float = Field(0.5, ge=0, le=1, description="Largest stall, share of the picture.")
    min_score: float = Field(0.4, ge=0, le=1, description="Least median score of the stall.")


@dataclass(slots=True)
class _Attendance:
    """Who has been at one stall: times are UNIX seconds of media time."""

    since: float
    last: float
    stays: dict[int, tuple[float, float]] = field(default_factory=dict)

    def longest_stay(self) -> float:
        return max((end - start for start, end in self.stays.values()), default=0.0)


@dataclass(slots=True)
class _Case:
    incident_id: str
    box: Box
    started: float
    confidence: float
    last_seen: float


class StreetVending(ZoneRule[VendingSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "street_vending"
    settings_type: ClassVar[type[RuleSettings]] = VendingSettings

    def __init__(self, zone: Zone, settings: VendingSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._attendance: dict[int, _Attendance] = {}
        self._cases: list[_Case] = []

    def update(self, scene: SceneState) -> list[Incident]:
        """Note who is at which stall, clear stalls that went, report those that have been run for the dwell time."""
        stalls = [p for p in scene.places if p.role is Role.STALL and in_zone(self._zone, p.box)]
        if scene.detections is not None:
            for stall in stalls:
                self._note_people(stall, scene)
            self._attendance = {p.place_id: a for p in stalls if (a := self._attendance.get(p.place_id)) is not None}
        reports = [r for case in list(self._cases) if (r := self._follow(case, stalls, scene)) is not None]
        if self._on_duty(scene):
            reports += [r for stall in stalls if (r := self._run_stall(stall, scene)) is not None]
        return reports

    def save(self) -> dict[str, Any]:
        return {"cases": [asdict(case) for case in self._cases]}

    def load(self, state: dict[str, Any]) -> None:
        self._cases = [_Case(**{**case, "box": tuple(case["box"])}) for case in state.get("cases", [])]

    def _note_people(self, stall: Place, scene: SceneState) -> None:
        there = [t for t in scene.tracks if t.role is Role.PERSON and _at(t, stall.box, scene.aspect)]
        attendance = self._attendance.get(stall.place_id)
        if attendance is not None and scene.time - attendance.last > ALONE_S:
            attendance = None
            del self._attendance[stall.place_id]
        if not there:
            return
        if attendance is None:
            attendance = self._attendance[stall.place_id] = _Attendance(scene.time, scene.time)
        attendance.last = scene.time
        for track in there:
            start, _ = attendance.stays.get(track.track_id, (scene.time, scene.time))
            attendance.stays[track.track_id] = (start, scene.time)

    def _run_stall(self, stall: Place, scene: SceneState) -> Incident | None:
        attendance = self._attendance.get(stall.place_id)
        if attendance is None or stall.hits < LEAST_HITS or not fits(self._settings, stall.box):
            return None
        if any(iou(case.box, stall.box) > SAME_STALL_IOU for case in self._cases):
            return None
        run_for = attendance.last - max(attendance.since, stall.first_seen)
        stay = attendance.longest_stay()
        needed = STAYS_SHARE * self._settings.dwell
        if run_for < self._settings.dwell or stay < needed or stall.present_share < PRESENT_SHARE:
            return None
        if stall.score < self._settings.min_score:
            return None
        why = (
            Reason("stall_attended_s", round(run_for, 1), self._settings.dwell),
            Reason("longest_stay_s", round(stay, 1), needed),
            Reason("stall_seen_share", round(stall.present_share, 2), PRESENT_SHARE),
            Reason("stall_score", round(stall.score, 2), self._settings.min_score),
        )
        started = max(attendance.since, stall.first_seen)
        confidence = round(min(0.99, 0.5 * stall.score + 0.3 + 0.05 * min(4, len(attendance.stays) - 1)), 3)
        case = _Case(self._new_id(scene, started, stall.place_id), stall.box, started, confidence, scene.time)
        self._cases.append(case)
        people = [t for t in scene.tracks if t.track_id in attendance.stays]
        actors = tuple(Actor(t.name, t.track_id, t.box, t.first_seen, t.last_seen) for t in people)
        return self._incident(
            IncidentKind.OPENED, scene, case.incident_id, case.box, started, confidence, why,
            dwell=run_for, subcategory="stall", actors=actors,
        )  # fmt: skip

    def _follow(self, case: _Case, stalls: list[Place], scene: SceneState) -> Incident | None:
        here = [p for p in stalls if iou(case.box, p.box) > SAME_STALL_IOU]
        if any(p.missing_since is None for p in here):
            case.last_seen = max([case.last_seen, *(p.last_seen for p in here)])
            return None
        looked = scene.detections is not None
        if not looked or scene.time - case.last_seen < CLEAR_AFTER_S:
            return None
        self._cases.remove(case)
        why = (Reason("stall_gone_s", round(scene.time - case.last_seen, 1), CLEAR_AFTER_S),)
        return self._incident(
            IncidentKind.CLEARED, scene, case.incident_id, case.box, case.started, case.confidence, why,
            dwell=case.last_seen - case.started, subcategory="stall", ended=case.last_seen,
        )  # fmt: skip


def _at(track: Track, stall: Box, aspect: float) -> bool:
    return gap(track.box, stall, aspect) <= AT_STALL_HEIGHTS * (track.box[3] - track.box[1])
