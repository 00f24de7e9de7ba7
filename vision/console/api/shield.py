"""Around every answer: security headers; before every request: its size, and that no other site has sent it."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb
from urllib.parse import urlsplit

import structlog
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vision.config import ConsoleSettings
from vision.console.api.errors import ApiError
from vision.console.api.guard import SAFE_METHODS

log = structlog.get_logger(__name__)

MOST_BYTES = 1_000_000
"""Of a request's body; 200 points in each of 100 zones are less."""


def content_policy(settings: ConsoleSettings) -> str:
    """The content security policy: our own files only, and the map and media servers that the site names."""
    tiles, media = _origin(settings.map_tiles), _origin(settings.media_server)
    parts = {
        "default-src": "'self'",
        "img-src": f"'self' data: blob: {tiles}",
        "media-src": f"'self' blob: {media}",
        "connect-src": f"'self' {media}",
        "frame-src": f"'self' {media}",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {' '.join(value.split())}" for name, value in parts.items())


class Shield:
    """ASGI middleware, outermost."""

    def __init__(self, app: ASGIApp, settings: ConsoleSettings) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_policy(settings),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope))
        if refusal is not None:
            await JSONResponse(refusal.body, refusal.status)(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _bounded(receive), send_with_headers)
        except Exception as error:  # noqa: BLE001  whatever it is, the console goes on
            # Its text may hold anything, a line of the configuration with a password too: where it was is enough.
            places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-6:]]
            name = type(error).__name__
            log.error("console_request_failed", method=scope["method"], path=scope["path"], error=name, at=places)
            if not begun:
                await JSONResponse(ApiError("failed").body, 500)(scope, receive, send_with_headers)


def _refusal(method: str, headers: Headers) -> ApiError | None:
    if method in SAFE_METHODS:
        return None
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BYTES:
        return ApiError("too_large", 413)
    # Browsers name the page's origin with every unsafe request; programs name none.
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return ApiError("cross_site", 403)
    return None


def _bounded(receive: Receive) -> Receive:
    """A body that is sent in pieces, without saying how long it is, ends at the bound, too."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= MOST_BYTES else {"type": "http.disconnect"}

    return bounded


def _origin(address: str | None) -> str:
    if address is None:
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].replace('{s}', '*')}"
