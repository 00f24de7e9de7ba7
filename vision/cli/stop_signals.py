"""SIGTERM and Ctrl-C, noticed whichever thread the kernel hands them to."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signals() -> Iterator[Callable[[], None]]:
    """Yields a call that waits for one of the two signals. Main thread only.

    From here to the end of the process they do nothing else: a second one must not cut off what the first one ends.

    A signal to a process may interrupt any of its threads, while Python runs handlers in the main thread alone. One
    that sleeps on a lock is not woken when another thread was the one: a worker was seen to sleep through its SIGTERM.
    So what wakes it is a byte, which the C handler writes in whatever thread it runs (`signal.set_wakeup_fd`).
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        woken_before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in STOPPING:
            signal.signal(number, lambda *_: None)

        def wait() -> None:
            while reader.recv(1)[0] not in STOPPING:
                pass

        try:
            yield wait
        finally:
            signal.set_wakeup_fd(woken_before)
