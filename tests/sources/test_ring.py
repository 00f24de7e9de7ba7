from __future__ import annotations

from dataclasses import replace

import pytest

from vision.sources import PacketRing

from .conftest import CODEC, gops, packet


def filled(seconds: float, ring_s: float = 5.0, max_bytes: int = 1_000_000, **settings: int) -> PacketRing:
    ring = PacketRing(ring_s, max_bytes, **settings)
    ring.set_codec(CODEC)
    for stored in gops(seconds):
        ring.append(stored)
    return ring


def test_window_begins_at_the_keyframe_before_its_start() -> None:
    clip = filled(20).window(17.55, 18.55)
    assert clip is not None
    assert clip.packets[0].keyframe
    assert clip.packets[0].time == pytest.approx(17.0)
    assert clip.packets[-1].time == pytest.approx(18.5)
    assert clip.codec is CODEC


def test_window_between_two_packets_still_begins_before_its_start() -> None:
    clip = filled(20).window(17.95, 18.3)
    assert clip is not None
    assert clip.packets[0].time == pytest.approx(17.0)


def test_window_reaching_back_too_far_begins_with_the_oldest() -> None:
    clip = filled(20).window(3.0, 18.0)
    assert clip is not None
    assert 13.0 <= clip.packets[0].time <= 15.0


def test_window_of_what_is_gone_or_to_come_is_none() -> None:
    ring = filled(20)
    assert ring.window(1.0, 2.0) is None
    assert ring.window(25.0, 26.0) is None
    assert PacketRing(5, 1000).window(0, 1) is None


def test_ring_keeps_its_seconds_and_not_much_more() -> None:
    assert 5.0 <= filled(60).stats().seconds <= 6.0


def test_ring_keeps_to_its_bytes() -> None:
    ring = filled(60, max_bytes=2500)
    assert ring.stats().bytes <= 2500
    assert ring.stats().packets >= 10


def test_gop_larger_than_the_ring_is_not_kept_in_half() -> None:
    ring = filled(2, max_bytes=550)
    assert ring.stats().bytes <= 550
    assert ring.stats().not_kept > 0
    clip = ring.window(0, 60)
    assert clip is None or clip.packets[0].keyframe


def test_packets_before_the_first_keyframe_are_not_kept() -> None:
    ring = PacketRing(5, 1000)
    ring.set_codec(CODEC)
    ring.append(packet(0.0))
    assert ring.stats().packets == 0
    assert ring.stats().not_kept == 1


def test_pinned_window_outlives_the_ring_and_what_is_still_to_come_is_kept() -> None:
    ring = filled(20)
    ring.pin("thing-1", 17.5, 21.5)
    for stored in gops(40, start=20.0):
        ring.append(stored)
    clip = ring.window(17.5, 21.5)
    assert clip is not None
    assert clip.packets[0].time == pytest.approx(17.0)
    assert clip.packets[-1].time == pytest.approx(21.5)
    assert len(clip.packets) == 46
    assert ring.stats().pinned_bytes == 5 * 10 * 100


def test_unpinned_window_is_let_go() -> None:
    ring = filled(20)
    ring.pin("thing-1", 17.5, 18.5)
    for stored in gops(40, start=20.0):
        ring.append(stored)
    ring.unpin("thing-1")
    ring.unpin("never there")
    assert ring.window(17.5, 18.5) is None
    assert ring.stats().pinned_bytes == 0


def test_oldest_pins_are_shed_when_they_hold_too_much() -> None:
    ring = filled(20, max_pinned_bytes=3500)
    ring.pin("old", 15.5, 17.5)
    ring.pin("new", 18.5, 19.5)
    for stored in gops(40, start=20.0):
        ring.append(stored)
    assert ring.window(15.5, 17.5) is None
    assert ring.window(18.5, 19.5) is not None
    assert ring.stats().pins_shed == 1
    assert ring.stats().pinned_bytes <= 3500


def test_a_new_size_starts_the_ring_anew() -> None:
    ring = filled(20)
    ring.pin("thing-1", 17.5, 18.5)
    ring.set_codec(replace(CODEC, width=1920))
    assert ring.window(0, 100) is None
    assert ring.stats().bytes == 0


def test_a_reconnect_keeps_the_past_and_waits_for_a_keyframe() -> None:
    ring = filled(20)
    ring.set_codec(CODEC)
    ring.append(packet(30.0))
    assert ring.stats().not_kept == 1
    ring.append(packet(31.0, keyframe=True))
    clip = ring.window(30.5, 31.0)
    assert clip is not None
    assert [stored.time for stored in clip.packets] == [31.0]
