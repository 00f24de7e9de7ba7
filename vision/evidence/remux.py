"""Clips: recorded packets put into an MP4 as they are. Nothing is decoded or encoded, so a clip costs no CPU."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import av.error

from vision.evidence.annexb import annexb_packets
from vision.sources import ClipPackets

TICKS = 90_000
"""Ticks a second of the clip's clock: RTP's video clock, exact for all common picture rates."""
LONGEST_GAP_S = 10.0
"""A longer gap between two packets is an outage; the clip shows it as this much."""


class RemuxError(Exception):
    """The packets cannot be made a clip; the text says why."""


@dataclass(slots=True, frozen=True)
class Clip:
    """An MP4 file in memory. `start` is media time (UNIX s) of its first picture, `duration_s` its length."""

    mp4: bytes
    start: float
    duration_s: float
    packets: int


def remux_clip(clip: ClipPackets) -> Clip:
    """Put packets into an MP4 that begins at 0 and can be played while it loads (index first).

    Raises:
        RemuxError: no keyframe at the start, or a codec that MP4 does not take.
    """
    if not clip.packets or not clip.packets[0].keyframe:
        raise RemuxError("the packets do not begin with a keyframe")
    try:
        # A real file, because moving the index to the front reads what was written again.
        with TemporaryDirectory(prefix="vision-clip-") as folder:
            path = Path(folder) / "clip.mp4"
            with av.open(str(path), "w", options={"movflags": "+faststart"}) as output:
                _write(clip, output)
            mp4 = path.read_bytes()
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise RemuxError(f"{clip.codec.name} packets cannot be put into an MP4: {error}") from error
    first, last = clip.packets[0], clip.packets[-1]
    return Clip(mp4, first.time, max(0.0, last.time - first.time), len(clip.packets))


def _write(clip: ClipPackets, output: av.container.OutputContainer) -> None:
    # No encoder stands behind this stream: the muxer takes the header from the parameter sets in the first packet.
    stream = output.add_mux_stream(clip.codec.name, width=clip.codec.width, height=clip.codec.height)
    stream.time_base = Fraction(1, TICKS)
    times = _decode_times(clip)
    # Without a length the last picture has none, and players leave it out.
    lengths = [after - dts for (dts, _), (after, _) in pairwise(times)]
    lengths.append(lengths[-1] if lengths else TICKS // 25)
    for stored, data, (dts, pts), length in zip(clip.packets, annexb_packets(clip), times, lengths, strict=True):
        packet = av.Packet(data)
        packet.stream = stream
        packet.time_base = Fraction(1, TICKS)
        packet.dts, packet.pts, packet.duration = dts, pts, length
        packet.is_keyframe = stored.keyframe
        output.mux(packet)


def _decode_times(clip: ClipPackets) -> list[tuple[int, int]]:
    """(dts, pts) in ticks from 0, dts strictly rising; where the stream gave none, from the packets' media times."""
    base = clip.codec.time_base
    begin: Fraction | None = None
    times: list[tuple[int, int]] = []
    previous: int | None = None
    shift = 0
    for stored in clip.packets:
        dts_raw = stored.dts if stored.dts is not None else stored.pts
        dts_s = dts_raw * base if dts_raw is not None else Fraction(stored.time).limit_denominator(TICKS)
        begin = dts_s if begin is None else begin
        dts = round((dts_s - begin) * TICKS) + shift
        delay = round((stored.pts - dts_raw) * base * TICKS) if stored.pts is not None and dts_raw is not None else 0
        if previous is not None and not previous < dts <= previous + LONGEST_GAP_S * TICKS:
            wanted = previous + (1 if dts <= previous else round(LONGEST_GAP_S * TICKS))
            shift, dts = shift + wanted - dts, wanted
        times.append((dts, dts + max(0, delay)))
        previous = dts
    return times
