"""`vision dataset`: pictures from verdicts, checked, and handed to the training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from vision.cases.book_file import BookFile
from vision.cli.options import ConfigOption, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.dataset import DatasetError, Finding, PictureSet, check, read_set
from vision.dataset.export import export
from vision.dataset.sheet import draw_sheet
from vision.dataset.verdicts import CLASS_OF, import_verdicts
from vision.detect import find_model
from vision.runtime.logs import configure_logging

app = typer.Typer(no_args_is_help=True, help="数据集 Data sets: from verdicts to what a model is trained with.")

SetArgument = Annotated[Path, typer.Argument(metavar="SET", help="数据集目录 Folder of the set.")]
ModelOption = Annotated[str, typer.Option("--model", help="类别取自该模型 The model whose classes are meant.")]


@app.command("import")
def import_command(
    config: ConfigOption,
    out: Annotated[Path, typer.Option(help="数据集目录 Folder of the set; begun, or added to.")],
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="CATEGORY=CLASS", help="类别对应 What the thing of a category is called."),
    ] = None,
) -> None:
    """导入核实结果 Pictures of the cases that were confirmed (labels) and rejected (hard negatives)."""
    configure_logging("error")
    with reported():
        site = read_site(config)
    book = site.resolve(site.storage.dir) / "cases.sqlite"
    if not book.is_file():
        fail("没有案件 No cases", f"{book}: no such file; has a worker run with this configuration?", INPUT_WRONG)
    with _told(), closing(BookFile(book)) as file:
        evidence = site.resolve(site.storage.dir) / "evidence"
        done = import_verdicts(file, evidence, out, site=site.site.id, classes=CLASS_OF | _pairs(classes or ()))
    labels = Counter(one.name for picture in done.pictures.pictures for one in picture.boxes)
    absent = Counter(one.name for picture in done.pictures.pictures for one in picture.absent)
    typer.echo(f"导入 imported: {done.added} pictures; {len(done.pictures.pictures)} in {out}")
    for name in sorted(labels.keys() | absent.keys()):
        typer.echo(f"  {name}: {labels[name]} there, {absent[name]} known to be absent")
    for reason, count in sorted(done.skipped.items()):
        typer.echo(f"  未用 left out: {count} cases, {reason}")


@app.command("check")
def check_command(
    folder: SetArgument,
    model: ModelOption = "default",
    sheet: Annotated[Path | None, typer.Option(help="缩略图 Contact sheet to draw (.png).")] = None,
) -> None:
    """检查数据集 Broken rows, twins across the splits, leaks, balance; exit 1 if it cannot be used."""
    with _told(), reported():
        pictures = read_set(folder)
        found = check(pictures, find_model(model).class_names)
        shown = draw_sheet(pictures, sheet) if sheet is not None else 0
    _tell(found)
    splits = Counter(picture.split for picture in pictures.pictures)
    typer.echo(
        f"{len(pictures.pictures)} pictures: {splits['train']} train, {splits['val']} val; {len(found)} findings"
    )
    if sheet is not None:
        typer.echo(f"缩略图 sheet: {sheet} ({shown} pictures)")
    if any(one.level == "error" for one in found):
        raise typer.Exit(RUN_FAILED)


@app.command("export")
def export_command(
    folder: SetArgument,
    out: Annotated[Path, typer.Option(help="输出目录 Folder to write.")],
    onto: Annotated[
        Path | None, typer.Option(metavar="DIR", help="并入 A prepared set whose pictures are trained with, too.")
    ] = None,
    model: ModelOption = "default",
    repeat: Annotated[int, typer.Option(min=1, help="重复 How often an epoch shows each picture.")] = 1,
) -> None:
    """导出数据集 YOLO's form, for `vision models train`; a set with errors is refused."""
    with _told(), reported():
        pictures = read_set(folder)
        classes = find_model(model).class_names
        errors = [one for one in check(pictures, classes) if one.level == "error"]
        if errors:
            _refuse(pictures, errors)
        done = export(pictures, classes, out, onto=onto, repeat=repeat)
    typer.echo(f"导出 exported: {done.train} train, {done.val} val; an epoch shows {done.train_in_all}")


def _refuse(pictures: PictureSet, errors: Sequence[Finding]) -> None:
    text = "\n".join(f"{one.where}: {one.text}" for one in errors)
    fail(f"数据集有误 {pictures.folder} cannot be used", text, INPUT_WRONG)


def _tell(found: Sequence[Finding]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    words = {"error": "[red]错误 error[/red]", "warning": "[yellow]注意 warning[/yellow]"}
    for one in found:
        console.print(f"{words[one.level]} {one.where}: {one.text}")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = [text for text, (category, _, name) in zip(given, pairs, strict=True) if not category or not name]
    if wrong:
        fail("参数错误 Usage", f"--class {wrong[0]!r}: give CATEGORY=CLASS, e.g. illegal_dumping=rubbish", INPUT_WRONG)
    return {category: name for category, _, name in pairs}


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DatasetError as error:
        fail("数据集有误 The set cannot be used", str(error), INPUT_WRONG)
    except OSError as error:
        fail("无法读写 Cannot read or write", f"{error.filename}: {error.strerror}", RUN_FAILED)
