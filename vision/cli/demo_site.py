"""The demo's site as a file that can be edited while it runs, its cameras, and its console."""

from __future__ import annotations

import copy
import io
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from ruamel.yaml import YAML

from vision.cli import console as console_command
from vision.cli.console_process import ConsoleProcess
from vision.config import Site
from vision.config.editing import save_site_text
from vision.simulate.broker import EmbeddedBroker
from vision.simulate.cameras import RtspCameras, SimulateError

USER = "demo"


@dataclass(frozen=True, slots=True)
class Door:
    """Where the demo's console is, and how to come in."""

    url: str
    user: str
    password: str


def demo_site(shipped: Path, out: Path, count: int, broker: str, stack: ExitStack) -> tuple[Path, str]:
    """Write the demo's configuration into `out` and serve its cameras; the file, and how they are served.

    A file and not only a `Site`: what somebody draws in the console is saved into it, and the worker takes it at once.

    Args:
        shipped: the demo's file that comes with the program.
        count: cameras; the shipped ones in turn until there are so many.
        broker: address of the broker.
    """
    yaml = YAML(typ="rt")
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    site = yaml.load(shipped.read_text("utf-8"))
    cameras = []
    for number in range(count):
        camera = copy.deepcopy(site["cameras"][number % len(site["cameras"])])
        turn = number // len(site["cameras"])
        if turn:
            camera["id"] = f"{camera['id']}-{turn + 1}"
        cameras.append(camera)
    clips = {camera["id"]: shipped.parent / camera["source"] for camera in cameras}
    sources, served = _serve(clips, stack)
    for camera in cameras:
        camera["source"] = sources[camera["id"]]
    site["cameras"] = cameras
    site["mqtt"] |= {"url": broker, "protocol": EmbeddedBroker.PROTOCOL}
    site["storage"]["dir"] = "."
    text = io.StringIO()
    yaml.dump(site, text)
    out.mkdir(parents=True, exist_ok=True)
    path = out.absolute() / "site.yaml"
    save_site_text(path, text.getvalue())
    return path, served


def _serve(clips: dict[str, Path], stack: ExitStack) -> tuple[dict[str, str], str]:
    """Where each camera's stream is: RTSP if the server library is installed, else the clips as files."""
    try:
        server = stack.enter_context(RtspCameras(clips))
    except SimulateError as error:
        typer.echo(f"没有 RTSP 服务，直接读文件 No RTSP server, reading the clips as files: {error}", err=True)
        return {name: str(path) for name, path in clips.items()}, "文件 files"
    return {name: server.url(name) for name in clips}, "RTSP"


def serve_console(site: Site, config: Path, stack: ExitStack) -> Door | None:
    """Serve the demo's console, with a user made for this run; None where the console is not installed."""
    if not console_command.installed():
        return None
    from vision.console.access.people import put_user
    from vision.console.access.roles import Role
    from vision.console.parts import open_store

    store = open_store(site)
    password = put_user(store, USER, Role.ADMIN)
    store.close()
    listen = free_address(site.console.listen)
    stack.enter_context(ConsoleProcess(config, listen, log=config.with_name("console.log")))
    return Door(f"http://{listen}/", USER, password)


def tell_console(door: Door | None, config: Path, console: Console, stays: bool) -> None:
    """The demo's last lines: where to go on."""
    if door is None:
        console.print(f"\n{console_command.MISSING}", highlight=False)
        return
    console.print(
        f"\n[bold]控制台 Console[/]: {door.url}\n  用户 user: {door.user}\n  密码 password: {door.password}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    if stays:
        console.print("  按 Ctrl-C 结束 Ctrl-C ends it", highlight=False)
    else:
        text = f"  它随演示结束；再次打开 It ends with the demo; to open it again: {sys.argv[0]} console -c {config}"
        console.print(text, highlight=False, soft_wrap=True)


def free_address(wanted: str) -> str:
    """The address, or the same with another port where somebody listens on it already."""
    host, _, port = wanted.rpartition(":")
    for number in (int(port), 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, number))
            except OSError:
                continue
            return f"{host}:{probe.getsockname()[1]}"
    return wanted
