"""What the worker leaves for the console in `live/`: each camera's last picture and state; and what is asked of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STALE_S = 150.0
"""The worker writes once a minute at least; what is older than two of these is of a worker that does not run."""
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class LiveState:
    """A camera's state as it is published, with what the live folder adds; `fresh`: whether a worker keeps it so."""

    state: dict[str, Any]
    fresh: bool


class LiveFolder:
    """Reads what is there now; every method copes with what is missing. Ids are checked by the caller."""

    def __init__(self, storage: Path) -> None:
        self._folder = storage / "live"

    def state(self, camera_id: str) -> LiveState | None:
        """The camera's state; None when no worker has ever written one."""
        path = self._folder / f"{camera_id}.json"
        try:
            if path.stat().st_size > MOST_BYTES:
                return None
            fresh = time.time() - path.stat().st_mtime < STALE_S
            state = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return LiveState(state, fresh) if isinstance(state, dict) else None

    def still(self, camera_id: str) -> Path | None:
        """The camera's last picture, with its masks blackened; None while there is none."""
        path = self._folder / f"{camera_id}.jpg"
        return path if path.is_file() else None

    def watch(self, camera_id: str) -> None:
        """Ask the worker for fresh pictures: it writes one every 2 s for 15 s from now."""
        wanted = self._folder / "wanted"
        wanted.mkdir(parents=True, exist_ok=True)
        (wanted / camera_id).touch()
