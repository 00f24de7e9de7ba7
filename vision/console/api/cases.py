"""The queue and one case."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from vision.console.api.case_json import CaseJson, CaseSummary, summaries, whole_case
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, Viewer
from vision.console.api.moments import Period
from vision.console.cases.queue import CursorError, QueueFilter, Sort, queue_page
from vision.console.cases.reasons import Reason, shipped_reasons
from vision.console.store.tables import Case

router = APIRouter()

Word = Annotated[str | None, Query(max_length=160)]


class Queue(BaseModel):
    """A page of the queue. `total`: cases that fit; `unreviewed`: those of them that wait for a verdict."""

    items: list[CaseSummary]
    next: str | None
    total: int
    unreviewed: int


def wanted(
    between: Period,
    state: Literal["unreviewed", "reviewed", "all"] = "unreviewed",
    category: Word = None,
    camera: Word = None,
    zone: Word = None,
    verdict: Word = None,
    model: Word = None,
    q: Word = None,
) -> QueueFilter:
    """The filter of a request."""
    return QueueFilter(state, category, camera, zone, verdict, model, *between, q)


@router.get("/api/cases", response_model=Queue)
def queue(
    console: ConsoleParts,
    _visitor: Viewer,
    asked: Annotated[QueueFilter, Depends(wanted)],
    sort: Sort = "newest",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Queue:
    """A page of the queue."""
    with console.store.reading() as session:
        try:
            page = queue_page(session, asked, sort, cursor, limit)
        except CursorError:
            raise ApiError("bad_request", 400) from None
        items = summaries(session, console, page.cases)
    return Queue(items=items, next=page.cursor, total=page.total, unreviewed=page.unreviewed)


@router.get("/api/cases/{case_id}", response_model=CaseJson)
def one_case(case_id: str, console: ConsoleParts, _visitor: Viewer) -> CaseJson:
    """One case with its whole life."""
    with console.store.reading() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise ApiError("no_such_case", 404)
        return whole_case(session, console, case)


@router.get("/api/reasons", response_model=dict[str, list[Reason]])
def reasons(_visitor: Viewer) -> dict[str, list[Reason]]:
    """Short reasons for `false`, by category; `*` for any other."""
    return shipped_reasons()
