"""Saves zones and masks into the site's file, each time as a version; notes what was changed by hand, too."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.config import Camera, ConfigError, Problem, Site, load_site
from vision.config.editing import save_site_text
from vision.console.access import audit
from vision.console.live_bus import LiveBus
from vision.console.site_file import SiteFile
from vision.console.store import Store
from vision.console.store.tables import ZoneVersion
from vision.console.zones.checking import checked_drawing, written
from vision.console.zones.drawing import (
    Drawing,
    after_version,
    drawing_in_force,
    drawing_of,
    redrawn,
    summary,
)
from vision.rules import RULE_SETTINGS

BY_HAND = "file"
"""Author of a version that the console did not write."""
BY_HAND_REASON = "配置文件被直接修改 the file was changed by hand"


class StaleVersionError(Exception):
    """Zones or masks were changed after the version that the change is based on; `version` is the newest."""

    def __init__(self, version: int) -> None:
        super().__init__(str(version))
        self.version = version


class ZoneVersions:
    """Safe to use from any thread: whoever changes the file holds `SiteFile.editing`."""

    def __init__(self, store: Store, site: SiteFile, bus: LiveBus) -> None:
        self._store, self._site, self._bus = store, site, bus
        site.watch(self._changed)
        self._catch_up()

    def current(self, camera_id: str) -> tuple[int, Drawing]:
        """Number of the camera's newest version (0 while there is none), and its drawing as it is written.

        Raises:
            ConfigError: the file cannot be used as it is now.
        """
        with self._site.editing:
            self._site.refresh()
            if self._site.problem is not None:
                raise self._site.problem
            with self._store.reading() as session:
                row = latest(session, camera_id)
            return (row.version if row else 0), drawing_of(_text(self._site.path), camera_id)

    def save(
        self, camera: Camera, drawing: Drawing, based_on: int | None, author: str, reason: str, address: str = ""
    ) -> int:
        """Write a drawing into the file; the number of the new version.

        Args:
            drawing: masks that are None stay as they are.
            based_on: the version that the author has seen; None takes whatever is there.

        Raises:
            StaleVersionError: there is a newer one.
            ZonesError: the zones or masks cannot be used.
            ConfigError: the file cannot be used, or not be changed from here, or not be written.
        """
        checked_drawing(camera, drawing)
        with self._site.editing:
            version, before = self.current(camera.id)
            if based_on is not None and based_on != version:
                raise StaleVersionError(version)
            masks = before.masks if drawing.masks is None else drawing.masks
            after = Drawing(written(drawing.zones, before.zones), masks)
            text = redrawn(_text(self._site.path), camera.id, after, str(self._site.path))
            _check(self._site.path, text)
            save_site_text(self._site.path, text)
            number = self._add(camera.id, before, after, author, reason, address)
            self._site.refresh()
        self._bus.publish("config", {"version": number})
        return number

    def _add(self, camera_id: str, before: Drawing, after: Drawing, author: str, reason: str, address: str = "") -> int:
        with self._store.writing() as session:
            row = ZoneVersion(
                at=time.time(), author=author, reason=reason, camera_id=camera_id,
                before=list(before.zones), after=list(after.zones),
                masks_before=before.known_masks, masks_after=after.known_masks,
            )  # fmt: skip
            session.add(row)
            session.flush()
            detail = {"version": row.version, "reason": reason, "changed": summary(before, after)}
            audit.note(session, author, "zones.saved", camera_id, detail, address)
            return row.version

    def _changed(self, before: Site, after: Site) -> None:
        """Somebody changed the file; of the console's own changes the version is there already."""
        old = {camera.id: camera for camera in before.cameras}
        text = _text(self._site.path)
        for camera in after.cameras:
            known = old.get(camera.id)
            if known is None or (known.zones, known.masks) == (camera.zones, camera.masks):
                continue
            now = drawing_of(text, camera.id)
            with self._store.reading() as session:
                row = latest(session, camera.id)
            if row is None or not after_version(row).holds(now):
                was = after_version(row) if row else drawing_in_force(known)
                number = self._add(camera.id, was, now, BY_HAND, BY_HAND_REASON)
                self._bus.publish("config", {"version": number})

    def _catch_up(self) -> None:
        """Note what was changed by hand while no console ran, of cameras that have versions."""
        with self._site.editing:
            text = _text(self._site.path)
            for camera in self._site.site.cameras:
                with self._store.reading() as session:
                    row = latest(session, camera.id)
                if row is not None and not after_version(row).holds(now := drawing_of(text, camera.id)):
                    self._add(camera.id, after_version(row), now, BY_HAND, BY_HAND_REASON)


def latest(session: Session, camera_id: str) -> ZoneVersion | None:
    """The newest version of a camera's zones."""
    query = select(ZoneVersion).where(ZoneVersion.camera_id == camera_id).order_by(ZoneVersion.version.desc())
    return session.scalars(query.limit(1)).first()


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(path), None, "", f"the file cannot be read: {type(error).__name__}")]) from None


def _check(path: Path, text: str) -> None:
    """Read the whole changed file as the worker would, before it does."""
    trial = path.with_name(f".{path.name}.trial")
    try:
        trial.write_text(text, "utf-8", newline="")
        load_site(trial, RULE_SETTINGS)
    except OSError as error:
        problem = Problem(str(path), None, "", f"its folder cannot be written: {error.strerror}")
        raise ConfigError([problem]) from None
    finally:
        trial.unlink(missing_ok=True)
