"""One connection to the broker, from CONNECT to its end. A lost one is thrown away and a new one made."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from vision.config import MqttSettings
from vision.publish.answers import MAX_INBOUND_PACKET_BYTES
from vision.publish.credentials import PublisherSettingsError, password_of, tls_context
from vision.publish.topics import Topics

Protocol = Literal["5", "3.1.1"]
Failure = Literal["network", "refused", "protocol", "dropped", "silent", "settings"]

MAX_IN_FLIGHT = 20
"""Mosquitto's own default (max_inflight_messages), and paho's."""
CONNECT_TIMEOUT_S = 5.0
GOODBYE_S = 1.0
SESSION_EXPIRY_S = 24 * 3600
"""How long the broker keeps answers for a worker that is away."""
_HEADER_BYTES = 32
"""Ample for the fixed header, packet id and (empty) properties of a PUBLISH."""
_BAD_LOGIN = {0x86, 0x87}
"""Bad user name or password; not authorised. Mosquitto answers a wrong password with the second."""
_BAD_PROTOCOL = {0x84}


class ConnectError(Exception):
    """No connection came about. `kind` says what to do about it."""

    def __init__(self, reason: str, kind: Failure) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


class LostError(Exception):
    """The connection ended."""


@dataclass(frozen=True, slots=True)
class Puback:
    """The broker's word on a message. `failure`: its reason when it took it not (MQTT 5 only)."""

    mid: int
    failure: str | None


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class AnswersRefused:
    """The broker does not let us subscribe to the answers; the connection stands."""

    reason: str


Happening = Puback | Lost | AnswersRefused
OnMessage = Callable[[str, bytes, bool], None]
"""Topic, payload, retained. Called on paho's thread."""


def will_payload(reason: str) -> bytes:
    """What the worker's status topic says when it is gone: `lost` by the broker, `stopped` by itself."""
    return json.dumps({"state": "offline", "reason": reason}).encode()


class Connection:
    """A paho client for one connection.

    Args:
        report: takes what happens, on paho's thread; must not block and not call back into this object: paho holds
            its own locks then.
    """

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        protocol: Protocol,
        resolve: Callable[[str], Path],
        report: Callable[[Connection, Happening], None],
        on_message: OnMessage,
    ) -> None:
        self.protocol: Protocol = protocol
        self.max_in_flight = MAX_IN_FLIGHT
        self.max_packet_bytes: int | None = None
        self._settings = settings
        self._topics = topics
        self._report = report
        self._on_message = on_message
        self._connack: queue.SimpleQueue[tuple[ReasonCode | None, Properties | None]] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._client = self._new_client(resolve)

    def _new_client(self, resolve: Callable[[str], Path]) -> paho.Client:
        five = self.protocol == "5"
        try:
            password = password_of(self._settings, resolve)
            context = tls_context(self._settings, resolve)
        except PublisherSettingsError as error:
            raise ConnectError(str(error), "settings") from None
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings.client_id or f"vision-{self._topics.site}-{self._topics.worker}",
            clean_session=None if five else False,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            reconnect_on_failure=False,
        )
        if self._settings.username is not None:
            client.username_pw_set(self._settings.username, password)
        if context is not None:
            client.tls_set_context(context)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.will_set(self._topics.worker_status(), will_payload("lost"), qos=1, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_message = self._received
        return client

    def open(self, connack_timeout: float) -> None:
        """Connect, and subscribe to the answers. Blocks up to CONNECT_TIMEOUT_S + `connack_timeout` seconds.

        Raises:
            ConnectError: the broker is not there, refuses, or falls silent.
        """
        try:
            self._client.connect(self._settings.host, self._settings.port, **self._session())
        except ssl.SSLCertVerificationError as error:
            raise ConnectError(
                f"TLS: the broker's certificate is not trusted ({error.verify_message}); "
                "check mqtt.ca_file and the host name in mqtt.url",
                "network",
            ) from None
        except ssl.SSLError as error:
            raise ConnectError(f"TLS: {error.reason or 'handshake failed'}", "network") from None
        except (OSError, ValueError) as error:
            raise ConnectError(f"unreachable: {getattr(error, 'strerror', None) or error}", "network") from None
        self._client.loop_start()
        try:
            reason, properties = self._connack.get(timeout=connack_timeout)
        except queue.Empty:
            self.close()
            raise ConnectError(f"the broker did not answer within {connack_timeout:.0f} s", "silent") from None
        if reason is None or reason.is_failure:
            self.close()
            raise _refusal(reason)
        self.max_in_flight = min(MAX_IN_FLIGHT, getattr(properties, "ReceiveMaximum", MAX_IN_FLIGHT))
        self.max_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        if self.protocol == "5":
            # Retained as published: so that a command sent as retained while we listen can be told from others.
            options = SubscribeOptions(qos=1, retainAsPublished=True)
            self._client.subscribe(self._topics.answers(), options=options)
        else:
            self._client.subscribe(self._topics.answers(), qos=1)

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int:
        """Send with QoS 1; the message's id, that a Puback will name.

        Raises:
            LostError: the connection is gone.
            ValueError: it can never be sent: a topic with wildcards, or more bytes than the broker takes.
        """
        size = len(payload) + len(topic.encode()) + _HEADER_BYTES
        if self.max_packet_bytes is not None and size > self.max_packet_bytes:
            raise ValueError(f"{size} bytes; the broker takes {self.max_packet_bytes} at most")
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LostError(paho.error_string(info.rc))
        return info.mid

    def disconnect(self) -> None:
        """Say goodbye: the broker forgets the last will."""
        self._client.disconnect()
        # paho's thread writes the DISCONNECT; ending the socket before that would set the last will off.
        self._ended.wait(GOODBYE_S)
        self.close()

    def close(self) -> None:
        """End the connection and paho's thread."""
        open_socket = cast(socket.socket | None, self._client.socket())
        if open_socket is not None:
            # paho's thread waits for the broker as long as messages are unanswered; an ended socket wakes it.
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def _session(self) -> dict[str, Any]:
        """A session that the broker keeps, so that answers are not lost while the worker is away."""
        arguments: dict[str, Any] = {"keepalive": round(self._settings.keepalive)}
        if self.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.MaximumPacketSize = MAX_INBOUND_PACKET_BYTES
            arguments |= {"clean_start": False, "properties": properties}
        return arguments

    def _connected(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, properties: Any) -> None:
        self._connack.put((reason, properties))

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._ended.set()
        self._connack.put((None, None))
        self._report(self, Lost(str(reason)))

    def _published(self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        self._report(self, Puback(mid, f"{reason} (0x{reason.value:02x})" if reason.is_failure else None))

    def _subscribed(self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._report(self, AnswersRefused(f"{reason} (0x{reason.value:02x})"))

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload), message.retain)


def _refusal(reason: ReasonCode | None) -> ConnectError:
    if reason is None:
        return ConnectError("the broker took the connection and dropped it without an answer", "dropped")
    if reason.value in _BAD_PROTOCOL:
        return ConnectError(f"refused: {str(reason).lower()}", "protocol")
    if reason.value in _BAD_LOGIN:
        return ConnectError("refused: bad user name or password", "refused")
    return ConnectError(f"refused: {str(reason).lower()}", "refused")
