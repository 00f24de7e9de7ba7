"""The outbox's SQLite file: its tables, its opening, and what is saved of a broken one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from vision.publish.outgoing import OutboxError

log = structlog.get_logger(__name__)

SCHEMA_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL, topic TEXT NOT NULL,
  payload BLOB NOT NULL, created REAL NOT NULL, sent INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
  next_try REAL NOT NULL DEFAULT 0, reason TEXT, dead INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS events_by_case ON events (case_id, seq);
CREATE TABLE IF NOT EXISTS evidence (
  event_id TEXT NOT NULL REFERENCES events (event_id) ON DELETE CASCADE,
  role TEXT NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS evidence_by_event ON evidence (event_id);
"""
# AUTOINCREMENT: a number is never used twice, so the order of a case holds even when its last row is gone.
_EVENT_COLUMNS = "seq, event_id, case_id, topic, payload, created, sent, attempts, next_try, reason, dead"
_WAL_KEPT_BYTES = 4 * 1024 * 1024
_BUSY_S = 10.0
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error says that the file itself is damaged (SQLite's extended codes keep the code in one byte)."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in _BROKEN


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; on the disk when it ends."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # After a full disk SQLite may have rolled back by itself.
        if database.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
        raise


def open_outbox_file(path: Path) -> sqlite3.Connection:
    """The database, ready for use. A damaged one is moved aside and what can be read of it is taken over.

    Raises:
        OutboxError: it cannot be opened or created, or a newer version wrote it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(path)
        except sqlite3.DatabaseError as error:
            if not is_broken(error):
                raise
            return replace_broken(path, str(error))
    except (OSError, sqlite3.Error) as error:
        raise OutboxError(
            f"the outbox {path} cannot be opened: {error}; check that its folder exists, may be written by this user "
            "and has space left"
        ) from None


def replace_broken(path: Path, why: str) -> sqlite3.Connection:
    """Move a damaged file aside, start a fresh one, and bring over the rows that can still be read."""
    aside = _free_name(path)
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    events, evidence = _readable_rows(aside)
    database = _opened(path)
    kept = {row[1] for row in events}
    evidence = [row for row in evidence if row[0] in kept]
    with transaction(database):
        database.executemany(f"INSERT OR IGNORE INTO events ({_EVENT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", events)
        database.executemany("INSERT INTO evidence VALUES (?,?,?,?)", evidence)
    log.error(
        "outbox_was_damaged",
        path=str(path), moved_to=str(aside), error=why, events_rescued=len(events),
        hint="events that could not be read are lost; keep the moved file if they matter, delete it if not",
    )  # fmt: skip
    return database


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(str(path), timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA foreign_keys=ON")
        database.execute(f"PRAGMA journal_size_limit={_WAL_KEPT_BYTES}")
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            error = sqlite3.DatabaseError(verdict)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise OutboxError(
                f"the outbox {path} was written by a newer version of this program (format {version}, "
                f"known: {SCHEMA_VERSION}); run that version until the outbox is empty, or use another file"
            )
        if version < SCHEMA_VERSION:
            database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
            _sync_folder(path.parent)
    except BaseException:
        database.close()
        raise
    return database


def _sync_folder(folder: Path) -> None:
    """Make the names of the new files survive a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_name(path: Path) -> Path:
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged-{moment}")
    n = 1
    while aside.exists():
        n += 1
        aside = path.with_name(f"{path.name}.damaged-{moment}-{n}")
    return aside


def _readable_rows(path: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Events in their order, and evidence, read from both ends towards the damage."""
    found: list[dict[int, tuple[Any, ...]]] = []
    for table, columns in (("events", _EVENT_COLUMNS), ("evidence", "event_id, role, path, size")):
        rows: dict[int, tuple[Any, ...]] = {}
        for direction in ("ASC", "DESC"):
            try:
                with contextlib.closing(sqlite3.connect(str(path))) as database:
                    # NOT INDEXED: a damaged index must not hide a sound table.
                    query = f"SELECT rowid, {columns} FROM {table} NOT INDEXED ORDER BY rowid {direction}"
                    for rowid, *row in database.execute(query):
                        rows[rowid] = tuple(row)
            except (sqlite3.Error, OverflowError):
                continue  # what came before the damage stays
        found.append(rows)
    events = [row for _, row in sorted(found[0].items()) if _sound(row)]
    return events, [row for _, row in sorted(found[1].items()) if None not in row]


def _sound(row: tuple[Any, ...]) -> bool:
    """Whether a row that came out of a damaged file has values of the right kinds."""
    seq, event_id, case_id, topic, payload, created, sent, attempts, next_try, _, dead = row
    texts = all(isinstance(value, str) and value for value in (event_id, case_id, topic))
    numbers = all(isinstance(value, (int, float)) for value in (seq, created, sent, attempts, next_try, dead))
    return texts and numbers and isinstance(payload, bytes)
