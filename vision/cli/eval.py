"""`vision eval`: replay labelled scenes side by side and score the events found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.evaluate import plots
from vision.evaluate.comparison import Compared, compare, cost
from vision.evaluate.report import Evaluation, percent, quiet_text, write_report
from vision.evaluate.runs import SceneRun, Task, run_scenes
from vision.evaluate.scenes import LabelError, Scene, find_scenes
from vision.evaluate.scoring import totals
from vision.evaluate.summary import Row, quiet, row, rows
from vision.runtime.logs import configure_logging


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="场景目录 Folder of scenes (clip, site.yaml, labels.json).")
    ],
    only: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="只评测 Only scenes of that name.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="并行数 Scenes side by side; all cores unless given.")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="结果文件 Results as JSON.")] = None,
    reports: Annotated[Path | None, typer.Option(help="事件目录 Folder for the events of each scene.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="报告目录 Folder for report.md, plots, a video of each fault.")
    ] = None,
    compare_full: Annotated[
        bool, typer.Option(help="与逐帧对比 Also look at every picture; fail if that finds a label more.")
    ] = False,
    restarts: Annotated[
        str | None,
        typer.Option(metavar="SHARES", help="中途重启 Also kill and start it there, e.g. 0.5."),
    ] = None,
    dwells: Annotated[
        str | None, typer.Option(metavar="FACTORS", help="停留倍数 Also with these times the dwell, e.g. 0.5,1,2.")
    ] = None,
) -> None:
    """评测 Replay labelled scenes and score the events found."""
    configure_logging("error")
    console = Console()
    factors = _numbers("--dwells", dwells)
    shares = _numbers("--restarts", restarts)
    scenes = _found(folder, only or ())
    if report is not None:
        _require_plots()
    with reported():
        runs = _replay(scenes, Task(events=_made(reports)), jobs, "评测 scoring")
        full = _replay(scenes, Task(attention="full"), jobs, "逐帧 every picture") if compare_full else []
        restarted = _restarted(scenes, shares, jobs)
        over_dwell = _over_dwell(scenes, runs, factors, jobs)
    compared = compare(runs, full) if compare_full else []
    broken_off = [(share, compare(other, runs)) for share, other in restarted]
    done = Evaluation(folder, runs, full, compared, broken_off, over_dwell)
    _print(runs, console)
    _print_comparison(compared, runs, full, console)
    _print_restarts(broken_off, console)
    if json_out is not None:
        _write_json(done, json_out)
    if report is not None:
        written = _write_report_with_videos(done, report, jobs)
        console.print(f"报告 report: {written}")
    failed = {run.scene.name: run.error for run in chain(runs, full, *(other for _, other in restarted)) if run.error}
    _judge(failed, compared, broken_off)


def _found(folder: Path, only: Sequence[str]) -> list[Scene]:
    try:
        return find_scenes(folder, only)
    except LabelError as error:
        fail("标注有误 Labels cannot be used", str(error), INPUT_WRONG)


def _require_plots() -> None:
    try:
        plots.require()
    except plots.PlotError as error:
        fail("缺少组件 Missing part", str(error), INPUT_WRONG)


def _replay(scenes: Sequence[Scene], task: Task, jobs: int | None, text: str) -> list[SceneRun]:
    done = run_scenes(scenes, task, jobs)
    return list(track(done, text, total=len(scenes), console=Console(stderr=True), transient=True))


def _restarted(
    scenes: Sequence[Scene], shares: Sequence[float], jobs: int | None
) -> list[tuple[float, list[SceneRun]]]:
    return [(share, _replay(scenes, Task(restart_at=share), jobs, f"重启 restart at {share:g}")) for share in shares]


def _over_dwell(
    scenes: Sequence[Scene], runs: Sequence[SceneRun], factors: Sequence[float], jobs: int | None
) -> list[tuple[float, Row]]:
    return [
        (f, row(runs if f == 1.0 else _replay(scenes, Task(dwell_factor=f), jobs, f"停留 dwell × {f:g}")))
        for f in factors
    ]


def _numbers(option: str, text: str | None) -> list[float]:
    if text is None:
        return []
    try:
        numbers = sorted({float(part) for part in text.split(",")})
    except ValueError:
        numbers = []
    if not numbers or numbers[0] <= 0:
        fail("参数错误 Usage", f"{option} {text!r}: give numbers above 0 such as 0.5,1", INPUT_WRONG)
    return numbers


def _made(folder: Path | None) -> Path | None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_json(done: Evaluation, path: Path) -> None:
    plain = {
        "total": totals([run.scores for run in done.runs if run.scores is not None]),
        "scenes": [run.as_dict() for run in done.runs],
        "compared": [one.as_dict() for one in done.compared],
        "restarted": {f"{share:g}": [one.as_dict() for one in ways] for share, ways in done.restarted},
    }
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _write_report_with_videos(done: Evaluation, folder: Path, jobs: int | None) -> Path:
    """The videos come first: the report links those it finds."""
    faults = [run.scene for run in done.runs if run.at_fault]
    if faults:
        _replay(faults, Task(video=_made(folder / "videos")), jobs, "录像 videos")
    return write_report(done, folder)


def _print(runs: Sequence[SceneRun], console: Console) -> None:
    each = Table(
        Column("场景 scene", overflow="fold"),
        "找到 found",
        "难 hard",
        "误报 false",
        "延迟 delay s",
        "检测 looks/s",
        title="事件评测 Events",
    )
    for run in runs:
        scores = run.scores
        if scores is None:
            each.add_row(run.scene.name, "[red]失败 failed[/red]")
            continue
        false = "; ".join(f"{item['category']} {item['at_s']:.1f} s" for item in scores.false) or "0"
        delays = " ".join(f"{delay:.1f}" for delay in scores.delays_s)
        rate = f"{scores.looks / scores.duration_s:.2f}" if scores.duration_s else ""
        hard = f"{scores.hard_hits}/{scores.hard_labels}"
        each.add_row(run.scene.name, f"{scores.hits}/{scores.labels}", hard, false, delays, rate)
    console.print(each)
    total = Table(
        Column("类别 category", overflow="fold"), "找到 found", "召回 recall", "误报 false", "精确 precision", "F1"
    )
    for one in rows(runs):
        total.add_row(
            one.name, f"{one.hits}/{one.labels}", percent(one.recall, one.recall_interval), str(one.false),
            percent(one.precision, one.precision_interval), "–" if one.f1 is None else f"{one.f1:.2f}",
        )  # fmt: skip
    console.print(total)
    spent = cost(runs)
    console.print(f"无事件场景 quiet scenes: {quiet_text(quiet(runs))}")
    console.print(
        f"开销 cost per second: {spent.frames:.1f} pictures, {spent.looks:.2f} looks, {spent.cpu_ms:.0f} CPU ms"
    )


def _print_comparison(
    compared: Sequence[Compared], runs: Sequence[SceneRun], full: Sequence[SceneRun], console: Console
) -> None:
    if not compared:
        return
    each = Table(
        Column("场景 scene", overflow="fold"),
        "漏 lost", "多 gained", "晚 later s", "误报 false", "检测 looks/s", "CPU ms/s",
        title="自适应 / 逐帧 Adaptive / every picture",
    )  # fmt: skip
    for one in compared:
        each.add_row(
            one.scene, str(len(one.lost)), str(len(one.gained)), " ".join(f"{later:+.1f}" for later in one.later_s),
            f"{one.false} / {one.reference_false}", f"{one.cost.looks:.2f} / {one.reference_cost.looks:.2f}",
            f"{one.cost.cpu_ms:.0f} / {one.reference_cost.cpu_ms:.0f}",
        )  # fmt: skip
    console.print(each)
    ours, theirs = cost(runs), cost(full)
    console.print(
        f"逐帧开销 every picture: {theirs.frames:.1f} pictures, {theirs.looks:.1f} looks, {theirs.cpu_ms:.0f} CPU ms a "
        f"second; {theirs.cpu_ms / ours.cpu_ms:.0f} 倍 times the adaptive run's"
    )


def _print_restarts(broken_off: Sequence[tuple[float, Sequence[Compared]]], console: Console) -> None:
    if not broken_off:
        return
    table = Table(
        "重启于 restart at", "漏 lost", "重复或误报 doubled or false", "相同 the same", title="中途重启 Restarts"
    )
    for share, ways in broken_off:
        lost = [one.scene for one in ways if one.lost]
        more = [one.scene for one in ways if one.false > one.reference_false]
        same = f"{sum(one.same for one in ways)}/{len(ways)}"
        table.add_row(f"{share:.0%}", "\n".join(lost) or "0", "\n".join(more) or "0", same)
    console.print(table)


def _judge(
    failed: Mapping[str, str],
    compared: Sequence[Compared],
    broken_off: Sequence[tuple[float, Sequence[Compared]]],
) -> None:
    """Leave with an error when a scene could not be replayed, or one way of running found less than the other."""
    if failed:
        fail("场景失败 Scenes failed", "\n".join(f"{name}: {error}" for name, error in failed.items()), RUN_FAILED)
    lost = [f"{one.scene}: label {number}" for one in compared for number in one.lost]
    if lost:
        fail("自适应漏检 The adaptive run missed what the full run found", "\n".join(lost), RUN_FAILED)
    changed = [f"{one.scene} at {share:.0%}" for share, ways in broken_off for one in ways if not one.same]
    if changed:
        fail("重启后案件不同 Other cases after a restart", "\n".join(changed), RUN_FAILED)
