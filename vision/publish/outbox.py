"""The outbox: an event is on disk before its first send and leaves only after the broker's PUBACK.

What survives what:

| what happens | events | why |
|---|---|---|
| SIGKILL or crash of the process after `add` returned | all | the commit is in the file system's hands |
| power cut, kernel crash after `add` returned | all, if the disk honours flushes | synchronous=FULL: in WAL mode each commit ends with an fsync of the log; NORMAL would sync at checkpoints only and lose the last commits |
| crash inside `add` | the event is there whole, with its evidence rows, or not at all | one transaction; the caller has not been told that it is safe |
| crash between send and PUBACK, or between PUBACK and the deletion | all; that event is sent again, with the same event_id and published_at | at least once |
| disk full | all, while the process lives | bounded overflow in memory, retried with every call |
| damaged file | those that can still be read | moved aside, rows rescued (outbox_file.py) |
"""  # noqa: E501  a table

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from vision.publish.backoff import backoff
from vision.publish.holding import Holding
from vision.publish.outbox_file import OutboxFile
from vision.publish.outbox_rows import (
    delete,
    depth_age_dead_held,
    due_rows,
    file_paths,
    insert,
    load,
    stored_bytes,
    waiting_cases,
)
from vision.publish.outgoing import EvidenceFile, OutboxError, OutboxStats, OutgoingEvent, stamped
from vision.publish.overflow import Overflow
from vision.publish.shedding import shed_evidence

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 600.0
MAX_REFUSALS = 20
"""With the delays above: about two hours of refusals before an event is laid aside."""


def local_stamp() -> str:
    """Now, ISO 8601 with milliseconds and this machine's offset."""
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


class Outbox:
    """Events that wait for the broker. Safe to call from any thread.

    Args:
        path: the SQLite file; made if absent.
        max_bytes: bound on payloads and evidence together. Above it evidence is shed, cases never (shedding.py).
        clock: UNIX seconds.
        shed: takes the evidence files that were given up, e.g. to delete them. Called without the lock held; an error
            it raises is logged, the event that needed the room is stored all the same.
        stamp: the text for `published_at`.

    Raises:
        OutboxError: the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        clock: Callable[[], float] = time.time,
        shed: Callable[[list[EvidenceFile]], None] | None = None,
        stamp: Callable[[], str] = local_stamp,
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._on_shed = shed
        self._stamp = stamp
        self._lock = threading.RLock()
        self._overflow = Overflow()
        self._unsaved: dict[str, bytes] = {}  # stamped payloads that the full disk did not take
        self._delivered: set[str] = set()  # acknowledged, and the full disk did not take the deletion
        self._closed = False
        self._shed = 0
        self._acknowledged = 0
        self._overflowed = 0
        self._file = OutboxFile(path)
        self.holding = Holding(self._file, self._overflow, self._unsaved, self._lock, path)

    def add(self, event: OutgoingEvent) -> None:
        """Store an event and its evidence rows in one transaction. Adding an event_id that waits changes nothing.

        Raises:
            OutboxError: the disk takes nothing and the overflow in memory is full, or the outbox is closed.
        """
        with self._lock:
            if self._closed:
                raise OutboxError(f"event {event.event_id} cannot be kept: the outbox {self._path} is closed")
            if event.event_id in self._overflow:
                return
            self._save_overflow()
            error = "earlier events wait in memory for the disk"
            stored = False
            if not self._overflow.waiting():
                try:
                    self._file.run(lambda database: insert(database, event))
                    stored = True
                except sqlite3.Error as failure:
                    error = str(failure)
            if not stored:
                self._overflow.add(event, error, self._path)
                self._overflowed += 1
                log.error(
                    "outbox_disk_refused", event_id=event.event_id, error=error,
                    in_memory=len(self._overflow.waiting()),
                    hint="free space on the disk of the outbox; a crash now would lose what is in memory",
                )  # fmt: skip
        self._make_room()

    def due(self, limit: int, exclude: Collection[str] = ()) -> list[OutgoingEvent]:
        """Up to `limit` events to be sent now, oldest first, `published_at` filled in; of each case the first only.

        Args:
            exclude: event_ids in flight; they still hold back the later events of their cases.

        Raises:
            OutboxError: the file cannot be read.
        """
        if limit <= 0:
            return []
        with self._lock:
            self._save_overflow()
            hidden = set(exclude) | self._delivered
            now = self._clock()
            try:
                self._forget_delivered()
                rows = self._file.run(
                    lambda database: due_rows(database, now, LONGEST_RETRY_S, limit + len(hidden), self._delivered)
                )
                found = [row for row in rows if row[1] not in hidden][:limit]
                events = [self._ready(seq, event_id) for seq, event_id in found]
                if len(events) < limit and self._overflow.waiting():
                    blocked = self._file.run(lambda database: waiting_cases(database, self._delivered))
                    events += self._overflow.due(limit - len(events), hidden, blocked, now, self._stamp)
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox {self._path} cannot be read: {error}") from None
            return events

    def acknowledge(self, event_id: str) -> None:
        """The broker has it: its row goes. An unknown event_id is left alone."""
        with self._lock:
            if self._overflow.remove(event_id):
                self._acknowledged += 1
                return
            if event_id in self._delivered:
                return
            try:
                if self._file.run(lambda database: delete(database, [event_id])):
                    self._acknowledged += 1
            except sqlite3.Error as error:
                # A full disk takes no deletion either. Sent again after a crash; consumers drop what they have seen.
                log.warning("outbox_deletion_put_off", event_id=event_id, error=str(error))
                self._delivered.add(event_id)
                self._acknowledged += 1
            self._unsaved.pop(event_id, None)

    def refused(self, event_id: str, reason: str) -> None:
        """The broker refused it: try again later, and lay it aside after `MAX_REFUSALS` times."""
        self._put_off(event_id, reason, may_die=True)

    def postpone(self, event_id: str, reason: str) -> None:
        """Try it again later, however often: it may not be the event's fault."""
        self._put_off(event_id, reason, may_die=False)

    def waiting_files(self) -> set[Path]:
        """Evidence of the events that are not yet acknowledged, dead ones too: retention must leave it alone.

        Raises:
            OutboxError: the file cannot be read.
        """
        with self._lock:
            return self._read(file_paths) | self._overflow.files()

    def stats(self) -> OutboxStats:
        """The present numbers. Raises OutboxError when the file cannot be read."""
        with self._lock:
            depth, oldest, dead, on_hold = self._read(depth_age_dead_held)
            in_memory = self._overflow.waiting()
            waiting = [event for event in in_memory if not event.held]
            created = [event.created for event in waiting] + ([] if oldest is None else [oldest])
            return OutboxStats(
                depth=depth - len(self._delivered) + len(waiting),
                oldest_age_s=max(0.0, self._clock() - min(created)) if created else 0.0,
                bytes=self._read(stored_bytes) + self._overflow.bytes,
                shed=self._shed,
                acknowledged=self._acknowledged,
                dead=dead,
                overflow=len(in_memory),
                overflowed=self._overflowed,
                held=on_hold + len(in_memory) - len(waiting),
            )

    def close(self) -> None:
        """Write what the memory still holds, if the disk takes it, and close the file."""
        with self._lock:
            if self._closed:
                return
            self._save_overflow()
            self._closed = True
            for event in self._overflow.waiting():
                log.error("outbox_event_lost", event_id=event.event_id, case_id=event.case_id, reason="disk full")
            self._file.close()

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._file.run(query)
        except sqlite3.Error as error:
            raise OutboxError(f"the outbox {self._path} cannot be read: {error}") from None

    def _save_overflow(self) -> None:
        """Bring events from memory to the disk, in order, as far as it takes them."""
        for held in self._overflow.held():
            try:
                self._file.run(lambda database, event=held.event: insert(database, event))  # type: ignore[misc]
            except sqlite3.Error:
                return
            self._overflow.remove(held.event.event_id)
            log.info("outbox_overflow_saved", event_id=held.event.event_id)

    def _forget_delivered(self) -> None:
        if self._delivered:
            try:
                self._file.run(lambda database: delete(database, self._delivered))
            except sqlite3.Error:
                return
            self._delivered.clear()

    def _ready(self, seq: int, event_id: str) -> OutgoingEvent:
        """The stored event as it is to be sent; `published_at` is kept, so that every try says the same."""
        event = self._file.run(lambda database: load(database, seq))
        if event_id in self._unsaved:
            event = replace(event, payload=self._unsaved[event_id])
        payload = stamped(event.payload, self._stamp())
        update = "UPDATE events SET payload = ?, sent = 1 WHERE seq = ?"
        if payload != event.payload or event_id in self._unsaved:
            try:
                self._file.run(lambda database: database.execute(update, (payload, seq)))
                self._unsaved.pop(event_id, None)
            except sqlite3.Error:
                self._unsaved[event_id] = payload
        return replace(event, payload=payload)

    def _put_off(self, event_id: str, reason: str, *, may_die: bool) -> None:
        with self._lock:
            now = self._clock()
            if self._overflow.put_off(event_id, now, FIRST_RETRY_S, LONGEST_RETRY_S):
                return
            query = "SELECT attempts FROM events WHERE event_id = ?"
            try:
                row = self._file.run(lambda database: database.execute(query, (event_id,)).fetchone())
                if row is None:
                    return
                attempts = row[0] + 1
                dead = may_die and attempts >= MAX_REFUSALS
                wait = backoff(attempts, FIRST_RETRY_S, LONGEST_RETRY_S)
                update = "UPDATE events SET attempts = ?, next_try = ?, reason = ?, dead = ? WHERE event_id = ?"
                values = (attempts, now + wait, reason, int(dead), event_id)
                self._file.run(lambda database: database.execute(update, values))
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox {self._path} cannot be written: {error}") from None
        if dead:
            log.error("event_laid_aside", event_id=event_id, reason=reason, attempts=attempts)
        else:
            log.warning("event_put_off", event_id=event_id, reason=reason, attempts=attempts, wait_s=round(wait, 1))

    def _make_room(self) -> None:
        files: list[EvidenceFile] = []
        with self._lock:
            try:
                # More than once if need be: to say what is missing makes the payloads a little longer.
                while (excess := self._file.run(stored_bytes) - self._max_bytes) > 0:
                    more = self._file.run(partial(shed_evidence, excess=excess))
                    if not more:
                        break
                    files += more
            except sqlite3.Error as error:
                log.error("outbox_shedding_failed", error=str(error))
            self._shed += len(files)
            # A payload that was stamped but not saved speaks of files that are gone: take the saved one again.
            if files:
                self._unsaved.clear()
        if files:
            log.warning("evidence_shed", files=len(files), bytes=sum(file.size for file in files))
            self._tell_shed(files)

    def _tell_shed(self, files: list[EvidenceFile]) -> None:
        if self._on_shed is None:
            return
        try:
            self._on_shed(files)
        except Exception as error:  # noqa: BLE001  `add` has stored its event: raising would say that it has not
            log.error("evidence_not_removed", files=len(files), error=f"{type(error).__name__}: {error}")
