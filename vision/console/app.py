"""The console as a web application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

import vision
from vision.console.api import (
    admin,
    cameras,
    cases,
    evidence,
    live,
    models,
    oidc,
    people,
    statistics,
    tryouts,
    verdicts,
    zones,
)
from vision.console.api.errors import add_error_handlers
from vision.console.api.guard import Viewer
from vision.console.api.pages import page_router
from vision.console.api.shield import Shield
from vision.console.parts import Console


def make_app(console: Console, pages: Path | None = None) -> FastAPI:
    """The application; `pages`: folder of the built pages, the package's own unless given."""
    app = FastAPI(
        title="Vision console", version=vision.__version__, openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.console = console
    add_error_handlers(app)
    for module in (people, oidc, cases, verdicts, evidence, live, cameras, zones, tryouts, statistics, models, admin):
        app.include_router(module.router)
    app.include_router(_schema(app))
    app.include_router(page_router(pages))
    app.add_middleware(Shield, settings=console.settings)
    return app


def _schema(app: FastAPI) -> APIRouter:
    router = APIRouter()

    @router.get("/api/openapi.json", include_in_schema=False)
    def schema(_visitor: Viewer) -> dict[str, Any]:
        """What the API has, for programs; only for who is logged in."""
        return app.openapi()

    return router
