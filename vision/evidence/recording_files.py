"""Files of a rolling record: named after their start, written packet by packet, mended after a crash."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import av.error
import structlog

from vision.evidence.annexb import annexb_packets
from vision.sources import ClipPackets, CodecParameters, StoredPacket

log = structlog.get_logger(__name__)

ENDING, PART = ".mkv", ".part"
_NAME = "%Y%m%dT%H%M%S"
_MILLISECONDS = Fraction(1, 1000)
"""Matroska's usual clock."""
_OPTIONS = {"flush_packets": "1", "avoid_negative_ts": "disabled"}
"""Each cluster goes to the file at once, so that a crash costs seconds; pictures that are shown later than they are
decoded begin below zero and keep their time."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One file of a camera's record.

    Attributes:
        start: of its first picture, UNIX seconds.
        seconds: how long it is; None where nobody asked.
        size: bytes.
    """

    camera_id: str
    path: Path
    start: float
    seconds: float | None
    size: int


def start_name(start: float) -> str:
    """A file's name for a start in UNIX seconds, e.g. `20261125T093000.000Z`."""
    moment = datetime.fromtimestamp(round(start, 3), UTC)
    return f"{moment.strftime(_NAME)}.{moment.microsecond // 1000:03d}Z"


def start_of(name: str) -> float | None:
    """UNIX seconds from a file's name; None when it is none of ours.

    >>> start_of(start_name(1795339812.4) + ".mkv")
    1795339812.4
    """
    stem = name.removesuffix(PART).removesuffix(ENDING)
    try:
        return datetime.strptime(stem, f"{_NAME}.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def recordings_of(folder: Path, camera_id: str, *, lengths: bool = True) -> list[Recording]:
    """The complete files of a camera's record (`folder`: its own), oldest first; none where there is no folder."""
    found = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        start = start_of(path.name)
        with contextlib.suppress(OSError):  # removed meanwhile
            if start is not None:
                seconds = length_of(path) if lengths else None
                found.append(Recording(camera_id, path, start, seconds, path.stat().st_size))
    return found


def length_of(path: Path) -> float | None:
    """How long a file is by its own word, seconds; None when it does not say, or cannot be read."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return _length(str(path), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=8192)
def _length(path: str, _size: int, _changed: int) -> float | None:
    """A list of some hundred files is asked for again and again, and each is opened for it once."""
    try:
        with av.open(path) as container:
            return container.duration / av.time_base if container.duration else None
    except (av.error.FFmpegError, OSError):
        return None


class Segment:
    """A file that is being written.

    Args:
        folder: of the camera; made if absent.
        start: time of the first packet, UNIX seconds.

    Raises:
        OSError: it cannot be written. So may every method.
    """

    def __init__(self, folder: Path, codec: CodecParameters, start: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.start = start
        self._codec = codec
        self._path = folder / f"{start_name(start)}{ENDING}"
        self._part = self._path.with_name(self._path.name + PART)
        self._last: int | None = None
        try:
            self._output = av.open(str(self._part), "w", format="matroska", options=_OPTIONS)
            self._stream = self._output.add_mux_stream(codec.name, width=codec.width, height=codec.height)
            self._stream.time_base = _MILLISECONDS
        except (av.error.FFmpegError, ValueError) as error:
            raise OSError(f"{codec.name} packets cannot be recorded: {error}") from None

    def add(self, stored: StoredPacket) -> None:
        """The next packet, in decoding order."""
        base = self._codec.time_base
        delay = (stored.pts - stored.dts) * base if stored.pts is not None and stored.dts is not None else Fraction(0)
        pts = round((stored.time - self.start) * 1000)
        dts = pts - max(0, round(delay * 1000))
        if self._last is not None and dts <= self._last:
            dts = self._last + 1
        self._last = dts
        try:
            for data in annexb_packets(ClipPackets(self._codec, (stored,))):
                packet = av.Packet(data)
                packet.stream, packet.time_base = self._stream, _MILLISECONDS
                packet.dts, packet.pts, packet.is_keyframe = dts, max(pts, dts), stored.keyframe
                self._output.mux(packet)
        except (av.error.FFmpegError, ValueError) as error:
            raise OSError(f"a packet cannot be recorded: {error}") from None

    def close(self) -> None:
        """Complete the file, on disk and under its own name when this returns; an empty one is removed."""
        try:
            self._output.close()
            if self._last is None:
                self._part.unlink(missing_ok=True)
                return
            _keep(self._part, self._path)
        except av.error.FFmpegError as error:
            raise OSError(f"{self._path.name} cannot be completed: {error}") from None

    def abandon(self) -> None:
        """Give up after an error: what can be read stays, the rest goes. Never raises."""
        with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
            self._output.close()
        with contextlib.suppress(OSError):
            mend(self._part)
        for left in (self._part, self._part.with_name(f"{self._part.name}.mended")):
            with contextlib.suppress(OSError):
                left.unlink()


def mend(part: Path) -> bool:
    """Keep what can be read of a file that a crash left half written, as a complete one; whether there was anything."""
    target = part.with_name(part.name.removesuffix(PART))
    mended = part.with_name(f"{part.name}.mended")
    count = 0
    try:
        with av.open(str(part)) as source, av.open(str(mended), "w", format="matroska", options=_OPTIONS) as output:
            video = source.streams.video[0]
            copy = output.add_stream_from_template(video)
            last: int | None = None
            for packet in source.demux(video):
                if packet.pts is None:
                    continue
                # Matroska keeps the time at which a picture is shown only; libav guesses the other from there.
                least = packet.pts if last is None else last + 1
                last = packet.dts = packet.dts if packet.dts is not None and packet.dts >= least else least
                packet.pts = max(packet.pts, last)
                packet.stream = copy
                output.mux(packet)
                count += 1
    except (av.error.FFmpegError, OSError, IndexError, ValueError) as error:
        log.info("recording_cut_short", file=target.name, packets=count, reason=str(error))
    if count:
        _keep(mended, target)
    mended.unlink(missing_ok=True)
    part.unlink(missing_ok=True)
    return count > 0


def _keep(path: Path, target: Path) -> None:
    """Give a complete file its name, so that both survive a power cut."""
    for sync in (path, path.parent):
        if sync == path.parent:
            path.replace(target)
        descriptor = os.open(sync, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
