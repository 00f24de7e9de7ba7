from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from vision.config import DecodeSettings
from vision.sources import AdaptiveDecoder, Attention, ClipPackets, CodecParameters, Frame, StoredPacket, decode_window
from vision.sources.budget import BURST_S

from .conftest import FPS, START, MakeClip, packets_of

Clip = tuple[CodecParameters, list[StoredPacket]]


def decoder_for(clip: Clip, live: bool = False, **settings: Any) -> AdaptiveDecoder:
    decoder = AdaptiveDecoder("bj-001", DecodeSettings(**settings), live=live)
    decoder.open(clip[0])
    return decoder


def feed(decoder: AdaptiveDecoder, packets: Sequence[StoredPacket]) -> list[Frame]:
    return [frame for packet in packets for frame in decoder.feed(packet)]


def at(frames: list[Frame]) -> list[float]:
    return [round(frame.time - START, 2) for frame in frames]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_quiet_scene_decodes_keyframes_only(make_clip: MakeClip, codec: str, b_frames: int) -> None:
    clip = packets_of(make_clip(codec=codec, b_frames=b_frames))
    decoder = decoder_for(clip)
    feed(decoder, clip[1][: FPS + 1])  # until the distance of keyframes is known
    before = decoder.frames_decoded
    frames = feed(decoder, clip[1][FPS + 1 :])
    assert at(frames) == [2.0, 3.0, 4.0, 5.0]
    assert all(frame.keyframe for frame in frames)
    assert decoder.frames_decoded - before == 4
    assert decoder.policy == "keyframes"
    assert decoder.meter.gop_s == pytest.approx(1.0)


def test_rising_attention_catches_up_from_the_keyframe_before(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip())
    decoder = decoder_for(clip)
    feed(decoder, clip[1][:36])
    before = decoder.frames_decoded
    decoder.attend(Attention.ACTIVE)
    frames = decoder.feed(clip[1][36])
    assert at(frames) == [3.6], "only the newest, and at once"
    assert decoder.frames_decoded - before == 7, "packets 30 to 36"
    assert decoder.policy == "all"


def test_active_scene_hands_out_the_wanted_rate_and_falls_back_when_quiet(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip())
    decoder = decoder_for(clip, active_fps=5)
    feed(decoder, clip[1][:20])
    decoder.attend(Attention.ACTIVE)
    assert at(feed(decoder, clip[1][20:40])) == [2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8]
    decoder.attend(Attention.QUIET)
    assert at(feed(decoder, clip[1][40:])) == [4.0, 5.0]


def test_keyframes_too_far_apart_are_not_relied_on(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip(seconds=18, gop=6 * FPS))
    decoder = decoder_for(clip, quiet_fps=0.5, max_keyframe_gap=4)
    frames = feed(decoder, clip[1]) + decoder.finish()
    assert at(frames) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0]
    assert decoder.policy == "sparse"
    assert decoder.meter.gop_s == pytest.approx(6.0)


def test_pictures_nothing_refers_to_are_not_decoded_in_a_quiet_long_gop(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip(seconds=12, gop=6 * FPS, b_frames=2))
    decoder = decoder_for(clip)
    feed(decoder, clip[1])
    assert decoder.frames_decoded < 0.7 * len(clip[1])


def test_budget_ends_a_long_commotion_and_is_counted(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip(seconds=60))
    decoder = decoder_for(clip, active_share=0.25)
    decoder.attend(Attention.ACTIVE)
    frames = feed(decoder, clip[1])
    assert decoder.starved > 0
    assert any(frame.time > START + 55 for frame in frames), "keyframes go on"
    # What was saved and a quarter of 60 s, give or take a GOP of 1 s; of the rest a keyframe each second.
    whole = BURST_S + 0.25 * 60
    assert (whole - 1) * FPS <= decoder.frames_decoded <= (whole + 1) * FPS + (60 - whole)


def test_share_of_one_never_starves(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip(seconds=60))
    decoder = decoder_for(clip, active_share=1)
    decoder.attend(Attention.ACTIVE)
    feed(decoder, clip[1])
    assert decoder.starved == 0
    assert decoder.frames_decoded == len(clip[1])


def test_policy_overrides_the_scene(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip())
    everything = decoder_for(clip, policy="all")
    feed(everything, clip[1])
    assert everything.frames_decoded == len(clip[1])
    keyframes = decoder_for(clip, policy="keyframes")
    keyframes.attend(Attention.ACTIVE)
    assert at(feed(keyframes, clip[1])) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_first_moments_of_a_live_stream_are_discarded(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip())
    decoder = decoder_for(clip, live=True, policy="all", discard=1.5)
    frames = feed(decoder, clip[1])
    assert at(frames)[0] == 1.5
    assert decoder.dropped["after_reconnect"] == 15


@pytest.mark.parametrize("policy", ["adaptive", "all", "keyframes"])
def test_damaged_packets_are_counted_and_the_next_keyframe_ends_it(make_clip: MakeClip, policy: str) -> None:
    codec, packets = packets_of(make_clip())
    packets[20] = replace(packets[20], data=packets[20].data[:12] + bytes(range(200)) * 3)
    packets[33] = replace(packets[33], data=b"\xff" * 50)
    decoder = decoder_for((codec, packets), policy=policy)
    frames = feed(decoder, packets)
    assert decoder.dropped["corrupt"] >= 1
    assert decoder.decode_errors >= 1
    assert not [time for time in at(frames) if 2.0 <= time < 3.0], "nothing between the damage and the next keyframe"
    assert 4.0 in at(frames)


def test_codec_without_decoder_is_refused() -> None:
    decoder = AdaptiveDecoder("bj-001", DecodeSettings())
    with pytest.raises(ValueError, match=r"no decoder for nonsense; set the camera to H\.264"):
        decoder.open(CodecParameters("nonsense", 0, 0, None, Fraction(1, 90_000)))


def test_window_of_packets_is_decoded_at_the_rate_asked_for(make_clip: MakeClip) -> None:
    codec, packets = packets_of(make_clip(b_frames=2))
    frames = list(decode_window(ClipPackets(codec, tuple(packets[:40])), fps=5, camera_id="bj-001"))
    assert at(frames)[:5] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert {frame.camera_id for frame in frames} == {"bj-001"}


def test_window_with_a_damaged_start_gives_what_is_whole(make_clip: MakeClip) -> None:
    codec, packets = packets_of(make_clip())
    packets[0] = replace(packets[0], data=b"\xff" * 50)
    frames = list(decode_window(ClipPackets(codec, tuple(packets)), fps=10))
    assert at(frames)[0] == 1.0


def test_same_packets_and_calls_give_the_same_frames(make_clip: MakeClip) -> None:
    clip = packets_of(make_clip(b_frames=2))

    def run() -> list[tuple[float, bool, bytes]]:
        decoder = decoder_for(clip)
        frames = []
        for number, packet in enumerate(clip[1]):
            decoder.attend(Attention.ACTIVE if 23 <= number < 41 else Attention.QUIET)
            frames += decoder.feed(packet)
        return [(frame.time, frame.keyframe, frame.bgr(32, 24).tobytes()) for frame in frames + decoder.finish()]

    assert run() == run()
