"""`vision run`: the worker, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import structlog

from vision.cli import console
from vision.cli.console_process import ConsoleProcess
from vision.cli.options import ConfigOption, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.cli.stop_signals import stop_signals
from vision.config import Site
from vision.publish import OutboxError, PublisherSettingsError
from vision.runtime.health import HealthEndpointError, HealthServer
from vision.runtime.heap import keep_heap_small
from vision.runtime.logs import LogStyle, configure_logging
from vision.runtime.metrics import metrics_registry
from vision.runtime.site_detector import load_shadow_detector, load_site_detector
from vision.runtime.storage_lock import StorageInUseError, storage_lock
from vision.runtime.worker import Worker
from vision.sources import POLICIES

log = structlog.get_logger(__name__)


def command(config: ConfigOption) -> None:
    """运行 Run the worker: cameras in, case events over MQTT out, until it is stopped."""
    with reported():
        site = read_site(config)
        configure_logging(site.runtime.log_level, LogStyle(site.runtime.log_style))
        keep_heap_small()
        with stop_signals() as told_to_stop, ExitStack() as stack:
            worker = start_worker(site, stack)
            if site.console.run:
                if not console.installed():
                    fail("没有控制台 No console", console.MISSING, INPUT_WRONG)
                stack.enter_context(ConsoleProcess(config))
            watcher = worker.watcher(config)
            watcher.start()
            stack.callback(watcher.stop)
            told_to_stop()


def start_worker(site: Site, stack: ExitStack) -> Worker:
    """A running worker with its health endpoint, alone in its storage folder; the stack stops all of it."""
    _warn_of_missing_files(site)
    folder = site.resolve(site.storage.dir)
    try:
        stack.enter_context(storage_lock(folder))
    except StorageInUseError as error:
        fail("存储目录已被占用 Storage is in use", str(error), INPUT_WRONG)
    except OSError as error:
        _storage_cannot_be_used(folder, error)
    detector, candidate = load_site_detector(site), load_shadow_detector(site)
    try:
        worker = Worker(site, detector, candidate)
    except PublisherSettingsError as error:
        fail("配置有误 Configuration error", f"mqtt: {error}", INPUT_WRONG)
        raise
    except (OSError, OutboxError) as error:
        _storage_cannot_be_used(folder, error)
        raise
    host, _, port = site.runtime.listen.rpartition(":")
    if site.runtime.listen:
        registry = metrics_registry(lambda: [worker.snapshot()], POLICIES)
        try:
            server = HealthServer(
                worker.live_parts, worker.ready_parts, registry, host=host.strip("[]"), port=int(port)
            )
            stack.enter_context(server)
        except HealthEndpointError as error:
            fail("健康端口不可用 Health endpoint cannot be opened", str(error), RUN_FAILED)
    worker.start()
    stack.callback(worker.stop)
    return worker


def _storage_cannot_be_used(folder: Path, error: Exception) -> NoReturn:
    fail("无法存储 Storage cannot be used", f"{folder}: {error}; check that it can be written", RUN_FAILED)


def _warn_of_missing_files(site: Site) -> None:
    """A camera whose file is missing is said at once; then it is retried like a camera that is away."""
    for camera in site.cameras:
        for source in (camera.source, camera.substream):
            if source and "://" not in source and not site.resolve(source).exists():
                log.warning("camera_file_missing", camera=camera.id, file=str(site.resolve(source)))
