"""Which MQTT version to speak."""

from __future__ import annotations

from typing import Literal

import structlog

from vision.publish.connection import Failure, Protocol

log = structlog.get_logger(__name__)

MAX_DROPS = 2
"""Connections dropped at CONNECT before the other version is tried:
some old brokers hang up on a version they do not know."""

CONNACK_TIMEOUT_S = 10.0
FIRST_CONNACK_TIMEOUT_S = 3.0
"""While it is open whether the broker speaks 5: one that does not may take the longer CONNECT for a piece of a longer
one still, and wait for the rest (amqtt does)."""


class ProtocolChoice:
    """Begins with 5, goes to 3.1.1 when the broker does not speak 5, and stays with what worked."""

    def __init__(self, wish: Literal["auto", "5", "3.1.1"]) -> None:
        self._free = wish == "auto"
        self.current: Protocol = "3.1.1" if wish == "3.1.1" else "5"
        self._works = False
        self._drops = 0

    @property
    def connack_timeout(self) -> float:
        """Seconds to wait for the broker's answer."""
        trying = self._free and not self._works and self.current == "5"
        return FIRST_CONNACK_TIMEOUT_S if trying else CONNACK_TIMEOUT_S

    def succeeded(self) -> None:
        """The broker accepted the present version: it stays, whatever the network does later."""
        self._works = True
        self._drops = 0

    def failed(self, kind: Failure) -> bool:
        """Whether to try again at once, with the other version. `kind`: of the ConnectError."""
        if not self._free:
            return False
        if kind == "dropped" and not self._works:
            self._drops += 1
        if kind == "silent" and not self._works:
            self._drops = MAX_DROPS
        if kind != "protocol" and self._drops < MAX_DROPS:
            return False
        was_five = self.current == "5"
        self.current = "3.1.1" if was_five else "5"
        self._works = False
        self._drops = 0
        log.info("mqtt_protocol_changed", to=self.current)
        # Back from 3.1.1 means that neither version was taken: no hurry then.
        return was_five
