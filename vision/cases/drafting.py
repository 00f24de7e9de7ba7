"""From an incident to the event that the centre gets: the city's codes, who might handle it, how grave it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import uuid_utils

from vision.cases.book_file import CaseRow, IncidentRow
from vision.cases.categories import CategoryTable
from vision.cases.event import CaseActor, CaseEvent, DispatchHint, Location, Producer, Why
from vision.cases.joining import rule_settings
from vision.cases.life import EventKind, Step
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
        hold_for_review: cases whose rule asks for a review wait for it.
    """

    site_id: str
    street: str
    timezone: tzinfo
    categories: CategoryTable
    producer: Producer
    cases: CaseSettings = field(default_factory=CaseSettings)
    clock: Callable[[], float] = time.time
    hold_for_review: bool = False
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
    category, subcategory = incident.category, incident.subcategory
    if case is not None and case.told_as is not None:  # an operator knew better than the rule
        category, subcategory = case.told_as, None

    def moment(seconds: float) -> datetime:
        return _moment(seconds, settings)

    return CaseEvent(
        event_id=settings.new_id(),
        case_id=step.case_id,
        kind=step.kind,
        category=category,
        subcategory=subcategory,
        codes=table.codes(category, subcategory),
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
        dispatch_hints=_hints(category, subcategory, camera, settings),
        severity=table.severity(incident.tags),
        review=rule.review if rule is not None else "required",
        supersedes=step.supersedes,
        producer=settings.producer,
    )


def corrected(event: CaseEvent, category: str, subcategory: str | None, settings: BookSettings) -> CaseEvent:
    """The event with another category: its codes, and the department that handles it."""
    table = settings.categories
    before, now = table.department(event.category, event.subcategory), table.department(category, subcategory)
    hints = [hint for hint in event.dispatch_hints if (hint.level, hint.unit) != ("department", before)]
    if now is not None:
        hints.insert(1 if hints and hints[0].level == "street" else 0, DispatchHint(unit=now, level="department"))
    codes = table.codes(category, subcategory)
    changed = {"category": category, "subcategory": subcategory, "codes": codes, "dispatch_hints": tuple(hints)}
    return event.model_copy(update=changed)


def follow_up(
    last: CaseEvent | None,
    case: CaseRow,
    incident: IncidentRow | None,
    kind: EventKind,
    condition: str,
    at: float,
    supersedes: str | None,
    event_id: str,
    settings: BookSettings,
) -> CaseEvent:
    """An event that no picture brought about, but a person.

    Args:
        last: the case's last event; None where the book has not kept it, then what the book has is told.
        case: as it is now; `incident`: its first.
        condition: why, for `why`.
        at: when that was, UNIX seconds.
    """
    subcategory = None if case.told_as is not None or incident is None else incident.subcategory
    category = case.told_as or case.category
    if last is None:
        last = CaseEvent(
            event_id=event_id, case_id=case.case_id, kind=kind, category=category, subcategory=subcategory,
            codes=settings.categories.codes(category, subcategory), site_id=settings.site_id, camera_id=case.camera_id,
            zone_id=case.zone_id, location=Location(lat=case.lat, lon=case.lon, crs=case.crs),
            occurred_at=_moment(case.opened, settings), detected_at=_moment(at, settings),
            dwell_s=round(max(0.0, case.found - case.opened), 3),
            confidence=incident.confidence if incident is not None else 0.5,
            bbox=_rounded(incident.box if incident is not None else (0.0, 0.0, 1.0, 1.0)), producer=settings.producer,
        )  # fmt: skip
    elif (last.category, last.subcategory) != (category, subcategory):
        last = corrected(last, category, subcategory, settings)
    return last.model_copy(
        update={
            "event_id": event_id,
            "kind": kind,
            "detected_at": _moment(at, settings),
            "published_at": None,
            "actors": (),
            "why": (Why(condition=condition, value=1.0, threshold=1.0),),
            "evidence": (),
            "evidence_missing": (),
            "supersedes": supersedes,
            "producer": settings.producer,
        }
    )


def _moment(seconds: float, settings: BookSettings) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), UTC).astimezone(settings.timezone)


def _hints(category: str, subcategory: str | None, camera: Camera, settings: BookSettings) -> tuple[DispatchHint, ...]:
    hints = [DispatchHint(unit=settings.street, level="street")] if settings.street else []
    department = settings.categories.department(category, subcategory)
    hints += [DispatchHint(unit=department, level="department")] if department else []
    return (*hints, *(DispatchHint(unit=hint.unit, level=hint.level) for hint in camera.dispatch))


def _rounded(box: Box) -> Box:
    x1, y1, x2, y2 = (round(min(1.0, max(0.0, value)), 4) for value in box)
    return x1, y1, x2, y2
