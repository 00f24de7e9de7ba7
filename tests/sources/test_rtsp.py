"""Cameras read over real RTSP, from GStreamer's server: what they send, and what happens when they do not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from vision.config import Camera
from vision.simulate import RtspCameras
from vision.sources import Attention, CameraReader, PacketStream, SourceError, Timeline
from vision.sources.stream import with_credentials
from vision.sources.timestamps import SLOW_NEAR

from .conftest import MakeClip, camera, wait_until

pytestmark = pytest.mark.network

PATIENT = {"stall_timeout": 10, "reconnect_min": 0.1, "reconnect_max": 1, "discard": 0}
HASTY = {**PATIENT, "stall_timeout": 2}


@contextmanager
def reading(camera: Camera, substream: str | None = None) -> Iterator[CameraReader]:
    reader = CameraReader(camera, camera.source, substream)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop(30)


def refusal(camera: Camera) -> str:
    with pytest.raises(SourceError) as caught:
        PacketStream(camera, camera.source, Timeline())
    return str(caught.value)


@pytest.fixture
def street(make_clip: MakeClip) -> Iterator[RtspCameras]:
    with RtspCameras({"street": make_clip(), "hevc": make_clip(codec="hevc", b_frames=2)}) as cameras:
        yield cameras


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("name", "codec"), [("street", "h264"), ("hevc", "hevc")])
def test_stream_is_read_and_measured(street: RtspCameras, transport: Any, name: str, codec: str) -> None:
    with reading(camera(street.url(name), transport=transport, decode=PATIENT)) as reader:
        first = reader.mailbox.get(30)
        assert first is not None
        assert (first.width, first.height, first.camera_id) == (320, 240, "bj-001")
        wait_until(lambda: reader.status().policy == "keyframes", "the distance of keyframes is known")
        quiet = reader.status()
        wait_until(lambda: reader.status().packets >= quiet.packets + 30, "three more GOPs")
        status = reader.status()
        assert status.frames_decoded - quiet.frames_decoded <= 5, "keyframes only"
        # Where the first picture was late, media time goes a tenth slower until the wall clock has come up.
        assert status.gop_s == pytest.approx(1.0, abs=SLOW_NEAR + 0.01)
        assert (status.online, status.codec, status.transport) == (True, codec, transport)
        assert status.fps == pytest.approx(10, rel=0.2)
        assert status.ring_bytes > 0
        reader.attend(Attention.ACTIVE)
        wait_until(lambda: reader.status().policy == "all", "attention is paid")


def test_wrong_password_is_told_without_telling_it(make_clip: MakeClip) -> None:
    with RtspCameras({"street": make_clip()}, username="admin", password="p/:@ ß") as cameras:
        url = f"rtsp://127.0.0.1:{cameras.port}/street"
        right = camera(url, username="admin", password=SecretStr("p/:@ ß"), decode=PATIENT)
        with PacketStream(right, url, Timeline()) as stream:
            assert stream.codec.name == "h264"
        text = refusal(camera(url, username="admin", password=SecretStr("hunter2"), decode=PATIENT))
        assert "wrong user or password; set username and password" in text
        assert "hunter2" not in text
        text = refusal(camera(url.replace("://", "://admin:hunter2@"), decode=PATIENT))
        assert "wrong user or password" in text
        assert "hunter2" not in text


def test_user_and_password_are_escaped_for_the_url_and_replace_what_is_there() -> None:
    given = camera("rtsp://old:x@10.0.0.7:554/live?a=1", username="a@b", password=SecretStr("p/:@#"))
    assert with_credentials(given.source, given) == "rtsp://a%40b:p%2F%3A%40%23@10.0.0.7:554/live?a=1"


def test_unknown_path_and_closed_port_are_told_apart(street: RtspCameras) -> None:
    assert "no stream at this path" in refusal(camera(f"rtsp://127.0.0.1:{street.port}/nowhere", decode=PATIENT))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert "connection refused" in refusal(camera(f"rtsp://127.0.0.1:{port}/street", decode=PATIENT))


def test_camera_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "no answer for 1 s" in refusal(camera(f"rtsp://127.0.0.1:{port}/x", decode={"stall_timeout": 1}))


def test_camera_that_lost_power_is_found_again_and_time_goes_on(street: RtspCameras) -> None:
    with reading(camera(street.url("street"), decode={**HASTY, "policy": "all"})) as reader:
        times: list[float] = []

        def see(count: int) -> None:
            wanted = len(times) + count
            while len(times) < wanted:
                frame = reader.mailbox.get(30)
                assert frame is not None, reader.status()
                times.append(frame.time)

        see(5)
        street.stop()
        wait_until(lambda: not reader.status().online, "the loss is noticed")
        assert reader.status().last_error
        street.start()
        wait_until(lambda: reader.status().online, "the camera is back")
        see(10)
        assert times == sorted(set(times))
        assert reader.status().reconnects >= 1
        clip = reader.ring.window(times[-1] - 0.5, times[-1])
        assert clip is not None
        assert clip.packets[0].keyframe


def test_camera_that_hangs_is_opened_again(street: RtspCameras) -> None:
    with reading(camera(street.url("street"), decode=HASTY)) as reader:
        wait_until(lambda: reader.status().packets > 5, "packets come")
        street.freeze("street")
        wait_until(lambda: not reader.status().online, "the silence is noticed")
        assert "bj-001" in (reader.status().last_error or "")
        street.thaw("street")
        wait_until(lambda: reader.status().online, "it is read again")


def test_substream_is_analysed_and_the_main_stream_is_kept(make_clip: MakeClip) -> None:
    with RtspCameras({"main": make_clip(codec="hevc"), "sub": make_clip()}) as cameras:
        given = camera(cameras.url("main"), substream=cameras.url("sub"), decode=PATIENT)
        with reading(given, cameras.url("sub")) as reader:
            wait_until(lambda: reader.status().ring_seconds > 1, "the main stream fills the ring")
            wait_until(lambda: reader.status().frames_handed_out > 0, "the substream gives pictures")
            assert reader.status().codec == "h264"
            assert reader.ring.codec is not None
            assert reader.ring.codec.name == "hevc"


def test_reader_stops_while_its_camera_is_away() -> None:
    with reading(camera("rtsp://127.0.0.1:1/x", decode={"reconnect_min": 60})) as reader:
        wait_until(lambda: reader.status().last_error is not None, "the first try failed")
        assert reader.stop(30)
        assert reader.mailbox.closed
    assert not [thread for thread in threading.enumerate() if thread.name == "source-bj-001"]


def test_camera_that_never_answers_holds_a_stop_up_once_not_once_a_stream() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        given = camera(url, substream=url, decode={"stall_timeout": 30})
        reader = CameraReader(given, url, url)
        reader.start()
        begin = time.monotonic()
        assert not reader.stop(4.0)
        assert time.monotonic() - begin < 7.5, "in turn they would take 8"
