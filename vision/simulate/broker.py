"""An MQTT broker inside this process, for the demo and for tests."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from types import TracebackType
from typing import ClassVar, Literal, Self

from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0


class EmbeddedBroker:
    """amqtt on a thread of its own. Speaks MQTT 3.1.1 only, keeps nothing on disk, lets everyone in.

    Args:
        host: loopback unless you know why: there is no password.
        port: 0 takes a free one; the same is used when it is started again.

    Raises:
        RuntimeError: on start, when the port is taken or amqtt fails; the message says why.

    >>> with EmbeddedBroker() as broker:  # doctest: +SKIP
    ...     print(broker.url)
    mqtt://127.0.0.1:40123
    """

    PROTOCOL: ClassVar[Literal["3.1.1"]] = "3.1.1"
    """What it speaks, as the configuration writes it: asked for 5 it hangs up, and that costs a client seconds."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        """The port it listens on; 0 before the first start of one that takes a free port."""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Its address as the configuration writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"mqtt://{host}:{self.port}"

    def start(self) -> None:
        """Returns when it listens."""
        if self._thread is not None:
            return
        # amqtt writes a line for each packet, and tracebacks when a client goes without a word.
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if self.port == 0:
            self.port = _free_port(self.host)
        self._started.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)
        self._thread.start()
        in_time = self._started.wait(START_TIMEOUT_S)
        if self._failure is not None or not in_time:
            self._thread = None
            why = self._failure or f"it did not start within {START_TIMEOUT_S:.0f} s"
            raise RuntimeError(f"the embedded broker cannot listen on {self.host}:{self.port}: {why}")

    def stop(self) -> None:
        """Ends all connections and the thread; what it retained is forgotten."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(STOP_TIMEOUT_S)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001  told by start(), or too late to matter
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        host = f"[{self.host}]" if ":" in self.host else self.host
        config = BrokerConfig(
            listeners={"default": ListenerConfig(bind=f"{host}:{self.port}")},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
        broker = Broker(config)
        await broker.start()
        self._started.set()
        await self._stop.wait()
        await broker.shutdown()


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
