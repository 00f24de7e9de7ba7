"""RTSP cameras as a client sees them: read back through libav from the real server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import cast

import av
import av.error
import pytest

from vision.simulate import RtspCameras, SimulateError
from vision.simulate import cameras as cameras_module

from .conftest import FPS, PICTURES, MakeClip, brightness

pytestmark = pytest.mark.network

PATIENCE_S = 20.0


@contextmanager
def client(url: str, transport: str = "tcp", patience_s: float = PATIENCE_S) -> Iterator[av.container.InputContainer]:
    # Without looking at 20 pictures for their rate first.
    options = {"rtsp_transport": transport, "fpsprobesize": "0"}
    container = av.open(url, options=options, timeout=(patience_s, patience_s))
    try:
        yield container
    finally:
        container.close()


def packets(container: av.container.InputContainer, count: int) -> list[av.Packet]:
    return list(islice((p for p in container.demux(video=0) if p.size), count))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_clip_is_served_as_it_is(make_clip: MakeClip, codec: str, transport: str) -> None:
    with RtspCameras({"gate": make_clip(codec)}) as cameras, client(cameras.url("gate"), transport) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.width, context.height) == (codec, 160, 96)
        frames = list(islice(container.decode(video=0), FPS))
        shown = [round(float(frame.to_ndarray(format="gray")[20:60, 40:120].mean())) for frame in frames]
        known = [brightness(number) for number in range(PICTURES)]
        steps = [known.index(min(known, key=lambda value: abs(value - grey))) for grey in shown]
        assert all((after - before) % PICTURES == 1 for before, after in pairwise(steps))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_timestamps_grow_over_the_loops(make_clip: MakeClip, b_frames: int) -> None:
    clip = make_clip("h264", b_frames=b_frames)
    with RtspCameras({"gate": clip}) as cameras, client(cameras.url("gate")) as container:
        read = packets(container, PICTURES + FPS)
    ticks = sorted(packet.pts for packet in read if packet.pts is not None)
    assert len(ticks) >= PICTURES + FPS - 1  # libav has no time for the first picture
    assert {after - before for before, after in pairwise(ticks)} == {90_000 // FPS}


def test_it_plays_in_real_time(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}) as cameras:
        began = time.monotonic()
        with client(cameras.url("gate")) as container:
            read = packets(container, 3 * FPS)
            passed = time.monotonic() - began
    assert passed > len(read) / FPS - 0.5  # a busy machine may be slower, never faster


def test_clients_share_one_live_stream(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}) as cameras, client(cameras.url("gate")) as first:
        with client(cameras.url("gate")) as second:
            seen = {bytes(packet) for packet in packets(second, FPS)}
        assert seen & {bytes(packet) for packet in packets(first, 4 * FPS)}


def test_who_comes_later_begins_with_a_keyframe_too(make_clip: MakeClip) -> None:
    clip = make_clip()
    with RtspCameras({"gate": clip}) as cameras:
        for already_seen in (FPS // 2, 1, 1):
            with client(cameras.url("gate")) as container:
                read = packets(container, already_seen)
            assert read[0].is_keyframe


def test_many_cameras_share_a_file(make_clip: MakeClip) -> None:
    names = [f"camera-{number}" for number in range(3)]
    with RtspCameras(dict.fromkeys(names, make_clip())) as cameras:
        for name in names:
            with client(cameras.url(name)) as container:
                assert packets(container, 1)


def test_who_has_no_password_is_turned_away(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}, username="guard", password="p@ss/word") as cameras:
        with client(cameras.url("gate")) as container:
            assert packets(container, 1)
        wrong = cameras.url("gate").replace("word", "wrong")
        for url in (cameras.url("gate", credentials=False), wrong):
            with pytest.raises(av.error.HTTPUnauthorizedError):
                av.open(url, timeout=(PATIENCE_S, PATIENCE_S))


def test_the_password_is_on_no_command_line(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}, username="guard", password="hunter2hunter2"):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert not any(b"hunter2hunter2" in line for line in lines)


def test_a_frozen_camera_is_silent_until_it_thaws(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip(), "yard": make_clip()}) as cameras:
        with client(cameras.url("gate"), patience_s=1.0) as container:
            packets(container, FPS)
            cameras.freeze("gate")
            with pytest.raises(av.error.FFmpegError):
                packets(container, 100 * FPS)
        with client(cameras.url("yard")) as container:
            assert packets(container, 1)
        cameras.thaw("gate")
        with client(cameras.url("gate")) as container:
            assert packets(container, 1)


def test_a_removed_camera_is_gone_until_it_is_served_again(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip(), "yard": make_clip()}) as cameras:
        with client(cameras.url("gate")) as container, client(cameras.url("yard")) as other:
            packets(container, 1)
            cameras.remove("gate")
            with suppress(av.error.FFmpegError):  # thrown out: the stream ends, with an error or without
                assert len(packets(container, 100 * FPS)) < 100 * FPS
            assert packets(other, 1)
        with pytest.raises(av.error.HTTPNotFoundError):
            av.open(cameras.url("gate"), timeout=(PATIENCE_S, PATIENCE_S))
        cameras.serve("gate")
        with client(cameras.url("gate")) as container:
            assert packets(container, 1)


def test_a_server_that_was_stopped_comes_back_at_the_same_address(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}) as cameras:
        url = cameras.url("gate")
        with client(url) as container:
            assert packets(container, 1)
        cameras.stop()
        with pytest.raises(av.error.ConnectionRefusedError):
            av.open(url, timeout=(PATIENCE_S, PATIENCE_S))
        cameras.start()
        assert cameras.url("gate") == url
        with client(url) as container:
            assert packets(container, 1)


def test_nothing_is_left_behind(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}) as cameras:
        process = cameras.process_id
        assert process is not None
        assert is_alive(process)
    assert not is_alive(process)


def test_the_server_ends_with_its_parent_however_that_ends(make_clip: MakeClip) -> None:
    script = (
        "import sys, time; from pathlib import Path; from vision.simulate import RtspCameras\n"
        "with RtspCameras({'gate': Path(sys.argv[1])}) as cameras:\n"
        "    sys.stdout.write(f'{cameras.process_id}\\n'); sys.stdout.flush(); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(make_clip())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert is_alive(server)
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(server))


def test_a_taken_port_is_named(make_clip: MakeClip) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = cast("int", taken.getsockname()[1])
        with (
            pytest.raises(SimulateError, match=f"port {port} of 127.0.0.1 cannot be used"),
            RtspCameras({"gate": make_clip()}, port=port),
        ):
            pass


def test_without_gstreamer_the_packages_to_install_are_named(
    make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras_module, "_first_able", lambda _path: None)
    with (
        pytest.raises(SimulateError, match=r"apt-get install python3-gi gir1\.2-gst-rtsp-server"),
        RtspCameras({"gate": make_clip()}),
    ):
        pass


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a?b"])
def test_a_name_that_fits_in_no_url_is_refused(name: str) -> None:
    with pytest.raises(SimulateError, match="is no name for a camera"):
        RtspCameras({name: Path("gate.mp4")})


def test_an_unknown_camera_has_no_address(make_clip: MakeClip) -> None:
    with RtspCameras({"gate": make_clip()}) as cameras, pytest.raises(KeyError, match="there is no camera yard"):
        cameras.url("yard")
