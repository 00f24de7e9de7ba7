"""Pictures to a small H.264 file such as a camera would send."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from composing.footage import FPS, Picture

GOP = 20
"""Pictures from keyframe to keyframe: 2 s, the usual setting of street cameras."""
QUALITY = 32
"""x264's rate factor: 45 s of this footage stay below 2 MB."""


def encode(
    pictures: Iterator[Picture], path: Path, quality: int = QUALITY, preset: str = "slow", params: str = ""
) -> None:
    """Write H.264 with keyframes every `GOP` pictures and nowhere else; the same pictures give the same bytes.

    One thread, because x264's result depends on their number. `params` go to x264 as they are, `name=value:…`.
    """
    fixed = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:threads=1:bframes=0"
    options = {
        "crf": str(quality), "preset": preset, "tune": "film",
        "x264-params": f"{fixed}:{params}" if params else fixed,
    }  # fmt: skip
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=Fraction(FPS), options=options)
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode())
