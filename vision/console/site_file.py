"""The site's configuration as the console sees it: read again when somebody changes the file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from vision.config import Camera, ConfigError, Site, load_site
from vision.rules import RULE_SETTINGS

log = structlog.get_logger(__name__)

Stamp = tuple[int, int, int]


class SiteFile:
    """Safe to use from any thread. A file that cannot be used leaves the configuration that was there before.

    Args:
        path: the YAML file.

    Raises:
        ConfigError: it cannot be used at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.editing = threading.RLock()
        """Held by whoever changes the file, from reading it to having written it."""
        self._stamp = self._look()
        self._site = load_site(self.path, RULE_SETTINGS)
        self.problem: ConfigError | None = None
        """What is wrong with the file as it is now; None when it is in force."""
        self._watchers: list[Callable[[Site, Site], None]] = []

    @property
    def site(self) -> Site:
        """The configuration in force."""
        return self._site

    @property
    def storage(self) -> Path:
        """The folder that the worker and the console share."""
        return self._site.resolve(self._site.storage.dir)

    def camera(self, camera_id: str) -> Camera | None:
        """The camera of that id; None when there is none."""
        return next((camera for camera in self._site.cameras if camera.id == camera_id), None)

    def watch(self, changed: Callable[[Site, Site], None]) -> None:
        """Have `changed(before, after)` called when the file has been changed, by whomever."""
        self._watchers.append(changed)

    def refresh(self) -> None:
        """Read the file again if it was changed; waits for whoever changes it."""
        with self.editing:
            stamp = self._look()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                site = load_site(self.path, RULE_SETTINGS)
            except ConfigError as error:
                log.warning("console_config_refused", error=str(error))
                self.problem = error
                return
            self.problem = None
            before, self._site = self._site, site
            if before != site:
                for changed in self._watchers:
                    changed(before, site)

    def _look(self) -> Stamp:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)
