"""One camera of a running worker: a reader thread that drains the stream and a thread that looks at what it hands out.

Whatever goes wrong with one camera stays with it: errors are logged and counted, and the camera goes on with the next
frame. Where next to all frames fail it begins anew: better a place that is learnt again than one nobody looks at.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from vision.cases import fresh_look
from vision.config import Camera
from vision.detect import BatchingDetector, Detections, DetectorError, Look
from vision.evidence import CameraRecord
from vision.rules import Incident, Registered
from vision.runtime.asking import ask
from vision.runtime.failing import FailingFrames
from vision.runtime.parts import PartHealth
from vision.runtime.perception import Perception
from vision.runtime.reporting import Reporter
from vision.runtime.saved_state import SavedState
from vision.runtime.shadow import Shadow
from vision.runtime.snapshots import CameraSnapshot, LatencyRecorder, Stage
from vision.scene import HealthState, SceneState
from vision.scene.stills import close_up, whole
from vision.sources import CameraReader, ClipPackets, Frame, SourceStatus

log = structlog.get_logger(__name__)

WAIT_S = 0.5
"""How long to wait for a frame before looking whether to stop."""
MOST_PENDING = 64
"""Incidents of one camera that may wait for a disk that takes nothing; the outbox has an overflow of its own."""


class LiveCamera:
    """Reads, looks, reports; `start` and `stop` once each.

    Args:
        camera: its configuration.
        source, substream: what to read, paths resolved.
        local: turns UTC into the site's time.
        state_folder: where the rules' state is kept over restarts.
        shadow: a candidate model that is tried on this camera, too.
        record: keeps its packets.
    """

    def __init__(
        self,
        camera: Camera,
        source: str,
        substream: str | None,
        detector: BatchingDetector,
        reporter: Reporter,
        local: Callable[[datetime], datetime],
        state_folder: Path,
        shadow: Shadow | None = None,
        record: CameraRecord | None = None,
    ) -> None:
        self.camera = camera
        self._detector, self._reporter = detector, reporter
        self._saved = SavedState(state_folder, camera.id)
        self._record = record
        self._reader = CameraReader(camera, source, substream, record)
        self._local = local
        self._perception = self._new_perception()
        self._saved.load_into(self._perception)
        self._shadow = shadow.camera(camera, local, self._reader.ring) if shadow is not None else None
        self._reconfigured: Camera | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{camera.id}", daemon=True)
        self._pending: deque[tuple[Incident, ClipPackets | None]] = deque(maxlen=MOST_PENDING)
        self._stages = {stage: LatencyRecorder() for stage in (Stage.DETECT, Stage.SCENE)}
        self._failing = FailingFrames()
        self._began_anew = False
        self.errors = 0
        self.last_error: str | None = None
        self._cpu_s = 0.0

    def start(self) -> None:
        """Begin to read and look."""
        self._reader.start()
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End both threads and save the rules' state; within `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._reader.stop(timeout / 2)
        if self._thread.is_alive():
            self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._record is not None:
            self._record.switch(on=False, masked=self._record.masked)
        self._saved.save(self._perception)
        if self._shadow is not None:
            self._shadow.stop()

    def configure(self, camera: Camera, *, recorded: bool = False) -> None:
        """Take new zones, rules, masks or place from the next frame on; the stream goes on.

        `recorded`: whether its packets are kept from now on. What gets masks loses its record at once.
        """
        self._reconfigured = camera
        if self._record is not None:
            self._record.switch(on=recorded, masked=bool(camera.masks))

    @property
    def view(self) -> HealthState:
        """Whether the pictures show the place that they should."""
        return self._perception.health

    @property
    def register(self) -> list[Registered]:
        """What stands on the rules' lists, case or not."""
        return self._perception.register

    @property
    def scene(self) -> SceneState | None:
        """The scene at the last frame."""
        return self._perception.state

    @property
    def cpu_s(self) -> float:
        """Processor time of this camera's threads since the start, seconds; the shared detector's is not in it."""
        return self._cpu_s + self._reader.cpu_s

    def status(self) -> SourceStatus:
        """How the source is doing."""
        return self._reader.status()

    def snapshot(self) -> CameraSnapshot:
        """Numbers for the metrics."""
        status, health = self._reader.status(), self._perception.health
        dropped = dict(status.dropped)
        return CameraSnapshot(
            self.camera.id,
            status.online,
            status.policy,
            status.gop_s,
            status.fps,
            status.packets,
            status.frames_decoded,
            status.frames_handed_out,
            dropped,
            status.reconnects,
            health.problem,
            health.usable,
            self._perception.open_candidates,
            {stage: recorder.snapshot() for stage, recorder in self._stages.items()},
        )

    def health(self) -> PartHealth:
        """Whether frames arrive and show the place; a camera that is away does not make the worker unready."""
        status, view = self._reader.status(), self._perception.health
        reason = None if status.online or status.ended else status.last_error or "no connection yet"
        if reason is None and view.problem is not None:
            reason = f"the view is {view.problem} ({view.value:g}, threshold {view.threshold:g})"
        return PartHealth(f"camera {self.camera.id}", reason is None, reason, required=False)

    def _run(self) -> None:
        while not self._stopping.is_set():
            frame = self._reader.mailbox.get(WAIT_S)
            if frame is None:
                continue
            try:
                self._take(frame)
                failed = self._began_anew = False
            except Exception as error:
                failed = True
                self.errors += 1
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("camera_frame_failed", camera=self.camera.id)
            if self._failing.note(frame.time, failed=failed):
                self._begin_anew()
            self._cpu_s = time.thread_time()

    def _new_perception(self) -> Perception:
        size = self._detector.detector.input_size
        return Perception(self.camera, self._local, size, self._reader.ring, self._detect, self._detector.classify)

    def _begin_anew(self) -> None:
        """Learn the place again. The rules keep their cases, unless that did not help the last time."""
        log.error("camera_begins_anew", camera=self.camera.id, error=self.last_error, cases_kept=not self._began_anew)
        before, self._perception = self._perception, self._new_perception()
        if not self._began_anew:
            try:
                self._perception.load(json.loads(json.dumps(before.save())))
            except Exception:
                log.exception("cases_not_kept", camera=self.camera.id)
                self._perception = self._new_perception()
        self._failing.forget()
        self._began_anew = True

    def _take(self, frame: Frame) -> None:
        if self._reconfigured is not None:
            self.camera, self._reconfigured = self._reconfigured, None
            self._perception.configure(self.camera)
            if self._shadow is not None:
                self._shadow.configure(self.camera)
        with self._stages[Stage.SCENE].measure():
            look = self._perception.look(frame)
        detections = self._detect(look) if look is not None else None
        with self._stages[Stage.SCENE].measure():
            incidents = self._perception.take(frame, detections)
        self._pending.extend((incident, self._perception.take_clip(incident.incident_id)) for incident in incidents)
        self._answer_requests(frame)
        self._report_pending()
        if self._shadow is not None:
            self._shadow.see(frame)
        frame.forget_conversions()
        wanted = self._perception.attention
        self._reader.attend(wanted if self._shadow is None else max(wanted, self._shadow.attention))
        self._saved.save_if_due(self._perception, bool(incidents), time.monotonic())

    def _detect(self, look: Look) -> Detections | None:
        with self._stages[Stage.DETECT].measure():
            try:
                return ask(self._detector, self.camera.id, look)
            except (DetectorError, TimeoutError) as error:
                self.errors += 1
                self.last_error = str(error)
                log.error("camera_look_failed", camera=self.camera.id, error=str(error))
                return None

    def _answer_requests(self, frame: Frame) -> None:
        """A fresh look for whoever asked at the centre, and the account of what fixtures held back."""
        try:
            self._reporter.note_suppressed(self._perception.take_suppressed())
            for request in self._reporter.requests(self.camera.id, time.time()):
                stills = (whole(frame, "after"), close_up(frame, request.box))
                report = fresh_look(request, self.camera, frame.time, stills)
                if all(waiting.incident_id != report.incident_id for waiting, _clip in self._pending):
                    self._pending.append((report, None))
        except sqlite3.Error as error:
            self.errors += 1
            self.last_error = str(error)
            log.error("case_book_failed", camera=self.camera.id, error=str(error))

    def _report_pending(self) -> None:
        """Report what waits, in order; what cannot be reported now is tried again with the next frame."""
        while self._pending:
            incident, clip = self._pending[0]
            try:
                self._reporter.report(incident, self.camera, clip, time.time())
            except Exception as error:
                self.errors += 1
                self.last_error = f"{type(error).__name__}: {error}"
                log.exception("report_failed", camera=self.camera.id, case=incident.incident_id)
                return
            self._pending.popleft()
