"""How fluent the console's queue is with 5,000 cases: loading, scrolling, verdicts; 100 cases by keys alone.

`python bench/console_queue.py` (needs the dev extra and Chromium). It prints what it measured; the machine matters, and
so does what else runs on it: without a GPU Chromium draws in software.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

from tests.console.browser.chromium import launch
from tests.console.seeding import recorded_events, seed
from vision.console.access.people import put_user
from vision.console.access.roles import Role
from vision.console.parts import running_console
from vision.console.serving import address_of, listening_socket, make_server
from vision.console.store.tables import Case

SCROLL = """(pixels) => new Promise(done => {
  const list = document.querySelector('.queue-list'), times = [];
  list.scrollTop = 0;
  let last = performance.now(), left = 240;
  const step = () => {
    const now = performance.now();
    times.push(now - last);
    last = now;
    list.scrollTop += pixels;
    left -= 1;
    if (left) requestAnimationFrame(step); else done(times.slice(5));
  };
  requestAnimationFrame(step);
})"""
VERDICT = """() => new Promise(done => {
  const shown = () => document.querySelector('.case-head time').dateTime, before = shown(), start = performance.now();
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 't', bubbles: true}));
  const look = () => shown() !== before ? done(performance.now() - start) : requestAnimationFrame(look);
  look();
})"""


SCROLLED = 235
"""Frames that `SCROLL` tells of."""
PARTS = {"ScriptDuration": "script", "RecalcStyleDuration": "style", "LayoutDuration": "layout", "TaskDuration": "all"}
CLEARED = 100
SHOWN = "document.querySelector('.whys li') && new URLSearchParams(location.search).get('case')"
"""The case that is shown with its reasons; null while it is being fetched."""
SLOWEST_S = 2.0
"""What an operator may wait for the next case, at most."""


def say(what: str, times: list[float], unit: str = "ms") -> None:
    """Median, 95th percentile and worst of some times."""
    ordered = sorted(times)
    median, high = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    print(f"{what:<52} median {median:6.1f}  p95 {high:6.1f}  worst {ordered[-1]:6.1f} {unit}")  # noqa: T201


def measure(page: Any, cases: int) -> None:
    """Everything that is measured in the page."""
    began = time.monotonic()
    page.goto("/review")
    page.wait_for_selector(".whys li")
    say("from the address to the first case", [time.monotonic() - began], "s")
    began = time.monotonic()
    while not page.query_selector(f".queue-list [aria-posinset='{cases}']"):
        page.evaluate("document.querySelector('.queue-list').scrollTo(0, 1e9)")
        page.wait_for_timeout(30)
    say(f"scrolled to the end of {cases} (all are loaded)", [time.monotonic() - began], "s")
    page.keyboard.press("Space")
    scrolled(page, 300, "fast (300 px a frame)")
    scrolled(page, 76, "a row a frame, with its pictures")
    page.keyboard.press("Home")
    page.wait_for_timeout(1500)
    times = []
    for _ in range(40):
        times.append(page.evaluate(VERDICT))
        page.wait_for_timeout(120)
    say("from the key of a verdict to the next case", times)
    say(f"{CLEARED} cases cleared by keys alone, each", cleared(page))


def scrolled(page: Any, pixels: int, how: str) -> None:
    """Scroll from the top; what a frame takes, and what of it the page's main thread worked."""
    ticks = main_thread(page)
    before = ticks()
    frames = page.evaluate(SCROLL, pixels)
    after = ticks()
    say(f"a frame while scrolling {how}", frames)
    spent = ((part, (after[name] - before[name]) * 1000 / SCROLLED) for name, part in PARTS.items())
    parts = ", ".join(f"{part} {ms:.1f}" for part, ms in spent)
    print(f"{'  of it the main thread itself worked':<52} {parts} ms")  # noqa: T201


def cleared(page: Any) -> list[float]:
    """Judge one case after the other by keys, every third false with a reason; ms until the next one is there whole.

    Raises:
        SystemExit: one took longer than an operator may wait.
    """
    times = []
    for number in range(CLEARED):
        before, began = page.evaluate(SHOWN), time.monotonic()
        for key in ("f", "1") if number % 3 == 2 else ("t",):
            page.keyboard.press(key)
        while page.evaluate(SHOWN) in (before, None):
            page.wait_for_timeout(2)
        times.append((time.monotonic() - began) * 1000)
    if max(times) > SLOWEST_S * 1000:
        raise SystemExit(f"the slowest of {CLEARED} cases took {max(times):.0f} ms; it may take {SLOWEST_S:g} s")
    return times


def main_thread(page: Any) -> Callable[[], dict[str, float]]:
    """Asks for the seconds of processor time of the page's main thread so far: what else runs does not count."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def ticks() -> dict[str, float]:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in metrics if one["name"] in PARTS}

    return ticks


def main() -> None:
    """Seed, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    cases = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = seed(folder, cases, folder / "events", recorded_events(folder / "events"))
        with running_console(site.config) as console, sync_playwright() as playwright:
            listening = listening_socket("127.0.0.1:0")
            server = make_server(console)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            password = put_user(console.store, "bench", Role.of("operator"))
            known = 0
            while known < cases:
                time.sleep(0.5)
                with console.store.reading() as session:
                    known = session.query(Case).count()
            browser = launch(playwright)
            context = browser.new_context(
                base_url=address_of(listening).rstrip("/"), viewport={"width": 1280, "height": 800}
            )
            context.request.post("/api/login", data={"name": "bench", "password": password})
            measure(context.new_page(), cases)
            browser.close()
            server.should_exit = True
            thread.join(10)


if __name__ == "__main__":
    main()
