"""Clips taken apart into what goes over RTP: Annex B access units, and an index of when each is sent and shown."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import av.error
from av.bitstream import BitStreamFilterContext

FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
"""What can be served without re-encoding, and the libavcodec filter that turns its packets into Annex B."""

NANOSECONDS = 1_000_000_000


class SimulateError(Exception):
    """A camera cannot be simulated; the text says which, why, and what to do."""


@dataclass(slots=True, frozen=True)
class Unit:
    """One access unit: where it lies in the data file, and its times in ns from the first one's decoding time."""

    offset: int
    size: int
    pts: int
    dts: int
    keyframe: bool


@dataclass(slots=True, frozen=True)
class ClipIndex:
    """A clip, ready to be served.

    Attributes:
        codec: `h264` or `hevc`.
        width, height: pixels.
        length: ns after which the clip begins anew.
        data: file of all access units, one after the other.
        units: in decoding order; the first is a keyframe.
    """

    codec: str
    width: int
    height: int
    length: int
    data: Path
    units: tuple[Unit, ...]

    def write(self, path: Path) -> None:
        """Write the index as the JSON that the server reads."""
        path.write_text(json.dumps(asdict(self), default=str), "utf-8")


def take_apart(clip: Path, data: Path) -> ClipIndex:
    """Write the access units of the clip's video into the file `data`.

    Raises:
        SimulateError: no such file, no video in it, or another codec than H.264 and H.265.
    """
    try:
        with av.open(str(clip)) as container:
            if not container.streams.video:
                raise SimulateError(f"{clip}: there is no video in it")
            stream = container.streams.video[0]
            codec = stream.codec_context.name
            if codec not in FILTERS:
                raise SimulateError(
                    f"{clip}: {codec} cannot be served as a camera, H.264 and H.265 can; "
                    f"convert it: ffmpeg -i {clip.name} -c:v libx264 -bf 0 -g 50 out.mp4"
                )
            to_annex_b = BitStreamFilterContext(FILTERS[codec], stream)
            packets: list[av.Packet] = []
            for packet in container.demux(stream):
                packets += to_annex_b.filter(packet if packet.size else None)
            size = stream.codec_context.width, stream.codec_context.height
            rate = stream.average_rate or stream.base_rate or 25
    except FileNotFoundError:
        raise SimulateError(f"{clip}: there is no such file") from None
    except (av.error.FFmpegError, OSError) as error:
        raise SimulateError(f"{clip}: it cannot be read as video ({error.strerror or error})") from None
    return _index(clip, codec, size, packets, data, NANOSECONDS / float(rate))


def _index(
    clip: Path, codec: str, size: tuple[int, int], packets: list[av.Packet], data: Path, usual: float
) -> ClipIndex:
    """Write the packets from the first keyframe on. `usual` is the distance of pictures in ns where they do not say."""
    first = next((i for i, packet in enumerate(packets) if packet.is_keyframe), None)
    if first is None:
        raise SimulateError(f"{clip}: there is no keyframe in it")
    times = [_times(packet, number * usual) for number, packet in enumerate(packets[first:])]
    origin = times[0][1]
    units: list[Unit] = []
    with data.open("wb") as file:
        for packet, (pts, dts) in zip(packets[first:], times, strict=True):
            if pts < times[0][0]:
                continue  # a leading picture of an open GOP: it needs what came before the first keyframe
            payload = bytes(packet)
            units.append(Unit(file.tell(), len(payload), pts - origin, dts - origin, bool(packet.is_keyframe)))
            file.write(payload)
    shown = sorted(unit.pts for unit in units)
    last = shown[-1] - shown[-2] if len(shown) > 1 else round(usual)
    return ClipIndex(codec, *size, shown[-1] - shown[0] + last, data, tuple(units))


def _times(packet: av.Packet, otherwise: float) -> tuple[int, int]:
    """pts and dts in ns; raw streams have none."""
    tick = packet.time_base
    if packet.pts is None or tick is None:
        return round(otherwise), round(otherwise)
    dts = packet.pts if packet.dts is None else min(packet.dts, packet.pts)
    return round(packet.pts * tick * NANOSECONDS), round(dts * tick * NANOSECONDS)
