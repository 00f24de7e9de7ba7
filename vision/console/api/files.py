"""Files for browsers: with ranges, so that a clip can be scrubbed; kept by the browser, and by nobody in between."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, Response

from vision.console.api.errors import ApiError
from vision.console.thumbnails import small_jpeg

MEDIA_TYPES = {".jpg": "image/jpeg", ".mp4": "video/mp4", ".mkv": "video/x-matroska"}
FOR_GOOD = "private, max-age=86400, immutable"
FRESH = "no-store"


def file_response(request: Request, path: Path, *, caching: str = FOR_GOOD) -> Response:
    """The file, a range of it, or that it has not changed.

    Raises:
        ApiError: it is gone.
    """
    media_type, headers, found = _told(path, caching, "")
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=media_type, headers={**headers, "Accept-Ranges": "bytes"}, stat_result=found)


def thumbnail_response(request: Request, path: Path) -> Response:
    """The still made small, or that it has not changed.

    Raises:
        ApiError: it is gone, or no still.
    """
    media_type, headers, _ = _told(path, FOR_GOOD, "-small")
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    content = small_jpeg(path) if media_type == MEDIA_TYPES[".jpg"] else None
    if content is None:
        raise ApiError("no_such_file", 404)
    return Response(content, media_type=media_type, headers=headers)


def _told(path: Path, caching: str, mark: str) -> tuple[str, dict[str, str], os.stat_result]:
    """What a browser is told of a file: its type and headers; `mark` tells what was made of it."""
    media_type = MEDIA_TYPES.get(path.suffix)
    try:
        found = path.stat()
    except OSError:
        raise ApiError("no_such_file", 404) from None
    if media_type is None or not path.is_file():
        raise ApiError("no_such_file", 404)
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}{mark}"'
    return media_type, {"ETag": etag, "Cache-Control": caching, "Content-Disposition": "inline"}, found


def inside(root: Path, path: Path) -> Path:
    """The path, if it really lies in the folder, links and dots resolved.

    Raises:
        ApiError: it does not.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise ApiError("no_such_file", 404)
    return path
