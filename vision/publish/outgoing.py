"""What waits to be sent, and how its JSON changes while it waits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class OutboxError(Exception):
    """The outbox can neither store an event nor hold it in memory, or its file cannot be opened."""


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A picture or clip that belongs to an event. `size`: bytes."""

    role: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event on its way.

    Attributes:
        event_id: unique; a consumer drops what it has seen.
        case_id: events of one case leave in the order in which they were added.
        payload: a JSON object, UTF-8, keys in the order of the contract.
        created: UNIX seconds.
        evidence: the files that `payload` speaks of; they count against the outbox's bound.
        held: it is kept and not sent until it is released (holding.py).
    """

    event_id: str
    case_id: str
    topic: str
    payload: bytes
    created: float
    evidence: tuple[EvidenceFile, ...] = ()
    held: bool = False

    @property
    def size(self) -> int:
        """Bytes of payload and evidence."""
        return len(self.payload) + sum(file.size for file in self.evidence)


@dataclass(frozen=True, slots=True)
class OutboxStats:
    """The outbox in numbers.

    Attributes:
        depth: events that wait to be sent, dead ones not counted.
        oldest_age_s: seconds since the oldest of them was created; 0 when none waits.
        bytes: payloads and evidence on file, dead ones too.
        shed: evidence files given up since the start.
        acknowledged: events delivered since the start.
        dead: events laid aside after too many refusals, kept on disk.
        overflow: how many of `depth` are in memory only, because the disk takes nothing.
        overflowed: how many ever were, since the start.
        held: events that are kept until somebody has looked at their case; not in `depth`.
    """

    depth: int
    oldest_age_s: float
    bytes: int
    shed: int
    acknowledged: int
    dead: int
    overflow: int
    overflowed: int
    held: int = 0


def stamped(payload: bytes, moment: str) -> bytes:
    """The payload with `published_at` filled in, if it has that key and it is null; keys stay in order."""
    event = _parsed(payload)
    if event is None or "published_at" not in event or event["published_at"] is not None:
        return payload
    event["published_at"] = moment
    return _written(event)


def without_evidence(payload: bytes, files: Iterable[EvidenceFile]) -> bytes:
    """The payload without the entries of these files; `evidence_missing` says that they were shed."""
    event = _parsed(payload)
    if event is None:
        return payload
    entries = list(event.get("evidence") or [])
    missing = list(event.get("evidence_missing") or [])
    for file in files:
        of_role = [entry for entry in entries if entry.get("role") == file.role]
        of_name = [entry for entry in of_role if str(entry.get("uri", "")).endswith(file.path.name)]
        for entry in (of_name or of_role)[:1]:
            entries.remove(entry)
        missing.append({"role": file.role, "reason": "shed"})
    event["evidence"] = entries
    event["evidence_missing"] = missing
    return _written(event)


def _parsed(payload: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(payload)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _written(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
