"""Debian's Chromium, driven by Playwright: nothing is downloaded, and nothing leaves the machine."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=zh-CN",
)  # fmt: skip


def chromium() -> str | None:
    """Where Chromium is: CHROMIUM, or what the system has; None when there is none."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def launch(playwright: Playwright) -> Browser:
    """Start it.

    Raises:
        RuntimeError: there is none.
    """
    path = chromium()
    if path is None:
        raise RuntimeError("Chromium is not installed; on Debian: apt-get install chromium")
    return playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Wait until an expression is true in the page; Playwright's own way needs eval, which the pages forbid."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not in {seconds} s: {expression}"
        page.wait_for_timeout(30)
