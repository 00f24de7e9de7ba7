"""Tiny clips whose pictures can be told apart: picture n is grey of brightness 20 + 5·(n mod 40)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

FPS = 10
PICTURES = 30
MakeClip = Callable[..., Path]


def brightness(number: int) -> int:
    return 20 + 5 * (number % 40)


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    """make_clip("h264") or make_clip("hevc", b_frames=2, container="mkv"): 3 s, 10 pictures a second, 1 s GOP."""
    folder = tmp_path_factory.mktemp("clips")

    def make(codec: str = "h264", b_frames: int = 0, container: str = "mp4") -> Path:
        path = folder / f"{codec}-{b_frames}.{container}"
        if not path.exists():
            write_clip(path, codec, b_frames)
        return path

    return make


def write_clip(path: Path, codec: str, b_frames: int) -> None:
    encoders = {"h264": "libx264", "hevc": "libx265", "mpeg4": "mpeg4"}
    options = {
        "libx264": {"preset": "ultrafast", "g": str(FPS), "bf": str(b_frames), "sc_threshold": "0"},
        "libx265": {
            "preset": "ultrafast",
            "x265-params": f"keyint={FPS}:min-keyint={FPS}:bframes={b_frames}:scenecut=0:open-gop=0:log-level=none",
        },
        "mpeg4": {},
    }
    with av.open(str(path), "w") as file:
        stream = file.add_stream(encoders[codec], rate=FPS, options=options[encoders[codec]])
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(PICTURES):
            picture = av.VideoFrame.from_ndarray(np.full((96, 160, 3), brightness(number), np.uint8), format="rgb24")
            picture.pts = number
            file.mux(stream.encode(picture))
        file.mux(stream.encode(None))
