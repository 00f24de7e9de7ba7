"""Fixtures: what always stands in a place is no case there (DESIGN, rule 6). Around any rule.

A report about something that stands on a fixture's spot, and is what the fixture is, is held back. It is kept, with
what the rule says of it later, and becomes a case when the fixture ends while it still stands. Each suppression is
logged, and handed out once for the case book (`suppressions`).

A bag in front of the bin is no bin: where the fixture has a class, what the detector sees there decides. Where the
detector has no opinion, only what has the size and shape of the fixture is taken for it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import structlog

from vision.config import Fixture, RuleSettings, Zone
from vision.detect import Role
from vision.rules.incident import Incident, IncidentKind, Reason
from vision.rules.rule import Rule, evidence, on_duty
from vision.rules.wrapped import ENDS, WrappedRule, from_plain, to_plain
from vision.scene import SceneState
from vision.scene.geometry import iou
from vision.sources import Box

log = structlog.get_logger(__name__)

_KEY = "fixture_held"
"""In the saved state, beside what the rule inside keeps."""
SAME_THING_IOU = 0.3
"""What the scene holds of a place is of the reported thing when the boxes overlap this much."""
SAME_SHAPE_IOU = 0.5
"""A find of which the detector says nothing is the fixture when it fills the same box."""
MOST_HELD = 64
"""Reports of one rule in one zone that are held back; beyond that the oldest is told after all."""
MOST_WAITING = 256
"""Suppressions that wait to be taken; the oldest are let go, they stand in the log."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A report that a fixture held back. `time`: UNIX seconds of media time; `fixture`: its label."""

    camera_id: str
    zone_id: str
    fixture: str
    category: str
    incident_id: str
    box: Box
    time: float


@dataclass(slots=True)
class _Held:
    """What would have been a case: the report that opens it, and since when which fixture has held it."""

    report: Incident
    fixture: str
    since: float


class FixtureFilter(WrappedRule):
    """A rule that keeps silent about the fixtures of its zone.

    Args:
        settings: of the rule inside; what was held back becomes a case in its hours only.
        local: turns UTC into the site's time, in which a fixture's last day ends.
    """

    def __init__(self, inner: Rule, zone: Zone, settings: RuleSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(inner)
        self._fixtures = tuple(f for f in zone.fixtures if f.category in (None, inner.category))
        self._settings, self._local = settings, local
        self._held: dict[str, _Held] = {}
        self._suppressed: deque[Suppression] = deque(maxlen=MOST_WAITING)

    def update(self, scene: SceneState) -> list[Incident]:
        """The rule's reports without those about fixtures, and what is no fixture any more."""
        reports = [r for report in self.inner.update(scene) if (r := self._passed(report, scene)) is not None]
        return reports + self._released(scene)

    def take_suppressed(self) -> list[Suppression]:
        """What was held back since the last call, once."""
        taken = list(self._suppressed)
        self._suppressed.clear()
        return taken

    def save(self) -> dict[str, Any]:
        held = [
            {"report": to_plain(one.report), "fixture": one.fixture, "since": one.since} for one in self._held.values()
        ]
        return self.inner.save() | {_KEY: held}

    def load(self, state: dict[str, Any]) -> None:
        self.inner.load({key: value for key, value in state.items() if key != _KEY})
        held = [_Held(from_plain(one["report"]), one["fixture"], one["since"]) for one in state.get(_KEY, [])]
        self._held = {one.report.incident_id: one for one in held}

    def _passed(self, report: Incident, scene: SceneState) -> Incident | None:
        """The report, as a new case if it was held back until now; None while it is held back."""
        held = self._held.get(report.incident_id)
        if held is None and report.kind not in (IncidentKind.OPENED, IncidentKind.REINSTALLED):
            return report
        if report.kind in ENDS:
            del self._held[report.incident_id]
            return None
        names = names_at(scene, report.box)
        fixture = find_fixture(self._in_force(scene.time), report.box, names)
        if fixture is not None:
            self._hold(report, fixture.label, scene.time, new=held is None)
            return None
        if held is None:
            return report
        del self._held[report.incident_id]  # it has grown beyond its spot
        return replace(report, kind=held.report.kind)

    def _hold(self, report: Incident, fixture: str, time: float, *, new: bool) -> None:
        before = self._held.get(report.incident_id)
        kind, since = (before.report.kind, before.since) if before is not None else (report.kind, time)
        self._held[report.incident_id] = _Held(replace(report, kind=kind, stills=()), fixture, since)
        if not new:
            return
        box = tuple(round(value, 3) for value in report.box)
        log.info(
            "suppressed_by_fixture", camera=report.camera_id, zone=report.zone_id, fixture=fixture,
            category=report.category, box=box, incident=report.incident_id,
        )  # fmt: skip
        self._suppressed.append(
            Suppression(
                report.camera_id, report.zone_id, fixture, report.category, report.incident_id, report.box, time
            )
        )

    def _released(self, scene: SceneState) -> list[Incident]:
        """What stands although its fixture has ended or was taken out of the configuration, as new cases."""
        if not self._held or not on_duty(self._settings, scene.time, self._local):
            return []
        fixtures = self._in_force(scene.time)
        labels = {fixture.label for fixture in fixtures}
        ended = [one for one in self._held.values() if one.fixture not in labels]
        for one in list(ended):  # redrawn, or another fixture holds the same spot
            again = find_fixture(fixtures, one.report.box, names_at(scene, one.report.box))
            if again is not None:
                one.fixture = again.label
                ended.remove(one)
        over = list(self._held.values())[: max(0, len(self._held) - MOST_HELD)]
        told = []
        for one in ended or over:
            del self._held[one.report.incident_id]
            why = Reason("held_for_fixture_s", round(scene.time - one.since, 1), 0.0)
            log.info("fixture_ended", camera=scene.camera_id, fixture=one.fixture, incident=one.report.incident_id)
            told.append(_as_new(one.report, why, scene))
        return told

    def _in_force(self, time: float) -> list[Fixture]:
        if not self._fixtures:
            return []
        today: date = self._local(datetime.fromtimestamp(time, UTC)).date()
        return [fixture for fixture in self._fixtures if fixture.in_force(today)]


def suppressions(rules: Iterable[Rule]) -> list[Suppression]:
    """What the fixtures around rules have held back since the last call, once."""
    taken: list[Suppression] = []
    for rule in rules:
        layer = rule
        while isinstance(layer, WrappedRule):
            if isinstance(layer, FixtureFilter):
                taken += layer.take_suppressed()
            layer = layer.inner
    return taken


def find_fixture(fixtures: Iterable[Fixture], box: Box, names: Mapping[str, float]) -> Fixture | None:
    """The fixture that a find is, if any. `names`: what the detector takes it for, as `names_at` gives it."""
    for fixture in fixtures:
        if not fixture.at.holds(box):
            continue
        if fixture.class_name is None:
            return fixture
        if names:
            if max(names, key=names.__getitem__) == fixture.class_name:
                return fixture
        elif iou(fixture.at.bounds, box) >= SAME_SHAPE_IOU:
            return fixture
    return None


def names_at(scene: SceneState, box: Box) -> dict[str, float]:
    """What the detector takes the thing in a box for: class names, by the sum of their scores over all looks."""
    names: defaultdict[str, float] = defaultdict(float)
    for thing in scene.things:
        if iou(thing.box, box) >= SAME_THING_IOU:
            for name, score in thing.names.items():
                names[name] += score
    for place in scene.places:
        if iou(place.box, box) >= SAME_THING_IOU:
            for name, hits in place.names.items():
                names[name] += place.score * hits
    seen = scene.detections
    if seen is not None:
        rows = zip(seen.boxes.tolist(), seen.scores, seen.roles, seen.names, strict=True)
        for (x1, y1, x2, y2), score, role, name in rows:
            if role is not Role.PERSON and iou((x1, y1, x2, y2), box) >= SAME_THING_IOU:
                names[name] += float(score)
    return dict(names)


def _as_new(report: Incident, why: Reason, scene: SceneState) -> Incident:
    """A report that was held back, as the scene is now."""
    dwell, stills = scene.time - report.started, evidence(scene, report.box, report.started)
    return replace(report, detected=scene.time, dwell_s=dwell, why=(*report.why, why), stills=stills)
