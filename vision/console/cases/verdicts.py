"""Verdicts: append only, and never on top of one that the operator has not seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import uuid_utils
from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.console.store.tables import Case, Unforwarded, Verdict
from vision.sources import Box

Ruling = Literal["true", "false", "wrong_category", "duplicate", "unsure"]


class NoSuchCaseError(LookupError):
    """There is no case of that id."""


class SeenTooOldError(Exception):
    """Another verdict has come since the operator looked."""


class NothingToUndoError(Exception):
    """No verdict is in force."""


class NotYoursError(Exception):
    """The verdict in force is somebody else's."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an operator says of a case. `box`: where the thing really is, fractions of the picture."""

    verdict: Ruling
    reason: str | None = None
    category: str | None = None
    duplicate_of: str | None = None
    box: Box | None = None
    note: str | None = None


def verdicts_of(session: Session, case_id: str) -> Sequence[Verdict]:
    """All rows about a case, oldest first."""
    return session.scalars(select(Verdict).where(Verdict.case_id == case_id).order_by(Verdict.id)).all()


def in_force(rows: Sequence[Verdict]) -> Verdict | None:
    """The verdict that counts: each undo takes the one before it back."""
    standing: list[Verdict] = []
    for row in rows:
        if row.verdict != "undo":
            standing.append(row)
        elif standing:
            standing.pop()
    return standing[-1] if standing else None


def decide(session: Session, case_id: str, based_on: int | None, decision: Decision, by: str) -> Verdict:
    """Add a verdict, in the caller's writing transaction.

    Args:
        based_on: the last row that the operator has seen; None when there was none.

    Raises:
        NoSuchCaseError: there is no such case.
        SeenTooOldError: there is a newer row than that.
    """
    case = _seen(session, case_id, based_on)
    box = list(decision.box) if decision.box is not None else None
    row = _add(
        session, case, decision.verdict, by, reason=decision.reason, category=decision.category,
        duplicate_of=decision.duplicate_of, box=box, note=decision.note,
    )  # fmt: skip
    case.verdict, case.verdict_reason = row.verdict, row.reason
    return row


def undo(session: Session, case_id: str, based_on: int | None, by: str) -> Verdict:
    """Take one's own verdict back, in the caller's writing transaction.

    Raises:
        NoSuchCaseError, SeenTooOldError: as `decide`.
        NothingToUndoError: no verdict is in force.
        NotYoursError: it is another operator's.
    """
    case = _seen(session, case_id, based_on)
    rows = verdicts_of(session, case_id)
    last = in_force(rows)
    if last is None:
        raise NothingToUndoError(case_id)
    if last.by != by:
        raise NotYoursError(case_id)
    row = _add(session, case, "undo", by)
    before = in_force([*rows, row])
    case.verdict = before.verdict if before else None
    case.verdict_reason = before.reason if before else None
    return row


def _seen(session: Session, case_id: str, based_on: int | None) -> Case:
    case = session.get(Case, case_id, with_for_update=True)
    if case is None:
        raise NoSuchCaseError(case_id)
    if case.last_verdict_id != based_on:
        raise SeenTooOldError(case_id)
    return case


def _add(session: Session, case: Case, verdict: str, by: str, **values: object) -> Verdict:
    row = Verdict(
        verdict_id=str(uuid_utils.uuid7()), case_id=case.case_id, verdict=verdict, by=by, at=time.time(), **values
    )
    session.add(row)
    session.flush()
    session.add(Unforwarded(verdict=row.id))
    case.last_verdict_id = row.id
    return row
