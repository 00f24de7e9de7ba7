"""The console's one background thread: follows the worker's book, its cameras' state and the configuration file."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from vision.console.cases.book import BookReader
from vision.console.cases.forwarding import Forwarder
from vision.console.cases.mirror import forget_old, position, set_position, take_answers, take_events
from vision.console.live_bus import LiveBus
from vision.console.site_file import SiteFile
from vision.console.store import Store

log = structlog.get_logger(__name__)

EVERY_S = 0.5
AT_ONCE = 500
FORGET_EVERY_S = 3600.0
STOP_S = 5.0


class Follower:
    """Starts and stops with the console; what fails is logged and tried again at the next turn."""

    def __init__(self, store: Store, site: SiteFile, bus: LiveBus) -> None:
        self._store, self._site, self._bus = store, site, bus
        book = site.storage / "cases.sqlite"
        self._book, self._forwarder = BookReader(book), Forwarder(store, book)
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-follower", daemon=True)
        self._seen: dict[str, tuple[int, Any]] = {}
        self._next_sweep = 0.0
        self._last_error = ""

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        self._book.close()

    def hurry(self) -> None:
        """There is something to hand over now."""
        self._wake.set()

    def turn(self) -> None:
        """One turn of all that is to be done."""
        self._take_book()
        self._forwarder.forward()
        self._site.refresh()
        self._look_at_cameras()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.turn()
                self._last_error = ""
            except (sqlite3.Error, SQLAlchemyError, OSError) as error:
                if (text := str(error).splitlines()[0]) != self._last_error:  # said once, not twice a second
                    self._last_error = text
                    log.warning("console_cannot_follow", error=text)
            except Exception:
                log.exception("console_follower_failed")
            self._wake.wait(EVERY_S)
            self._wake.clear()

    def _take_book(self) -> None:
        more = True
        while more and not self._stop.is_set():
            more = self._take_events()
        more = True
        while more and not self._stop.is_set():
            more = self._take_answers()
        now = time.time()
        if now >= self._next_sweep:
            self._next_sweep = now + FORGET_EVERY_S
            with self._store.writing() as session:
                forget_old(session, now - self._site.site.cases.keep)

    def _take_events(self) -> bool:
        """Whether there may be more."""
        after = self._after("events")
        events = self._book.events(after, AT_ONCE)
        if not events:
            return False
        with self._store.writing() as session:
            taken = take_events(session, events)
            set_position(session, "events", events[-1].row)
        for case_id, kind in taken:
            self._bus.publish("case", {"case_id": case_id, "kind": kind})
        return len(events) == AT_ONCE

    def _take_answers(self) -> bool:
        after = self._after("answers")
        answers = self._book.answers(after, AT_ONCE)
        if not answers:
            return False
        with self._store.writing() as session:
            taken = take_answers(session, answers)
            set_position(session, "answers", answers[-1].row)
        for case_id in dict.fromkeys(taken):
            self._bus.publish("case", {"case_id": case_id, "kind": "answered"})
        return len(answers) == AT_ONCE

    def _after(self, what: str) -> int:
        """The last row read; from the start again where the worker has begun a new book."""
        with self._store.reading() as session:
            after = position(session, what)
        return after if after <= self._book.last_row(what) else 0

    def _look_at_cameras(self) -> None:
        """Say which cameras' state has turned since the last look."""
        for path in (self._site.storage / "live").glob("*.json"):
            try:
                changed = path.stat().st_mtime_ns
                if (known := self._seen.get(path.stem)) is not None and known[0] == changed:
                    continue
                state = _state(path)
            except (OSError, ValueError):
                continue
            self._seen[path.stem] = (changed, state)
            if known is not None and known[1] != state and not path.stem.startswith("@"):  # the worker's own
                self._bus.publish("camera", {"camera_id": path.stem})


def _state(path: Path) -> Any:
    whole = json.loads(path.read_text("utf-8"))
    view = whole.get("view") or {}
    return [whole.get("online"), whole.get("policy"), view.get("usable"), view.get("problem")]
