"""The case book's tables, and how a book of an earlier program becomes one of this."""

from __future__ import annotations

import sqlite3
from pathlib import Path

VERSION = 2
"""Of the tables, in SQLite's `user_version`: 0 is the book of the first release, which knew no incidents, 1 one that
knew no verdicts and kept events without their content."""
_BUSY_S = 10.0
"""The console writes verdicts into the same file, from another process."""
_TABLES = (
    """CREATE TABLE IF NOT EXISTS cases (
  case_id TEXT PRIMARY KEY, category TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, state TEXT NOT NULL,
  opened REAL NOT NULL, changed REAL NOT NULL, lat REAL, lon REAL, last_event TEXT NOT NULL,
  found REAL NOT NULL DEFAULT 0, crs TEXT NOT NULL DEFAULT 'WGS84', opening_event TEXT NOT NULL DEFAULT '',
  answer TEXT, answered REAL, held INTEGER NOT NULL DEFAULT 0, told_as TEXT)""",
    """CREATE TABLE IF NOT EXISTS incidents (
  incident_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL,
  category TEXT NOT NULL, subcategory TEXT, state TEXT NOT NULL, box TEXT NOT NULL, confidence REAL NOT NULL,
  joined TEXT)""",
    """CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, kind TEXT NOT NULL,
  at REAL NOT NULL, payload TEXT)""",
    """CREATE TABLE IF NOT EXISTS answers (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT, answer TEXT NOT NULL,
  at REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS requests (
  case_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (case_id, kind))""",
    """CREATE TABLE IF NOT EXISTS verdicts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, verdict_id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, verdict TEXT NOT NULL,
  reason TEXT, category TEXT, duplicate_of TEXT, box TEXT, note TEXT, by TEXT NOT NULL, at REAL NOT NULL,
  applied REAL, effect TEXT)""",
    """CREATE TABLE IF NOT EXISTS suppressed (
  camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, fixture TEXT NOT NULL, category TEXT NOT NULL,
  count INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL, box TEXT NOT NULL,
  PRIMARY KEY (camera_id, zone_id, fixture, category))""",
    "CREATE INDEX IF NOT EXISTS cases_by_time ON cases (category, state, found)",
    "CREATE INDEX IF NOT EXISTS incidents_by_case ON incidents (case_id)",
    "CREATE INDEX IF NOT EXISTS incidents_by_place ON incidents (camera_id, category, state)",
    "CREATE INDEX IF NOT EXISTS events_by_case ON events (case_id)",
    "CREATE INDEX IF NOT EXISTS answers_by_case ON answers (case_id)",
    "CREATE INDEX IF NOT EXISTS verdicts_by_case ON verdicts (case_id)",
    "CREATE INDEX IF NOT EXISTS verdicts_waiting ON verdicts (id) WHERE applied IS NULL",
)
# AUTOINCREMENT: whoever reads on from the last number that he has seen must not miss an event, and without it SQLite
# gives a number again once its row is gone.
_COLUMNS_SINCE_1 = (
    "ALTER TABLE cases ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE cases ADD COLUMN told_as TEXT",
    "DROP INDEX IF EXISTS events_by_case",
    "ALTER TABLE events RENAME TO events_before",
)
_FILLED_SINCE_1 = (
    """INSERT INTO events (event_id, case_id, kind, at) SELECT event_id, case_id, kind, at FROM events_before
  ORDER BY rowid""",
    "DROP TABLE events_before",
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


def connect(path: Path | None) -> sqlite3.Connection:
    """The book's database, brought to the present version; worker and console may do so at the same time.

    Raises:
        sqlite3.Error: it cannot be opened, or is damaged.
        OSError: it is of a newer program.
    """
    name = str(path) if path else ":memory:"
    database = sqlite3.connect(name, timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        if _version(database) != VERSION:  # else nobody is kept waiting
            with database:
                database.execute("BEGIN IMMEDIATE")
                _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _migrate(database: sqlite3.Connection, path: Path | None) -> None:
    version = _version(database)
    if version > VERSION:
        raise OSError(f"the case book {path} is of a newer program (version {version}, this one reads {VERSION})")
    if version == VERSION:
        return
    old = version > 0 or database.execute("SELECT 1 FROM sqlite_master WHERE name = 'cases'").fetchone() is not None
    before = (*(_COLUMNS_SINCE_0 if version == 0 else ()), *_COLUMNS_SINCE_1) if old else ()
    after = (*(_FILLED_SINCE_0 if version == 0 else ()), *_FILLED_SINCE_1) if old else ()
    for statement in (*before, *_TABLES, *after):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")
