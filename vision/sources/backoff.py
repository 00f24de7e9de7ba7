"""How long to wait before trying again."""

from __future__ import annotations

import random


class Backoff:
    """Waits that double from `least` to `most` seconds, each shortened by chance so that a thousand cameras that lost
    one switch do not come back in step."""

    def __init__(self, least: float, most: float, chance: random.Random | None = None) -> None:
        self._least, self._most = least, most
        self._chance = chance or random.Random()
        self._next = least

    def wait_s(self, *, longest: bool = False) -> float:
        """The next wait, s: half to all of what it is at most. `longest`: no use in hurrying."""
        wait = self._most if longest else self._next
        self._next = min(self._most, self._next * 2)
        return wait * self._chance.uniform(0.5, 1.0)

    def lasted(self, seconds: float) -> None:
        """The connection held for so long: one that holds longer than the wait before it begins at `least` again."""
        if seconds > self._next:
            self._next = self._least
