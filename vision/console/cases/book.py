"""Reads the worker's case book while the worker writes it: new events and new answers, row by row."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class BookEvent:
    """One row of the book's events. `payload`: the whole case event; None where an older worker kept none."""

    row: int
    event_id: str
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class BookAnswer:
    """One row of the book's answers. `at`: UNIX seconds."""

    row: int
    case_id: str
    kind: str
    reason: str | None
    at: float


class BookReader:
    """A read-only look into the book; not safe to use from several threads at once.

    The book may not be there yet (the worker was never started), and may be put aside and begun anew by the worker.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._inode = -1

    def events(self, after: int, limit: int) -> list[BookEvent]:
        """The events after a row, oldest first; none while there is no book.

        Raises:
            sqlite3.Error: the book cannot be read now; to be tried again.
        """
        database = self._open()
        if database is None or not _has_payload(database):
            return []
        query = "SELECT rowid, event_id, payload FROM events WHERE rowid > ? ORDER BY rowid LIMIT ?"
        return [BookEvent(row, name, _object(text)) for row, name, text in database.execute(query, (after, limit))]

    def answers(self, after: int, limit: int) -> list[BookAnswer]:
        """The answers after a row, oldest first; none while there is no book. Raises as `events` does."""
        database = self._open()
        if database is None:
            return []
        query = "SELECT id, case_id, kind, reason, at FROM answers WHERE id > ? ORDER BY id LIMIT ?"
        return [BookAnswer(*row) for row in database.execute(query, (after, limit))]

    def last_row(self, table: str) -> int:
        """The highest row of `events` or `answers`; 0 for an empty one. Raises as `events` does."""
        database = self._open()
        assert table in ("events", "answers")
        return int(database.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0) if database else 0

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> sqlite3.Connection | None:
        try:
            inode = self._path.stat().st_ino
        except OSError:
            self.close()
            return None
        if self._database is None or inode != self._inode:
            self.close()
            address = f"{self._path.absolute().as_uri()}?mode=ro"
            self._database = sqlite3.connect(address, uri=True, timeout=BUSY_S, check_same_thread=False)
            self._inode = inode
        return self._database


def _has_payload(database: sqlite3.Connection) -> bool:
    return any(column[1] == "payload" for column in database.execute("PRAGMA table_info(events)"))


def _object(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        log.error("book_payload_broken", text=text[:80])
        return None
    return value if isinstance(value, dict) else None
