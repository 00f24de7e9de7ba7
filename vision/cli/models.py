"""`vision models`: which there are, is a candidate better, put it in force, take it back; to train one see `train`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from vision.cases.book_file import BookFile
from vision.cli import train
from vision.cli.options import ConfigOption, JsonFlag, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.detect import (
    ModelError,
    find_model,
    list_classifiers,
    list_models,
    load_classifier_manifest,
    load_manifest,
)
from vision.detect.model_choice import put_in_force, take_back
from vision.detect.registry import default_registry
from vision.evaluate.candidate import Trial, trial
from vision.evaluate.runs import SceneRun, Task, run_scenes
from vision.evaluate.scenes import LabelError, Scene, find_scenes
from vision.evaluate.shadowed import ShadowError, differences
from vision.runtime.logs import configure_logging
from vision.runtime.shadow import LOG_NAME

app = typer.Typer(no_args_is_help=True, help="模型 Models: list, evaluate a candidate, put one in force, take it back.")

app.command("train")(train.train)
app.command("export")(train.export)

ScenesOption = Annotated[
    list[Path], typer.Option("--scenes", metavar="DIR", help="标注场景 Labelled scenes to decide on; may be repeated.")
]
OnlyOption = Annotated[list[str] | None, typer.Option(metavar="GLOB", help="只用 Only scenes of that name.")]
JobsOption = Annotated[int | None, typer.Option(min=1, help="并行数 Scenes side by side; all cores unless given.")]


@app.command("list")
def list_command(as_json: JsonFlag = False) -> None:
    """列出模型 The models there are, and whether their files are whole."""
    table = Table("模型 model", "版本 version", "启用 in force", "文件 files", Column("目录 folder", overflow="fold"))
    found = []
    with reported():
        _, default = default_registry()
        for name, folder in sorted(list_models().items()):
            manifest = load_manifest(folder)
            try:
                sums = {kind: manifest.verified_file(kind)[1] for kind in sorted(manifest.files.kinds)}
                wrong = None
            except ModelError as error:
                sums, wrong = {}, str(error)
            found.append(
                {
                    "task": "detect", "name": name, "version": manifest.version, "in_force": name == default,
                    "folder": str(folder), "licence": manifest.licence, "classes": list(manifest.class_names),
                    "sha256": sums, "wrong": wrong,
                }
            )  # fmt: skip
            files = ", ".join(sums) if wrong is None else f"[red]{wrong}[/red]"
            table.add_row(name, manifest.version, "●" if name == default else "", files, str(folder))
        for name, folder in sorted(list_classifiers().items()):
            row = _classifier(name, folder)
            found.append(row)
            files = "onnx" if row["wrong"] is None else f"[red]{row['wrong']}[/red]"
            table.add_row(name, row["version"], "近看 close looks", files, str(folder))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    Console().print(table)


def _classifier(name: str, folder: Path) -> dict[str, Any]:
    manifest = load_classifier_manifest(folder)
    try:
        manifest.verified_file(folder)
        wrong = None
    except ModelError as error:
        wrong = str(error)
    return {
        "task": "classify", "name": name, "version": manifest.version, "in_force": False, "folder": str(folder),
        "licence": manifest.licence, "classes": list(manifest.kinds),
        "sha256": {"onnx": manifest.file.sha256} if wrong is None else {}, "wrong": wrong,
    }  # fmt: skip


@app.command()
def evaluate(
    candidate: Annotated[str, typer.Argument(help="候选模型 Name, folder or file of the candidate.")],
    scenes: ScenesOption,
    against: Annotated[str, typer.Option(help="对照模型 The model to compare with.")] = "default",
    only: OnlyOption = None,
    jobs: JobsOption = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="结果文件 Results as JSON.")] = None,
) -> None:
    """评测候选 Replay labelled scenes with a candidate and with the model in force; exit 1 unless it is better."""
    done = _try(candidate, against, scenes, only or (), jobs)
    if json_out is not None:
        json_out.write_text(json.dumps(done.as_dict(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    if not done.better:
        raise typer.Exit(RUN_FAILED)


@app.command()
def use(
    name: Annotated[str | None, typer.Argument(help="模型名 Name of the model to put in force.")] = None,
    scenes: Annotated[
        list[Path] | None,
        typer.Option("--scenes", metavar="DIR", help="标注场景 Scenes on which it must be better; may be repeated."),
    ] = None,
    only: OnlyOption = None,
    jobs: JobsOption = None,
    force: Annotated[bool, typer.Option(help="不比较 Put it in force without a comparison.")] = False,
    back: Annotated[bool, typer.Option(help="回退 Take the last change back.")] = False,
) -> None:
    """启用模型 Put a model in force if it is better on labelled scenes; --back takes it back. Restart the workers."""
    if back:
        if name is not None:
            fail("参数错误 Usage", "--back takes no name", INPUT_WRONG)
        with reported():
            before, now = take_back()
        typer.echo(f"已回退 back: {before} → {now}")
        return
    if name is None:
        fail("参数错误 Usage", "name the model to put in force, or give --back", INPUT_WRONG)
    if not force:
        if not scenes:
            fail("参数错误 Usage", "give --scenes to compare it on, or --force", INPUT_WRONG)
        if not _try(name, "default", scenes, only or (), jobs).better:
            fail("未启用 Not put in force", f"{name} is not better than the model in force", RUN_FAILED)
    with reported():
        before = put_in_force(name)
    typer.echo(f"已启用 in force: {before} → {name}")


@app.command()
def shadow(config: ConfigOption, as_json: JsonFlag = False) -> None:
    """影子对比 What the candidate in `detector.shadow` would have reported, beside what the model in force did."""
    with reported():
        site = read_site(config)
    storage = site.resolve(site.storage.dir)
    if not (storage / "cases.sqlite").is_file():
        fail("没有案件 No cases", f"{storage}: no cases.sqlite; has a worker run with this configuration?", INPUT_WRONG)
    try:
        with closing(BookFile(storage / "cases.sqlite")) as book:
            done = differences(storage / LOG_NAME, book)
    except ShadowError as error:
        fail("没有影子记录 No shadow run", str(error), INPUT_WRONG)
    if as_json:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False, indent=1))
        return
    table = Table(
        "", "摄像机 camera", "类别 category", "开始 began", "可信 score", Column("图片 picture", overflow="fold")
    )
    sides = (("仅候选 candidate only", done.candidate_only), ("仅现用 in force only", done.in_force_only))
    for side, finds in sides:
        for find in finds:
            began = datetime.fromtimestamp(find.started, site.site.zone).isoformat(" ", "seconds")
            picture = find.pictures[-1] if find.pictures else find.incident_id
            table.add_row(side, find.camera_id, find.category, began, f"{find.confidence:.2f}", picture)
    console = Console()
    console.print(table)
    since = datetime.fromtimestamp(done.since, site.site.zone).isoformat(" ", "seconds")
    console.print(
        f"{done.model}, {done.cameras} 路 cameras, 自 since {since}: {len(done.both)} 相同 both, "
        f"{len(done.candidate_only)} 仅候选 candidate only, {len(done.in_force_only)} 仅现用 in force only"
    )


def _try(candidate: str, against: str, folders: Sequence[Path], only: Sequence[str], jobs: int | None) -> Trial:
    configure_logging("error")
    try:
        found = [scene for folder in folders for scene in find_scenes(folder, only)]
    except LabelError as error:
        fail("标注有误 Labels cannot be used", str(error), INPUT_WRONG)
    with reported():
        theirs = _replay(found, _named(against), jobs, "现用 in force")
        ours = _replay(found, _named(candidate), jobs, "候选 candidate")
    failed = [f"{run.scene.name}: {run.error}" for run in [*ours, *theirs] if run.error is not None]
    done = trial(ours, theirs)
    _print(done)
    if failed:
        fail("场景失败 Scenes failed", "\n".join(failed), RUN_FAILED)
    return done


def _named(model: str) -> str:
    """A path as seen from here, not from the folder of each scene; raises ModelError for what is no model."""
    find_model(model)
    return str(Path(model).resolve()) if Path(model).exists() and model not in list_models() else model


def _replay(scenes: Sequence[Scene], model: str, jobs: int | None, text: str) -> list[SceneRun]:
    done = run_scenes(scenes, Task(model=model), jobs)
    return list(track(done, text, total=len(scenes), console=Console(stderr=True), transient=True))


def _print(done: Trial) -> None:
    console = Console()
    differing = [one for one in done.scenes if one.gained or one.lost or one.false != one.reference_false]
    table = Table(
        Column("场景 scene", overflow="fold"),
        "多 gained",
        "漏 lost",
        "误报 false",
        title="候选 / 现用 Candidate / in force",
    )
    for one in differing:
        table.add_row(one.scene, str(len(one.gained)), str(len(one.lost)), f"{one.false} / {one.reference_false}")
    console.print(table)
    console.print(
        f"找到 found {done.hits} / {done.hits_in_force} of {done.labels}, "
        f"误报 false {done.false} / {done.false_in_force}; "
        f"{done.gained} gained, {done.lost} lost (chance alone: p = {done.chance:.2g})"
    )
    console.print("候选更好 The candidate is better." if done.better else "候选不更好 The candidate is not better.")
