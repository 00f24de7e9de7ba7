"""Outboxes for tests: all on one file, with a clock that the test sets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from vision.publish import Outbox, OutgoingEvent

MakeEvent = Callable[..., OutgoingEvent]


class Clock:
    def __init__(self) -> None:
        self.now = 2000.0

    def __call__(self) -> float:
        return self.now


@contextlib.contextmanager
def outboxes_in(folder: Path, clock: Clock) -> Iterator[Callable[..., Outbox]]:
    """Opens the folder's outbox as often as the test likes: `make(max_bytes=…, shed=…)`; all are closed at the end."""
    made: list[Outbox] = []

    def make(max_bytes: int = 10**9, **options: object) -> Outbox:
        made.append(Outbox(folder / "outbox.db", max_bytes=max_bytes, clock=clock, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for outbox in made:
        outbox.close()


def ids(events: list[OutgoingEvent]) -> list[str]:
    return [event.event_id for event in events]
