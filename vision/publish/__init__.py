"""Case events to the command centre: a durable outbox and an MQTT client that empties it."""

from vision.publish.answers import AnswerRefusal, IncomingAnswer
from vision.publish.credentials import PublisherSettingsError
from vision.publish.outbox import Outbox, local_stamp
from vision.publish.outgoing import EvidenceFile, OutboxError, OutboxStats, OutgoingEvent
from vision.publish.publisher import Publisher
from vision.publish.status import PublisherStatus
from vision.publish.topics import Topics

__all__ = [
    "AnswerRefusal",
    "EvidenceFile",
    "IncomingAnswer",
    "Outbox",
    "OutboxError",
    "OutboxStats",
    "OutgoingEvent",
    "Publisher",
    "PublisherSettingsError",
    "PublisherStatus",
    "Topics",
    "local_stamp",
]
