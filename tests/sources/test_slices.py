from __future__ import annotations

from collections.abc import Iterator

from vision.sources.slices import RawPacket, joined


def raw(pts: int | None, data: bytes, keyframe: bool = False) -> RawPacket:
    return RawPacket(data, pts, pts, 40, keyframe)


def test_whole_pictures_pass_at_once() -> None:
    taken: list[int] = []

    def source() -> Iterator[RawPacket]:
        for number in range(3):
            taken.append(number)
            yield raw(number * 40, b"x")

    stream = joined(source())
    next(stream)
    assert taken == [0]


def test_pictures_in_parts_are_joined_from_the_second_on() -> None:
    parts = [raw(0, b"a", True), raw(0, b"b"), raw(40, b"c"), raw(40, b"d", True), raw(80, b"e"), raw(80, b"f")]
    pictures = [(packet.pts, packet.data, packet.keyframe) for packet in joined(parts)]
    assert pictures == [(0, b"a", True), (0, b"b", False), (40, b"cd", True), (80, b"ef", False)]


def test_packets_without_timestamps_are_never_joined() -> None:
    assert [packet.data for packet in joined([raw(None, b"a"), raw(None, b"b"), raw(None, b"c")])] == [b"a", b"b", b"c"]
