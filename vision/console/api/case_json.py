"""Cases as JSON: the summary for the queue, the whole for one case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.console.cases.queue import similar_cases
from vision.console.cases.verdicts import in_force, verdicts_of
from vision.console.parts import Console
from vision.console.store.tables import Answer, Case, Event, Verdict

SIMILAR_WITHIN_S = 30 * 86400.0
MOST_SIMILAR = 5
RELEASING = ("true", "wrong_category")
"""Verdicts that let a held case go out."""


class VerdictJson(BaseModel):
    """One verdict; `id` is what `based_on` names."""

    id: int
    verdict: str
    reason: str | None
    category: str | None
    duplicate_of: str | None
    box: list[float] | None
    note: str | None
    by: str
    at: str


class CaseSummary(BaseModel):
    """A case in a list. `uncertainty`: 1 is least certain; `standing_s`: from beginning to clearing, null before."""

    case_id: str
    category: str
    subcategory: str | None
    state: str
    camera_id: str
    camera_name: str
    zone_id: str
    occurred_at: str
    detected_at: str
    cleared_at: str | None
    confidence: float
    uncertainty: float
    severity: str
    review: str
    held: bool
    model: str
    thumb: str | None
    verdict: VerdictJson | None
    last_verdict_id: int | None
    standing_s: float | None


class EvidenceJson(BaseModel):
    """A picture or clip; `url` has ranges."""

    role: str
    url: str
    taken_at: str
    masked: bool


class EventJson(BaseModel):
    """One event of the case's life."""

    event_id: str
    kind: str
    detected_at: str
    why: list[dict[str, Any]]
    evidence: list[EvidenceJson]


class AnswerJson(BaseModel):
    """What the command centre said."""

    kind: str
    reason: str | None
    at: str


class CaseJson(CaseSummary):
    """A whole case; box, reasons and actors are those of the event that opened it."""

    bbox: list[float]
    dwell_s: float
    why: list[dict[str, Any]]
    actors: list[dict[str, Any]]
    codes: list[dict[str, Any]]
    location: dict[str, Any]
    dispatch_hints: list[dict[str, Any]]
    evidence: list[EvidenceJson]
    events: list[EventJson]
    verdicts: list[VerdictJson]
    answers: list[AnswerJson]
    similar: list[CaseSummary]
    producer: dict[str, Any]


def moment(console: Console, seconds: float) -> str:
    """A time in ISO 8601 with the site's offset."""
    zone = console.site.site.site.zone
    return datetime.fromtimestamp(round(seconds, 3), UTC).astimezone(zone).isoformat(timespec="milliseconds")


def verdict_json(console: Console, row: Verdict) -> VerdictJson:
    """One row as JSON."""
    return VerdictJson(
        id=row.id, verdict=row.verdict, reason=row.reason, category=row.category, duplicate_of=row.duplicate_of,
        box=row.box, note=row.note, by=row.by, at=moment(console, row.at),
    )  # fmt: skip


def summaries(session: Session, console: Console, cases: Sequence[Case]) -> list[CaseSummary]:
    """Cases of a list, each with the verdict in force; two queries however many there are."""
    decided = [case.case_id for case in cases if case.verdict is not None]
    rows: dict[str, list[Verdict]] = {case_id: [] for case_id in decided}
    for row in session.scalars(select(Verdict).where(Verdict.case_id.in_(decided)).order_by(Verdict.id)):
        rows[row.case_id].append(row)
    names = {camera.id: camera.name or camera.id for camera in console.site.site.cameras}
    return [CaseSummary(**_summary(console, case, in_force(rows.get(case.case_id, [])), names)) for case in cases]


def whole_case(session: Session, console: Console, case: Case) -> CaseJson:
    """One case with its whole life."""
    rows = verdicts_of(session, case.case_id)
    events = events_of(session, case.case_id)
    answers = session.scalars(select(Answer).where(Answer.case_id == case.case_id).order_by(Answer.id)).all()
    opening = opening_event(events)
    first, last = opening.payload, events[-1].payload
    names = {camera.id: camera.name or camera.id for camera in console.site.site.cameras}
    near = similar_cases(session, case, SIMILAR_WITHIN_S, MOST_SIMILAR)
    return CaseJson(
        **_summary(console, case, in_force(rows), names),
        bbox=first["bbox"],
        dwell_s=first["dwell_s"],
        why=first["why"],
        actors=first["actors"],
        codes=last["codes"],
        location=last["location"],
        dispatch_hints=last["dispatch_hints"],
        evidence=_of_all(opening, events),
        events=[
            EventJson(
                event_id=event.event_id, kind=event.kind, detected_at=event.payload["detected_at"],
                why=event.payload["why"], evidence=_evidence(event),
            )
            for event in events
        ],
        verdicts=[verdict_json(console, row) for row in rows],
        answers=[AnswerJson(kind=row.kind, reason=row.reason, at=moment(console, row.at)) for row in answers],
        similar=summaries(session, console, near),
        producer=last["producer"],
    )  # fmt: skip


def events_of(session: Session, case_id: str) -> Sequence[Event]:
    """The events of a case, oldest first."""
    query = select(Event).where(Event.case_id == case_id)
    return session.scalars(query.order_by(Event.detected_at, Event.book_row)).all()


def opening_event(events: Sequence[Event]) -> Event:
    """The event that opened a case, or opened it again."""
    return next((event for event in reversed(events) if event.kind in ("opened", "reinstalled")), events[0])


def evidence_url(case_id: str, file: str) -> str:
    """Where a file of a case's evidence is."""
    return f"/api/evidence/{case_id}/{file}"


def _summary(console: Console, case: Case, verdict: Verdict | None, names: dict[str, str]) -> dict[str, Any]:
    cleared = case.cleared_at
    released = verdict is not None and verdict.verdict in RELEASING
    return {
        "case_id": case.case_id,
        "category": case.category,
        "subcategory": case.subcategory,
        "state": case.state,
        "camera_id": case.camera_id,
        "camera_name": names.get(case.camera_id, case.camera_id),
        "zone_id": case.zone_id,
        "occurred_at": moment(console, case.occurred_at),
        "detected_at": moment(console, case.detected_at),
        "cleared_at": None if cleared is None else moment(console, cleared),
        "confidence": case.confidence,
        "uncertainty": round(case.uncertainty, 4),
        "severity": case.severity,
        "review": case.review,
        "held": console.settings.hold_for_review and case.review == "required" and not released,
        "model": case.model,
        "thumb": f"{evidence_url(case.case_id, case.thumb_file)}?small=1" if case.thumb_file else None,
        "verdict": verdict_json(console, verdict) if verdict is not None else None,
        "last_verdict_id": case.last_verdict_id,
        "standing_s": None if cleared is None else round(max(0.0, cleared - case.occurred_at), 3),
    }


def _evidence(event: Event) -> list[EvidenceJson]:
    return [
        EvidenceJson(
            role=item["role"], url=evidence_url(event.case_id, item["uri"].rpartition("/")[2]),
            taken_at=item["taken_at"], masked=item["masked"],
        )
        for item in event.payload["evidence"]
    ]  # fmt: skip


def _of_all(opening: Event, events: Sequence[Event]) -> list[EvidenceJson]:
    """The opening's evidence; what it lacks comes from the latest event that has it."""
    found = {item.role: item for event in events for item in _evidence(event)}
    found |= {item.role: item for item in _evidence(opening)}
    return list(found.values())
