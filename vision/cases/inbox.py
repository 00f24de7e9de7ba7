"""Operators' verdicts: written by the console, taken by the worker, in the file of the case book.

Console and worker are two processes that share this file. A verdict is a row that is only ever added; the worker notes
on it when it was applied, and what it did, in the transaction that changes the case (vision/cases/ruling.py).
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from vision.cases.book_tables import connect
from vision.sources import Box

T = TypeVar("T")
VerdictKind = Literal["true", "false", "wrong_category", "duplicate", "unsure", "undo"]
MOST_TEXT = 2000
"""Characters of a reason or a note: an operator's own words, not a report."""
COLUMNS = "verdict_id, case_id, verdict, reason, category, duplicate_of, box, note, by, at"
"""Of the table `verdicts`, in the order of `OperatorVerdict`."""


@dataclass(frozen=True, slots=True)
class OperatorVerdict:
    """What an operator says of a case.

    Attributes:
        verdict_id: unique; the same one added twice is one verdict.
        verdict: `undo` takes back the last one of the case that is not taken back yet.
        reason: why it is false, a word of the console's list or the operator's own.
        category: what it is instead, with `wrong_category`.
        duplicate_of: the other case's id, with `duplicate`.
        box: where the thing really is, fractions of the picture; None: as the case says.
        by: who said it.
        at: UNIX seconds of the wall clock.

    Raises:
        ValueError: no such verdict, one without what belongs to it, or a text that is too long.
    """

    verdict_id: str
    case_id: str
    verdict: VerdictKind
    reason: str | None
    category: str | None
    duplicate_of: str | None
    box: Box | None
    note: str | None
    by: str
    at: float

    def __post_init__(self) -> None:
        if self.verdict not in get_args(VerdictKind):
            raise ValueError(f"verdict {self.verdict!r} is none of: {', '.join(get_args(VerdictKind))}")
        if not self.verdict_id or not self.case_id or not self.by:
            raise ValueError("a verdict needs its id, its case and who gave it")
        if self.verdict == "wrong_category" and not self.category:
            raise ValueError("wrong_category needs the category that it is instead")
        if self.verdict == "duplicate" and (not self.duplicate_of or self.duplicate_of == self.case_id):
            raise ValueError("duplicate needs the id of the other case")
        for name, text in (("reason", self.reason), ("note", self.note)):
            if text is not None and len(text) > MOST_TEXT:
                raise ValueError(f"{name} has {len(text)} characters; at most {MOST_TEXT} are kept")

    def row(self) -> tuple[Any, ...]:
        """The values of `COLUMNS`."""
        box = None if self.box is None else json.dumps(self.box)
        return (
            self.verdict_id, self.case_id, self.verdict, self.reason, self.category, self.duplicate_of, box, self.note,
            self.by, self.at,
        )  # fmt: skip

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> OperatorVerdict:
        """From the values of `COLUMNS`."""
        verdict_id, case_id, verdict, reason, category, duplicate_of, box, note, by, at = row
        place = None if box is None else tuple(json.loads(box))
        return cls(verdict_id, case_id, verdict, reason, category, duplicate_of, place, note, by, at)


class VerdictInbox:
    """The console's side of the case book. Safe to call from any thread.

    Args:
        path: the case book's file; made when the worker has not done so yet.

    Raises:
        OSError: it cannot be opened, is damaged (the worker begins a new one at its start), or of a newer program.
            Every method may raise it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: tuple[int, int] | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._run(lambda database: None)

    def add(self, verdict: OperatorVerdict) -> None:
        """Hand a verdict to the worker; it is on disk when this returns. One that is there already changes nothing."""
        query = f"INSERT OR IGNORE INTO verdicts ({COLUMNS}) VALUES ({','.join('?' * 10)})"
        self._run(lambda database: database.execute(query, verdict.row()))

    def events_since(self, rowid: int, limit: int) -> list[tuple[int, str, float, str | None]]:
        """Events of all cases after the one of that number, oldest first: (rowid, event_id, at, payload).

        Numbers grow and are never used twice. `at` is media time, UNIX seconds; `payload` the whole case event as JSON
        text, None for those of books that kept only the fact.
        """
        query = "SELECT seq, event_id, at, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        return self._run(lambda database: database.execute(query, (rowid, limit)).fetchall())

    def waiting(self) -> int:
        """Verdicts that the worker has not applied yet."""
        query = "SELECT count(*) FROM verdicts WHERE applied IS NULL"
        return int(self._run(lambda database: database.execute(query).fetchone())[0])

    def held(self) -> frozenset[str]:
        """Ids of the cases whose events wait for a verdict and have not been sent."""
        query = "SELECT case_id FROM cases WHERE held = 1 AND state != 'rejected'"
        return frozenset(case_id for (case_id,) in self._run(lambda database: database.execute(query).fetchall()))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                if self._file is None or self._file != _identity(self._path):
                    # The worker puts a damaged book aside: what is written to that one nobody would read.
                    self._close()
                    self._database = connect(self._path)
                    self._file = _identity(self._path)
                return work(self._database)
            except sqlite3.Error as error:
                raise OSError(f"the case book {self._path} cannot be used: {error}") from None

    def _close(self) -> None:
        if self._file is not None:
            self._database.close()
            self._file = None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
