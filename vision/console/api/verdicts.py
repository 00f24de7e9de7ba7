"""Verdicts: one, many at once, taken back. Committed here first, then handed to the worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from vision.cases.event import Fraction
from vision.console.access import audit
from vision.console.api.case_json import CaseJson, whole_case
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, Operator, address_of
from vision.console.api.people import Asked
from vision.console.cases.verdicts import (
    Decision,
    NoSuchCaseError,
    NothingToUndoError,
    NotYoursError,
    Ruling,
    SeenTooOldError,
    decide,
    undo,
)
from vision.console.parts import Console
from vision.console.store.tables import Case, Verdict

router = APIRouter()

MOST_AT_ONCE = 500
Words = Annotated[str | None, Field(max_length=500)]
Named = Annotated[str | None, Field(max_length=64)]


class VerdictAsked(Asked):
    """A verdict. `based_on`: id of the last verdict row that was seen; null when there was none."""

    verdict: Ruling
    reason: Words = None
    category: Named = None
    duplicate_of: Named = None
    box: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    note: Words = None
    based_on: int | None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.verdict == "wrong_category") != (self.category is not None):
            raise ValueError("category is given with wrong_category, and only then")
        if (self.verdict == "duplicate") != (self.duplicate_of is not None):
            raise ValueError("duplicate_of is given with duplicate, and only then")
        if self.box is not None and (self.box[0] >= self.box[2] or self.box[1] >= self.box[3]):
            raise ValueError("box: x1 must be less than x2, and y1 less than y2")
        return self


class UndoAsked(Asked):
    """Take one's own last verdict back."""

    based_on: int | None


class SeenCase(Asked):
    """A case as it was seen."""

    case_id: str = Field(max_length=64)
    based_on: int | None


class BulkAsked(Asked):
    """One verdict for many cases."""

    ids: list[SeenCase] = Field(min_length=1, max_length=MOST_AT_ONCE)
    verdict: Literal["true", "false", "unsure"]
    reason: Words = None


class BulkDone(Asked):
    """Which were decided, and which had changed meanwhile."""

    done: list[str]
    conflicts: list[str]


@router.post("/api/cases/{case_id}/verdicts", response_model=CaseJson)
def add_verdict(
    case_id: str, body: VerdictAsked, request: Request, console: ConsoleParts, visitor: Operator
) -> CaseJson:
    """Decide on a case; 409 with the newer case when somebody else has."""
    decision = Decision(body.verdict, body.reason, body.category, body.duplicate_of, body.box, body.note)
    with _explained(console, case_id), console.store.writing() as session:
        _check(session, console, case_id, decision)
        row = decide(session, case_id, body.based_on, decision, visitor.name)
        _note(session, visitor.name, row, request)
        case = whole_case(session, console, session.get_one(Case, case_id))
    _tell(console, case_id)
    return case


@router.post("/api/cases/{case_id}/undo", response_model=CaseJson)
def undo_verdict(case_id: str, body: UndoAsked, request: Request, console: ConsoleParts, visitor: Operator) -> CaseJson:
    """Take one's own verdict back."""
    with _explained(console, case_id), console.store.writing() as session:
        row = undo(session, case_id, body.based_on, visitor.name)
        _note(session, visitor.name, row, request)
        case = whole_case(session, console, session.get_one(Case, case_id))
    _tell(console, case_id)
    return case


@router.post("/api/verdicts/bulk", response_model=BulkDone)
def bulk(body: BulkAsked, request: Request, console: ConsoleParts, visitor: Operator) -> BulkDone:
    """One verdict for many cases; those that changed meanwhile stay as they are."""
    done, conflicts = [], []
    with console.store.writing() as session:
        for seen in body.ids:
            try:
                row = decide(session, seen.case_id, seen.based_on, Decision(body.verdict, body.reason), visitor.name)
            except (SeenTooOldError, NoSuchCaseError):
                conflicts.append(seen.case_id)
            else:
                _note(session, visitor.name, row, request)
                done.append(seen.case_id)
    for case_id in done:
        _tell(console, case_id)
    return BulkDone(done=done, conflicts=conflicts)


@contextmanager
def _explained(console: Console, case_id: str) -> Iterator[None]:
    try:
        yield
    except NoSuchCaseError:
        raise ApiError("no_such_case", 404) from None
    except NothingToUndoError:
        raise ApiError("nothing_to_undo", 409) from None
    except NotYoursError:
        raise ApiError("not_yours", 403) from None
    except SeenTooOldError:
        with console.store.reading() as session:
            newer = whole_case(session, console, session.get_one(Case, case_id))
        raise ApiError("conflict", 409, extra={"case": newer.model_dump(mode="json")}) from None


def _check(session: Session, console: Console, case_id: str, decision: Decision) -> None:
    """What only the site's tables can tell."""
    if decision.duplicate_of is not None:
        other = session.get(Case, decision.duplicate_of)
        if other is None or other.case_id == case_id:
            raise ApiError("invalid", 422, fields={"duplicate_of": ApiError("no_such_case").body["message"]})
    if decision.category is not None and decision.category not in console.categories().categories:
        raise ApiError("invalid", 422, fields={"category": ApiError("not_found").body["message"]})


def _note(session: Session, who: str, row: Verdict, request: Request) -> None:
    detail = {"verdict": row.verdict, "reason": row.reason, "id": row.id}
    audit.note(session, who, "verdict", row.case_id, detail, address_of(request))


def _tell(console: Console, case_id: str) -> None:
    console.bus.publish("verdict", {"case_id": case_id})
    console.follower.hurry()
