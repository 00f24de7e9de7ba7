"""Pictures that a camera sends in parts: joined, because half a keyframe decodes to half a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace


@dataclass(slots=True, frozen=True)
class RawPacket:
    """A packet as libav gives it, times in ticks of the stream."""

    data: bytes
    pts: int | None
    dts: int | None
    duration: int | None
    keyframe: bool


def joined(packets: Iterable[RawPacket]) -> Iterator[RawPacket]:
    """Join RTP packets of one timestamp, once the stream has shown that it splits pictures.

    Some cameras and servers end the RTP packet group (marker bit) after each slice or field, and libav then gives one
    picture as several packets. Telling where a picture ends costs the wait for the next one, so streams that do not
    split are passed on at once.
    """
    splits = False
    held: RawPacket | None = None
    last: int | None = None
    for packet in packets:
        if not splits:
            splits = packet.pts is not None and packet.pts == last
            last = packet.pts
            yield packet
        elif held is not None and packet.pts is not None and packet.pts == held.pts:
            held = replace(held, data=held.data + packet.data, keyframe=held.keyframe or packet.keyframe)
        else:
            if held is not None:
                yield held
            held = packet
    if held is not None:
        yield held
