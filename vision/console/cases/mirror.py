"""Takes the worker's events into the console's tables: each once, however often it is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vision.cases import CaseEvent
from vision.console.cases.book import BookAnswer, BookEvent
from vision.console.store.tables import Answer, Case, Event, Position

log = structlog.get_logger(__name__)

SEVERITY_RANKS = {"low": 0, "normal": 1, "high": 2}
THUMB_ROLES = ("after", "act", "crop", "before")
"""Which still stands for the case in the queue: the thing as it lies there, if there is such a picture."""
FORGET_AT_ONCE = 500


def position(session: Session, what: str) -> int:
    """How far `events` or `answers` have been read."""
    row = session.get(Position, what)
    return row.row if row else 0


def set_position(session: Session, what: str, row: int) -> None:
    """Note how far they have been read."""
    known = session.get(Position, what)
    if known is None:
        session.add(Position(what=what, row=row))
    else:
        known.row = row


def take_events(session: Session, events: Sequence[BookEvent]) -> list[tuple[str, str]]:
    """Take what is new of them; (case_id, kind) of each that was."""
    known = set(session.scalars(select(Event.event_id).where(Event.event_id.in_([event.event_id for event in events]))))
    taken = []
    for event in events:
        if event.event_id in known or event.payload is None:
            continue
        try:
            CaseEvent.model_validate(event.payload)
            taken.append(_take(session, event.row, event.event_id, event.payload))
        except (ValueError, KeyError, TypeError) as error:
            log.error("case_event_unreadable", event=event.event_id, error=str(error).splitlines()[0])
    return taken


def take_answers(session: Session, answers: Sequence[BookAnswer]) -> list[str]:
    """Take what is new of the centre's answers; the ids of their cases."""
    taken = []
    for answer in answers:
        known = session.get(Answer, answer.row)
        if known is not None and (known.case_id, known.at) == (answer.case_id, answer.at):
            continue
        # A worker that had to begin a new book counts its answers from 1 again.
        values = {"case_id": answer.case_id, "kind": answer.kind, "reason": answer.reason, "at": answer.at}
        session.merge(Answer(id=answer.row, **values))
        case = session.get(Case, answer.case_id)
        if case is not None:
            case.state = _state_after(answer.kind, case)
        taken.append(answer.case_id)
    return taken


def forget_old(session: Session, before: float) -> int:
    """Forget cases that are not open and older than `before` (UNIX seconds), as the worker's book does; how many."""
    query = select(Case.case_id).where(Case.state != "open", Case.detected_at < before).limit(FORGET_AT_ONCE)
    old = list(session.scalars(query))
    for table in (Event, Answer, Case):
        session.execute(delete(table).where(table.case_id.in_(old)))
    return len(old)


def _take(session: Session, row: int, event_id: str, payload: dict[str, Any]) -> tuple[str, str]:
    case_id, kind, detected = payload["case_id"], payload["kind"], _seconds(payload["detected_at"])
    session.add(
        Event(event_id=event_id, case_id=case_id, book_row=row, kind=kind, detected_at=detected, payload=payload)
    )
    case = session.get(Case, case_id)
    if case is None:
        case = Case(case_id=case_id, state="open", occurred_at=_seconds(payload["occurred_at"]), detected_at=detected)
        session.add(case)
    case.occurred_at = min(case.occurred_at, _seconds(payload["occurred_at"]))
    if kind == "reinstalled":
        case.detected_at = detected
    _describe(case, payload)
    if case.thumb_file is None or kind in ("opened", "reinstalled"):
        _choose_thumb(case, event_id, payload)
    _follow(case, kind, detected)
    session.flush()
    return case_id, kind


def _describe(case: Case, payload: dict[str, Any]) -> None:
    place, confidence = payload["location"], float(payload["confidence"])
    case.category, case.subcategory = payload["category"], payload["subcategory"]
    case.camera_id, case.zone_id = payload["camera_id"], payload["zone_id"]
    case.confidence, case.uncertainty = confidence, 1 - 2 * abs(confidence - 0.5)
    case.severity, case.severity_rank = payload["severity"], SEVERITY_RANKS[payload["severity"]]
    case.review, case.model = payload["review"], payload["producer"]["model"]
    case.lat, case.lon = place["lat"], place["lon"]
    names = [code["name"] for code in payload["codes"]]
    words = [case.case_id, case.camera_id, case.zone_id, place["address"], case.category, case.subcategory, *names]
    case.words = " ".join(word for word in words if word).lower()


def _choose_thumb(case: Case, event_id: str, payload: dict[str, Any]) -> None:
    files = {item["role"]: item["uri"].rpartition("/")[2] for item in payload["evidence"]}
    role = next((role for role in THUMB_ROLES if role in files), None)
    if role is not None:
        case.thumb_event, case.thumb_file = event_id, files[role]


def _follow(case: Case, kind: str, at: float) -> None:
    if kind == "cleared":
        case.cleared_at = at
        case.state = "rejected" if case.state == "rejected" else "cleared"
    elif kind == "withdrawn":
        case.state = "withdrawn"
    elif kind in ("opened", "reinstalled"):
        case.state, case.cleared_at = "open", None


def _state_after(answer: str, case: Case) -> str:
    if answer == "rejected" and case.state == "open":
        return "rejected"
    if answer == "accepted" and case.state == "rejected":
        return "open" if case.cleared_at is None else "cleared"
    return case.state


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
