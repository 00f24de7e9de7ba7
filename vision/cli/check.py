"""`vision check`: is everything there that the worker needs? A table, exit code 1 if anything fails."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.cli.options import ConfigOption, JsonFlag, read_site
from vision.cli.reporting_errors import RUN_FAILED, reported
from vision.config import Camera, Site, unknown_classes
from vision.detect import ModelError
from vision.publish import Outbox, Publisher, PublisherSettingsError, Topics
from vision.runtime.logs import configure_logging
from vision.runtime.site_detector import load_shadow_detector, load_site_detector
from vision.runtime.worker import resolved_source
from vision.sources import PacketStream, SourceError, Timeline

AT_ONCE = 16
"""Cameras asked side by side: a street of 333 takes a minute when half of them are away."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part."""

    part: str
    ok: bool
    detail: str


def command(
    config: ConfigOption,
    as_json: JsonFlag = False,
    timeout: Annotated[float, typer.Option(help="每项等待秒数 Seconds to wait for each.")] = 10.0,
) -> None:
    """检查 Check configuration, model, storage, broker and every camera."""
    configure_logging("error")
    with reported():
        site = read_site(config)
    findings = [Finding("配置 config", True, f"{len(site.cameras)} 路摄像机 cameras, {config}")]
    findings += [*_model(site), _storage(site), _broker(site, timeout), *_cameras(site, timeout)]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _print(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(RUN_FAILED)


def _model(site: Site) -> Iterator[Finding]:
    try:
        loaded = load_site_detector(site)
        detector, classifier = loaded.detector, loaded.classifier
        shadow = load_shadow_detector(site)
    except ModelError as error:
        yield Finding("模型 model", False, str(error))
        return
    yield Finding("模型 model", True, f"{detector.name}, {detector.backend} {detector.precision} {detector.device}")
    yield Finding("近看 close looks", True, classifier.name if classifier is not None else "关闭 off")
    if shadow is not None:
        yield Finding("候选 shadow", True, f"{shadow.detector.name}, {shadow.detector.backend}")
    for text in unknown_classes(site.cameras, (known.name for known in detector.classes)):
        yield Finding("固定物 fixture", False, text)


def _storage(site: Site) -> Finding:
    folder = site.resolve(site.storage.dir)
    probe = folder / ".check"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Finding("存储 storage", False, f"{folder}: {error.strerror}")
    return Finding("存储 storage", True, str(folder))


def _broker(site: Site, timeout: float) -> Finding:
    name, settings = "消息服务 broker", site.mqtt
    try:
        socket.create_connection((settings.host, settings.port), timeout=min(timeout, 5.0)).close()
    except OSError as error:
        return Finding(name, False, f"{settings.host}:{settings.port}: {error.strerror or error}")
    probe = settings.model_copy(update={"client_id": f"{site.runtime.worker}-check"})
    outbox = Outbox(Path(":memory:"), max_bytes=1_000_000)
    try:
        publisher = Publisher(probe, outbox, Topics(site.site.id, f"{site.runtime.worker}-check"), resolve=site.resolve)
    except PublisherSettingsError as error:
        return Finding(name, False, str(error))
    publisher.start()
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not publisher.status().connected:
        if publisher.status().error and "refused" in (publisher.status().error or ""):
            break
        time.sleep(0.05)
    status = publisher.status()
    publisher.close(1.0)
    outbox.close()
    if not status.connected:
        return Finding(name, False, f"{settings.host}:{settings.port}: {status.error or 'no answer'}")
    return Finding(name, True, f"{settings.host}:{settings.port}, MQTT {status.protocol}")


def _cameras(site: Site, timeout: float) -> Iterator[Finding]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda camera: _camera(site, camera, timeout), site.cameras)


def _camera(site: Site, camera: Camera, timeout: float) -> Finding:
    name = f"摄像机 camera {camera.id}"
    if not camera.enabled:
        return Finding(name, True, "停用 disabled")
    details = []
    for source in (camera.source, camera.substream):
        if source is None:
            continue
        patient = camera.decode.model_copy(update={"stall_timeout": timeout})
        asked = camera.model_copy(update={"decode": patient})
        try:
            with PacketStream(asked, resolved_source(site, source), Timeline(time.time())) as stream:
                if next(stream.packets(), None) is None:
                    return Finding(name, False, "它没有画面 it has no pictures")
                details.append(f"{stream.codec.name} {stream.codec.width}x{stream.codec.height}")
        except SourceError as error:
            return Finding(name, False, str(error))
    return Finding(name, True, " + ".join(details))


def _print(findings: list[Finding]) -> None:
    table = Table()
    for title in ("项目 part", "结果 result", "说明 detail"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        table.add_row(finding.part, "[green]通过 ok[/]" if finding.ok else "[red]失败 failed[/]", finding.detail)
    Console().print(table)
