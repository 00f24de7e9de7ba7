"""Compressed pictures: what the stream delivers and what a clip is made of, before anybody decodes it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True, frozen=True)
class CodecParameters:
    """What a decoder or a file must know about the packets.

    Attributes:
        name: `h264`, `hevc`, or another of libavcodec's names.
        width, height: pixels; 0 when the stream does not say.
        extradata: parameter sets as the container carries them (avcC, hvcC or Annex B), None when there are none.
        time_base: seconds a tick of the packets' pts, dts and duration.
    """

    name: str
    width: int
    height: int
    extradata: bytes | None
    time_base: Fraction


@dataclass(slots=True, frozen=True)
class StoredPacket:
    """One compressed picture.

    Attributes:
        data: the packet as the container or RTP carried it.
        pts, dts, duration: the stream's own, in ticks of its time base; None where it gave none.
        time: media time of the picture as UNIX seconds, validated (see `Timeline`).
        keyframe: decoding may begin here.
        media_s: seconds since the start of the stream or file.
    """

    data: bytes
    pts: int | None
    dts: int | None
    duration: int | None
    time: float
    keyframe: bool
    media_s: float = 0.0


@dataclass(slots=True, frozen=True)
class ClipPackets:
    """Packets in decoding order that begin with a keyframe."""

    codec: CodecParameters
    packets: tuple[StoredPacket, ...]
