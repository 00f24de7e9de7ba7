"""What a running console is made of; the routes get it from the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.console.following import Follower
from vision.console.live_bus import LiveBus
from vision.console.settings import ConsoleSettings, console_settings
from vision.console.site_file import SiteFile
from vision.console.store import Store

DATABASE = "console.sqlite"


@dataclass(frozen=True, slots=True)
class Console:
    """Everything that outlives a request."""

    settings: ConsoleSettings
    site: SiteFile
    store: Store
    bus: LiveBus
    follower: Follower

    @property
    def evidence(self) -> Path:
        """The folder of the worker's evidence."""
        return self.site.storage / "evidence"


@contextmanager
def running_console(config: Path) -> Iterator[Console]:
    """The parts of a console for a site's configuration; stopped and closed at the end.

    Raises:
        ConfigError: the configuration cannot be used.
        StoreError: the database cannot be used.
        OSError: the storage folder cannot be made.
    """
    site = SiteFile(config)
    settings = console_settings(site.site)
    store = open_store(site.storage, settings)
    bus = LiveBus()
    follower = Follower(store, site, bus)
    follower.start()
    try:
        yield Console(settings, site, store, bus, follower)
    finally:
        follower.stop()
        store.close()


def open_store(storage: Path, settings: ConsoleSettings) -> Store:
    """The console's database: as configured, or a file in the storage folder, readable by its owner only.

    Raises:
        StoreError: it cannot be used.
        OSError: the folder cannot be made.
    """
    if settings.database is not None:
        return Store(settings.database)
    storage.mkdir(parents=True, exist_ok=True)
    path = storage.absolute() / DATABASE
    path.touch(mode=0o600)
    return Store(f"sqlite:///{path}")
