"""Events that the broker refused too often: what they are, and another try, also beside a worker that runs.

SQLite's own locks keep this apart from the worker's writing (WAL mode); the worker sees the change at its next look.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.publish.outgoing import OutboxError

_BUSY_S = 10.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that was laid aside.

    Attributes:
        created: UNIX seconds at which it was stored.
        attempts: how often the broker refused it.
        reason: what the broker said the last time.
    """

    event_id: str
    case_id: str
    topic: str
    created: float
    attempts: int
    reason: str


def dead_letters(path: Path) -> list[DeadLetter]:
    """Those of the outbox `path`, oldest first.

    Raises:
        OutboxError: there is no such outbox, or it cannot be read.
    """
    columns = "event_id, case_id, topic, created, attempts, IFNULL(reason, '')"
    with _opened(path) as database:
        rows = database.execute(f"SELECT {columns} FROM events WHERE dead = 1 ORDER BY seq")
        return [DeadLetter(*row) for row in rows]


def retry_dead_letters(path: Path, event_ids: Sequence[str] = ()) -> list[str]:
    """Have them tried again, as often as at first; of `event_ids` only those, if any are given.

    One that succeeds now comes after later events of its case that were not refused.

    Returns:
        The event_ids that are tried again, oldest first.

    Raises:
        OutboxError: there is no such outbox, it cannot be written, or one of `event_ids` was not laid aside; then
            nothing is changed.
    """
    with _opened(path) as database:
        database.execute("BEGIN IMMEDIATE")
        dead = [row[0] for row in database.execute("SELECT event_id FROM events WHERE dead = 1 ORDER BY seq")]
        unknown = sorted(set(event_ids) - set(dead))
        if unknown:
            raise OutboxError(f"{path}: not among the events that were laid aside: {', '.join(unknown)}")
        chosen = [one for one in dead if not event_ids or one in event_ids]
        update = "UPDATE events SET dead = 0, attempts = 0, next_try = 0 WHERE event_id = ?"
        database.executemany(update, [(one,) for one in chosen])
        database.execute("COMMIT")
        return chosen


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise OutboxError(f"{path}: no such file; has a worker run with this configuration?")
    try:
        # What is not committed when it closes is rolled back.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)) as database:
            database.isolation_level = None
            yield database
    except sqlite3.Error as error:
        raise OutboxError(f"{path}: {error}") from None
