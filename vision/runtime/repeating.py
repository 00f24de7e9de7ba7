"""What is done again and again on a thread of its own, until the worker stops."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Repeating:
    """Calls `turn` every `every_s` seconds; what it raises does not end it.

    Args:
        failed: is told of an error once, not again while every further turn fails with the same words. It runs within
            the `except`, so that it may log the traceback.
    """

    def __init__(
        self, name: str, every_s: float, turn: Callable[[], object], failed: Callable[[Exception], None]
    ) -> None:
        self._every_s, self._turn, self._failed = every_s, turn, failed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._trouble: str | None = None

    def start(self) -> None:
        """Begin; the first turn is `every_s` from now."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End, after the turn that runs; whether it had begun. `timeout`: how long to wait for that, seconds."""
        self._stopping.set()
        if not self._thread.is_alive():
            return False
        self._thread.join(timeout)
        return True

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._turn()
                self._trouble = None
            except Exception as error:  # noqa: BLE001  whatever it was, the next turn may do
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    self._failed(error)
