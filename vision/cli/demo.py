"""`vision demo`: the whole way on one machine: clips as RTSP cameras, the worker, a broker, cases on the screen."""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated, Any

import paho.mqtt.client as mqtt
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from vision.cli.demo_site import demo_site, serve_console, tell_console
from vision.cli.options import JsonFlag, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.cli.run import start_worker
from vision.config import Site
from vision.runtime.logs import configure_logging
from vision.runtime.worker import Worker
from vision.simulate.broker import EmbeddedBroker
from vision.simulate.samples import NoSamplesError, sample_folder

KIND_NAMES = {
    "opened": "立案 opened",
    "updated": "更新 updated",
    "cleared": "已清除 cleared",
    "reinstalled": "复装 reinstalled",
    "withdrawn": "撤回 withdrawn",
}
CATEGORY_NAMES = {
    "illegal_dumping": "乱倒垃圾 illegal dumping",
    "street_vending": "占道经营 street vending",
    "ground_lock": "私装地锁 ground lock",
}


def command(
    cameras: Annotated[int, typer.Option(min=1, max=200, help="摄像机路数 Cameras; the clips repeat.")] = 4,
    seconds: Annotated[float, typer.Option(min=1, help="运行秒数 How long to run.")] = 60.0,
    out: Annotated[Path, typer.Option(help="证据与状态目录 Folder for evidence and state.")] = Path("demo-out"),
    as_json: JsonFlag = False,
    keep: Annotated[
        bool | None,
        typer.Option("--keep/--no-keep", help="保留控制台 Go on until Ctrl-C; default on a terminal."),
    ] = None,
    console_for: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="再保留多少秒 Go on for so long after the cases.")
    ] = 0.0,
) -> None:
    """演示 Show cases from the sample clips, over a real RTSP server and a real broker, all on this machine."""
    configure_logging("error")
    console = Console(stderr=as_json)
    with reported(), ExitStack() as stack:
        try:
            folder = sample_folder()
        except NoSamplesError as error:
            fail("没有样例视频 No sample clips", str(error), INPUT_WRONG)
        broker = stack.enter_context(EmbeddedBroker())
        config, served = demo_site(folder / "demo.yaml", out, cameras, broker.url, stack)
        site = read_site(config)
        cases = _listen(site, broker.port, stack)
        console.print(
            f"[bold]演示 Demo[/]: {len(site.cameras)} 路摄像机 cameras ({served}), 消息服务 broker {broker.url}, "
            f"{seconds:.0f} s. 三段视频含合成内容 three of the clips are composed (sample_clips/README.md)."
        )
        worker = start_worker(site, stack)
        watcher = worker.watcher(config)
        watcher.start()
        stack.callback(watcher.stop)
        door = serve_console(site, config, stack)
        seen = _show(worker, cases, seconds, console)
        if as_json:
            typer.echo(
                json.dumps(
                    {"seconds": seconds, "cameras": cameras, "served": served, "events": seen}, ensure_ascii=False
                )
            )
        _conclude(seen, worker.evidence_folder, console)
        if not any(event["kind"] == "opened" for event in seen):
            fail("没有案件 No case", f"none arrived within {seconds:.0f} s; try more --seconds", RUN_FAILED)
        stays = (sys.stdin.isatty() and sys.stdout.isatty()) if keep is None else keep
        tell_console(door, config, console, stays or console_for > 0)
        if door is not None and (stays or console_for > 0):
            with suppress(KeyboardInterrupt):
                threading.Event().wait(None if stays else console_for)


def _listen(site: Site, port: int, stack: ExitStack) -> queue.SimpleQueue[dict[str, Any]]:
    """Case events as the command centre gets them, over MQTT."""
    arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="command-centre")
    client.on_connect = lambda c, *_: c.subscribe(f"vision/{site.site.id}/cases/#", qos=1)
    client.on_message = lambda _c, _u, message: arrived.put(json.loads(message.payload))
    client.connect("127.0.0.1", port)
    client.loop_start()
    stack.callback(client.loop_stop)
    stack.callback(client.disconnect)
    return arrived


def _show(
    worker: Worker, cases: queue.SimpleQueue[dict[str, Any]], seconds: float, console: Console
) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    begin = time.monotonic()
    live = Live(console=console, refresh_per_second=2, transient=False) if console.is_terminal else None
    with live or ExitStack():
        while (passed := time.monotonic() - begin) < seconds:
            try:
                event = cases.get(timeout=0.5)
            except queue.Empty:
                event = None
            if event is not None and event["event_id"] not in {known["event_id"] for known in seen}:
                seen.append(event)
                if live is None:
                    console.print(f"{passed:5.1f} s  {_line(event)}", highlight=False)
            if live is not None:
                live.update(Group(_camera_table(worker), _case_table(seen)))
    return seen


def _line(event: dict[str, Any]) -> str:
    kind, category = (
        KIND_NAMES.get(event["kind"], event["kind"]),
        CATEGORY_NAMES.get(event["category"], event["category"]),
    )
    return (
        f"{kind} {category} @ {event['camera_id']} ({event['location']['address']}), 置信度 {event['confidence']:.2f}"
    )


def _camera_table(worker: Worker) -> Table:
    table = Table(
        "摄像机 camera", "在线 online", "解码 policy", "GOP s", "画面 frames", "观察 watching", title="摄像机 Cameras"
    )
    for camera in worker.snapshot().cameras[:20]:
        gop = "" if camera.gop_s is None else f"{camera.gop_s:.1f}"
        online = "[green]●[/]" if camera.online else "[red]○[/]"
        row = (camera.camera_id, online, camera.policy, gop, str(camera.frames_handed_out), str(camera.open_candidates))
        table.add_row(*row)
    return table


def _case_table(seen: list[dict[str, Any]]) -> Table:
    table = Table(
        "时间 at",
        "类别 category",
        "事件 kind",
        "摄像机 camera",
        "停留 dwell s",
        "置信度",
        "证据 evidence",
        title="案件 Cases",
    )
    for event in seen[-12:]:
        table.add_row(
            event["detected_at"][11:19],
            CATEGORY_NAMES.get(event["category"], event["category"]),
            KIND_NAMES.get(event["kind"], event["kind"]),
            event["camera_id"],
            f"{event['dwell_s']:.0f}",
            f"{event['confidence']:.2f}",
            " ".join(item["role"] for item in event["evidence"]),
        )
    return table


def _conclude(seen: list[dict[str, Any]], evidence: Path, console: Console) -> None:
    opened = [event for event in seen if event["kind"] == "opened"]
    console.print(f"\n[bold]{len(opened)} 起案件 cases[/], {len(seen)} 条事件 events. 证据 Evidence in {evidence}:")
    for event in opened:
        console.print(f"  {_line(event)}", highlight=False)
        for item in event["evidence"]:
            console.print(
                f"    {item['role']:7s} {item['uri'].removeprefix('file://')}", highlight=False, soft_wrap=True
            )
