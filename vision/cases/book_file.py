"""The case book on disk (SQLite): which cases there are, the incidents in each, and what the centre said of them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
import uuid_utils

from vision.cases.book_tables import connect
from vision.cases.inbox import COLUMNS, OperatorVerdict
from vision.cases.life import CaseState, IncidentState
from vision.sources import Box

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case. Times are UNIX seconds of media time; `answered` is of the wall clock.

    Attributes:
        opened: when its first incident began; `found`: when that was reported; `changed`: its last event.
        opening_event: the event that opened it, or opened it again.
        answer: the centre's last decision; None before the first.
        held: its events wait for an operator's verdict; also when he has said that it is none, and nothing was sent.
        told_as: the category that an operator put in place of the rule's; None while that holds.
    """

    case_id: str
    category: str
    camera_id: str
    zone_id: str
    state: CaseState
    opened: float
    changed: float
    lat: float | None
    lon: float | None
    last_event: str
    found: float
    crs: str
    opening_event: str
    answer: str | None
    answered: float | None
    held: bool = False
    told_as: str | None = None

    @property
    def closed_by_centre(self) -> bool:
        return self.answer == "closed"


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident of a case, as its rule last reported it; `joined`: how it came to a case that was there before."""

    incident_id: str
    case_id: str
    camera_id: str
    zone_id: str
    category: str
    subcategory: str | None
    state: IncidentState
    box: Box
    confidence: float
    joined: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The centre's last decision on a case: its kind, why it was rejected, who decided."""

    kind: str
    reason: str | None
    by: str | None


class BookFile:
    """Queries on the book; not safe to call from several threads at once. `with file.at_once():` is a transaction.

    Args:
        path: the SQLite file; None keeps the book in memory.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self.database = _open(path)

    def at_once(self) -> sqlite3.Connection:
        """A context in which all is written, or nothing."""
        self.database.execute("BEGIN IMMEDIATE")
        return self.database

    def case(self, case_id: str) -> CaseRow | None:
        """The case of that id."""
        row = self.database.execute("SELECT * FROM cases WHERE case_id = ?", (case_id,)).fetchone()
        return _case(row) if row else None

    def open_cases(self, category: str, since: float, until: float) -> list[CaseRow]:
        """The open cases of a category that were found between two times (UNIX seconds), oldest first."""
        where = "category = ? AND state = 'open' AND found BETWEEN ? AND ?"
        query = f"SELECT * FROM cases WHERE {where} ORDER BY found, case_id"
        return [_case(row) for row in self.database.execute(query, (category, since, until))]

    def incident(self, incident_id: str) -> IncidentRow | None:
        """The incident of that id."""
        row = self.database.execute("SELECT * FROM incidents WHERE incident_id = ?", (incident_id,)).fetchone()
        return _incident(row) if row else None

    def incidents_of(self, case_id: str) -> list[IncidentRow]:
        """All incidents of a case, in the order in which they came."""
        query = "SELECT * FROM incidents WHERE case_id = ? ORDER BY rowid"
        return [_incident(row) for row in self.database.execute(query, (case_id,))]

    def incidents(self) -> list[IncidentRow]:
        """All incidents, in the order in which they came."""
        return [_incident(row) for row in self.database.execute("SELECT * FROM incidents ORDER BY rowid")]

    def standing(self, camera_id: str, category: str) -> list[IncidentRow]:
        """What stands before a camera, oldest first."""
        query = "SELECT * FROM incidents WHERE camera_id = ? AND category = ? AND state = 'open' ORDER BY rowid"
        return [_incident(row) for row in self.database.execute(query, (camera_id, category))]

    def put_case(self, row: CaseRow) -> None:
        """Add a case, or put it in place of the one of that id."""
        values = (
            row.case_id, row.category, row.camera_id, row.zone_id, row.state, row.opened, row.changed, row.lat, row.lon,
            row.last_event, row.found, row.crs, row.opening_event, row.answer, row.answered, int(row.held), row.told_as,
        )  # fmt: skip
        self.database.execute(f"INSERT OR REPLACE INTO cases VALUES ({','.join('?' * len(values))})", values)

    def put_incident(self, row: IncidentRow) -> None:
        """Add an incident, or write what is new of it."""
        values = (
            row.incident_id, row.case_id, row.camera_id, row.zone_id, row.category, row.subcategory, row.state,
            json.dumps(row.box), row.confidence, row.joined,
        )  # fmt: skip
        self.database.execute(
            f"INSERT INTO incidents VALUES ({','.join('?' * len(values))}) ON CONFLICT (incident_id) DO UPDATE SET "
            "state = excluded.state, box = excluded.box, confidence = excluded.confidence, "
            "subcategory = excluded.subcategory",
            values,
        )

    def set_incident_state(self, incident_id: str, state: IncidentState) -> None:
        """Change an incident's state only."""
        self.database.execute("UPDATE incidents SET state = ? WHERE incident_id = ?", (state, incident_id))

    def add_event(self, event_id: str, case_id: str, kind: str, at: float, payload: str | None = None) -> None:
        """Note that an event was handed over for sending; `payload` is the whole of it, JSON."""
        query = "INSERT OR IGNORE INTO events (event_id, case_id, kind, at, payload) VALUES (?,?,?,?,?)"
        self.database.execute(query, (event_id, case_id, kind, at, payload))

    def events_of(self, case_id: str) -> list[tuple[str, str, str | None]]:
        """(event_id, kind, payload) of each event of a case, in the order in which they were handed over."""
        query = "SELECT event_id, kind, payload FROM events WHERE case_id = ? ORDER BY seq"
        return list(self.database.execute(query, (case_id,)))

    def verdicts_of(self, case_id: str) -> list[tuple[OperatorVerdict, dict[str, Any] | None]]:
        """Every verdict on a case, oldest first, with what it did; None of one that is not applied yet."""
        query = f"SELECT {COLUMNS}, effect FROM verdicts WHERE case_id = ? ORDER BY id"
        rows = self.database.execute(query, (case_id,)).fetchall()
        return [(OperatorVerdict.from_row(row[:-1]), json.loads(row[-1]) if row[-1] else None) for row in rows]

    def verdicts(self) -> list[OperatorVerdict]:
        """All verdicts, oldest first."""
        return [
            OperatorVerdict.from_row(r) for r in self.database.execute(f"SELECT {COLUMNS} FROM verdicts ORDER BY id")
        ]

    def add_answer(self, case_id: str, kind: str, reason: str | None, answer: str, at: float) -> None:
        """Note what the centre said; `answer` is the whole of it, JSON."""
        row = (case_id, kind, reason, answer, at)
        self.database.execute("INSERT INTO answers (case_id, kind, reason, answer, at) VALUES (?,?,?,?,?)", row)

    def decisions(self) -> list[tuple[CaseRow, Decision]]:
        """Every case that the centre has decided on, with its last decision, oldest case first."""
        query = """SELECT cases.*, answers.reason, answers.answer FROM cases JOIN answers ON answers.id = (
          SELECT max(id) FROM answers WHERE case_id = cases.case_id AND kind = cases.answer) ORDER BY found"""
        return [
            (_case(row[:-2]), Decision(str(row[13]), row[-2], json.loads(row[-1]).get("by")))
            for row in self.database.execute(query)
        ]

    def count(self, table: str, where: str = "1", *values: object) -> int:
        """Rows of a table."""
        return int(self.database.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _case(row: tuple[Any, ...]) -> CaseRow:
    return replace(CaseRow(*row), held=bool(row[15]))


def _incident(row: tuple[object, ...]) -> IncidentRow:
    values = list(row)
    values[7] = tuple(json.loads(str(row[7])))
    return IncidentRow(*values)  # type: ignore[arg-type]


def _open(path: Path | None) -> sqlite3.Connection:
    """The book's database; a damaged file is put aside, logged, and a new one begun: cases still get out."""
    try:
        return connect(path)
    except sqlite3.DatabaseError as error:
        if path is None or not path.exists() or isinstance(error, sqlite3.OperationalError):
            raise OSError(f"the case book {path} cannot be opened: {error}") from None
        aside = path.with_name(f"{path.name}.broken-{uuid_utils.uuid7()}")
        path.replace(aside)
        log.error("case_book_damaged", file=str(path), kept_as=str(aside), error=str(error))
        return connect(path)
