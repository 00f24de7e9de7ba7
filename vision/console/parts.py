"""What a running console is made of; the routes get it from the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vision.cases import CategoryTable, shipped_categories
from vision.config import ConfigError, ConsoleSettings, Site
from vision.console.access.oidc import OidcProvider
from vision.console.following import Follower
from vision.console.live_bus import LiveBus
from vision.console.site_file import SiteFile
from vision.console.store import Store
from vision.console.tryouts import Tryouts
from vision.console.zones.versions import ZoneVersions
from vision.runtime.identity import categories

DATABASE = "console.sqlite"


@dataclass(frozen=True, slots=True)
class Console:
    """Everything that outlives a request."""

    settings: ConsoleSettings
    site: SiteFile
    store: Store
    bus: LiveBus
    follower: Follower
    zones: ZoneVersions
    oidc: OidcProvider | None
    tryouts: Tryouts

    @property
    def evidence(self) -> Path:
        """The folder of the worker's evidence."""
        return self.site.storage / "evidence"

    def categories(self) -> CategoryTable:
        """The site's table of categories; the shipped one while the site's own file cannot be used."""
        try:
            return categories(self.site.site)
        except ConfigError:
            return shipped_categories()


@contextmanager
def running_console(config: Path) -> Iterator[Console]:
    """The parts of a console for a site's configuration; stopped and closed at the end.

    Raises:
        ConfigError: the configuration cannot be used.
        StoreError: the database cannot be used.
        OSError: the storage folder cannot be made.
    """
    site = SiteFile(config)
    store = open_store(site.site)
    bus = LiveBus()
    follower, tryouts = Follower(store, site, bus), Tryouts()
    try:
        settings = site.site.console
        provider = OidcProvider(settings.oidc) if settings.oidc is not None else None
        console = Console(settings, site, store, bus, follower, ZoneVersions(store, site, bus), provider, tryouts)
        follower.start()
        tryouts.start()
        yield console
    finally:
        follower.stop()
        tryouts.stop()
        store.close()


def open_store(site: Site) -> Store:
    """The console's database: as configured, or a file in the storage folder, readable by its owner only.

    Raises:
        StoreError: it cannot be used.
        OSError: the folder cannot be made.
    """
    if site.console.database is not None:
        return Store(site.console.database)
    storage = site.resolve(site.storage.dir)
    storage.mkdir(parents=True, exist_ok=True)
    path = storage / DATABASE
    path.touch(mode=0o600)
    return Store(f"sqlite:///{path}")
