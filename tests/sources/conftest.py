"""Tiny clips, made here: a white bar wanders over grey ground."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vision.config import Camera
from vision.sources import CodecParameters, PacketStream, StoredPacket, Timeline

FPS = 10
START = 1_800_000_000.0
MakeClip = Callable[..., Path]


def write_clip(path: Path, *, codec: str = "h264", seconds: float = 6, gop: int = FPS, b_frames: int = 0) -> Path:
    size = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}"
    encoders: dict[str, tuple[str, dict[str, str]]] = {
        "h264": ("libx264", {"preset": "ultrafast", "x264-params": size + ":threads=1:slices=1"}),
        "hevc": ("libx265", {"preset": "ultrafast", "x265-params": size + ":open-gop=0:log-level=none"}),
        "mpeg4": ("mpeg4", {"g": str(gop)}),
    }
    encoder, options = encoders[codec]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(encoder, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(round(seconds * FPS)):
            picture = np.full((240, 320, 3), 100, np.uint8)
            picture[:, number * 4 % 300 : number * 4 % 300 + 20] = 255
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    folder = tmp_path_factory.mktemp("clips")

    def make(container: str = "mp4", **settings: Any) -> Path:
        name = "-".join(f"{key}{value}" for key, value in sorted(settings.items())) or "plain"
        path = folder / f"{name}.{container}"
        return path if path.exists() else write_clip(path, **settings)

    return make


def camera(source: str = "clip.mp4", **settings: Any) -> Camera:
    decode = settings.pop("decode", {})
    return Camera(id="bj-001", source=source, decode=decode, **settings)


def packets_of(path: Path) -> tuple[CodecParameters, list[StoredPacket]]:
    with PacketStream(camera(str(path)), str(path), Timeline(START)) as stream:
        return stream.codec, list(stream.packets())


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def packet(at: float, keyframe: bool = False, size: int = 100) -> StoredPacket:
    return StoredPacket(bytes(size), round(at * 1000), round(at * 1000), 40, at, keyframe, at)


def gops(
    seconds: float, gop_s: float = 1.0, fps: int = 10, size: int = 100, start: float = 0.0
) -> Iterator[StoredPacket]:
    every = round(gop_s * fps)
    for number in range(round(seconds * fps)):
        yield packet(start + number / fps, number % every == 0, size)


CODEC = CodecParameters("h264", 320, 240, None, Fraction(1, 1000))
