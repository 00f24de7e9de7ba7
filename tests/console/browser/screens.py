"""Takes the pictures of docs/screens: a seeded console, the real pages, Chromium.

`python -m tests.console.browser.screens docs/screens` takes those of the docs; with `--all` it takes every page at
three widths in both lights, for looking at.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import sync_playwright

from tests.console.browser.chromium import launch
from tests.console.records import record
from tests.console.seeding import CLIPS, SeededSite, recorded_events, seed
from vision.console.access.people import put_user
from vision.console.access.roles import Role
from vision.console.parts import running_console
from vision.console.serving import address_of, listening_socket, make_server

HEIGHTS = {390: 844, 1280: 800, 2560: 1440}
CASES = 240
SETTLE_MS = 1200
LATEST_S = 60.0
"""The record is younger than any clip, so that it stands first in the list of what zones can be tried on."""
REPLAY_MS = 240_000
QUALITY = 80
"""Of the JPEGs: letters stay clean, and all pictures together are small enough for the repository."""
WALL_QUALITY = 62
"""Of the wide ones, which are looked at smaller than they are."""


@dataclass(frozen=True)
class Screen:
    """One picture: which page, how wide, in which light, after which keys."""

    name: str
    path: str
    width: int = 1280
    light: str = "light"
    keys: tuple[str, ...] = ()
    fills: tuple[tuple[str, str], ...] = ()
    clicks: tuple[str, ...] = ()
    waits_for: str = "main"
    language: str = "zh"
    stranger: bool = False


WEEK = ".page-head .seg button:first-child"
"""The seeded cases are a few days old: in a longer span the chart is empty for the most part."""

PAGES = (
    # The first, while the seeded stills are fresh.
    Screen("camera", "/cameras/bj-001"),
    Screen("cameras", "/cameras"),
    Screen("login", "/", stranger=True),
    Screen("review", "/review"),
    Screen("review-false", "/review", keys=("f",)),
    Screen("review-compare", "/review", keys=("2",)),
    Screen("review-filter", "/review", keys=("/",)),
    Screen("keys", "/review", keys=("?",)),
    Screen("zones", "/zones/bj-001", keys=("]", "]")),
    Screen("zones-versions", "/zones/bj-001", clicks=("#tab-versions",)),
    Screen("statistics", "/statistics", clicks=(WEEK,)),
    Screen("model", "/model"),
    Screen("admin", "/admin"),
    Screen("audit", "/admin/audit"),
    Screen(
        "zones-try",
        "/zones/bj-001",
        fills=((".setting.duration input", "60"),),
        clicks=("#tab-try", ".try .seg button:nth-child(2)", ".media input", ".try .b.primary"),
        waits_for=".outcome",
    ),
)
TAKEN_LAST = ("zones-try",)
FOR_DOCS = (
    *(screen for screen in PAGES if screen.name not in TAKEN_LAST),
    Screen("review-en", "/review", language="en"),
    Screen("review-dark", "/review", light="dark"),
    Screen("review-phone", "/review", width=390, light="dark", clicks=(".case .open",)),
    Screen("review-wall", "/review", width=2560, light="dark"),
    Screen("zones-dark", "/zones/bj-002", light="dark"),
    Screen("statistics-wall", "/statistics", width=2560, light="dark", clicks=(WEEK,)),
    *(screen for screen in PAGES if screen.name in TAKEN_LAST),  # it waits for a replay
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str, SeededSite]]:
    """A console with cases and verdicts: its address, the password of `admin`, the site."""
    source = folder / "events"
    site = seed(folder, CASES, source, recorded_events(source))
    record(CLIPS / "dumping" / "clip.mp4", site.storage, "bj-001", LATEST_S)
    with running_console(site.config) as console:
        listening = listening_socket("127.0.0.1:0")
        server = make_server(console)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        url = address_of(listening).rstrip("/")
        password = put_user(console.store, "admin", Role.of("admin"))
        for name, role in (
            ("li-si", "operator"),
            ("wang-wu", "operator"),
            ("zhao-liu", "tuner"),
            ("night-desk", "viewer"),
        ):
            put_user(console.store, name, Role.of(role))
        client = httpx2.Client(base_url=url, timeout=20)
        me = client.post("/api/login", json={"name": "admin", "password": password})
        client.headers["X-CSRF-Token"] = me.json()["csrf"]
        _decided(client, site.case_ids)
        _saved(client)
        yield url, password, site
        server.should_exit = True
        thread.join(10)


def _decided(client: httpx2.Client, case_ids: list[str]) -> None:
    """Verdicts for what is older than the newest 60 cases."""
    deadline = time.monotonic() + 60
    while client.get("/api/cases?limit=1").json()["total"] < len(case_ids) and time.monotonic() < deadline:
        time.sleep(0.2)
    reasons, dice = client.get("/api/reasons").json(), random.Random(3)
    for case_id in case_ids[60:]:
        case = client.get(f"/api/cases/{case_id}").json()
        choice = dice.random()
        body: dict[str, Any] = {"verdict": "true", "based_on": None}
        if choice < 0.14:
            body |= {"verdict": "false", "reason": dice.choice(reasons[case["category"]][:5])["id"]}
        elif choice < 0.17:
            body |= {"verdict": "unsure"}
        client.post(f"/api/cases/{case_id}/verdicts", json=body).raise_for_status()


def _saved(client: httpx2.Client) -> None:
    """Two versions of a camera's zones."""
    for dwell, reason in (("30s", "早市摊位短暂停留不算"), ("20s", "核对一周判定后收紧")):
        now = client.get("/api/cameras/bj-001/zones").json()
        now["zones"][0]["rules"][0]["dwell"] = dwell
        body = {"zones": now["zones"], "based_on": now["version"], "reason": reason}
        client.put("/api/cameras/bj-001/zones", json=body).raise_for_status()


def take(browser: Any, url: str, password: str, screen: Screen, file: Path) -> None:
    """Take one picture."""
    size = {"width": screen.width, "height": HEIGHTS[screen.width]}
    context = browser.new_context(base_url=url, viewport=size, color_scheme=screen.light, locale="zh-CN")
    if not screen.stranger:
        me = context.request.post("/api/login", data={"name": "admin", "password": password}).json()
        headers = {"X-CSRF-Token": me["csrf"]}
        context.request.put("/api/me/language", data={"language": screen.language}, headers=headers)
    page = context.new_page()
    page.goto(screen.path)
    page.wait_for_selector("main")
    page.wait_for_timeout(SETTLE_MS)
    for selector, text in screen.fills:
        page.fill(selector, text)
    for selector in screen.clicks:
        page.click(selector)
        page.wait_for_timeout(300)
    page.wait_for_selector(screen.waits_for, timeout=REPLAY_MS)
    for key in screen.keys:
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=file, type="jpeg", quality=WALL_QUALITY if screen.width > 2000 else QUALITY)
    context.close()


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="every page, three widths, both lights")
    parser.add_argument("--only", default="", help="names that begin with one of these, with commas between")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    screens: list[tuple[str, Screen]] = [(screen.name, screen) for screen in FOR_DOCS]
    if asked.all:
        screens = [
            (f"{one.name}-{width}-{light}", replace(one, width=width, light=light))
            for one, width, light in product(PAGES, HEIGHTS, ("light", "dark"))
        ]
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as (url, password, _),
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        for name, screen in screens:
            if name.startswith(tuple(asked.only.split(","))):
                take(browser, url, password, screen, asked.folder / f"{name}.jpg")
        browser.close()


if __name__ == "__main__":
    main()
