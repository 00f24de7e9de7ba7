"""Serves the console until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from vision.console.app import make_app
from vision.console.parts import Console

STOP_S = 3
"""Pages listen to what happens for as long as they are open; nothing waits for them longer than this."""


class ListenError(Exception):
    """The address cannot be listened on; the text names it."""


def listening_socket(address: str) -> socket.socket:
    """A socket that listens on `host:port`; port 0 takes a free one.

    Raises:
        ListenError: it is taken, not ours, or no address.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, int(port)))
        made.listen(128)
    except (OSError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ListenError(f"{address}: {reason}") from None
    return made


def address_of(listening: socket.socket) -> str:
    """The address for a browser."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


class ConsoleServer(uvicorn.Server):
    """Serves until `stop`; signals are the business of whoever runs it: uvicorn's own way would end the process."""

    def stop(self) -> None:
        """End soon; safe from any thread and in a signal handler."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def make_server(console: Console, pages: Path | None = None) -> ConsoleServer:
    """A server for a console: `run(sockets=[…])`."""
    config = uvicorn.Config(
        make_app(console, pages), log_config=None, access_log=False, log_level="warning", server_header=False,
        timeout_graceful_shutdown=STOP_S, timeout_keep_alive=30, limit_concurrency=400, proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1", lifespan="off", ws="none",
    )  # fmt: skip
    return ConsoleServer(config)
