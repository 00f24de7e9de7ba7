"""The programs under measurement, each started on given cameras and watched until it is at work."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

HERE = Path(__file__).resolve().parent


class BenchError(Exception):
    """The measurement cannot be made or would mean nothing; the text says why."""


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker on a free loopback port, for as long as the block runs; yields the port."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        raise BenchError("mosquitto is missing; apt-get install mosquitto")
    port = _free_port()
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    log = (folder / "mosquitto.log").open("wb")
    with log, _running([program, "-c", str(config)], log) as broker:
        wait_until(lambda: _answers(port), 20, "mosquitto does not open its port", broker)
        yield port


class StatusWatch:
    """Hears on the broker which cameras our worker has online, and what it reports."""

    def __init__(self, port: int) -> None:
        self._lock = threading.Lock()
        self._cameras: dict[str, dict[str, Any]] = {}
        self.opened = 0
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("vision/+/cameras/+/status", 1), ("vision/+/cases/#", 1)])
        self._client.loop_start()

    def online(self) -> int:
        with self._lock:
            return sum(bool(status.get("online")) for status in self._cameras.values())

    def statuses(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return dict(self._cameras)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            said = json.loads(message.payload)
        except ValueError:
            return
        parts = message.topic.split("/")
        with self._lock:
            if parts[2] == "cameras":
                self._cameras[parts[3]] = said
            elif said.get("kind") == "opened":
                self.opened += 1


@contextlib.contextmanager
def our_worker(
    urls: Mapping[str, str], folder: Path, mqtt_port: int, vision: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`vision run` on these cameras; `folder` gets its configuration, state and log."""
    config = folder / "site.yaml"
    config.write_text(site_yaml(urls, mqtt_port, folder / "var"))
    log = (folder / "worker.log").open("wb")
    with log, _running([str(vision), "run", "-c", str(config)], log) as worker:
        yield worker


def site_yaml(urls: Mapping[str, str], mqtt_port: int, storage: Path) -> str:
    """A site with all three rules on every camera. JSON, which is YAML too, so that nothing needs escaping."""
    polygon = [[0.05, 0.25], [0.95, 0.25], [0.95, 0.95], [0.05, 0.95]]
    rules = [
        {"rule": "illegal_dumping", "dwell": "30s"},
        {"rule": "street_vending", "dwell": "180s"},
        {"rule": "ground_lock"},
    ]
    site = {
        "site": {"id": "bench", "name": "bench", "timezone": "UTC"},
        "mqtt": {"url": f"mqtt://127.0.0.1:{mqtt_port}"},
        "storage": {"dir": str(storage)},
        "detector": {"model": "default", "device": "cpu"},
        "runtime": {"listen": "127.0.0.1:0"},
        "cameras": [
            {
                "id": camera,
                "source": url,
                "location": {"lat": 39.9075, "lon": 116.2046, "address": "bench"},
                "zones": [{"id": "street", "polygon": polygon, "rules": rules}],
            }
            for camera, url in urls.items()
        ],
    }
    return json.dumps(site, ensure_ascii=False, indent=1)


class PeerLoop:
    """The plain Ultralytics stream loop in its own Python; counts the pictures it has looked at."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.frames = 0
        threading.Thread(target=self._read, name="peer-output", daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b'{"frames"'):
                self.frames = int(json.loads(line)["frames"])


@contextlib.contextmanager
def peer_loop(urls: Sequence[str], folder: Path, python: Path, weights: Path, mode: str) -> Iterator[PeerLoop]:
    """The peer on these cameras, as long as the block runs."""
    streams = folder / "cameras.streams"
    streams.write_text("\n".join(urls) + "\n")
    command = [str(python), str(HERE / "peer_loop.py"), str(streams), "--weights", str(weights), "--mode", mode]
    log = (folder / "peer.log").open("wb")
    with log, _running(command, log, stdout=subprocess.PIPE, cwd=folder) as process:
        yield PeerLoop(process)


def wait_until(condition: Callable[[], bool], seconds: float, otherwise: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `condition` holds.

    Raises:
        BenchError: the time is up, or the process ended first.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise BenchError(f"{otherwise}: it ended with code {process.returncode}")
        if time.monotonic() > deadline:
            raise BenchError(f"{otherwise}: not within {seconds:g} s")
        time.sleep(0.2)


@contextlib.contextmanager
def _running(command: Sequence[str], log: Any, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    stdout = options.pop("stdout", log)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=log, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
