"""Hands verdicts to the worker: what was committed here reaches its inbox, also after a crash in between."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

import structlog
from sqlalchemy import delete, select

from vision.cases.inbox import OperatorVerdict, VerdictInbox, VerdictKind
from vision.console.store import Store
from vision.console.store.tables import Unforwarded, Verdict
from vision.sources import Box

log = structlog.get_logger(__name__)

AT_ONCE = 200


class Forwarder:
    """Not safe to use from several threads at once.

    Args:
        store: where verdicts are committed first.
        book: the worker's case book, which holds the inbox; it is opened when the first verdict is to be handed over.
    """

    def __init__(self, store: Store, book: Path) -> None:
        self._store, self._book = store, book
        self._inbox: VerdictInbox | None = None

    def forward(self) -> int:
        """Hand over what waits, oldest first; how many those were.

        The inbox knows a verdict by its `verdict_id`: handing it over twice does nothing.
        """
        with self._store.reading() as session:
            query = select(Verdict).join(Unforwarded, Unforwarded.verdict == Verdict.id).order_by(Verdict.id)
            waiting = list(session.scalars(query.limit(AT_ONCE)))
        if not waiting:
            return 0
        try:
            if self._inbox is None:
                self._inbox = VerdictInbox(self._book)
            for row in waiting:
                self._inbox.add(_for_worker(row))
        except (sqlite3.Error, OSError) as error:
            log.warning("verdicts_wait", waiting=len(waiting), error=str(error))
            self._inbox = None
            return 0
        with self._store.writing() as session:
            session.execute(delete(Unforwarded).where(Unforwarded.verdict.in_([row.id for row in waiting])))
        return len(waiting)


def _for_worker(row: Verdict) -> OperatorVerdict:
    return OperatorVerdict(
        verdict_id=row.verdict_id,
        case_id=row.case_id,
        verdict=cast(VerdictKind, row.verdict),
        reason=row.reason,
        category=row.category,
        duplicate_of=row.duplicate_of,
        box=cast(Box, tuple(row.box)) if row.box is not None else None,
        note=row.note,
        by=row.by,
        at=row.at,
    )
