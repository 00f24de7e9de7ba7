"""The command line: one file per command."""

from __future__ import annotations

from typing import Annotated

import typer

import vision
from vision.cli import check, console, dataset, demo, models, outbox, replay, run, schema, simulate, tune
from vision.cli import eval as evaluate

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="街面事件视觉值守 Vision worker: RTSP cameras in, city case events over MQTT out.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vision {vision.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 Version.")] = False,
) -> None:
    """Options before the command."""


for name, module in (
    ("run", run),
    ("console", console),
    ("check", check),
    ("replay", replay),
    ("eval", evaluate),
    ("tune", tune),
    ("simulate", simulate),
    ("demo", demo),
    ("schema", schema),
):
    app.command(name)(module.command)

app.add_typer(models.app, name="models")
app.add_typer(dataset.app, name="dataset")
app.add_typer(outbox.app, name="outbox")


def main() -> None:
    """Entry point of the program `vision`."""
    app()
