"""`vision simulate`: video clips as RTSP cameras."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail
from vision.runtime.logs import configure_logging
from vision.simulate.cameras import RtspCameras, SimulateError
from vision.simulate.samples import NoSamplesError, sample_folder


def command(
    clips: Annotated[
        list[Path] | None, typer.Argument(metavar="[CLIP…]", help="视频 Clips; the samples if none.")
    ] = None,
    port: Annotated[int, typer.Option(help="端口 Port.")] = 8554,
    host: Annotated[str, typer.Option(help="监听地址 Address to listen on.")] = "127.0.0.1",
    cameras: Annotated[int | None, typer.Option(min=1, max=1000, help="路数 Cameras; clips repeat.")] = None,
    username: Annotated[str | None, typer.Option(help="用户名 User that clients must give.")] = None,
    password: Annotated[str | None, typer.Option(help="密码 Password.", envvar="VISION_SIMULATE_PASSWORD")] = None,
    seconds: Annotated[float | None, typer.Option(help="运行秒数 How long; until Ctrl-C unless given.")] = None,
) -> None:
    """模拟摄像机 Serve clips as RTSP cameras, in a loop and in real time."""
    configure_logging("warning")
    try:
        named = named_clips(clips or sorted(sample_folder().glob("*/clip.mp4")), cameras)
        with RtspCameras(named, port, username, password, host) as server:
            for name, path in named.items():
                typer.echo(f"{server.url(name, credentials=False)}  {path}")
            _wait(seconds)
    except NoSamplesError as error:
        fail("没有视频 No clips", str(error), INPUT_WRONG)
    except SimulateError as error:
        fail("无法模拟 Cannot simulate", str(error), RUN_FAILED)


def named_clips(clips: list[Path], cameras: int | None) -> dict[str, Path]:
    """A camera name for each clip, clips taken in turn until there are enough.

    >>> list(named_clips([Path("a/clip.mp4"), Path("b.mp4")], 3))
    ['a', 'b', 'a-2']
    """
    named: dict[str, Path] = {}
    for number in range(cameras or len(clips)):
        clip = clips[number % len(clips)]
        base = clip.parent.name if clip.stem == "clip" and clip.parent.name else clip.stem
        name, turn = base, 2
        while name in named:
            name, turn = f"{base}-{turn}", turn + 1
        named[name] = clip
    return named


def _wait(seconds: float | None) -> None:
    end = float("inf") if seconds is None else time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))
    except KeyboardInterrupt:
        return
