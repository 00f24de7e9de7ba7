"""What must survive a restart: of each camera the rules' state (JSON) and the scene's memory (a NumPy archive)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

from vision.runtime.perception import Perception
from vision.scene import SceneMemoryError

log = structlog.get_logger(__name__)

EVERY_S = 300.0
"""The clean view changes slowly; what is being watched is saved at once."""
FIRST_S = 5.0
"""The first time sooner, then ever less often: a worker that is killed young knows its place, too."""


class SavedState:
    """One camera's files; each is replaced as a whole, so that a crash leaves the old or the new one."""

    def __init__(self, folder: Path, camera_id: str) -> None:
        self._camera_id = camera_id
        self._folder = folder
        self._rules = folder / f"{camera_id}.json"
        self._watched: frozenset[int] = frozenset()
        self._saved_at: float | None = None
        self._every = FIRST_S

    def load_into(self, perception: Perception) -> None:
        """Take up what was saved last; what cannot be read is put aside and logged, and the camera begins anew."""
        rules = self._read(self._rules)
        try:
            if rules is not None:
                perception.load(json.loads(rules))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._put_aside(self._rules, error)
        for name in perception.views.part_names():
            path = self._part(name)
            content = self._read(path)
            try:
                if content is not None:
                    perception.views.recall(name, content)
            except SceneMemoryError as error:
                self._put_aside(path, error)

    def save_if_due(self, perception: Perception, reported: bool, now: float) -> None:
        """Save when something was reported, when what is watched changed, and else now and then.

        Args:
            perception: what is saved.
            reported: whether a rule reported something since the last call.
            now: seconds of any clock that goes on evenly.
        """
        if self._saved_at is None:
            self._saved_at = now
        due = now - self._saved_at >= self._every
        if due:
            self._every = min(EVERY_S, 2 * self._every)
        if due or reported or perception.watched != self._watched:
            self._watched, self._saved_at = perception.watched, now
            self.save(perception)

    def save(self, perception: Perception) -> bool:
        """Save all; whether they could be written (a full disk is logged and does not stop the camera)."""
        rules = json.dumps(perception.save(), ensure_ascii=False).encode()
        parts = perception.views.remember()
        return self._write(self._rules, rules) and all(self._write(self._part(n), part) for n, part in parts.items())

    def _part(self, name: str) -> Path:
        return self._folder / f"{self._camera_id}{name}.npz"

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("state_unreadable", camera=self._camera_id, file=str(path), error=error.strerror)
            return None

    def _put_aside(self, path: Path, error: Exception) -> None:
        log.error("state_unreadable", camera=self._camera_id, file=str(path), error=str(error))
        path.replace(path.with_name(path.name + ".broken"))

    def _write(self, path: Path, content: bytes) -> bool:
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            log.error("state_not_saved", camera=self._camera_id, file=str(path), error=error.strerror)
            return False
        return True
