"""Operators' verdicts, carried out: what waits is released or dropped, what was told is told otherwise.

The order is that of `vision.cases.verdict_book`: ruling, outbox, book. Reports wait meanwhile (`Reporter.lock`): an
event that was made before a release and stored after it would else be held for ever.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import structlog

from vision.cases import CaseBook, CaseEvent, OperatorVerdict, Ruling
from vision.publish import Outbox, OutboxError, OutgoingEvent, Topics
from vision.runtime.repeating import Repeating
from vision.runtime.reporting import Reporter

log = structlog.get_logger(__name__)

POLL_S = 1.0
SCHEMA = "verdict/1"


class VerdictDesk:
    """Applies the verdicts that the console has written into the case book, on a thread of its own.

    Args:
        timezone: of the times in verdict messages.
        publish: whether each verdict is sent to the centre, too.
    """

    def __init__(
        self,
        book: CaseBook,
        outbox: Outbox,
        reporter: Reporter,
        topics: Topics,
        timezone: tzinfo,
        *,
        publish: bool,
    ) -> None:
        self._book, self._outbox, self._reporter, self._topics = book, outbox, reporter, topics
        self._timezone, self._publish = timezone, publish
        self._loop = Repeating("verdicts", POLL_S, self.apply_waiting, self._failed)
        self._let_go = False  # once a start: whether a site holds back changes with a restart only
        self.dropped = 0
        """Held events given up since the start, because their case was none."""

    def start(self) -> None:
        """Begin to apply."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End; what waits then is applied after the next start."""
        self._loop.stop(timeout)

    def apply_waiting(self) -> int:
        """Apply the verdicts that wait, oldest first; how many those were.

        Raises:
            OutboxError, sqlite3.Error: the disk takes it not; that verdict and those after it wait.
        """
        done = 0
        if not self._let_go:
            done = self._release_all()
            self._let_go = True
        for verdict in self._book.verdicts.waiting():
            with self._reporter.lock:
                try:
                    ruling = self._book.verdicts.ruling(verdict)
                except ValueError as error:
                    log.error("verdict_failed", case=verdict.case_id, verdict=verdict.verdict, error=str(error))
                    self._book.verdicts.give_up(verdict, time.time())
                    continue
                self._apply(ruling)
            done += 1
        if done:
            self._reporter.wake()
        return done

    def _release_all(self) -> int:
        """Send what waits where the site no longer holds anything back; how many events those were."""
        released = 0
        for case_id in self._book.verdicts.let_go():
            with self._reporter.lock:
                count = self._outbox.holding.release(case_id)
                self._book.verdicts.note_let_go(case_id)
            log.info("held_let_go", case=case_id, events=count)
            released += count
        return released

    def _apply(self, ruling: Ruling) -> None:
        case_id, now = ruling.verdict.case_id, time.time()
        waiting = [replace(self._outgoing(e, now), evidence=self._reporter.files_of(e)) for e in ruling.waiting]
        dropped = 0
        if ruling.hold == "drop":
            dropped = self._outbox.holding.drop(case_id)
        elif ruling.hold == "release":
            self._outbox.holding.release(case_id, waiting)
        elif ruling.hold == "restore":
            self._outbox.holding.restore(case_id, waiting)
        elif ruling.hold == "hold" and not self._outbox.holding.hold(case_id, waiting):
            assert ruling.otherwise is not None
            self._apply(ruling.otherwise)
            return
        held = ruling.case is not None and ruling.case.held
        for event in ruling.events:
            self._outbox.add(self._outgoing(event, now, held=held))
        known = (ruling.effect or {}).get("did") != "unknown_case"
        if self._publish and known:
            self._outbox.add(self._message(ruling.verdict, now))
        self._book.verdicts.settle(ruling, now)
        self.dropped += dropped
        self._reporter.count(ruling.events)

    def _outgoing(self, event: CaseEvent, now: float, *, held: bool = False) -> OutgoingEvent:
        topic = self._topics.case(event.camera_id, event.category)
        return OutgoingEvent(event.event_id, event.case_id, topic, event.to_json(), now, held=held)

    def _message(self, verdict: OperatorVerdict, now: float) -> OutgoingEvent:
        """The verdict for the centre; in order with the other verdicts on its case, not behind events that are held."""
        moment = datetime.fromtimestamp(round(verdict.at, 3), UTC).astimezone(self._timezone)
        message: dict[str, Any] = {
            "schema": SCHEMA,
            "verdict_id": verdict.verdict_id,
            "case_id": verdict.case_id,
            "verdict": verdict.verdict,
            "reason": verdict.reason,
            "category": verdict.category,
            "duplicate_of": verdict.duplicate_of,
            "bbox": verdict.box,
            "by": verdict.by,
            "at": moment.isoformat(timespec="milliseconds"),
        }
        payload = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        topic = self._topics.verdict(verdict.case_id)
        return OutgoingEvent(f"verdict:{verdict.verdict_id}", f"verdicts:{verdict.case_id}", topic, payload, now)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, OutboxError | sqlite3.Error):  # a full disk, as a rule
            log.error("verdicts_wait", error=str(error))
        else:
            log.exception("verdicts_failed")
