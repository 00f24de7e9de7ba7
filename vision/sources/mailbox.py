"""A box with one slot between a reader that must never wait and a consumer that wants the newest."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """One slot; the latest wins, what was overwritten is counted. Safe between threads.

    >>> box = Mailbox[int]()
    >>> box.put(1); box.put(2)
    >>> box.get(0.0), box.dropped
    (2, 1)
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._full = False
        self._closed = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many items were overwritten before anybody took them."""
        with self._condition:
            return self._dropped

    @property
    def closed(self) -> bool:
        with self._condition:
            return self._closed

    def put(self, item: T) -> None:
        """Replace what is in the slot; nothing after `close`."""
        with self._condition:
            if self._closed:
                return
            self._dropped += self._full
            self._item, self._full = item, True
            self._condition.notify()

    def get(self, timeout: float | None = None) -> T | None:
        """Take the newest item. Waits up to `timeout` seconds (None: until there is one or the box is closed).

        None when nothing came in time, or the box is closed and empty: `closed` tells the two apart.
        """
        with self._condition:
            self._condition.wait_for(lambda: self._full or self._closed, timeout)
            item, self._item, self._full = self._item, None, False
            return item

    def close(self) -> None:
        """Nothing comes any more; the last item may still be taken, whoever waits is woken."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
