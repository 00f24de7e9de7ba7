"""Media time: what the timestamps of a stream are worth once their faults are taken out.

Cameras leave timestamps out, set them back when their clock is corrected, jump when it is set, and drift. Dwell times
are differences of media time, so it never runs backwards within a camera and follows the wall clock when live.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction

BACK_TOLERANCE_S = 0.5
"""Going back by less is reordering of a stream that gives no decoding times: 16 pictures at 32 a second."""
FILE_JUMP_S = 60.0
"""A longer hole in a file is a fault of its timestamps; cameras that record on motion leave shorter ones."""
LIVE_JUMP_S = 10.0
"""A live stream that jumps by more, while the wall clock did not, has had its clock set."""
DRIFT_S = 2.0
"""Live media time further than this from the wall clock is brought back to it."""
EARLY_S = 0.1
"""No picture can be received before it was taken: media time ahead of the wall clock by more is held back."""
SLOW_NEAR, SLOW_FAR = 0.1, 0.5
"""… by this share of its pace, up to `DRIFT_S` ahead and beyond: dwell times should not feel it."""
CLOCK_SET_S = 30.0
"""No camera sends so much at once: media time further ahead means that this machine's clock was set back. At half pace
an hour of it would double every dwell time for two hours; so it is made up for as gently as a small lead."""
STEP_S = 0.04
"""Distance of two pictures while the stream has not shown its own: 25 a second."""
LEAST_STEP_S = 0.001
"""Decoding times grow by at least this, so that every picture has a time of its own."""


class Timeline:
    """Gives every packet its media time, monotone in decoding order over all streams it is used for.

    Args:
        start: UNIX time of the first picture, for files. None: live, by the wall clock at the first packet.
        clock: the wall clock, UNIX s.

    `anomalies` counts `missing`, `backward` and `forward` timestamps, and `drift` away from the wall clock.
    """

    def __init__(self, start: float | None = None, clock: Callable[[], float] = time.time) -> None:
        self._live = start is None
        self._origin = start
        self._clock = clock
        self._base = Fraction(1, 90_000)
        self._shift: float | None = None  # media_s = stream's seconds + shift
        self._raw: float | None = None  # the stream's seconds, latest
        self._media: float | None = None  # decoding time on our line, latest
        self._step = STEP_S
        self._ahead = False
        self._waited_s = 0.0
        self.anomalies: Counter[str] = Counter()

    def begin(self, time_base: Fraction) -> None:
        """A stream starts (again): its timestamps have nothing to do with those before, our time goes on."""
        self._base = time_base
        self._shift = self._raw = None
        self._ahead = False
        self._waited_s = 0.0

    def waited(self, seconds: float) -> None:
        """The next packet, the first of its stream, was received that long ago. Live only."""
        self._waited_s = min(max(0.0, seconds), DRIFT_S)

    def stamp(self, pts: int | None, dts: int | None, duration: int | None) -> tuple[float, float]:
        """(time, media_s) of the packet with these timestamps (ticks): UNIX s, and s since the first picture."""
        ticks = dts if dts is not None else pts
        if ticks is None:
            self.anomalies["missing"] += 1
            raw = self._raw + self._step if self._raw is not None else 0.0
        else:
            raw = float(ticks * self._base)
        delay = float((pts - ticks) * self._base) if pts is not None and ticks is not None else 0.0
        media = self._follow(raw, max(0.0, delay))
        if duration and duration > 0:
            self._step = min(float(duration * self._base), 1.0)
        self._raw, self._media = raw, media
        media += max(0.0, delay)
        assert self._origin is not None
        return self._origin + media, media

    def _follow(self, raw: float, delay: float) -> float:
        """Where a decoding time of the stream lies on our line; the shift is set anew where the stream's is broken."""
        after = LEAST_STEP_S if self._media is None else self._media + LEAST_STEP_S
        wall = self._wall()
        if self._shift is None or self._raw is None:
            return self._anchor(raw, delay, wall)
        step = raw - self._raw
        media = raw + self._shift
        jump = LIVE_JUMP_S if self._live else FILE_JUMP_S
        if step < -BACK_TOLERANCE_S:
            self.anomalies["backward"] += 1
            media = self._rebase(raw, wall)
        elif step > jump and not (wall is not None and abs(wall - media) <= DRIFT_S):
            self.anomalies["forward"] += 1
            media = self._rebase(raw, wall)
        elif wall is not None:
            media = self._keep_to_the_wall(raw, media, wall, step)
        if 0 < step <= 1.0:
            self._step = step
        return max(media, after)

    def _anchor(self, raw: float, delay: float, wall: float | None) -> float:
        """The first picture of a stream: now if live, at 0 in a file, one step after the last if it goes on."""
        at = -delay if wall is None else wall - self._waited_s
        if self._media is not None:
            at = max(at, self._media + self._step) if wall is not None else self._media + self._step
        self._shift = at - raw
        return at

    def _rebase(self, raw: float, wall: float | None) -> float:
        assert self._media is not None
        at = self._media + self._step
        if wall is not None:
            at = max(at, wall)
        self._shift = at - raw
        return at

    def _keep_to_the_wall(self, raw: float, media: float, wall: float, step: float) -> float:
        assert self._shift is not None
        if wall - media > DRIFT_S:
            self.anomalies["drift"] += 1
            self._ahead = False
            return self._rebase(raw, wall)
        if media - wall > EARLY_S:
            # Time cannot be turned back, so it runs slower until the wall clock has come up.
            lead = media - wall
            self.anomalies["drift"] += lead > DRIFT_S and not self._ahead
            self._ahead = lead > DRIFT_S
            self._shift -= max(0.0, step) * (SLOW_FAR if DRIFT_S < lead <= CLOCK_SET_S else SLOW_NEAR)
            return raw + self._shift
        self._ahead = False
        return media

    def _wall(self) -> float | None:
        """The wall clock on our line, s since the first picture; None for files."""
        if not self._live:
            return None
        now = self._clock()
        if self._origin is None:
            self._origin = now
        return now - self._origin
