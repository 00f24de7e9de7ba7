"""What a stream is like, measured: distance of its keyframes, pictures and bits a second."""

from __future__ import annotations

from collections import deque
from statistics import median

from vision.sources.packets import StoredPacket

GAPS = 5
"""Keyframe gaps the median is taken of: steady within a few GOPs, follows a changed camera setting as fast."""
RATE_WINDOW_S = 5.0
"""Rates are over this much media time."""


class GopMeter:
    """Measures one stream, packet by packet, in media time."""

    def __init__(self) -> None:
        self._gaps: tuple[float, ...] = ()  # never changed in place: the status is read from another thread
        self._key_time: float | None = None
        self._recent: deque[tuple[float, int]] = deque()
        self._recent_bytes = 0
        self._latest = 0.0

    def add(self, packet: StoredPacket) -> None:
        """Count the next packet, in decoding order."""
        if packet.keyframe:
            if self._key_time is not None and packet.time > self._key_time:
                self._gaps = (*self._gaps, packet.time - self._key_time)[-GAPS:]
            self._key_time = packet.time
        self._latest = max(self._latest, packet.time)
        self._recent.append((packet.time, len(packet.data)))
        self._recent_bytes += len(packet.data)
        while self._recent[0][0] < self._latest - RATE_WINDOW_S or len(self._recent) > 1000:
            self._recent_bytes -= self._recent.popleft()[1]

    @property
    def gop_s(self) -> float | None:
        """Median distance of keyframes, s; None until two have come."""
        return median(self._gaps) if self._gaps else None

    @property
    def gop_max_s(self) -> float | None:
        """Longest of the last distances, s."""
        return max(self._gaps) if self._gaps else None

    @property
    def open_s(self) -> float:
        """Since the last keyframe, s."""
        return 0.0 if self._key_time is None else self._latest - self._key_time

    @property
    def fps(self) -> float:
        """Pictures a second in the stream, lately; 0 while unknown."""
        span = self._latest - self._recent[0][0] if self._recent else 0.0
        return (len(self._recent) - 1) / span if span > 0 else 0.0

    @property
    def kbit_s(self) -> float:
        """kbit a second, lately; 0 while unknown."""
        span = self._latest - self._recent[0][0] if self._recent else 0.0
        return self._recent_bytes * 8 / 1000 / span if span > 0 else 0.0
