"""`vision tune`: a camera's rule with other values on labelled clips; what each would have found, and which to take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from vision.cli.options import ConfigOption
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.evaluate import plots
from vision.evaluate.report import percent
from vision.evaluate.runs import Task
from vision.evaluate.scenes import LabelError, Scene, find_scenes
from vision.evaluate.sweeps import FEW_LABELS, Variant, recommend, try_variant, variants
from vision.evaluate.variants import tried_camera
from vision.runtime.logs import configure_logging


def command(
    camera: Annotated[str, typer.Argument(help="摄像机编号 Camera whose rule is tried.")],
    config: ConfigOption,
    scenes: Annotated[Path, typer.Option(metavar="DIR", help="标注片段 Labelled clips (clip.*, labels.json).")],
    rule: Annotated[str, typer.Option(help="规则 Rule, e.g. illegal_dumping.")],
    sweep: Annotated[
        list[str], typer.Option(metavar="KEY=A,B,…", help="参数取值 Values to try; several keys: every combination.")
    ],
    only: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="只用 Only clips of that name.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="并行数 Clips side by side; all cores unless given.")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="结果文件 Results as JSON.")] = None,
    plot: Annotated[Path | None, typer.Option(help="取舍图 Picture of the trade-off (.png).")] = None,
) -> None:
    """调参 Try values of a rule's parameters on labelled clips of a camera and recommend."""
    configure_logging("error")
    console = Console()
    try:
        clips = find_scenes(scenes, only or (), configured=False)
        settings = variants(_swept(sweep))
        if plot is not None:
            plots.require()
    except LabelError as error:
        fail("标注有误 Labels cannot be used", str(error), INPUT_WRONG)
    except (ValueError, plots.PlotError) as error:
        fail("参数错误 Usage", str(error), INPUT_WRONG)
    with reported():
        for values in settings:
            tried_camera(config, camera, rule, values)
    tried = _try(clips, Task(config=config, camera=camera, rule=rule), settings, jobs)
    chosen = recommend(tried)
    _print(tried, chosen, console)
    if json_out is not None:
        plain = {"camera": camera, "rule": rule, "tried": [v.as_dict() for v in tried], "take": dict(chosen.settings)}
        json_out.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if plot is not None:
        console.print(f"取舍图 trade-off: {plots.sweep(tried, chosen, plot)}")


def _swept(given: Sequence[str]) -> dict[str, list[str]]:
    swept: dict[str, list[str]] = {}
    for text in given:
        key, equals, values = text.partition("=")
        parts = [value.strip() for value in values.split(",") if value.strip()]
        if not equals or not parts:
            raise ValueError(f"--sweep {text!r}: give KEY=VALUE,VALUE such as dwell=15s,30s,60s")
        if key in swept:
            raise ValueError(f"--sweep {key}: given twice; put all its values into one")
        swept[key] = parts
    return swept


def _try(clips: list[Scene], task: Task, settings: list[dict[str, str]], jobs: int | None) -> list[Variant]:
    tried = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("试算 trying", total=len(settings) * len(clips))
        for values in settings:
            one = try_variant(clips, task, values, jobs, lambda: progress.advance(bar))
            if one.failed:
                lines = "\n".join(f"{run.scene.name}: {run.error}" for run in one.failed)
                fail("片段失败 Clips failed", lines, RUN_FAILED)
            tried.append(one)
    return tried


def _print(tried: Sequence[Variant], chosen: Variant, console: Console) -> None:
    table = Table(
        Column("参数 values", overflow="fold"),
        "找到 found", "召回 recall", "误报 false", "精确 precision", "F1", "报案用时 s to report",
        title="调参 Sweep",
    )  # fmt: skip
    for one in tried:
        found = one.found
        table.add_row(
            one.name or "现用 in force",
            f"{found.hits}/{found.labels}",
            percent(found.recall, found.recall_interval),
            str(found.false),
            percent(found.precision, found.precision_interval),
            "–" if found.f1 is None else f"{found.f1:.2f}",
            "–" if one.time_to_report_s is None else f"{one.time_to_report_s:.1f}",
            style="bold green" if one is chosen else None,
        )
    console.print(table)
    if not chosen.settings:
        console.print("建议 recommended: 保持现用 keep what is in force; no value tried is better on these clips")
    else:
        now = tried[0].found
        console.print(
            f"建议 recommended: {chosen.name} ({chosen.found.hits - now.hits:+d} 找到 found, "
            f"{chosen.found.false - now.false:+d} 误报 false)"
        )
    if chosen.found.labels < FEW_LABELS:
        console.print(f"注意 note: only {chosen.found.labels} labels; below {FEW_LABELS} this is a guess")
