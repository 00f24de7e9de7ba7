"""What is under way on one connection: at most so many messages, each until its PUBACK."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import structlog

from vision.publish.connection import Connection, LostError, Puback, will_payload
from vision.publish.outbox import Outbox
from vision.publish.outgoing import OutgoingEvent

log = structlog.get_logger(__name__)

ACK_TIMEOUT_S = 30.0
"""A broker that answers pings but no PUBLISH for so long is given up, and all is sent again on a new connection."""
MAX_FRUITLESS = 3
"""After so many connections that ended while sending and before any PUBACK, events go one by one, to find the one the
broker hangs up on (an old broker's way to say too large, or not allowed)."""


@dataclass(slots=True)
class Counts:
    """Since the start; written by the sender thread only."""

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    statuses_refused: int = 0


@dataclass(frozen=True, slots=True)
class _Sent:
    topic: str
    at: float
    event_id: str | None = None
    offline: bool = False


class Delivery:
    """Fills the connection from the outbox and the states. All but `set_status` belongs to the sender thread."""

    def __init__(self, outbox: Outbox) -> None:
        self.counts = Counts()
        self.trouble: str | None = None
        """The last refusal, until the broker takes something again."""
        self._outbox = outbox
        self._connection: Connection | None = None
        self._sent: dict[int, _Sent] = {}
        self._lock = threading.Lock()
        self._statuses: dict[str, bytes] = {}
        self._fresh: dict[str, None] = {}  # topics whose state is to be sent, in order
        self._fruitless = 0
        self._fruit = False

    @property
    def in_flight(self) -> int:
        return len(self._sent)

    @property
    def offline_pending(self) -> bool:
        """Whether the word `offline` still waits for its PUBACK."""
        return any(sent.offline for sent in self._sent.copy().values())

    def set_status(self, topic: str, payload: bytes) -> None:
        """The state of a topic from now on; empty takes it away."""
        with self._lock:
            self._statuses[topic] = payload
            self._fresh[topic] = None

    def begin(self, connection: Connection) -> None:
        """A new connection: all states go again, and all events that are in the outbox."""
        self._connection = connection
        self._sent.clear()
        self._fruit = False
        with self._lock:
            self._fresh = dict.fromkeys(self._statuses)

    def end(self) -> None:
        """The connection is gone; what was in flight is still in the outbox."""
        events = [sent.event_id for sent in self._sent.values() if sent.event_id is not None]
        if events and not self._fruit:
            one_by_one = self._fruitless >= MAX_FRUITLESS
            self._fruitless += 1
            if one_by_one:
                self._outbox.postpone(events[0], "the broker hung up on it")
        self._connection = None
        self._sent.clear()

    def fill(self) -> bool:
        """Send as much as may be in flight; whether anything is in flight now.

        Raises:
            LostError: the connection is gone.
            OutboxError: the outbox cannot be read.
        """
        assert self._connection is not None
        room = self._connection.max_in_flight - len(self._sent)
        while room > 0 and (status := self._next_status()) is not None:
            room -= self._send(*status, retain=True)
        if self._fruitless >= MAX_FRUITLESS:
            room = 0 if self._events_in_flight() else min(room, 1)
        while room > 0:
            events = self._outbox.due(room, exclude=self._events_in_flight())
            if not events:
                break
            for event in events:
                room -= self._send_event(event)
        return bool(self._sent)

    def settle(self, puback: Puback) -> None:
        """The broker's word on a message. Raises OutboxError when it cannot be noted."""
        sent = self._sent.pop(puback.mid, None)
        if sent is None:
            return
        self._fruit = True
        self._fruitless = 0
        if puback.failure is None:
            self.trouble = None
            if sent.event_id is not None:
                self.counts.acknowledged += 1
                self._outbox.acknowledge(sent.event_id)
            else:
                self._forget_cleared(sent.topic)
            return
        self.trouble = f"refused by the broker: {puback.failure} on {sent.topic}"
        if sent.event_id is not None:
            self.counts.refused += 1
            self._outbox.refused(sent.event_id, puback.failure)
        else:
            self.counts.statuses_refused += 1
            log.warning("status_refused", topic=sent.topic, reason=puback.failure)

    def check_silence(self) -> None:
        """Raises LostError when the broker leaves something unanswered for ACK_TIMEOUT_S."""
        oldest = min((sent.at for sent in self._sent.values()), default=None)
        if oldest is not None and time.monotonic() - oldest > ACK_TIMEOUT_S:
            raise LostError(f"the broker acknowledged nothing for {ACK_TIMEOUT_S:.0f} s")

    def say_offline(self, topic: str) -> None:
        """Send the last word of a worker that stops. Raises LostError."""
        assert self._connection is not None
        mid = self._connection.publish(topic, will_payload("stopped"), retain=True)
        self._sent[mid] = _Sent(topic, time.monotonic(), offline=True)

    def _next_status(self) -> tuple[str, bytes] | None:
        with self._lock:
            topic = next(iter(self._fresh), None)
            if topic is None:
                return None
            del self._fresh[topic]
            return topic, self._statuses[topic]

    def _forget_cleared(self, topic: str) -> None:
        with self._lock:
            if self._statuses.get(topic) == b"" and topic not in self._fresh:
                del self._statuses[topic]

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """How many messages that put in flight."""
        assert self._connection is not None
        try:
            mid = self._connection.publish(topic, payload, retain=retain)
        except ValueError as error:
            self.counts.statuses_refused += 1
            log.error("status_not_sent", topic=topic, error=str(error))
            return 0
        self._sent[mid] = _Sent(topic, time.monotonic())
        return 1

    def _send_event(self, event: OutgoingEvent) -> int:
        """How many messages that put in flight. One that can never be sent is put off, for the refusals to count."""
        assert self._connection is not None
        try:
            mid = self._connection.publish(event.topic, event.payload, retain=False)
        except ValueError as error:
            self.counts.refused += 1
            self.trouble = f"event {event.event_id} cannot be sent: {error}"
            self._outbox.refused(event.event_id, str(error))
            return 0
        self._sent[mid] = _Sent(event.topic, time.monotonic(), event_id=event.event_id)
        self.counts.sent += 1
        return 1

    def _events_in_flight(self) -> set[str]:
        return {sent.event_id for sent in self._sent.values() if sent.event_id is not None}
