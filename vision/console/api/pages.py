"""The built pages: the files that lie in `static/` and no others; every other path is the app's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from vision.console.api.errors import ApiError

ASSETS = "assets/"
"""Vite puts a hash into the names of what lies here, so that it never changes under a name."""
TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}  # fmt: skip


def page_router(folder: Path | None = None) -> APIRouter:
    """Serves the files of a folder, the package's own unless given; listed once, so that no path can leave it."""
    root = Path(str(files("vision.console") / "static")) if folder is None else folder
    known = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.suffix in TYPES}
    router = APIRouter()

    @router.get("/{path:path}", include_in_schema=False)
    @router.head("/{path:path}", include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        """A file of the pages, or the page that finds its way by the address."""
        if path == "api" or path.startswith("api/"):
            return JSONResponse(ApiError("not_found").body, 404)
        file = known.get(path)
        if file is None and path.startswith(ASSETS):
            return JSONResponse(ApiError("not_found").body, 404)
        file = file or known.get("index.html")
        if file is None:
            return PlainTextResponse("The pages were not built; see frontend/README.md", 404)
        caching = "public, max-age=31536000, immutable" if path.startswith(ASSETS) else "no-cache"
        return FileResponse(file, media_type=TYPES[file.suffix], headers={"Cache-Control": caching})

    return router
