"""When a camera's frames fail one after another: what it remembers of its place cannot be gone on with."""

from __future__ import annotations

from collections import deque

WINDOW_S = 20.0
"""Over so many seconds of media time; a single frame may fail, and the next one be well."""
LEAST_FRAMES = 5
MOST_FAILED = 0.5
"""Share of the frames of the window above which the camera looks at nothing that would be worth waiting for."""


class FailingFrames:
    """Counts the frames of one camera that raised an error."""

    def __init__(self) -> None:
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._since: float | None = None

    def note(self, time: float, *, failed: bool) -> bool:
        """Take a frame's outcome; whether most frames have failed for a whole window.

        Args:
            time: media time, seconds.
            failed: whether it raised an error.
        """
        self._since = time if self._since is None else self._since
        self._outcomes.append((time, failed))
        while self._outcomes[0][0] < time - WINDOW_S:
            self._outcomes.popleft()
        if time - self._since < WINDOW_S or len(self._outcomes) < LEAST_FRAMES:
            return False
        return sum(failed for _, failed in self._outcomes) > MOST_FAILED * len(self._outcomes)

    def forget(self) -> None:
        """Count anew."""
        self._outcomes.clear()
        self._since = None
