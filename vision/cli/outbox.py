"""`vision outbox`: events that the broker refused too often, and another try for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.cli.options import ConfigOption, JsonFlag, read_site
from vision.cli.reporting_errors import INPUT_WRONG, fail, reported
from vision.config import Site
from vision.publish import OutboxError
from vision.publish.dead_letters import dead_letters, retry_dead_letters

app = typer.Typer(no_args_is_help=True, help="待发事件 Events that the broker refused too often.")


@app.command("list")
def list_command(config: ConfigOption, as_json: JsonFlag = False) -> None:
    """列出被拒事件 The events that were laid aside, with what the broker said."""
    with _told():
        site = read_site(config)
        letters = dead_letters(_outbox(site))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in letters], ensure_ascii=False))
        return
    if not letters:
        typer.echo("没有被拒事件 none was laid aside")
        return
    table = Table("时间 stored")
    table.add_column("事件 event_id", no_wrap=True)  # whole on any terminal: it is what `retry` takes
    for title in ("主题 topic", "次数 tries", "原因 reason"):
        table.add_column(title, overflow="fold")
    for one in letters:
        stored = datetime.fromtimestamp(one.created, site.site.zone).isoformat(sep=" ", timespec="seconds")
        table.add_row(stored, one.event_id, one.topic, str(one.attempts), one.reason)
    Console().print(table)


@app.command("retry")
def retry_command(
    config: ConfigOption,
    event_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[EVENT_ID]…", help="只重发这些 Only these; all without.")
    ] = None,
) -> None:
    """重新发送 Try them again; a running worker does so at once, another one when it starts."""
    with _told():
        chosen = retry_dead_letters(_outbox(read_site(config)), event_ids or ())
    typer.echo(f"重新发送 tried again: {len(chosen)}")


def _outbox(site: Site) -> Path:
    return site.resolve(site.storage.dir) / "outbox.sqlite"


@contextmanager
def _told() -> Iterator[None]:
    with reported():
        try:
            yield
        except OutboxError as error:
            fail("待发事件不可用 Outbox cannot be used", str(error), INPUT_WRONG)
