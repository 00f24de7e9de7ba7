"""A small HTTP endpoint for supervisors and Prometheus: `/live`, `/ready`, `/metrics`.

- `/live` answers 503 when a loop of the worker has not turned for too long: the supervisor should restart it.
- `/ready` answers 503 while a required part does not work (no model, no camera), and 200 with the status `degraded`
  while only an optional one fails (the broker is away: cases wait on disk, nothing is lost).
- `/metrics` is what Prometheus scrapes.

Loopback unless told otherwise, since there is no authentication: whoever wants it on a network puts a proxy before it.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self

import structlog
from prometheus_client import CollectorRegistry

from vision.runtime.logs import redact
from vision.runtime.metrics import render_metrics
from vision.runtime.parts import Heartbeat, PartHealth, ReadParts

__all__ = ["HealthEndpointError", "HealthServer", "Heartbeat", "PartHealth", "ReadParts"]

log = structlog.get_logger(__name__)

MAX_REQUESTS = 8
"""Requests served at once; one more is answered 503. A scraper and a supervisor need two."""

REQUEST_TIMEOUT_S = 5.0
"""A client that sends or reads nothing for so long is dropped."""

MAX_PARTS = 500
"""Parts listed in one answer, failing ones first; the answer says how many were left out."""

MAX_REASON = 300
"""Characters of one reason."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class HealthEndpointError(Exception):
    """The endpoint cannot be opened; the text says why and what to do."""


class HealthServer:
    """Serves the three paths from threads of its own until `stop`.

    >>> from prometheus_client import CollectorRegistry
    >>> with HealthServer(list, list, CollectorRegistry(), port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self, live: ReadParts, ready: ReadParts, registry: CollectorRegistry, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Opens the port, so that a taken one is told at once; answers only after `start`.

        Args:
            live: the loops that must turn; called on every request to `/live`.
            ready: the parts that must work; called on every request to `/ready`.
            registry: what `/metrics` shows.
            host: address to listen on, IPv4 or IPv6 (with or without brackets).
            port: 0 takes any free one, see `port`.

        Raises:
            HealthEndpointError: the address or port cannot be used.
        """
        pages = {
            "/live": partial(_parts_page, live, "alive"),
            "/ready": partial(_parts_page, ready, "ready"),
            "/metrics": partial(_metrics_page, registry),
        }
        host = host.strip("[]")
        try:
            self._server = _Server(host, port, pages)
        except (OSError, OverflowError) as error:
            raise HealthEndpointError(
                f"health endpoint {host}:{port} cannot be opened: {error}; "
                "set runtime.listen to another address, or to port 0 for any free one"
            ) from error
        self._host = host
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """E.g. `http://127.0.0.1:9108`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        # 50 ms: how soon `stop` is noticed; the library's 500 ms would make up most of a shutdown.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="health", daemon=True)
        self._thread.start()
        log.info("health_endpoint_open", url=self.url)

    def stop(self) -> None:
        """Close the port; requests under way are let go. May be called twice, and without `start`."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(REQUEST_TIMEOUT_S)
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(slots=True, frozen=True)
class _Page:
    status: HTTPStatus
    body: bytes
    content_type: str


_MakePage = Callable[[str], _Page]
"""Takes the request's Accept header."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, pages: Mapping[str, _MakePage]) -> None:
        self.pages = pages
        self.free = threading.BoundedSemaphore(MAX_REQUESTS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: that one asks the name service for our name, which may take seconds or reach outside.
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.free.acquire(blocking=False):
            # Answered here, in the accepting thread, without reading: too many at once must not start more threads.
            request.setblocking(False)
            try:
                request.send(b"HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                log.debug("health_client_gone")
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("health_request_failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_TIMEOUT_S
    server_version = "vision"
    sys_version = ""

    def do_GET(self) -> None:
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            known = ", ".join(self.server.pages)
            self._answer(_json_page(HTTPStatus.NOT_FOUND, {"error": f"no such page; there are {known}"}))
            return
        try:
            page = make(self.headers.get("Accept", ""))
        except Exception:
            # A broken part must not take the endpoint down, and the client gets no internals.
            log.exception("health_page_failed", path=self.path.partition("?")[0])
            page = _json_page(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "the worker cannot say; see its log"})
        self._answer(page)

    def do_HEAD(self) -> None:
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Malformed requests and unknown methods; the library's own page would repeat the request back."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self._answer(_json_page(status, {"error": status.phrase}))

    def _answer(self, page: _Page) -> None:
        self.close_connection = True
        self.send_response(page.status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if page.status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("health_request", line=format % args)


def _parts_page(read: ReadParts, good: str, _accept: str) -> _Page:
    parts = sorted(read(), key=lambda part: (part.ok, not part.required))
    failed = [part for part in parts if not part.ok]
    usable = not any(part.required for part in failed)
    status = f"not {good}" if not usable else "degraded" if failed else good
    answer: dict[str, Any] = {
        "status": status,
        "parts": {
            part.name: {"ok": part.ok, "required": part.required, "reason": _presentable(part.reason)}
            for part in parts[:MAX_PARTS]
        },
    }
    if len(parts) > MAX_PARTS:
        answer["left_out"] = len(parts) - MAX_PARTS
    return _json_page(HTTPStatus.OK if usable else HTTPStatus.SERVICE_UNAVAILABLE, answer)


def _metrics_page(registry: CollectorRegistry, accept: str) -> _Page:
    body, content_type = render_metrics(registry, accept)
    return _Page(HTTPStatus.OK, body, content_type)


def _presentable(reason: str | None) -> str | None:
    return None if reason is None else redact(reason)[:MAX_REASON]


def _json_page(status: HTTPStatus, answer: dict[str, Any]) -> _Page:
    body = json.dumps(answer, ensure_ascii=False, indent=1).encode() + b"\n"
    return _Page(status, body, "application/json; charset=utf-8")
