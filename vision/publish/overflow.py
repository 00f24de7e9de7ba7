"""Events in memory while the disk takes nothing: few, counted, and brought to the disk as soon as it has space."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from vision.publish.backoff import backoff
from vision.publish.outgoing import OutboxError, OutgoingEvent, stamped

MAX_EVENTS = 1000
MAX_BYTES = 16 * 1024 * 1024
"""Of payloads; an event is some 3 KiB, its files are on disk or nowhere."""


@dataclass(slots=True)
class HeldEvent:
    """An event in memory. `next_try`: UNIX seconds."""

    event: OutgoingEvent
    attempts: int = 0
    next_try: float = 0.0


class Overflow:
    """Bounded, in order. The outbox holds the lock."""

    def __init__(self) -> None:
        self._held: dict[str, HeldEvent] = {}

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._held

    @property
    def bytes(self) -> int:
        """Of payloads."""
        return sum(len(held.event.payload) for held in self._held.values())

    def held(self) -> list[HeldEvent]:
        return list(self._held.values())

    def waiting(self) -> list[OutgoingEvent]:
        return [held.event for held in self._held.values()]

    def files(self) -> set[Path]:
        return {file.path for held in self._held.values() for file in held.event.evidence}

    def add(self, event: OutgoingEvent, why: str, path: Path) -> None:
        """Raises OutboxError when full."""
        if len(self._held) >= MAX_EVENTS or self.bytes + len(event.payload) > MAX_BYTES:
            raise OutboxError(
                f"event {event.event_id} cannot be kept: the outbox {path} takes nothing ({why}) and the memory set "
                f"aside for that ({MAX_EVENTS} events, {MAX_BYTES // 2**20} MiB) is used up; free space on its disk"
            )
        self._held[event.event_id] = HeldEvent(event)

    def remove(self, event_id: str) -> bool:
        return self._held.pop(event_id, None) is not None

    def due(
        self, limit: int, hidden: Collection[str], blocked: set[str], now: float, stamp: Callable[[], str]
    ) -> list[OutgoingEvent]:
        """The first event of each case that nothing on disk precedes (`blocked`: cases with rows there).

        Sending from memory breaks no promise: a full disk may last for days, a broker that is there is the safer place.
        """
        cases = set(blocked)
        found: list[OutgoingEvent] = []
        for held in self._held.values():
            event = held.event
            first = event.case_id not in cases
            cases.add(event.case_id)
            if (
                first
                and not event.held
                and event.event_id not in hidden
                and held.next_try <= now
                and len(found) < limit
            ):
                held.event = replace(event, payload=stamped(event.payload, stamp()))
                found.append(held.event)
        return found

    def put_off(self, event_id: str, now: float, first_s: float, cap_s: float) -> bool:
        """Whether the event is here. Nothing in memory is ever laid aside for good."""
        held = self._held.get(event_id)
        if held is None:
            return False
        held.attempts += 1
        held.next_try = now + backoff(held.attempts, first_s, cap_s)
        return True
