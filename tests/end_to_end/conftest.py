"""A worker as a process, cameras from the real RTSP server, and what a test asks of both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from tests.conftest import CommandCentre, wait_until
from vision.simulate.cameras import RtspCameras, SimulateError

SAMPLES = Path(__file__).parents[2] / "sample_clips"
GRASS = "[[0.05, 0.38], [0.55, 0.38], [0.60, 0.66], [0.30, 0.54], [0.05, 0.46]]"
ELSEWHERE = "[[0.70, 0.05], [0.95, 0.05], [0.95, 0.15], [0.70, 0.15]]"
CASE_WITHIN_S = 75.0
"""The bag is put down 13 s after the clip's start and is a case 9 s later; slow machines join late and see it at the
next turn of the loop."""


def camera(camera_id: str, source: str, polygon: str = GRASS, extra: str = "") -> str:
    """A camera's entry in a configuration."""
    return (
        f"  - id: {camera_id}\n    source: {source}\n{extra}"
        f"    location: {{lat: 39.9, lon: 116.2, address: 八角东街12号, grid: '110107001001001'}}\n"
        f"    zones:\n      - id: grass\n        polygon: {polygon}\n        tags: [school]\n"
        f"        rules: [{{rule: illegal_dumping, dwell: 4s, review: not_required}}]\n"
    )


@dataclass
class WorkerProcess:
    """`vision run` in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def log(self) -> str:
        path = self.folder / "worker.log"
        return path.read_text("utf-8") if path.exists() else ""

    def configure(self, broker_url: str, cameras: str, storage: str = "", detector: str = "") -> None:
        """Write the configuration."""
        head = (
            "site: {id: test, name: 八角街道, timezone: Asia/Shanghai}\n"
            f"mqtt: {{url: '{broker_url}'}}\n"
            f"storage: {{dir: var{storage}}}\n"
            f"detector: {{model: default{detector}}}\n"
            "runtime: {listen: '127.0.0.1:0', log_style: json, status_every: 2s}\n"
        )
        part = self.config.with_suffix(".part")
        part.write_text(f"{head}cameras:\n{cameras}", "utf-8")
        part.replace(self.config)

    def start(self) -> WorkerProcess:
        with (self.folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "vision.cli", "run", "-c", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
        return self

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        process, self.process = self.process, None
        assert process is not None
        process.send_signal(how)
        return process.wait(30)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Log lines of one event."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]


@contextmanager
def worker_in(folder: Path) -> Iterator[WorkerProcess]:
    """A worker, not yet started; gone at the end."""
    folder.mkdir()
    made = WorkerProcess(folder)
    try:
        yield made
    finally:
        if made.process is not None:
            made.process.kill()
            made.process.wait(10)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    """A worker, not yet started; gone after the test."""
    with worker_in(tmp_path / "worker") as made:
        yield made


@contextmanager
def camera_servers() -> Iterator[Callable[..., RtspCameras]]:
    """Starts RTSP cameras, or skips the test where there is no server; all are gone at the end."""
    with ExitStack() as stack:

        def start(clips: dict[str, Path], **options: Any) -> RtspCameras:
            try:
                return stack.enter_context(RtspCameras(clips, **options))
            except SimulateError as error:
                pytest.skip(f"no RTSP server: {error}")

        yield start


@pytest.fixture
def serve() -> Iterator[Callable[..., RtspCameras]]:
    """Starts RTSP cameras; all are gone after the test."""
    with camera_servers() as start:
        yield start


def cases(centre: CommandCentre, camera_id: str = "", kind: str = "opened") -> list[dict[str, Any]]:
    """Case events that arrived, duplicates by event_id dropped as a consumer does."""
    found: dict[str, dict[str, Any]] = {}
    for heard in centre.heard("vision/test/cases/"):
        event = json.loads(heard.payload)
        if event["kind"] == kind and camera_id in ("", event["camera_id"]):
            found[event["event_id"]] = event
    return list(found.values())


def case_arrives(centre: CommandCentre, camera_id: str = "", timeout: float = CASE_WITHIN_S) -> dict[str, Any]:
    """The first case; fails when none arrives in time."""
    assert wait_until(lambda: cases(centre, camera_id), timeout), "no case arrived"
    return cases(centre, camera_id)[0]


def camera_status(centre: CommandCentre, camera_id: str) -> dict[str, Any]:
    """The last state published of a camera; empty when there is none."""
    heard = centre.heard(f"vision/test/cameras/{camera_id}/status")
    return json.loads(heard[-1].payload) if heard and heard[-1].payload else {}


def to_h265(source: Path, target: Path, width: int = 512, height: int = 384) -> Path:
    """The clip again in H.265, smaller."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as output:
        options = {"preset": "ultrafast", "x265-params": "keyint=20:min-keyint=20:scenecut=0:bframes=0:log-level=none"}
        stream = output.add_stream("libx265", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in clip.decode(video=0):
            output.mux(stream.encode(frame.reformat(width, height, "yuv420p")))
        output.mux(stream.encode())
    return target
