"""What happens, as it happens: server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from vision.console.access.visitors import COOKIE, by_cookie, by_token
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, Viewer
from vision.console.parts import Console

router = APIRouter()

HEARTBEAT_S = 15.0
MOST_LISTENERS = 200


@router.get("/api/live")
async def live(
    request: Request,
    console: ConsoleParts,
    _visitor: Viewer,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Events `case`, `verdict`, `camera`, `config`; `resync` when the page has missed more than is kept."""
    if console.bus.listeners() >= MOST_LISTENERS:
        raise ApiError("busy", 429)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(request, console, last_event_id), media_type="text/event-stream", headers=headers)


async def _stream(request: Request, console: Console, last_event_id: str | None) -> AsyncIterator[bytes]:
    bus = console.bus
    number, missed = bus.place(last_event_id)
    yield format_sse_event(comment="open", retry=2000, id=bus.id_of(number))
    if missed:
        yield format_sse_event(event="resync", data_str="{}", id=bus.id_of(number))
    checked = time.monotonic()
    while True:
        came = await bus.wait(number, HEARTBEAT_S)
        if time.monotonic() - checked >= HEARTBEAT_S - 1:  # whoever was logged out meanwhile hears nothing more
            checked = time.monotonic()
            if not await run_in_threadpool(_still_welcome, request, console):
                return
        if not came:
            yield format_sse_event(comment="heartbeat")
        for event in bus.since(number):
            number = event.number
            yield format_sse_event(event=event.kind, data_str=json.dumps(event.data), id=bus.id_of(number))


def _still_welcome(request: Request, console: Console) -> bool:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return by_token(console.store, secret.strip()) is not None
    return by_cookie(console.store, request.cookies.get(COOKIE, ""), None) is not None
