"""A camera that does not hang still: on a mast in the wind, it shows its place a little to and fro.

The view that is held against what is seen was one moment of the sway. If that was an end of it, the other end is off
for half of the time: by a little, which looks like a knock wherever keyframes show the same end several times in a row
(84 in half an hour of one clip), or by enough to be doubted. The middle is off by half as much and for less long.
"""

from __future__ import annotations

from collections import deque

import numpy as np

LEAST_S, MOST_S = 5.0, 10.0
"""A view that is off by the same for so long is the view from then on. Each time that it is off no longer, or off
otherwise, twice as long is waited, up to the second (a doubt that lasts 20 s is told, as `health.after` has it) ..."""
CALM_S = 120.0
"""... until nothing of that kind has been seen for so long."""
LOOKS = 15
"""Looks from which the middle is told."""
RETURNS = 2
"""Times that it has to have come back, of these looks, to the view it is held against: from a knock it does not."""
MIDDLE = 1.0
"""Pixels from the middle, at which views are compared, within which a view is in it: one is what is measured."""

Shift = tuple[float, float]
"""How far a view lies from the one it is held against, (right, down), pixels at which views are compared."""


class Sway:
    """How one camera has swayed lately. Times are seconds of media time."""

    def __init__(self) -> None:
        self._shifts: deque[Shift] = deque(maxlen=LOOKS)
        self._patience = LEAST_S
        self._turned = -np.inf

    def see(self, shift: Shift) -> None:
        """Take a look; a view that is not off by anything lies at (0, 0)."""
        self._shifts.append(shift)

    def turned(self, time: float) -> None:
        """It lay elsewhere and does not any more, or lies otherwise."""
        self._patience, self._turned = min(2 * self._patience, MOST_S), time

    def patience(self, time: float) -> float:
        """Seconds for which a view has to be off by the same to be believed."""
        if time - self._turned > CALM_S:
            self._patience = LEAST_S
        return self._patience

    def is_in_the_middle(self, time: float) -> bool:
        """Whether it sways about another view than the one it is held against, and is there at the last look.

        Either that is an end of the sway, to which it came back more than once, or it has not been seen at all lately
        (`was_knocked`). In between it may be either.
        """
        if len(self._shifts) < LOOKS or time - self._turned > CALM_S:
            return False
        off = np.any(np.asarray(self._shifts), axis=1)
        if not off.all() and (off[LOOKS // 2 :].all() or np.count_nonzero(off[:-1] & ~off[1:]) < RETURNS):
            return False
        middle = np.median(np.asarray(self._shifts), axis=0)
        return bool(np.hypot(*middle) >= MIDDLE and np.hypot(*(middle - self._shifts[-1])) <= MIDDLE)

    def was_knocked(self) -> bool:
        """Whether the view it is held against has not been seen lately."""
        return (0.0, 0.0) not in self._shifts

    def begin(self) -> None:
        """Another view is what is seen held against from now on."""
        self._shifts.clear()
