"""H.264 and H.265 packets in the form of streams (Annex B: start codes, parameter sets in band).

RTSP cameras deliver this form, MP4 and MKV files the other (a length before each unit, parameter sets apart). The muxer
takes its header from the parameter sets in band, so packets of files are brought into this form first. The layouts are
those of ISO/IEC 14496-15: 5.3.3.1 (avcC) and 8.3.3.1 (hvcC).
"""

from __future__ import annotations

from collections.abc import Iterator

from vision.sources import ClipPackets

START_CODE = b"\0\0\0\1"


def annexb_packets(clip: ClipPackets) -> Iterator[bytes]:
    """The packets in Annex B form, parameter sets before each keyframe; packets that have this form go through as is.

    Raises:
        ValueError: the packets are damaged.
    """
    header = clip.codec.extradata or b""
    if not _is_configuration(header):
        for packet in clip.packets:
            # Many cameras send the parameter sets in their description only, not with the pictures.
            bare = packet.keyframe and header and not _has_parameter_sets(packet.data, clip.codec.name)
            yield header + packet.data if bare else packet.data
        return
    try:
        length_size, sets = _avcc(header) if clip.codec.name == "h264" else _hvcc(header)
    except IndexError:
        raise ValueError("the parameter sets are cut short") from None
    prefix = b"".join(START_CODE + unit for unit in sets)
    for packet in clip.packets:
        units = b"".join(START_CODE + unit for unit in _units(packet.data, length_size))
        yield prefix + units if packet.keyframe else units


def _is_configuration(header: bytes) -> bool:
    """Whether the header is an avcC or hvcC box (version 1), not parameter sets behind start codes."""
    return len(header) > 6 and header[0] == 1


def _has_parameter_sets(access_unit: bytes, codec: str) -> bool:
    """Whether a packet in Annex B form brings its own sequence parameter set."""
    at = access_unit.find(b"\0\0\1")
    while 0 <= at < len(access_unit) - 3:
        kind = access_unit[at + 3]
        if (kind & 0x1F == 7) if codec == "h264" else ((kind >> 1) & 0x3F == 33):
            return True
        if (kind & 0x1F in (1, 5)) if codec == "h264" else ((kind >> 1) & 0x3F < 32):
            return False  # the picture itself: nothing comes before it any more
        at = access_unit.find(b"\0\0\1", at + 3)
    return False


def _units(data: bytes, length_size: int) -> Iterator[bytes]:
    at = 0
    while at + length_size <= len(data):
        length = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if at + length > len(data):
            raise ValueError("a packet is cut short")
        yield data[at : at + length]
        at += length


def _avcc(header: bytes) -> tuple[int, list[bytes]]:
    """(bytes of a length field, parameter sets) of an avcC box."""
    sets: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        count, at = header[at] & mask, at + 1
        at = _take(header, at, count, sets)
    return (header[4] & 3) + 1, sets


def _hvcc(header: bytes) -> tuple[int, list[bytes]]:
    """(bytes of a length field, parameter sets) of an hvcC box."""
    sets: list[bytes] = []
    at = 23
    for _array in range(header[22]):
        kind = header[at] & 0x3F
        count = int.from_bytes(header[at + 1 : at + 3], "big")
        kept: list[bytes] = []
        at = _take(header, at + 3, count, kept)
        if kind in (32, 33, 34):  # VPS, SPS, PPS; an encoder's advertisement (SEI) is not needed
            sets += kept
    return (header[21] & 3) + 1, sets


def _take(header: bytes, at: int, count: int, into: list[bytes]) -> int:
    for _ in range(count):
        length = int.from_bytes(header[at : at + 2], "big")
        if at + 2 + length > len(header):
            raise ValueError("the parameter sets are cut short")
        into.append(header[at + 2 : at + 2 + length])
        at += 2 + length
    return at
