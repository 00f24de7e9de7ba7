"""Servers that several rooms' tests share, the shipped detector, and the sample clip with a bag that is left."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from vision.config import Site, load_site
from vision.detect import BatchingDetector, load_detector
from vision.rules import RULE_SETTINGS

DUMPING = Path(__file__).parents[1] / "sample_clips" / "dumping"


def wait_until(condition: Callable[[], object], timeout: float = 20.0) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


class Mosquitto:
    """A real broker on a free port of the loopback interface; the port stays the same over restarts.

    Args:
        passwords: user → password; nobody else may log in then.
        acl: content of an ACL file.
        tls: serve TLS with a certificate for `localhost` and 127.0.0.1; its authority is `ca_file`.
        client_certificates: with TLS, let in only who shows a certificate of that authority (`client_certificate`).
        durable: write sessions to disk at each change, so that they survive `kill`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        passwords: dict[str, str] | None = None,
        acl: str | None = None,
        tls: bool = False,
        client_certificates: bool = False,
        durable: bool = False,
        extra: tuple[str, ...] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.tls = tls
        self.ca_file = folder / "ca.pem"
        self.client_certificate: tuple[Path, Path] | None = None
        """Certificate and key."""
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"user {getpass.getuser()}", f"listener {self.port} 127.0.0.1"]
        lines.append(f"allow_anonymous {'false' if passwords else 'true'}")
        if passwords:
            file = folder / "passwords"
            file.touch(mode=0o600)
            for user, password in passwords.items():
                subprocess.run(["mosquitto_passwd", "-b", str(file), user, password], check=True, capture_output=True)
            lines.append(f"password_file {file}")
        if acl is not None:
            (folder / "acl").write_text(acl, "utf-8")
            (folder / "acl").chmod(0o600)
            lines.append(f"acl_file {folder / 'acl'}")
        if tls:
            certificate, key = make_certificates(folder)
            lines += [f"certfile {certificate}", f"keyfile {key}"]
            if client_certificates:
                self.client_certificate = (certificate, key)
                lines += [f"cafile {self.ca_file}", "require_certificate true"]
        if durable:
            lines += ["persistence true", f"persistence_location {folder}/", "autosave_on_changes true"]
            lines += ["autosave_interval 1"]
        self._config.write_text("\n".join([*lines, *extra, ""]), "utf-8")

    @property
    def url(self) -> str:
        return f"mqtts://localhost:{self.port}" if self.tls else f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> Mosquitto:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(["mosquitto", "-c", str(self._config)], stdout=log, stderr=log)
        if not wait_until(self._listens, 10):
            self.kill()
            raise RuntimeError(f"mosquitto did not start: {self._log.read_text('utf-8')}")
        return self

    def stop(self) -> None:
        self._end("terminate")

    def kill(self) -> None:
        """SIGKILL."""
        self._end("kill")

    def _end(self, how: str) -> None:
        process, self._process = self._process, None
        if process is not None:
            getattr(process, how)()
            process.wait(10)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """An authority in `ca.pem`, and a certificate it signed for localhost: (certificate, key)."""
    key, request, certificate = folder / "server.key", folder / "server.csr", folder / "server.pem"
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", "utf-8")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    authority = ["-days", "2", "-subj", "/CN=test authority"]
    openssl("req", "-x509", *curve, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", *authority)
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    signer = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2"]
    openssl("x509", "-req", "-in", request, *signer, "-extfile", names, "-out", certificate)
    return certificate, key


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: bytes
    qos: int
    retained: bool


class CommandCentre:
    """A client that hears everything below `vision/` and may answer. Reconnects by itself, keeps its session."""

    def __init__(self, broker_port: int, client_id: str = "centre", login: tuple[str, str] | None = None) -> None:
        self._heard: list[Heard] = []
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(0.1, 0.2)  # type: ignore[arg-type]
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = lambda *_: self._client.subscribe("vision/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._hear
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker_port, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def _hear(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._heard.append(Heard(message.topic, bytes(message.payload), message.qos, message.retain))

    def heard(self, start: str = "vision/") -> list[Heard]:
        return [one for one in self._heard.copy() if one.topic.startswith(start)]

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def mosquitto_with(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Makes brokers with options, not yet started; all are gone after the test."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
    made: list[Mosquitto] = []

    def make(**options: object) -> Mosquitto:
        made.append(Mosquitto(tmp_path / f"mosquitto-{len(made)}", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for broker in made:
        broker.kill()


@pytest.fixture
def mosquitto(mosquitto_with: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that runs and lets everyone in."""
    return mosquitto_with().start()


@pytest.fixture
def centre_at() -> Iterator[Callable[..., CommandCentre]]:
    """Connects command centres: `centre_at(port, client_id=…, login=(user, password))`."""
    made: list[CommandCentre] = []

    def connect(port: int, **options: object) -> CommandCentre:
        made.append(CommandCentre(port, **options))  # type: ignore[arg-type]
        return made[-1]

    yield connect
    for centre in made:
        centre.close()


@pytest.fixture(scope="module")
def detector() -> Iterator[BatchingDetector]:
    """In f32 on every machine; the model is loaded once for each file of tests."""
    with BatchingDetector(load_detector("default", precision="f32")) as made:
        yield made


@pytest.fixture(scope="module")
def site() -> Site:
    """Of the sample clip in which a bag is put down and left."""
    return load_site(DUMPING / "site.yaml", RULE_SETTINGS)
