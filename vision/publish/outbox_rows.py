"""The statements the outbox is made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from vision.publish.outbox_file import transaction
from vision.publish.outgoing import EvidenceFile, OutgoingEvent


def insert(database: sqlite3.Connection, event: OutgoingEvent) -> None:
    """The event and its evidence in one transaction; nothing when its event_id is there."""
    with transaction(database):
        insert_within(database, event)


def insert_within(database: sqlite3.Connection, event: OutgoingEvent) -> None:
    """As `insert`, in the caller's transaction."""
    added = database.execute(
        "INSERT OR IGNORE INTO events (event_id, case_id, topic, payload, created, held) VALUES (?,?,?,?,?,?)",
        (event.event_id, event.case_id, event.topic, event.payload, event.created, int(event.held)),
    ).rowcount
    if added:
        files = [(event.event_id, file.role, str(file.path), file.size) for file in event.evidence]
        database.executemany("INSERT INTO evidence VALUES (?,?,?,?)", files)


def due_rows(
    database: sqlite3.Connection, now: float, longest_wait: float, limit: int, gone: Collection[str]
) -> list[tuple[int, str]]:
    """(seq, event_id) of the first waiting event of each case, oldest first.

    A `next_try` further away than any backoff means that the clock was set back: such an event is due.
    `gone`: rows that only wait for their deletion.
    """
    marks = ",".join("?" * len(gone))
    query = (
        "SELECT e.seq, e.event_id FROM events e "
        "WHERE e.dead = 0 AND e.held = 0 AND (e.next_try <= ? OR e.next_try > ?) AND NOT EXISTS "
        "(SELECT 1 FROM events p WHERE p.case_id = e.case_id AND p.seq < e.seq AND p.dead = 0 "
        f"AND p.event_id NOT IN ({marks})) ORDER BY e.seq LIMIT ?"
    )
    return database.execute(query, (now, now + longest_wait, *gone, limit)).fetchall()


def waiting_cases(database: sqlite3.Connection, gone: Collection[str]) -> set[str]:
    """Cases with an event that waits on disk."""
    rows = database.execute("SELECT event_id, case_id FROM events WHERE dead = 0")
    return {case_id for event_id, case_id in rows if event_id not in gone}


def load(database: sqlite3.Connection, seq: int) -> OutgoingEvent:
    """The event of that row."""
    query = "SELECT event_id, case_id, topic, payload, created, held FROM events WHERE seq = ?"
    event_id, case_id, topic, payload, created, held = database.execute(query, (seq,)).fetchone()
    files = database.execute("SELECT role, path, size FROM evidence WHERE event_id = ? ORDER BY rowid", (event_id,))
    evidence = tuple(EvidenceFile(role, Path(path), size) for role, path, size in files)
    return OutgoingEvent(event_id, case_id, topic, payload, created, evidence, bool(held))


def delete(database: sqlite3.Connection, event_ids: Iterable[str]) -> int:
    """Remove events and, by the foreign key, their evidence rows; how many events there were."""
    with transaction(database):
        return database.executemany("DELETE FROM events WHERE event_id = ?", [(one,) for one in event_ids]).rowcount


def stored_bytes(database: sqlite3.Connection) -> int:
    """Bytes of all payloads and evidence on file."""
    query = "SELECT (SELECT IFNULL(SUM(LENGTH(payload)), 0) FROM events) + (SELECT IFNULL(SUM(size), 0) FROM evidence)"
    return int(database.execute(query).fetchone()[0])


def depth_age_dead_held(database: sqlite3.Connection) -> tuple[int, float | None, int, int]:
    """How many events wait, when the oldest of them was created (UNIX seconds), how many were laid aside, and held."""
    query = (
        "SELECT COUNT(*) FILTER (WHERE NOT dead AND NOT held), MIN(created) FILTER (WHERE NOT dead AND NOT held), "
        "COUNT(*) FILTER (WHERE dead AND NOT held), COUNT(*) FILTER (WHERE held)"
    )
    depth, oldest, dead, held = database.execute(f"{query} FROM events").fetchone()
    return depth, oldest, dead, held


def file_paths(database: sqlite3.Connection) -> set[Path]:
    """All evidence on record."""
    return {Path(path) for (path,) in database.execute("SELECT path FROM evidence")}
