"""So many pictures a second, counted in media time."""

from __future__ import annotations

import math

SLACK = 0.1
"""Share of the distance by which a picture may come early: timestamps jitter, and 25 does not divide by every rate."""
MAX_SLACK_S = 0.02
"""… but no more than half the distance of two pictures of a 25 a second stream."""


class Pace:
    """Says which pictures to take so that at most `fps` a second remain, evenly."""

    def __init__(self, fps: float) -> None:
        self._last = -math.inf
        self.fps = fps

    def due(self, time: float) -> bool:
        """Whether a picture of this moment (s) would be taken."""
        return time - self._last >= 1.0 / self.fps - min(SLACK / self.fps, MAX_SLACK_S)

    def take(self, time: float) -> bool:
        """`due`, and if so the next distance begins here."""
        if not self.due(time):
            return False
        # On the grid where the stream keeps up with it, so that 5 of 24 a second are 5 and not 4.8.
        wanted = self._last + 1.0 / self.fps
        self._last = wanted if time - wanted < 0.5 / self.fps else time
        return True
