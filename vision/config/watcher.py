"""Hot reload: a changed file is read and checked, and handed over only when it is good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog
from watchfiles import watch

from vision.config.changes import SiteChange, diff_sites
from vision.config.errors import ConfigError
from vision.config.loader import load_site
from vision.config.rule import RuleSettings
from vision.config.site import Site

log = structlog.get_logger(__name__)


class SiteWatcher:
    """Watches one configuration file in a thread of its own.

    The folder is watched, not the file: editors replace files, and mounted configurations are symbolic links that are
    switched over. What changed is decided by comparing the configurations, not by the file's date.

    Args:
        path: the file.
        site: the configuration in force.
        on_change: called with the new configuration and what differs; never with one that is not valid.
        on_error: called when a changed file cannot be used; the old configuration stays in force.
        poll: look at the file's date instead of asking the kernel, for network file systems.
    """

    def __init__(
        self,
        path: Path,
        rule_settings: Mapping[str, type[RuleSettings]],
        site: Site,
        on_change: Callable[[Site, SiteChange], None],
        on_error: Callable[[ConfigError], None],
        *,
        poll: bool = False,
    ) -> None:
        self._path, self._rule_settings, self._site = path.absolute(), rule_settings, site
        self._on_change, self._on_error, self._poll = on_change, on_error, poll
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="config-watcher", daemon=True)
        self._last_error = ""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def check(self) -> None:
        """Read the file now and hand over what changed, if it is good."""
        try:
            site = load_site(self._path, self._rule_settings)
        except ConfigError as error:
            if str(error) != self._last_error:  # saving the same mistake twice is one message
                self._last_error = str(error)
                self._on_error(error)
            return
        self._last_error = ""
        change = diff_sites(self._site, site)
        if change:
            self._site = site
            self._on_change(site, change)

    def _run(self) -> None:
        folders = {self._path.parent, self._path.resolve().parent}
        for _changes in watch(
            *folders, stop_event=self._stop, debounce=400, step=100, recursive=False, rust_timeout=1000,
            yield_on_timeout=True, force_polling=self._poll, raise_interrupt=False,
        ):  # fmt: skip
            if self._stop.is_set():
                return
            if not _changes:
                continue
            try:
                self.check()
            except Exception:
                log.exception("config_reload_failed", file=str(self._path))
