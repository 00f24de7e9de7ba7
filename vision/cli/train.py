"""`vision models train | export`: a new model from a prepared set. The training itself is `training/` of a checkout."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

import vision
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.detect import find_model
from vision.detect.registry import default_registry

CHECKOUT = Path(vision.__file__).parents[1]

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="新模型名 Name of the new model, e.g. street-n2.")]
OutOption = Annotated[
    Path | None, typer.Option("--models", metavar="DIR", help="模型目录 Where to put it; where the one in force is.")
]
RecipeOption = Annotated[Path | None, typer.Option(help="训练配方 Recipe; training/street_n.yaml unless given.")]


def train(
    name: NameArgument,
    data: Annotated[Path, typer.Option(metavar="SET", help="数据 What `vision dataset export` wrote.")],
    teacher: Annotated[Path, typer.Option(help="教师 YOLO26n with COCO weights (.pt); scores every picture.")],
    run: Annotated[Path, typer.Option(help="训练目录 Folder for checkpoints and curves; a run goes on from there.")],
    start: Annotated[
        Path | None, typer.Option(help="起点 Weights to start from; those of the model in force unless given.")
    ] = None,
    sprites: Annotated[Path | None, typer.Option(help="渲染素材 Rendered things to paste in.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="轮数 Epochs.")] = 5,
    minutes: Annotated[float | None, typer.Option(help="时限 Minutes at most.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="线程 Threads.")] = 1,
    workers: Annotated[int, typer.Option(min=0, help="进程 Processes that prepare pictures.")] = 1,
    recipe: RecipeOption = None,
    models: OutOption = None,
) -> None:
    """训练候选 Train a candidate on a prepared set and export it; nothing is put in force."""
    folder = _new_folder(name, models)
    with reported():
        in_force = find_model("default")
    weights = start or in_force.verified_file("pytorch")[0]
    arguments = [
        "--data", data, "--teacher", teacher, "--run", run, "--start", weights, "--epochs", epochs,
        "--threads", threads, "--workers", workers, "--resume",
    ]  # fmt: skip
    arguments += ["--sprites", sprites] if sprites is not None else []
    arguments += ["--minutes", minutes] if minutes is not None else []
    arguments += ["--recipe", recipe] if recipe is not None else []
    _run("train.py", *arguments)
    _export(run / "last.pt", name, folder, recipe)


def export(
    checkpoint: Annotated[Path, typer.Argument(help="检查点 last.pt of a run.")],
    name: NameArgument,
    recipe: RecipeOption = None,
    models: OutOption = None,
) -> None:
    """导出模型 Make a model's folder of a checkpoint: ONNX, .pt, manifest with checksums."""
    _export(checkpoint, name, _new_folder(name, models), recipe)


def _new_folder(name: str, models: Path | None) -> Path:
    with reported():
        folder = (models or default_registry()[0].parent) / name
    if Path(name).name != name:
        fail("参数错误 Usage", f"{name!r}: give a name, not a path", INPUT_WRONG)
    if folder.exists():
        fail("参数错误 Usage", f"{folder}: there is a model of that name", INPUT_WRONG)
    return folder


def _export(checkpoint: Path, name: str, folder: Path, recipe: Path | None) -> None:
    """The least scores are those in force, before calibration: what they and the calibration should be for a new
    network is measured later (training/evaluate.py)."""
    with reported():
        scores = {
            one.name: float(one.min_score if one.calibration is None else one.calibration.undo(np.array(one.min_score)))
            for one in find_model("default").classes
        }
    with TemporaryDirectory(prefix="vision-export-") as temporary:
        listed = Path(temporary) / "min_scores.json"
        listed.write_text(json.dumps(scores), "utf-8")
        more = ["--recipe", recipe] if recipe is not None else []
        _run("export.py", checkpoint, "--out", folder, "--name", name, "--min-scores", listed, *more)
    typer.echo(f"已导出 exported: {folder}")
    typer.echo(f"下一步 next: vision models evaluate {folder} --scenes DIR")


def _run(program: str, *arguments: object) -> None:
    script = CHECKOUT / "training" / program
    if not script.is_file():
        fail("缺少组件 Missing part", f"training needs a checkout of the source; there is no {script}", INPUT_WRONG)
    if importlib.util.find_spec("ultralytics") is None:
        fail("缺少组件 Missing part", "training needs: pip install 'street-vision[training]'", INPUT_WRONG)
    done = subprocess.run([sys.executable, str(script), *map(str, arguments)], check=False)
    if done.returncode:
        fail("训练失败 Training failed", f"{program} ended with exit code {done.returncode}", RUN_FAILED)
