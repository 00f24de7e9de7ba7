"""The last half minute of a camera, compressed: clips begin before the event because of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from vision.sources.packets import ClipPackets, CodecParameters, StoredPacket

MAX_PINS = 256
"""Pins at a time; far more than things that can wait for their case in one picture."""


@dataclass(slots=True, frozen=True)
class RingStats:
    """What a ring holds.

    Attributes:
        seconds, packets, bytes: what is kept by age.
        pins, pinned_bytes: windows kept beyond it, and what they hold that the ring has let go.
        pins_shed: pins given up because they held too much.
        not_kept: packets that could not be kept: before the first keyframe, or of a GOP larger than the ring.
    """

    seconds: float
    packets: int
    bytes: int
    pins: int
    pinned_bytes: int
    pins_shed: int
    not_kept: int


@dataclass(slots=True)
class _Gop:
    """A keyframe and what depends on it. `number` grows by one a GOP, so neighbours can be told from islands."""

    number: int
    packets: list[StoredPacket] = field(default_factory=list)
    size: int = 0
    begin: float = 0.0
    end: float = 0.0

    def append(self, packet: StoredPacket) -> None:
        if not self.packets:
            self.begin = self.end = packet.time
        self.packets.append(packet)
        self.size += len(packet.data)
        self.end = max(self.end, packet.time)


class PacketRing:
    """Recent packets of one camera, cut at keyframes. Safe between threads.

    Args:
        seconds: how far back a window can at least begin, once so much has come.
        max_bytes: bound of what is kept by age.
        max_pinned_bytes: bound of what is kept for pins beyond that age.
    """

    def __init__(self, seconds: float, max_bytes: int, max_pinned_bytes: int = 16_000_000) -> None:
        self._seconds, self._max_bytes, self._max_pinned_bytes = seconds, max_bytes, max_pinned_bytes
        self._lock = threading.Lock()
        self._codec: CodecParameters | None = None
        self._gops: deque[_Gop] = deque()
        self._kept: list[_Gop] = []  # left the ring, still pinned; oldest first
        self._pins: dict[str, tuple[float, float]] = {}  # oldest first
        self._open = False
        self._number = 0
        self._bytes = self._kept_bytes = self._pins_shed = self._not_kept = 0

    @property
    def codec(self) -> CodecParameters | None:
        """Of the packets in the ring; None before the first stream was opened."""
        with self._lock:
            return self._codec

    def set_codec(self, codec: CodecParameters) -> None:
        """To be called when a stream has been opened. Packets of another codec are let go: a clip has one codec."""
        with self._lock:
            if self._codec is not None and codec != self._codec:
                self._gops.clear()
                self._kept.clear()
                self._bytes = self._kept_bytes = 0
            self._codec = codec
            self._open = False  # what follows a new connection does not depend on what came before it
            self._number += 1

    def append(self, packet: StoredPacket) -> None:
        """Add the next packet, in decoding order."""
        with self._lock:
            if packet.keyframe:
                self._number += 1
                self._gops.append(_Gop(self._number))
                self._open = True
            elif not self._open:
                self._not_kept += 1
                return
            self._gops[-1].append(packet)
            self._bytes += len(packet.data)
            self._trim(packet.time)

    def window(self, start: float, end: float) -> ClipPackets | None:
        """Packets from the keyframe at or before `start` (or the oldest there is) to `end`, both UNIX seconds.

        None when there are none.
        """
        with self._lock:
            if self._codec is None:
                return None
            packets: list[StoredPacket] = []
            for gop in self._covering(start, end, [*self._kept, *self._gops]):
                last = max((i for i, packet in enumerate(gop.packets) if packet.time <= end), default=-1)
                packets += gop.packets[: last + 1]
            return ClipPackets(self._codec, tuple(packets)) if packets else None

    def pin(self, key: str, start: float, end: float) -> None:
        """Keep what `window(start, end)` gives until `unpin`, what of it is still to come too. Same key: replaced."""
        with self._lock:
            self._pins.pop(key, None)
            self._pins[key] = (start, end)
            while len(self._pins) > MAX_PINS:
                self._shed()
            self._release()

    def unpin(self, key: str) -> None:
        """Let a pinned window go; unknown keys are none of our business."""
        with self._lock:
            if self._pins.pop(key, None) is not None:
                self._release()

    def stats(self) -> RingStats:
        with self._lock:
            seconds = self._gops[-1].end - self._gops[0].begin if self._gops else 0.0
            packets = sum(len(gop.packets) for gop in self._gops)
            return RingStats(
                seconds, packets, self._bytes, len(self._pins), self._kept_bytes, self._pins_shed, self._not_kept
            )

    def _trim(self, now: float) -> None:
        while len(self._gops) > 1 and (self._gops[1].begin <= now - self._seconds or self._bytes > self._max_bytes):
            gop = self._gops.popleft()
            self._bytes -= gop.size
            if self._is_pinned(gop, self._gops[0].begin):
                self._kept.append(gop)
                self._kept_bytes += gop.size
        if self._bytes > self._max_bytes:
            # One GOP alone is too large. Half of it cannot be decoded, so none of it is kept until the next keyframe.
            gop = self._gops.pop()
            self._not_kept += len(gop.packets)
            self._bytes, self._open = 0, False
        while self._kept_bytes > self._max_pinned_bytes:
            self._shed()
            self._release()

    def _shed(self) -> None:
        self._pins.pop(next(iter(self._pins)))
        self._pins_shed += 1

    def _release(self) -> None:
        following = [*(gop.begin for gop in self._kept[1:]), self._gops[0].begin if self._gops else float("inf")]
        self._kept = [gop for gop, after in zip(self._kept, following, strict=False) if self._is_pinned(gop, after)]
        self._kept_bytes = sum(gop.size for gop in self._kept)

    def _is_pinned(self, gop: _Gop, after: float) -> bool:
        """Whether a pin wants something of this GOP, which lasts until `after` if nothing is missing in between."""
        end = max(gop.end, min(after, gop.end + 1.0))
        return any(start < end and gop.begin <= stop for start, stop in self._pins.values())

    @staticmethod
    def _covering(start: float, end: float, gops: list[_Gop]) -> Iterable[_Gop]:
        for i, gop in enumerate(gops):
            following = gops[i + 1] if i + 1 < len(gops) else None
            # A GOP lasts until the next one begins, unless something is missing in between.
            until = following.begin if following is not None and following.number == gop.number + 1 else gop.end
            if gop.begin <= end and (until > start or gop.end >= start):
                yield gop
