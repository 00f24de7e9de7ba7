"""What the command centre says to a case, checked before anyone sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vision.publish.topics import Topics

MAX_ANSWER_BYTES = 64 * 1024
"""An answer is a few hundred bytes; more is a mistake or an attack."""

MAX_INBOUND_PACKET_BYTES = 1024 * 1024
"""What an MQTT 5 broker is told to send us at most; the rest it drops. paho holds a whole packet in memory, twice over
(measured: 196 MB for 100 MB), before anyone can look at its size. MQTT 3.1.1 has no word for it."""


@dataclass(frozen=True, slots=True)
class IncomingAnswer:
    """An answer as it came; `payload` is not parsed yet."""

    case_id: str
    payload: bytes


class AnswerRefusal(Enum):
    """Why an answer was not passed on."""

    RETAINED = "retained"
    """A retained command would be obeyed again after each reconnect."""
    TOO_LARGE = "too_large"
    TOPIC = "topic"


def screen_answer(topics: Topics, topic: str, payload: bytes, *, retained: bool) -> IncomingAnswer | AnswerRefusal:
    """The answer, or why it is refused."""
    if retained:
        return AnswerRefusal.RETAINED
    if len(payload) > MAX_ANSWER_BYTES:
        return AnswerRefusal.TOO_LARGE
    case_id = topics.answered_case(topic)
    return AnswerRefusal.TOPIC if case_id is None else IncomingAnswer(case_id, payload)
