"""Events that are kept on disk until somebody has looked at their case.

A held event waits in the outbox like any other, safe from the moment `add` returned, and is not sent. The later events
of its case are held behind it (whoever adds them says so), so that the order of a case stays. `release` sends them all,
`drop` gives them up, and `hold` takes a release back as long as none of them was handed to the broker.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from vision.publish.outbox_file import OutboxFile, transaction
from vision.publish.outbox_rows import insert_within
from vision.publish.outgoing import OutboxError, OutgoingEvent
from vision.publish.overflow import Overflow

T = TypeVar("T")
CORRECTED = ("category", "subcategory", "codes", "dispatch_hints")
"""What another category changes in an event. All else stays as it is in the outbox, which knows what was shed since."""


class Holding:
    """Part of the outbox, sharing its file and lock. Safe to call from any thread.

    Every method is all or nothing, may be repeated after a crash, and raises OutboxError when the file takes it not.
    """

    def __init__(
        self, file: OutboxFile, overflow: Overflow, sent_unsaved: Collection[str], lock: threading.RLock, path: Path
    ) -> None:
        self._file, self._overflow, self._sent_unsaved, self._lock, self._path = (
            file, overflow, sent_unsaved, lock, path,
        )  # fmt: skip

    def release(self, case_id: str, events: Sequence[OutgoingEvent] = ()) -> int:
        """Let a case's events be sent; how many were held.

        Args:
            events: the case's events as they should be, in order. One that the outbox has not is added; of one that it
                holds, topic and category become as given.
        """
        return self._set(case_id, events, held=False)

    def restore(self, case_id: str, events: Sequence[OutgoingEvent]) -> None:
        """Hold a case's events that were dropped, as they are given with their evidence, in order."""
        self._set(case_id, events, held=True)

    def hold(self, case_id: str, events: Sequence[OutgoingEvent]) -> bool:
        """Hold a case's released events again, as they are given; whether none of them had been sent yet.

        The first of them decides: the others of a case are not sent before it is acknowledged.
        """
        if not events:
            return False
        first = events[0].event_id
        with self._lock:
            if first in self._overflow:
                unsent = '"published_at":null' in self._overflow_payload(first)
            else:
                query = "SELECT sent FROM events WHERE event_id = ?"
                row = self._run(lambda database: database.execute(query, (first,)).fetchone())
                unsent = row is not None and not row[0] and first not in self._sent_unsaved
            if unsent:
                self._set(case_id, events, held=True)
            return unsent

    def drop(self, case_id: str) -> int:
        """Give up a case's held events; how many those were. Their evidence stays on disk until its time is over."""
        with self._lock:
            gone = [e.event_id for e in self._overflow.waiting() if e.case_id == case_id and e.held]
            query = "DELETE FROM events WHERE case_id = ? AND held = 1"
            dropped = self._run(lambda database: database.execute(query, (case_id,)).rowcount)
            for event_id in gone:
                self._overflow.remove(event_id)
            return dropped + len(gone)

    def _set(self, case_id: str, events: Sequence[OutgoingEvent], *, held: bool) -> int:
        def change(database: sqlite3.Connection) -> int:
            with transaction(database):
                for event in events:
                    query = "SELECT payload, sent FROM events WHERE event_id = ?"
                    row = database.execute(query, (event.event_id,)).fetchone()
                    if row is None and event.event_id not in self._overflow:
                        insert_within(database, replace(event, case_id=case_id, held=held))
                    elif row is not None and not row[1]:
                        update = "UPDATE events SET topic = ?, payload = ? WHERE event_id = ?"
                        database.execute(update, (event.topic, _corrected(row[0], event.payload), event.event_id))
                update = "UPDATE events SET held = ? WHERE case_id = ? AND held != ?"
                return database.execute(update, (int(held), case_id, int(held))).rowcount

        with self._lock:
            changed = self._run(change)
            wanted = {event.event_id: event for event in events}
            for one in self._overflow.held():
                if one.event.case_id == case_id:
                    given = wanted.get(one.event.event_id, one.event)
                    payload = _corrected(one.event.payload, given.payload)
                    changed += one.event.held != held
                    one.event = replace(one.event, topic=given.topic, payload=payload, held=held)
            return changed

    def _overflow_payload(self, event_id: str) -> str:
        return next(e.payload.decode() for e in self._overflow.waiting() if e.event_id == event_id)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._file.run(work)
        except sqlite3.Error as error:
            raise OutboxError(f"the outbox {self._path} cannot be written: {error}") from None


def _corrected(payload: bytes, wanted: bytes) -> bytes:
    """The payload with the category of the one that is wanted; the very same bytes where that is no other."""
    event: dict[str, Any] = json.loads(payload)
    should = json.loads(wanted)
    if all(event.get(key) == should.get(key) for key in CORRECTED):
        return payload
    event.update({key: should[key] for key in CORRECTED if key in should})
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
