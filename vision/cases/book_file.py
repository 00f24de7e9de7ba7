"""The case book on disk (SQLite): which cases there are, the incidents in each, and what the centre said of them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import structlog
import uuid_utils

from vision.cases.life import CaseState, IncidentState
from vision.sources import Box

log = structlog.get_logger(__name__)

VERSION = 1
"""Of the tables, in SQLite's `user_version`; 0 is the book of the first release, which knew no incidents."""
_TABLES = (
    """CREATE TABLE IF NOT EXISTS cases (
  case_id TEXT PRIMARY KEY, category TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, state TEXT NOT NULL,
  opened REAL NOT NULL, changed REAL NOT NULL, lat REAL, lon REAL, last_event TEXT NOT NULL,
  found REAL NOT NULL DEFAULT 0, crs TEXT NOT NULL DEFAULT 'WGS84', opening_event TEXT NOT NULL DEFAULT '',
  answer TEXT, answered REAL)""",
    """CREATE TABLE IF NOT EXISTS incidents (
  incident_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL,
  category TEXT NOT NULL, subcategory TEXT, state TEXT NOT NULL, box TEXT NOT NULL, confidence REAL NOT NULL,
  joined TEXT)""",
    """CREATE TABLE IF NOT EXISTS events (
  event_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS answers (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT, answer TEXT NOT NULL,
  at REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS requests (
  case_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (case_id, kind))""",
    """CREATE TABLE IF NOT EXISTS suppressed (
  camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, fixture TEXT NOT NULL, category TEXT NOT NULL,
  count INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, box TEXT NOT NULL,
  PRIMARY KEY (camera_id, zone_id, fixture, category))""",
    "CREATE INDEX IF NOT EXISTS cases_by_time ON cases (category, state, found)",
    "CREATE INDEX IF NOT EXISTS incidents_by_case ON incidents (case_id)",
    "CREATE INDEX IF NOT EXISTS incidents_by_place ON incidents (camera_id, category, state)",
    "CREATE INDEX IF NOT EXISTS events_by_case ON events (case_id)",
    "CREATE INDEX IF NOT EXISTS answers_by_case ON answers (case_id)",
)
_COLUMNS_SINCE_0 = (
    "ALTER TABLE cases ADD COLUMN found REAL NOT NULL DEFAULT 0",
    "ALTER TABLE cases ADD COLUMN crs TEXT NOT NULL DEFAULT 'WGS84'",
    "ALTER TABLE cases ADD COLUMN opening_event TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE cases ADD COLUMN answer TEXT",
    "ALTER TABLE cases ADD COLUMN answered REAL",
)
_FILLED_SINCE_0 = (
    "UPDATE cases SET found = opened, opening_event = last_event, state = iif(state = 'closed', 'cleared', state)",
    """INSERT OR IGNORE INTO incidents SELECT case_id, case_id, camera_id, zone_id, category, NULL, state,
  '[0, 0, 0, 0]', 0.5, NULL FROM cases""",
)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case. Times are UNIX seconds of media time; `answered` is of the wall clock.

    Attributes:
        opened: when its first incident began; `found`: when that was reported; `changed`: its last event.
        opening_event: the event that opened it, or opened it again.
        answer: the centre's last decision; None before the first.
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
        return CaseRow(*row) if row else None

    def open_cases(self, category: str, since: float, until: float) -> list[CaseRow]:
        """The open cases of a category that were found between two times (UNIX seconds), oldest first."""
        where = "category = ? AND state = 'open' AND found BETWEEN ? AND ?"
        query = f"SELECT * FROM cases WHERE {where} ORDER BY found, case_id"
        return [CaseRow(*row) for row in self.database.execute(query, (category, since, until))]

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
            row.last_event, row.found, row.crs, row.opening_event, row.answer, row.answered,
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

    def add_event(self, event_id: str, case_id: str, kind: str, at: float) -> None:
        """Note that an event was handed over for sending."""
        self.database.execute("INSERT OR IGNORE INTO events VALUES (?,?,?,?)", (event_id, case_id, kind, at))

    def add_answer(self, case_id: str, kind: str, reason: str | None, answer: str, at: float) -> None:
        """Note what the centre said; `answer` is the whole of it, JSON."""
        row = (case_id, kind, reason, answer, at)
        self.database.execute("INSERT INTO answers (case_id, kind, reason, answer, at) VALUES (?,?,?,?,?)", row)

    def decisions(self) -> list[tuple[CaseRow, Decision]]:
        """Every case that the centre has decided on, with its last decision, oldest case first."""
        query = """SELECT cases.*, answers.reason, answers.answer FROM cases JOIN answers ON answers.id = (
          SELECT max(id) FROM answers WHERE case_id = cases.case_id AND kind = cases.answer) ORDER BY found"""
        return [
            (CaseRow(*row[:-2]), Decision(str(row[13]), row[-2], json.loads(row[-1]).get("by")))
            for row in self.database.execute(query)
        ]

    def count(self, table: str, where: str = "1", *values: object) -> int:
        """Rows of a table."""
        return int(self.database.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _incident(row: tuple[object, ...]) -> IncidentRow:
    values = list(row)
    values[7] = tuple(json.loads(str(row[7])))
    return IncidentRow(*values)  # type: ignore[arg-type]


def _open(path: Path | None) -> sqlite3.Connection:
    """The book's database; a damaged file is put aside, logged, and a new one begun: cases still get out."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if path is None or not path.exists() or isinstance(error, sqlite3.OperationalError):
            raise OSError(f"the case book {path} cannot be opened: {error}") from None
        aside = path.with_name(f"{path.name}.broken-{uuid_utils.uuid7()}")
        path.replace(aside)
        log.error("case_book_damaged", file=str(path), kept_as=str(aside), error=str(error))
        return _connect(path)


def _connect(path: Path | None) -> sqlite3.Connection:
    database = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise OSError(f"the case book {path} is of a newer program (version {version}, this one reads {VERSION})")
    with database:
        database.execute("BEGIN IMMEDIATE")
        old = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'cases'").fetchone() if version == 0 else None
        steps = (*_COLUMNS_SINCE_0, *_TABLES, *_FILLED_SINCE_0) if old else _TABLES
        for statement in steps:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    return database
