"""The two clips that the cost is measured on: 1080p25 H.264, 4 Mbit/s, keyframe every 2 s, 60 s long.

Both are made of `vtest.avi`, a street scene with pedestrians that OpenCV ships as a sample (Debian: opencv-doc), blown
up to 1080p25, with sensor noise that differs from frame to frame as a camera's does: without it an encoder would code
still parts as nothing, and decoding them would cost nothing.

- `busy`: the scene as it is, pedestrians in every picture.
- `quiet`: composed. The scene's own empty background (median over time), and one walker of the footage who crosses it
  in 7 s, once a minute.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

DEBIAN_VTEST = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")

SCENES = ("quiet", "busy")
CLIP_S = 60
SOURCE_FPS = 10
"""vtest.avi is played at its own 10 pictures a second, each shown 2.5 times."""

WALKER_FRAMES = range(227, 299)
"""Pictures of vtest.avi in which one person crosses the road without touching another."""

WALKER_START = (755.0, 355.0)
"""Where that person is in the first of them, pixels."""

WALKER_AT_S = 20


class FootageError(Exception):
    """The clips cannot be made; the text says what is missing."""


def make_clips(cache: Path, vtest: Path = DEBIAN_VTEST) -> dict[str, Path]:
    """The clip of every scene, made into the folder `cache` unless it is there: a minute and 60 MB the first time.

    Raises:
        FootageError: vtest.avi or ffmpeg is missing, or ffmpeg failed.
    """
    clips = {scene: cache / f"{scene}-1080p25-4M.mp4" for scene in SCENES}
    if all(clip.exists() for clip in clips.values()):
        return clips
    if not vtest.exists():
        raise FootageError(f"{vtest} is missing; apt-get install opencv-doc, or give --footage")
    if shutil.which("ffmpeg") is None:
        raise FootageError("ffmpeg is missing; apt-get install ffmpeg")
    cache.mkdir(parents=True, exist_ok=True)
    frames = _read(vtest)
    makers = {"quiet": lambda: _quiet(frames), "busy": lambda: _busy(frames)}
    for scene, clip in clips.items():
        if not clip.exists():
            _encode(makers[scene](), frames[0].shape[:2], clip)
    return clips


def _read(path: Path) -> list[Image]:
    reader = cv2.VideoCapture(str(path))
    frames: list[Image] = []
    while True:
        there, frame = reader.read()
        if not there:
            break
        frames.append(frame)
    if len(frames) < WALKER_FRAMES.stop:
        raise FootageError(f"{path} has {len(frames)} pictures; OpenCV's vtest.avi has 795")
    return frames


def _busy(frames: list[Image]) -> Iterator[Image]:
    yield from frames[: CLIP_S * SOURCE_FPS]


def _quiet(frames: list[Image]) -> Iterator[Image]:
    background = np.median(np.stack(frames[::12]), axis=0).astype(np.uint8)
    walk = iter(_walker(frames, background))
    for number in range(CLIP_S * SOURCE_FPS):
        walking = number >= WALKER_AT_S * SOURCE_FPS
        yield next(walk, background) if walking else background


def _walker(frames: list[Image], background: Image) -> Iterator[Image]:
    """The background with nobody on it but the one walker, cut out where the picture differs from it."""
    place = np.array(WALKER_START)
    for frame in (frames[i] for i in WALKER_FRAMES):
        difference = cv2.GaussianBlur(cv2.absdiff(frame, background).max(axis=2), (5, 5), 0)
        moving = cv2.morphologyEx((difference > 30).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        count, labels, stats, centres = cv2.connectedComponentsWithStats(moving)
        large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] > 300]
        if not large:
            return
        walker = min(large, key=lambda i: float(np.linalg.norm(centres[i] - place)))
        place = centres[walker]
        mask = cv2.dilate((labels == walker).astype(np.float32), np.ones((5, 5), np.uint8))
        mask = cv2.GaussianBlur(mask, (5, 5), 0)[..., None]
        yield (frame * mask + background * (1 - mask)).astype(np.uint8)


def _encode(frames: Iterable[Image], shape: tuple[int, int], clip: Path) -> None:
    height, width = shape
    unfinished = clip.with_suffix(".part.mp4")
    # 4:3 to 16:9 by cutting above and below; noise of strength 7 (of 255), new in every picture.
    picture = f"fps=25,crop={width}:{width * 9 // 16}:0:(ih-oh)*0.5,scale=1920:1080:flags=bicubic,noise=c0s=7:c0f=t"
    command = [
        *("ffmpeg", "-v", "error", "-y", "-nostdin"),
        *("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(SOURCE_FPS), "-i", "pipe:0"),
        *("-vf", picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "0"),
        *("-b:v", "4M", "-minrate", "4M", "-maxrate", "4M", "-bufsize", "8M"),
        *("-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-movflags", "+faststart", str(unfinished)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        assert ffmpeg.stderr is not None
        try:
            for frame in frames:
                ffmpeg.stdin.write(np.ascontiguousarray(frame).tobytes())
            ffmpeg.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg gave up; its own words follow.
        complaint = ffmpeg.stderr.read().decode(errors="replace").strip()
    if ffmpeg.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise FootageError(f"ffmpeg could not make {clip.name}: {complaint}")
    unfinished.replace(clip)
