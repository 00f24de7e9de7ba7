"""What the console shows of the present: a still and the state of each camera, in the folder `live` of the storage.

Console and worker are two processes that meet in files. Everything here is written anew once a minute, at once where
a camera's state turns, and every two seconds where somebody looks: the console touches `live/wanted/{camera}` while a
page with that camera is open. One write of a 1080p picture costs 5.6 ms of processor time (measured): 0.1 ms a
camera-second where nobody watches, 2.8 ms where somebody does.

Files are replaced whole and not fsynced: after a power cut they are made anew, and nothing depends on them.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import structlog
from av.video.reformatter import VideoReformatter

from vision.config import Camera, Polygon
from vision.evidence.masking import blacken
from vision.runtime.published_state import turned
from vision.runtime.repeating import Repeating
from vision.scene import SceneState
from vision.sources import Frame

log = structlog.get_logger(__name__)

QUIET_S = 60.0
WATCHED_S = 2.0
WANTED_S = 15.0
"""Somebody watches when the console said so this short ago."""
FORGET_S = 3600.0
"""A note that somebody watches is removed after this time; the console makes it anew."""
TICK_S = 0.5
MOST_WIDTH = 1280
JPEG_QUALITY = 80
COST_OVER_S = 10.0
WORKER = "@worker"
"""Name of the worker's own file; no camera's id holds an `@`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera as the folder asks for it.

    Attributes:
        state: makes what is published as its state.
        scene: as it was at the last frame; None before the first.
        cpu_s: processor time of its own threads since it was opened, seconds; the shared detector's is not in it.
    """

    camera: Camera
    state: Callable[[], dict[str, Any]]
    scene: SceneState | None
    cpu_s: float


@dataclass(slots=True)
class _Written:
    """What was last written of a camera. Times of the monotonic clock."""

    at: float = float("-inf")
    state: dict[str, Any] = field(default_factory=dict)
    picture_time: float | None = None
    masks: tuple[Polygon, ...] = ()
    cost_from: tuple[float, float] = (0.0, 0.0)
    cost: float | None = field(default=None)


class LiveFolder:
    """Writes the folder on a thread of its own.

    Args:
        folder: made if absent.
        cameras: those that run now.
        worker: makes the worker's published state.
    """

    def __init__(
        self, folder: Path, cameras: Callable[[], Iterable[Seen]], worker: Callable[[], dict[str, Any]]
    ) -> None:
        self._folder, self._cameras, self._worker = folder, cameras, worker
        self._written: dict[str, _Written] = {}
        self._worker_written = float("-inf")
        self._reformatter = VideoReformatter()
        self._loop = Repeating("live-folder", TICK_S, self.write_due, self._failed)

    def start(self) -> None:
        """Begin to write."""
        self._loop.start()

    def stop(self, timeout: float = 5.0) -> None:
        """End, and say that the worker has."""
        if self._loop.stop(timeout):
            with contextlib.suppress(OSError):
                self._write_json(WORKER, {"state": "offline", "reason": "stopped"})

    def write_due(self) -> int:
        """Write what is due; how many cameras that were.

        Raises:
            OSError: the folder cannot be written.
        """
        now = time.monotonic()
        watched = self._watched(time.time())
        cameras = {seen.camera.id: seen for seen in self._cameras()}
        count = 0
        for camera_id, seen in cameras.items():
            written = self._written.setdefault(camera_id, _Written(cost_from=(now, seen.cpu_s)))
            every = WATCHED_S if camera_id in watched else QUIET_S
            state = seen.state()
            first_picture = written.picture_time is None and seen.scene is not None
            changed = written.masks != seen.camera.masks or first_picture or turned(state, written.state)
            if changed or now - written.at >= every:
                self._write(seen, state, written, now)
                count += 1
        for camera_id in [name for name in self._written if name not in cameras]:
            del self._written[camera_id]
            for ending in ("jpg", "json"):
                (self._folder / f"{camera_id}.{ending}").unlink(missing_ok=True)
        if now - self._worker_written >= QUIET_S:
            self._write_json(WORKER, self._worker())
            self._worker_written = now
        return count

    def _write(self, seen: Seen, state: dict[str, Any], written: _Written, now: float) -> None:
        scene, masks = seen.scene, seen.camera.masks
        if scene is not None and (written.picture_time, written.masks) != (scene.frame.time, masks):
            picture = live_picture(scene.frame, masks, self._reformatter)
            _replace(self._folder / f"{seen.camera.id}.jpg", picture)
            written.picture_time = scene.frame.time
        since, cpu_s = written.cost_from
        if now - since >= COST_OVER_S:
            # A camera that was opened again counts from zero.
            written.cost = 1000 * (seen.cpu_s - cpu_s) / (now - since) if seen.cpu_s >= cpu_s else None
            written.cost_from = (now, seen.cpu_s)
        tracks = scene.tracks if scene is not None else ()
        whole = state | {
            "picture_at": None if written.picture_time is None else _moment(written.picture_time),
            "tracks": [
                {"class": track.name, "bbox": [round(side, 4) for side in track.box], "track_id": track.track_id}
                for track in tracks
            ],
        }
        if written.cost is not None:
            whole["cost_ms_per_s"] = round(written.cost, 2)
        self._write_json(seen.camera.id, whole)
        written.at, written.masks, written.state = now, masks, state

    def _write_json(self, name: str, state: Mapping[str, Any]) -> None:
        text = json.dumps({**state, "at": _moment(time.time())}, ensure_ascii=False, separators=(",", ":"))
        _replace(self._folder / f"{name}.json", text.encode())

    def _watched(self, now: float) -> set[str]:
        """Names of the cameras that somebody watches; old notes are removed, so that they do not grow."""
        wanted = self._folder / "wanted"
        wanted.mkdir(parents=True, exist_ok=True)
        found = set()
        with os.scandir(wanted) as notes:
            for note in notes:
                try:
                    age = now - note.stat().st_mtime
                    if age > FORGET_S:
                        os.unlink(note.path)
                except OSError:
                    continue
                if age <= WANTED_S:
                    found.add(note.name)
        return found

    def _failed(self, error: Exception) -> None:
        log.error("live_folder_failed", folder=str(self._folder), error=f"{type(error).__name__}: {error}")


def live_picture(frame: Frame, masks: tuple[Polygon, ...], reformatter: VideoReformatter | None = None) -> bytes:
    """The frame as JPEG, at most `MOST_WIDTH` wide, masks blackened.

    The converter is not the frame's own: the camera's thread may be using that at the same moment.
    """
    width = min(frame.width, MOST_WIDTH)
    height = max(1, round(frame.height * width / frame.width))
    converted = (reformatter or VideoReformatter()).reformat(
        frame.picture, width, height, format="bgr24", interpolation="AREA"
    )
    image = np.ascontiguousarray(converted.to_ndarray(), np.uint8)
    blacken(image, masks)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
