"""`vision eval`: replay labelled scenes and score the events found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vision.cli.detector import load_site_detector
from vision.cli.options import pick_camera, read_site
from vision.cli.reporting_errors import INPUT_WRONG, fail, reported
from vision.evaluate.replay import replay
from vision.evaluate.scenes import LabelError, Scene, find_scenes
from vision.evaluate.scoring import Scores, score_scene, totals
from vision.runtime.logs import configure_logging


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="场景目录 Folder of scenes (clip, site.yaml, labels.json).")
    ],
    json_out: Annotated[Path | None, typer.Option("--json", help="结果文件 Results as JSON.")] = None,
    reports: Annotated[Path | None, typer.Option(help="事件目录 Folder for the events of each scene.")] = None,
) -> None:
    """评测 Replay labelled scenes and score the events found."""
    configure_logging("error")
    console = Console()
    try:
        scenes = find_scenes(folder)
    except LabelError as error:
        fail("标注有误 Labels cannot be used", str(error), INPUT_WRONG)
    with reported():
        rows = [
            _run(scene, reports)
            for scene in track(scenes, "评测 scoring", console=Console(stderr=True), transient=True)
        ]
    _print(rows, console)
    if json_out is not None:
        plain = {"total": totals(rows), "scenes": [row.as_dict() for row in rows]}
        json_out.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _run(scene: Scene, reports: Path | None) -> Scores:
    site = read_site(scene.config)
    camera = pick_camera(site, None, scene.config)
    with load_site_detector(site) as detector:
        result = replay(scene.clip, camera, site, detector)
    if reports is not None:
        reports.mkdir(parents=True, exist_ok=True)
        lines = "".join(event.line() + "\n" for event in result.events)
        (reports / f"{scene.name}.jsonl").write_text(lines, "utf-8")
    return score_scene(scene, result)


def _print(rows: list[Scores], console: Console) -> None:
    table = Table(
        "场景 scene", "找到 found", "难 hard", "误报 false", "延迟 delay s", "检测 looks/s", title="事件评测 Events"
    )
    for row in rows:
        false = "; ".join(f"{item['category']} {item['at_s']:.1f} s" for item in row.false) or "0"
        delays = " ".join(f"{delay:.1f}" for delay in row.delays_s)
        rate = f"{row.looks / row.duration_s:.2f}" if row.duration_s else ""
        table.add_row(row.scene, f"{row.hits}/{row.labels}", f"{row.hard_hits}/{row.hard_labels}", false, delays, rate)
    console.print(table)
    console.print_json(data=totals(rows))
