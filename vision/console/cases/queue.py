"""The queue: which cases wait for a verdict, in the order in which somebody wants to see them, a page at a time."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from vision.console.store.tables import Case

Sort = Literal["newest", "severity", "uncertain"]
_ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (Case.detected_at, Case.case_id),
    "severity": (Case.severity_rank, Case.detected_at, Case.case_id),
    "uncertain": (Case.uncertainty, Case.detected_at, Case.case_id),
}


class CursorError(ValueError):
    """The cursor is not one of this queue."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What is asked for; None is everything. Times are UNIX seconds, `start` inclusive, `end` exclusive."""

    state: Literal["unreviewed", "reviewed", "all"] = "unreviewed"
    category: str | None = None
    camera: str | None = None
    zone: str | None = None
    verdict: str | None = None
    model: str | None = None
    start: float | None = None
    end: float | None = None
    words: str | None = None

    def conditions(self, *, state: bool = True) -> list[ColumnElement[bool]]:
        """As SQL; without the one on the state when it is not wanted."""
        exact = (
            (Case.category, self.category), (Case.camera_id, self.camera), (Case.zone_id, self.zone),
            (Case.verdict, self.verdict), (Case.model, self.model),
        )  # fmt: skip
        found: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
        if state and self.state != "all":
            found.append(Case.verdict.is_(None) if self.state == "unreviewed" else Case.verdict.is_not(None))
        if self.start is not None:
            found.append(Case.detected_at >= self.start)
        if self.end is not None:
            found.append(Case.detected_at < self.end)
        found += [Case.words.contains(word, autoescape=True) for word in (self.words or "").lower().split()[:8]]
        return found


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page. `total`: cases that fit the filter; `unreviewed`: those of them without a verdict, whatever the state."""

    cases: Sequence[Case]
    cursor: str | None
    total: int
    unreviewed: int


def queue_page(session: Session, wanted: QueueFilter, sort: Sort, cursor: str | None, limit: int) -> QueuePage:
    """One page, and how many there are.

    Raises:
        CursorError: it was made for another order, or by somebody else.
    """
    order = _ORDERS[sort]
    query = select(Case).where(*wanted.conditions()).order_by(*(column.desc() for column in order)).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(*order) < tuple_(*_values(cursor, sort)))
    cases = list(session.scalars(query))
    more = len(cases) > limit
    cases = cases[:limit]
    following = _cursor([getattr(cases[-1], column.key) for column in order], sort) if more else None
    waiting = select(func.count()).select_from(Case).where(*wanted.conditions(state=False), Case.verdict.is_(None))
    total = select(func.count()).select_from(Case).where(*wanted.conditions())
    return QueuePage(cases, following, session.scalar(total) or 0, session.scalar(waiting) or 0)


def similar_cases(session: Session, case: Case, within_s: float, most: int) -> Sequence[Case]:
    """Other cases of the same place in the days before and after it, the latest first."""
    query = (
        select(Case)
        .where(Case.camera_id == case.camera_id, Case.zone_id == case.zone_id, Case.case_id != case.case_id)
        .where(Case.detected_at.between(case.detected_at - within_s, case.detected_at + within_s))
    )
    return session.scalars(query.order_by(Case.detected_at.desc()).limit(most)).all()


def _cursor(values: list[Any], sort: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, *values]).encode()).decode().rstrip("=")


def _values(cursor: str, sort: str) -> list[Any]:
    try:
        name, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        raise CursorError(cursor) from None
    numbers = all(isinstance(value, int | float) for value in values[:-1])
    if name != sort or len(values) != len(_ORDERS[sort]) or not numbers or not isinstance(values[-1], str):
        raise CursorError(cursor)
    return values
