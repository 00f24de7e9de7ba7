"""What must survive a restart: of each camera the rules' state (JSON) and the scene's memory (a NumPy archive)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

from vision.runtime.perception import Perception
from vision.scene import SceneMemoryError

log = structlog.get_logger(__name__)


class SavedState:
    """One camera's two files; each is replaced as a whole, so that a crash leaves the old or the new one."""

    def __init__(self, folder: Path, camera_id: str) -> None:
        self._camera_id = camera_id
        self._rules, self._scene = folder / f"{camera_id}.json", folder / f"{camera_id}.npz"

    def load_into(self, perception: Perception) -> None:
        """Take up what was saved last; what cannot be read is put aside and logged, and the camera begins anew."""
        rules, scene = self._read(self._rules), self._read(self._scene)
        try:
            if rules is not None:
                perception.load(json.loads(rules))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._put_aside(self._rules, error)
        try:
            if scene is not None:
                perception.recall(scene)
        except SceneMemoryError as error:
            self._put_aside(self._scene, error)

    def save(self, perception: Perception) -> bool:
        """Save both; whether they could be written (a full disk is logged and does not stop the camera)."""
        rules = json.dumps(perception.save(), ensure_ascii=False).encode()
        scene = perception.remember()
        return self._write(self._rules, rules) and (scene is None or self._write(self._scene, scene))

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
