"""Types of the fixtures that the publisher's tests take, and when everything has gone out."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import CommandCentre, Mosquitto
from vision.publish import Outbox, OutgoingEvent, Publisher

MakeEvent = Callable[..., OutgoingEvent]
StartPublisher = Callable[..., Publisher]
StartBroker = Callable[..., Mosquitto]
Connect = Callable[..., CommandCentre]


def empty(outbox: Outbox) -> Callable[[], bool]:
    return lambda: outbox.stats().depth == 0
