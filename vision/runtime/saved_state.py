"""What a camera's rules must remember over a restart: one small JSON file per camera, replaced as a whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)


def load_state(folder: Path, camera_id: str) -> dict[str, Any]:
    """The state saved last; empty when there is none or it cannot be read (that is logged, and the file kept aside)."""
    path = folder / f"{camera_id}.json"
    try:
        state = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.error("state_unreadable", camera=camera_id, file=str(path), error=str(error))
        path.replace(path.with_suffix(".broken"))
        return {}
    return state if isinstance(state, dict) else {}


def save_state(folder: Path, camera_id: str, state: dict[str, Any]) -> bool:
    """Replace the camera's state; whether it could be written (a full disk is logged and does not stop the camera)."""
    path = folder / f"{camera_id}.json"
    part = path.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        log.error("state_not_saved", camera=camera_id, file=str(path), error=error.strerror)
        return False
    return True
