"""What has just happened, for every page that is open; a page that was away a moment gets what it missed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

MOST_KEPT = 2000


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One thing that happened. `number` counts from 1 since the console's start."""

    number: int
    kind: str
    data: dict[str, Any]


class LiveBus:
    """Publish from any thread, listen from the event loop. Bounded: pages read from one ring, none has its own queue.

    A page's place is `<start of the console>-<number>`, so that one from before a restart is known to be old.
    """

    def __init__(self) -> None:
        self._start = f"{time.time_ns() // 1_000_000:x}"
        self._lock = threading.Lock()
        self._ring: deque[LiveEvent] = deque(maxlen=MOST_KEPT)
        self._number = 0
        self._sleepers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tell every page."""
        with self._lock:
            self._number += 1
            self._ring.append(LiveEvent(self._number, kind, data))
            for sleeper, loop in self._sleepers.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(sleeper.set)

    def place(self, last_event_id: str | None) -> tuple[int, bool]:
        """Where to go on, and whether something was missed that is not kept any more."""
        with self._lock:
            if not last_event_id:
                return self._number, False
            start, _, number = last_event_id.partition("-")
            oldest = self._ring[0].number if self._ring else self._number + 1
            if start != self._start or not number.isdigit() or not oldest - 1 <= int(number) <= self._number:
                return self._number, True
            return int(number), False

    def since(self, number: int) -> list[LiveEvent]:
        """What came after a number, oldest first."""
        with self._lock:
            return [event for event in self._ring if event.number > number]

    def id_of(self, number: int) -> str:
        """A place as the browser repeats it in `Last-Event-ID`."""
        return f"{self._start}-{number}"

    async def wait(self, number: int, timeout: float) -> bool:
        """Whether something came after a number within `timeout` seconds."""
        sleeper = asyncio.Event()
        with self._lock:
            if self._number > number:
                return True
            self._sleepers[sleeper] = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(sleeper.wait(), timeout)
        except TimeoutError:
            return False
        finally:
            with self._lock:
                del self._sleepers[sleeper]
        return True

    def listeners(self) -> int:
        """How many pages wait now."""
        with self._lock:
            return len(self._sleepers)
