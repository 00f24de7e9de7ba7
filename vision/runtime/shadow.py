"""A candidate model beside the one in force: it sees the same frames, and what it would have reported is written down.

Nothing of it is published, no case is made of it, and whatever goes wrong with it stays with it. Its scene and rules
are its own, because what a model sees decides what is watched. What it costs is a second inference and a second scene
for each camera that it is tried on.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from vision.config import Camera, Site
from vision.detect import BatchingDetector, Detections, Look
from vision.rules import Incident, IncidentKind
from vision.runtime.asking import ask
from vision.runtime.perception import Perception
from vision.runtime.reporting import evidence_store
from vision.runtime.saved_state import SavedState
from vision.sources import Attention, Frame, PacketRing

log = structlog.get_logger(__name__)

LOG_NAME = "shadow.jsonl"
MOST_BYTES = 50_000_000
"""Of the log; then it begins anew and the one before is kept beside it: years of a street's cases."""


class Shadow:
    """The candidate of one worker.

    Args:
        site: the configuration, with `detector.shadow`.
        detector: runs the candidate; this stops it.
        storage: the storage folder.
    """

    def __init__(self, site: Site, detector: BatchingDetector, storage: Path) -> None:
        assert site.detector.shadow is not None
        self.detector = detector
        self._cameras = frozenset(site.detector.shadow.cameras)
        self._path = storage / LOG_NAME
        self._states = storage / "state" / "shadow"
        self._evidence = evidence_store(site, storage / "shadow")
        self._lock = threading.Lock()
        self.errors = 0

    def tries(self, camera_id: str) -> bool:
        """Whether the candidate is tried on that camera."""
        return not self._cameras or camera_id in self._cameras

    def camera(self, camera: Camera, local: Callable[[datetime], datetime], ring: PacketRing) -> ShadowCamera:
        """The candidate's view of a camera that begins now."""
        self._write({"began": time.time(), "camera_id": camera.id})
        return ShadowCamera(self, camera, local, ring, SavedState(self._states, camera.id))

    def note(self, incident: Incident, camera: Camera) -> None:
        """Write down what the candidate would have reported, with its pictures where it would have opened a case."""
        kept: list[str] = []
        if incident.kind is IncidentKind.OPENED:
            saved = self._evidence.save(
                incident.incident_id, incident.incident_id, camera.id, incident.stills, None,
                masks=camera.masks, clip_wanted=False,
            )  # fmt: skip
            kept = [str(file.path) for file in saved.files]
        plain = asdict(incident)
        keys = ("incident_id", "camera_id", "zone_id", "category", "started", "detected", "confidence", "box", "why")
        self._write({"kind": incident.kind.value, **{key: plain[key] for key in keys}, "pictures": kept})

    def stop(self) -> None:
        """End the candidate's detector."""
        self.detector.stop()

    def _write(self, row: dict[str, Any]) -> None:
        row = {"model": self.detector.detector.name, **row}
        try:
            with self._lock:
                self._append(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError as error:
            self.errors += 1
            log.error("shadow_not_written", file=str(self._path), error=error.strerror)

    def _append(self, line: str) -> None:
        if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
            self._path.replace(self._path.with_suffix(".1.jsonl"))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line)


class ShadowCamera:
    """Scene and rules of one camera as the candidate sees it; for the camera's own thread."""

    def __init__(
        self,
        shadow: Shadow,
        camera: Camera,
        local: Callable[[datetime], datetime],
        ring: PacketRing,
        saved: SavedState,
    ) -> None:
        self._shadow, self._saved = shadow, saved
        size = shadow.detector.detector.input_size
        self._perception = Perception(camera, local, size, ring, self._ask, shadow.detector.classify)
        saved.load_into(self._perception)

    @property
    def attention(self) -> Attention:
        """How many pictures the candidate wants: the decoder gives what either of the two wants."""
        return self._perception.attention

    def configure(self, camera: Camera) -> None:
        """Take a changed configuration from the next frame on."""
        self._perception.configure(camera)

    def see(self, frame: Frame) -> None:
        """Look at a frame that the model in force has been shown, too; never raises."""
        try:
            look = self._perception.look(frame)
            incidents = self._perception.take(frame, self._ask(look) if look is not None else None)
            self._perception.take_suppressed()
            for incident in incidents:
                self._perception.take_clip(incident.incident_id)
                self._shadow.note(incident, self._perception.camera)
            self._saved.save_if_due(self._perception, bool(incidents), time.monotonic())
        except Exception:
            self._shadow.errors += 1
            log.exception("shadow_failed", camera=self._perception.camera.id)

    def stop(self) -> None:
        """Save what it knows."""
        self._saved.save(self._perception)

    def _ask(self, look: Look) -> Detections | None:
        return ask(self._shadow.detector, self._perception.camera.id, look)
