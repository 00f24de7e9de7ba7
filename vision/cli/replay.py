"""`vision replay`: video files through the pipeline, events to a file."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from vision.cli.options import ConfigOption, JsonFlag, pick_camera, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.config import Site
from vision.evaluate.annotate import Annotator
from vision.evaluate.replay import ReplayResult, replay
from vision.runtime.logs import configure_logging
from vision.runtime.site_detector import load_site_detector


def command(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO…", help="视频文件 Video files.")],
    config: ConfigOption,
    camera: Annotated[str | None, typer.Option(help="按此摄像机处理 The camera they stand for.")] = None,
    out: Annotated[Path | None, typer.Option(help="事件输出文件 Events, one JSON a line; stdout unless given.")] = None,
    annotated: Annotated[Path | None, typer.Option(help="标注视频 Video with what was seen drawn in (.mp4).")] = None,
    evidence: Annotated[Path | None, typer.Option(help="证据目录 Folder for stills and clips.")] = None,
    start: Annotated[str | None, typer.Option(help="首帧时间 Time of the first picture, ISO 8601.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """回放视频 Run video files through the pipeline: same input, same output, as fast as it goes."""
    configure_logging("warning")
    if annotated is not None and len(videos) > 1:
        fail("参数错误 Usage", "--annotated takes one video", INPUT_WRONG)
    with reported(), ExitStack() as stack:
        site = read_site(config)
        which = pick_camera(site, camera, config)
        begin = _start(start, site)
        detector = stack.enter_context(load_site_detector(site))
        lines = stack.enter_context(out.open("w", encoding="utf-8")) if out is not None else sys.stdout
        console = Console(stderr=True)
        broken: list[str] = []
        for video in videos:
            bar = stack.enter_context(_progress(console))
            task = bar.add_task(video.name, total=None)
            drawing = stack.enter_context(Annotator(annotated)) if annotated is not None else None
            result = replay(
                video,
                which,
                site,
                detector,
                evidence=evidence,
                start=begin,
                watch=drawing.draw if drawing is not None else None,
                progress=lambda at, bar=bar, task=task: bar.update(task, completed=at),  # type: ignore[misc]
            )
            for event in result.events:
                lines.write(event.line() + "\n")
            lines.flush()
            broken += [f"{video}: {result.broken}"] if result.broken else []
            _summary(console, video, result, as_json and out is not None)
    if broken:
        fail("视频不完整 Damaged video", "\n".join(broken), RUN_FAILED)


def _start(text: str | None, site: Site) -> float | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail("参数错误 Usage", f"--start {text!r} is no ISO 8601 time such as 2026-11-22T09:30:00+08:00", INPUT_WRONG)
        raise AssertionError from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=site.site.zone)).timestamp()


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} s"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _summary(console: Console, video: Path, result: ReplayResult, as_json: bool) -> None:
    if as_json:
        status = asdict(result.source) if result.source is not None else {}
        plain = {"video": str(video), "frames": result.frames, "looks": result.looks, "media_s": result.media_s}
        Console().print_json(data=plain | {"events": len(result.events), "source": status}, default=str)
        return
    found = sum(event.event.kind == "opened" for event in result.events)
    console.print(
        f"{video}: {found} 起案件 cases, {result.media_s:.1f} s, {result.frames} 帧 frames, {result.looks} 次检测 looks"
    )
