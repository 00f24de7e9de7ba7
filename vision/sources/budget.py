"""How much full decoding a camera may spend, so that one busy street does not starve all others."""

from __future__ import annotations

BURST_S = 6.0
"""Full decoding that may be saved up, s of media time: the end of an act; its beginning is looked up in the ring."""


class Budget:
    """A token bucket of media time: `share` of the time flows in, decoding takes out, at most `BURST_S` is saved."""

    def __init__(self, share: float, burst_s: float = BURST_S) -> None:
        self._share, self._burst_s = share, burst_s
        self._level = burst_s if share > 0 else 0.0
        self.empty = self._level <= 0

    def pass_time(self, seconds: float) -> None:
        self._level = min(self._burst_s, self._level + self._share * seconds)

    def spend(self, seconds: float) -> None:
        """Take out; a negative level is a debt (a catch-up is not broken off half-way)."""
        self._level -= seconds
        if self._level <= 0 and self._share < 1:
            self.empty = True

    def refill(self, needed_s: float) -> None:
        """To be called where decoding could begin again: it does when one more GOP can be paid."""
        if self._level >= min(needed_s, self._burst_s) and self._share > 0:
            self.empty = False
