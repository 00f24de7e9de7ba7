"""From an incident to the event that the centre gets: the city's codes, who might handle it, how grave it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import uuid_utils

from vision.cases.book_file import CaseRow
from vision.cases.categories import CategoryTable
from vision.cases.event import CaseActor, CaseEvent, DispatchHint, Location, Producer, Why
from vision.cases.joining import rule_settings
from vision.cases.life import Step
from vision.config import Camera, CaseSettings
from vision.rules import Incident
from vision.sources import Box


@dataclass(frozen=True, slots=True)
class BookSettings:
    """What the book needs to know of its site.

    Attributes:
        street: the site's name, the first dispatch hint.
        timezone: of the times in events.
        cases: which finds are one case, and for how long closed ones are kept.
        clock: the wall clock, UNIX seconds.
    """

    site_id: str
    street: str
    timezone: tzinfo
    categories: CategoryTable
    producer: Producer
    cases: CaseSettings = field(default_factory=CaseSettings)
    clock: Callable[[], float] = time.time
    new_id: Callable[[], str] = field(default=lambda: str(uuid_utils.uuid7()))


def draft_event(
    incident: Incident, camera: Camera, step: Step, case: CaseRow | None, settings: BookSettings
) -> CaseEvent:
    """The event of a step, without evidence yet. `case`: as it was before; None for a new one."""
    assert step.kind is not None
    table, place = settings.categories, camera.location
    started, dwell = incident.started, incident.dwell_s
    if step.kind == "cleared" and case is not None:  # of several incidents the case has stood since the first
        started = min(started, case.opened)
        dwell = max(dwell, (incident.ended or incident.detected) - started) if started < incident.started else dwell
    rule = rule_settings(incident, camera)

    def moment(seconds: float) -> datetime:
        return datetime.fromtimestamp(round(seconds, 3), UTC).astimezone(settings.timezone)

    return CaseEvent(
        event_id=settings.new_id(),
        case_id=step.case_id,
        kind=step.kind,
        category=incident.category,
        subcategory=incident.subcategory,
        codes=table.codes(incident.category, incident.subcategory),
        site_id=settings.site_id,
        camera_id=camera.id,
        zone_id=incident.zone_id,
        location=Location(lat=place.lat, lon=place.lon, crs=place.crs, address=place.address, grid=place.grid),
        occurred_at=moment(started),
        detected_at=moment(incident.detected),
        dwell_s=round(dwell, 3),
        confidence=incident.confidence,
        bbox=_rounded(incident.box),
        actors=tuple(
            CaseActor(
                class_name=actor.class_name,
                track_id=actor.track_id,
                bbox=_rounded(actor.box),
                first_seen=moment(actor.first_seen),
                last_seen=moment(actor.last_seen),
            )
            for actor in incident.actors
        ),
        why=tuple(Why(condition=w.condition, value=w.value, threshold=w.threshold) for w in (*step.why, *incident.why)),
        dispatch_hints=_hints(incident, camera, settings),
        severity=table.severity(incident.tags),
        review=rule.review if rule is not None else "required",
        supersedes=step.supersedes,
        producer=settings.producer,
    )


def _hints(incident: Incident, camera: Camera, settings: BookSettings) -> tuple[DispatchHint, ...]:
    hints = [DispatchHint(unit=settings.street, level="street")] if settings.street else []
    department = settings.categories.department(incident.category, incident.subcategory)
    hints += [DispatchHint(unit=department, level="department")] if department else []
    return (*hints, *(DispatchHint(unit=hint.unit, level=hint.level) for hint in camera.dispatch))


def _rounded(box: Box) -> Box:
    x1, y1, x2, y2 = (round(min(1.0, max(0.0, value)), 4) for value in box)
    return x1, y1, x2, y2
