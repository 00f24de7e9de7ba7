"""Files for browsers: with ranges, so that a clip can be scrubbed; kept by the browser, and by nobody in between."""

from __future__ import annotations

from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, Response

from vision.console.api.errors import ApiError

MEDIA_TYPES = {".jpg": "image/jpeg", ".mp4": "video/mp4", ".mkv": "video/x-matroska"}
FOR_GOOD = "private, max-age=86400, immutable"
FRESH = "no-store"


def file_response(request: Request, path: Path, *, caching: str = FOR_GOOD) -> Response:
    """The file, a range of it, or that it has not changed.

    Raises:
        ApiError: it is gone.
    """
    media_type = MEDIA_TYPES.get(path.suffix)
    try:
        found = path.stat()
    except OSError:
        raise ApiError("no_such_file", 404) from None
    if media_type is None or not path.is_file():
        raise ApiError("no_such_file", 404)
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    headers = {"ETag": etag, "Cache-Control": caching, "Content-Disposition": "inline", "Accept-Ranges": "bytes"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=media_type, headers=headers, stat_result=found)


def inside(root: Path, path: Path) -> Path:
    """The path, if it really lies in the folder, links and dots resolved.

    Raises:
        ApiError: it does not.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise ApiError("no_such_file", 404)
    return path
