"""A tuner's hands on the zones page."""

from __future__ import annotations

from typing import Any


def draw(page: Any, points: list[tuple[float, float]], key: str = "n") -> None:
    """Click points (fractions of the picture) with the tool of that key, and finish by key."""
    page.wait_for_selector(".zone-canvas canvas")
    page.keyboard.press(key)
    frame = page.query_selector(".zone-canvas canvas").bounding_box()
    for x, y in points:
        page.mouse.click(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"])
    page.keyboard.press("Enter")


def save(page: Any, reason: str) -> None:
    """Save by key, with a reason; returns when the dialog has closed."""
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog textarea")
    page.fill("dialog textarea", reason)
    page.click("dialog footer .primary")
    page.wait_for_selector("dialog", state="detached")
