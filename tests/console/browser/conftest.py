"""Real pages in a real browser, before a real console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.console.browser.chromium import chromium, launch
from tests.console.conftest import Served
from vision.console.access.people import put_user
from vision.console.access.roles import Role

playwright_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")

PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, or a skip that says what is missing."""
    if chromium() is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with playwright_api.sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page as somebody: `visit(served, "operator", "/review")`. An error of a page's script fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(
        served: Served, role: str | None, path: str = "/review", name: str | None = None, **options: Any
    ) -> Any:
        width, height = options.pop("size", (1280, 800))
        context = browser.new_context(base_url=served.url, viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if role is not None:
            who = name or f"a-{role}"
            password = put_user(served.console.store, who, Role.of(role))
            assert context.request.post("/api/login", data={"name": who, "password": password}).ok
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors
