"""Sends what the outbox holds, keeps the retained states fresh, and passes on the centre's answers."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from vision.config import MqttSettings
from vision.publish.answers import AnswerRefusal, IncomingAnswer, screen_answer
from vision.publish.backoff import backoff
from vision.publish.connection import AnswersRefused, ConnectError, Connection, Happening, Lost, LostError
from vision.publish.credentials import password_of, tls_context
from vision.publish.delivery import Delivery
from vision.publish.outbox import Outbox
from vision.publish.outgoing import OutboxError
from vision.publish.protocol import ProtocolChoice
from vision.publish.status import PublisherStatus
from vision.publish.topics import Topics

log = structlog.get_logger(__name__)

FIRST_RECONNECT_S = 0.5
LONGEST_RECONNECT_S = 30.0
FIRST_REFUSED_S = 15.0
LONGEST_REFUSED_S = 300.0
"""After a refusal: soon enough once someone has set the password right, too slow to lock an account."""
POLL_S = 1.0
"""How long an event that nobody called `wake` for may lie."""
OFFLINE_GRACE_S = 1.0
"""Time for the word `offline` on close, even when flushing took all the time there was."""
STEADY_S = 30.0
"""A connection that lasted so long starts the backoff anew."""


class Publisher:
    """The worker's side of MQTT. Starts without a broker and goes on trying until `close`.

    Args:
        resolve: path of a file that the settings name.
        on_answer: called for each answer on the network thread; should return soon. An answer counts as delivered
            when it returns, an error it raises is logged and counted.

    Raises:
        PublisherSettingsError: a certificate or password file cannot be used (at construction).
    """

    def __init__(
        self,
        settings: MqttSettings,
        outbox: Outbox,
        topics: Topics,
        *,
        resolve: Callable[[str], Path] = Path,
        on_answer: Callable[[IncomingAnswer], None] | None = None,
    ) -> None:
        password_of(settings, resolve)
        tls_context(settings, resolve)
        self._settings = settings
        self._topics = topics
        self._resolve = resolve
        self._on_answer = on_answer
        self._outbox = outbox
        self._delivery = Delivery(outbox)
        self._protocol = ProtocolChoice(settings.protocol)
        self._inbox: queue.SimpleQueue[tuple[Connection, Happening] | None] = queue.SimpleQueue()
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._deadline = 0.0
        self._connected = False
        self._error: str | None = None
        self._deaf: str | None = None
        self._failures = 0  # in a row, like the refusals
        self._refusals = 0
        self._connects = 0
        self._answers = 0
        self._answers_failed = 0
        self._answers_refused = dict.fromkeys((refusal.value for refusal in AnswerRefusal), 0)
        self._thread = threading.Thread(target=self._work, name="mqtt-sender", daemon=True)

    def __repr__(self) -> str:
        return f"Publisher({self._settings.host}:{self._settings.port}, connected={self._connected})"

    def start(self) -> None:
        """Begin to connect and send; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Look into the outbox now rather than within `POLL_S`."""
        if not self._awake.is_set():  # so that a thousand calls leave one note
            self._awake.set()
            self._inbox.put(None)

    def publish_status(self, topic: str, status: Mapping[str, Any]) -> None:
        """Publish a state, retained. The latest of a topic wins, and is published again after each reconnect."""
        self._delivery.set_status(topic, json.dumps(status, ensure_ascii=False, separators=(",", ":")).encode())
        self.wake()

    def clear_status(self, topic: str) -> None:
        """Take a retained state off the broker, e.g. that of a camera that is gone."""
        self._delivery.set_status(topic, b"")
        self.wake()

    def status(self) -> PublisherStatus:
        """The present state."""
        counts = self._delivery.counts
        return PublisherStatus(
            connected=self._connected,
            protocol=self._protocol.current,
            error=self._error or self._delivery.trouble or self._deaf,
            connects=self._connects,
            sent=counts.sent,
            acknowledged=counts.acknowledged,
            refused=counts.refused,
            in_flight=self._delivery.in_flight,
            statuses_refused=counts.statuses_refused,
            answers=self._answers,
            answers_refused=dict(self._answers_refused),
            answers_failed=self._answers_failed,
        )

    def close(self, timeout: float = 5.0) -> None:
        """Send what goes within `timeout` seconds, say `offline`, disconnect. What is left stays in the outbox.

        Close the outbox after this. Calling it twice, or without `start`, does nothing.
        """
        if self._stopping.is_set() or not self._thread.is_alive():
            self._stopping.set()
            return
        self._deadline = time.monotonic() + timeout
        self._stopping.set()
        self._awake.clear()
        self.wake()
        self._thread.join(timeout + 2 * OFFLINE_GRACE_S)
        if self._thread.is_alive():
            log.warning("mqtt_closed_late", hint="the network did not answer in time; the outbox holds what is left")

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = self._round()
            except Exception as error:  # noqa: BLE001  a sender that died in silence would be worse than any error
                self._error = f"{type(error).__name__}: {error}"
                log.error("mqtt_sender_failed", error=self._error)
                wait = LONGEST_RECONNECT_S
            self._stopping.wait(wait)

    def _round(self) -> float:
        """Connect and use the connection until it ends; seconds to wait before the next time."""
        try:
            connection = self._connect()
        except ConnectError as error:
            self._note_failure(error)
            if self._protocol.failed(error.kind):
                return 0.0  # with the other version, at once
            if error.kind in ("refused", "settings"):
                self._refusals += 1
                return backoff(self._refusals, FIRST_REFUSED_S, LONGEST_REFUSED_S)
            self._failures += 1
            return backoff(self._failures, FIRST_RECONNECT_S, LONGEST_RECONNECT_S)
        self._refusals = 0
        begun = time.monotonic()
        fruitful = self._hold(connection)
        steady = fruitful or time.monotonic() - begun >= STEADY_S
        self._failures = 1 if steady else self._failures + 1
        return backoff(self._failures, FIRST_RECONNECT_S, LONGEST_RECONNECT_S)

    def _connect(self) -> Connection:
        connection = Connection(
            self._settings, self._topics, self._protocol.current, self._resolve, self._report, self._message
        )
        connection.open(self._protocol.connack_timeout)
        self._protocol.succeeded()
        self._connects += 1
        self._error = self._deaf = None
        self._connected = True
        log.info(
            "mqtt_connected", host=self._settings.host, port=self._settings.port, protocol=connection.protocol,
            waiting=self._outbox_depth(),
        )  # fmt: skip
        return connection

    def _hold(self, connection: Connection) -> bool:
        """Use a connection until it ends; whether anything was acknowledged on it."""
        before = self._delivery.counts.acknowledged
        self._delivery.begin(connection)
        try:
            self._serve(connection)
            self._goodbye(connection)
        except LostError as error:
            self._connected = False
            if not self._stopping.is_set():
                self._error = f"connection lost: {error}"
                log.warning("mqtt_lost", host=self._settings.host, port=self._settings.port, reason=str(error))
        finally:
            self._connected = False
            connection.close()
            self._delivery.end()
        return self._delivery.counts.acknowledged > before

    def _serve(self, connection: Connection) -> None:
        while True:
            try:
                left = self._delivery.fill()
            except OutboxError as error:
                log.error("outbox_failed", error=str(error))
                left = False
            if self._stopping.is_set() and (not left or time.monotonic() >= self._deadline):
                return
            wait = POLL_S if not self._stopping.is_set() else max(0.0, self._deadline - time.monotonic())
            self._take(connection, min(wait, POLL_S))
            self._delivery.check_silence()

    def _take(self, connection: Connection, wait: float) -> None:
        """Deal with what has happened, after waiting for the first thing to happen."""
        try:
            note = self._inbox.get(timeout=wait)
            while True:
                if note is None:
                    self._awake.clear()
                elif note[0] is connection:
                    self._heed(note[1])
                note = self._inbox.get_nowait()
        except queue.Empty:
            return
        except OutboxError as error:
            log.error("outbox_failed", error=str(error))
            self._stopping.wait(POLL_S)

    def _heed(self, happening: Happening) -> None:
        if isinstance(happening, Lost):
            raise LostError(happening.reason)
        if isinstance(happening, AnswersRefused):
            self._deaf = f"answers refused by the broker: {happening.reason} on {self._topics.answers()}"
            log.warning(
                "answers_not_subscribed", topic=self._topics.answers(), reason=happening.reason,
                hint="events go, but the centre's answers will not come; let this user subscribe to that topic",
            )  # fmt: skip
            return
        self._delivery.settle(happening)

    def _goodbye(self, connection: Connection) -> None:
        try:
            self._delivery.say_offline(self._topics.worker_status())
            until = max(self._deadline, time.monotonic()) + OFFLINE_GRACE_S
            while self._delivery.offline_pending and time.monotonic() < until:
                self._take(connection, 0.05)
        finally:
            connection.disconnect()
        log.info("mqtt_stopped", waiting=self._outbox_depth())

    def _report(self, connection: Connection, happening: Happening) -> None:
        self._inbox.put((connection, happening))

    def _message(self, topic: str, payload: bytes, retained: bool) -> None:
        screened = screen_answer(self._topics, topic, payload, retained=retained)
        if isinstance(screened, AnswerRefusal):
            self._answers_refused[screened.value] += 1
            log.warning("answer_refused", topic=topic, reason=screened.value, bytes=len(payload))
            return
        self._answers += 1
        if self._on_answer is None:
            return
        try:
            self._on_answer(screened)
        except Exception as error:  # noqa: BLE001  a bad answer must not end the network thread
            self._answers_failed += 1
            log.error("answer_failed", case_id=screened.case_id, error=f"{type(error).__name__}: {error}")

    def _note_failure(self, error: ConnectError) -> None:
        if error.reason != self._error:  # once per reason, not per attempt
            log.warning(
                "mqtt_not_connected", host=self._settings.host, port=self._settings.port, reason=error.reason,
                user=self._settings.username, hint="goes on trying; events wait in the outbox",
            )  # fmt: skip
        self._error = error.reason

    def _outbox_depth(self) -> int | None:
        try:
            return self._outbox.stats().depth
        except OutboxError:
            return None
