"""Whether each part of the worker works, in the words that the health endpoint and a person read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class PartHealth:
    """Whether one part of the worker works.

    Attributes:
        name: e.g. `camera bj-001`, `broker`, `detector`.
        ok: whether it does its work now.
        reason: what is wrong, in words; None when nothing is.
        required: whether the worker is not ready without it.
    """

    name: str
    ok: bool
    reason: str | None = None
    required: bool = True


class Heartbeat:
    """A loop calls `beat` on every turn; whoever asks learns whether it still turns.

    >>> loop = Heartbeat("detector loop", max_silence_s=30)
    >>> loop.beat()
    >>> loop.health().ok
    True
    """

    def __init__(self, name: str, max_silence_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`max_silence_s`: seconds without a beat after which the loop counts as hung; the start counts as a beat."""
        self._name = name
        self._max_silence_s = max_silence_s
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        self._last = self._clock()

    def health(self) -> PartHealth:
        silence = self._clock() - self._last
        if silence <= self._max_silence_s:
            return PartHealth(self._name, ok=True)
        return PartHealth(
            self._name, ok=False, reason=f"no turn for {silence:.0f} s; at most {self._max_silence_s:g} s are normal"
        )


ReadParts = Callable[[], Iterable[PartHealth]]
