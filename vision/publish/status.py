"""The publisher in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublisherStatus:
    """The publisher in numbers; all counts since the start.

    Attributes:
        connected: the broker accepted us and the connection stands.
        protocol: MQTT version in use or to be tried next, "5" or "3.1.1".
        error: why there is no connection, why the broker took something not, or why it sends no answers; None when all
            is well.
        connects: connections that the broker accepted.
        sent: events sent, repeats counted.
        acknowledged: events the broker took.
        refused: events the broker took not (MQTT 5 reason codes from 0x80), repeats counted.
        in_flight: events and states sent and not yet acknowledged.
        statuses_refused: states the broker took not.
        answers: answers passed on.
        answers_refused: by reason (`AnswerRefusal` values).
        answers_failed: answers whose handler raised an error.
    """

    connected: bool
    protocol: str
    error: str | None
    connects: int
    sent: int
    acknowledged: int
    refused: int
    in_flight: int
    statuses_refused: int
    answers: int
    answers_refused: Mapping[str, int]
    answers_failed: int
