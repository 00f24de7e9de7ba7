"""The outbox's SQLite file: its tables, its opening, and what is saved of a broken one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import structlog

from vision.publish.outgoing import OutboxError

log = structlog.get_logger(__name__)
T = TypeVar("T")

_FIRST_TABLES = """
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
_HELD = "ALTER TABLE events ADD COLUMN held INTEGER NOT NULL DEFAULT 0;"
_STEPS: tuple[str, ...] = (_FIRST_TABLES, _HELD)
"""Step n takes a file of format n to n + 1, in one transaction. A new format is a step at the end; the others stay.

A damaged file is rescued by `_EVENT_COLUMNS`, into a file of the newest format: a step that adds a column gives it a
default.
"""
# AUTOINCREMENT: a number is never used twice, so the order of a case holds even when its last row is gone.
_EVENT_COLUMNS = "seq, event_id, case_id, topic, payload, created, sent, attempts, next_try, reason, dead, held"
_MARKS = ",".join("?" * len(_EVENT_COLUMNS.split(",")))
_PARTS = ("-wal", "-shm", "")
"""Endings of the files that make up a database in WAL mode."""
_WAL_KEPT_BYTES = 4 * 1024 * 1024
_BUSY_S = 10.0
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _is_broken(error: sqlite3.Error) -> bool:
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


class OutboxFile:
    """The open database; one that turns out to be damaged is replaced by what can be read of it. Not for two threads.

    Raises:
        OutboxError: it cannot be opened or created, or a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._damage: str | None = None
        """What is wrong with the file, as long as it could not be replaced."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = _opened_or_replaced(path)
        except (OSError, sqlite3.Error) as error:
            raise OutboxError(
                f"the outbox {path} cannot be opened: {error}; check that its folder exists, may be written by this "
                "user and has space left"
            ) from None

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work; if the file turns out to be damaged, do it on what was rescued.

        Raises:
            sqlite3.Error: of the work, or because a damaged file cannot be replaced now; the next call tries again.
        """
        if self._damage is not None:
            self._replace()
        try:
            return work(self._database)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            self._damage = str(error)
        self._database.close()  # before its files move: on closing, SQLite deletes a log by its name
        self._replace()
        return work(self._database)

    def close(self) -> None:
        self._database.close()

    def _replace(self) -> None:
        try:
            self._database = _replaced(self._path, str(self._damage))
        except OSError as error:
            raise sqlite3.OperationalError(f"{self._damage}; it cannot be replaced yet: {error}") from None
        self._damage = None


def _opened_or_replaced(path: Path) -> sqlite3.Connection:
    if _rescued(path).exists():
        return _replaced(path, "a rescue was cut short")
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        if not _is_broken(error):
            raise
        return _replaced(path, str(error))


def _replaced(path: Path, why: str) -> sqlite3.Connection:
    """Start a fresh file with the rows that can still be read, and move the damaged one aside.

    A crash on the way loses nothing that a rescue would have saved. The rows go to a `.rescuing` file while the damaged
    one stays in its place: a rescue cut short begins anew. Once complete and on the disk it is named `.rescued`, and
    from then on every opening begins by putting it in its place.
    """
    if not _rescued(path).exists():
        _rescue(path)
    aside = _put_rescued_in_place(path)
    database = _opened(path)
    (rescued,) = database.execute("SELECT COUNT(*) FROM events").fetchone()
    log.error(
        "outbox_was_damaged",
        path=str(path), moved_to=str(aside), error=why, events_rescued=rescued,
        hint="events that could not be read are lost; keep the moved file if they matter, delete it if not",
    )  # fmt: skip
    return database


def _rescue(path: Path) -> None:
    """Write the rows of a damaged file that can still be read to its `.rescued` file; the damaged one stays."""
    events, evidence = _readable_rows(path)
    kept = {row[1] for row in events}
    evidence = [row for row in evidence if row[0] in kept]
    rescuing = Path(f"{path}.rescuing")
    for suffix in _PARTS:
        Path(f"{rescuing}{suffix}").unlink(missing_ok=True)
    database = _opened(rescuing)
    try:
        with transaction(database):
            database.executemany(f"INSERT OR IGNORE INTO events ({_EVENT_COLUMNS}) VALUES ({_MARKS})", events)
            database.executemany("INSERT INTO evidence VALUES (?,?,?,?)", evidence)
        # A file of its own, without a log beside it, so that one rename moves all of it.
        database.execute("PRAGMA journal_mode=DELETE")
    finally:
        database.close()
    os.replace(rescuing, _rescued(path))
    _sync_folder(path.parent)


def _rescued(path: Path) -> Path:
    return Path(f"{path}.rescued")


def _put_rescued_in_place(path: Path) -> Path:
    """Swap the damaged file for the rescued one; where the damaged one went. May be repeated after a crash anywhere.

    The damaged log goes first: SQLite would play it into whatever file stands beside it.
    """
    aside = _free_name(path)
    for suffix in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    _sync_folder(path.parent)
    os.replace(_rescued(path), path)
    _sync_folder(path.parent)
    return aside


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
        if version > len(_STEPS):
            raise OutboxError(
                f"the outbox {path} was written by a newer version of this program (format {version}, "
                f"known: {len(_STEPS)}); run that version until the outbox is empty, or use another file"
            )
        for number, step in enumerate(_STEPS[version:], version + 1):
            database.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version={number}; COMMIT;")
        if version == 0:
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
    for table, columns in (("events", _present_columns(path)), ("evidence", "event_id, role, path, size")):
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


def _present_columns(path: Path) -> str:
    """What can be asked of a file of any format: a column that came later is what its step would have made it."""
    with contextlib.closing(sqlite3.connect(str(path))) as database:
        try:
            database.execute("SELECT held FROM events LIMIT 0")
        except sqlite3.Error as error:
            return _EVENT_COLUMNS.replace("held", "0") if "no such column" in str(error) else _EVENT_COLUMNS
    return _EVENT_COLUMNS


def _sound(row: tuple[Any, ...]) -> bool:
    """Whether a row that came out of a damaged file has values of the right kinds."""
    seq, event_id, case_id, topic, payload, created, sent, attempts, next_try, _, dead, held = row
    texts = all(isinstance(value, str) and value for value in (event_id, case_id, topic))
    numbers = all(isinstance(value, (int, float)) for value in (seq, created, sent, attempts, next_try, dead, held))
    return texts and numbers and isinstance(payload, bytes)
