"""The worker: cameras in, case events out, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

import vision
from vision.cases import AnswerError, CaseBook, parse_answer
from vision.config import Camera, ConfigError, Site, SiteChange, SiteWatcher, unknown_classes
from vision.detect import BatchingDetector
from vision.evidence import RecordingStore
from vision.publish import EvidenceFile, IncomingAnswer, Outbox, Publisher, Topics
from vision.rules import RULE_SETTINGS
from vision.runtime.identity import book_settings, local_time
from vision.runtime.live_camera import LiveCamera
from vision.runtime.live_folder import LiveFolder, Seen
from vision.runtime.parts import PartHealth
from vision.runtime.published_state import camera_state, turned
from vision.runtime.reporting import Reporter, evidence_store
from vision.runtime.shadow import Shadow
from vision.runtime.snapshots import DetectorSnapshot, OutboxSnapshot, WorkerSnapshot
from vision.runtime.verdicts import VerdictDesk

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 600.0
STOP_S = 20.0
"""Time for everything to be flushed on SIGTERM; container engines kill after 30 s or so."""


class Worker:
    """All cameras of one process.

    Args:
        site: the configuration.
        detector: serves all cameras; the worker stops it.
        candidate: runs the model of `detector.shadow`, if there is one; the worker stops it.

    Raises:
        OSError: the storage folder cannot be used.
    """

    def __init__(self, site: Site, detector: BatchingDetector, candidate: BatchingDetector | None = None) -> None:
        self.site = site
        self._detector = detector
        storage = site.resolve(site.storage.dir)
        storage.mkdir(parents=True, exist_ok=True)
        self.evidence_folder = storage / "evidence"
        self._state_folder = storage / "state"
        self._topics = Topics(site.site.id, site.runtime.worker)
        self._book = CaseBook(book_settings(site, detector.detector), storage / "cases.sqlite")
        self._evidence = evidence_store(site, self.evidence_folder)
        self._recordings = RecordingStore(
            storage / "recordings", site.recording, min_free=site.storage.min_free, made_of=(storage / "tryouts",)
        )
        self._outbox = Outbox(
            storage / "outbox.sqlite", max_bytes=site.storage.max_outbox, shed=self._shed, stamp=partial(_stamp, site)
        )
        self._publisher = Publisher(
            site.mqtt, self._outbox, self._topics, resolve=site.resolve, on_answer=self._take_answer
        )
        self.reporter = Reporter(self._book, self._evidence, self._outbox, self._topics, self._publisher.wake)
        self._verdicts = VerdictDesk(
            self._book, self._outbox, self.reporter, self._topics, site.site.zone,
            publish=site.console.publish_verdicts,
        )  # fmt: skip
        self._shadow = Shadow(site, candidate, storage) if candidate is not None else None
        self._cameras: dict[str, LiveCamera] = {}
        self._live = LiveFolder(storage / "live", self._seen, self._worker_state)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._housekeeper = threading.Thread(target=self._keep_house, name="housekeeper", daemon=True)
        self._published: dict[str, tuple[float, dict[str, Any]]] = {}
        self._started = time.time()
        self._reloads_ok = self._reloads_failed = 0

    def start(self) -> None:
        """Connect, open the cameras; returns at once, without waiting for broker or cameras."""
        self._publisher.start()
        self._recordings.start()
        for text in unknown_classes(self.site.cameras, (c.name for c in self._detector.detector.classes)):
            log.warning("fixture_never_holds", reason=text)
        for camera in self.site.cameras:
            if camera.enabled:
                self._add(camera)
        self._housekeeper.start()
        self._verdicts.start()
        self._live.start()
        log.info("worker_started", worker=self.site.runtime.worker, cameras=len(self._cameras))

    def stop(self) -> None:
        """End everything in order: no new frames, state saved, outbox flushed as far as the broker takes it."""
        self._stopping.set()
        with self._lock:
            cameras = list(self._cameras.values())
        # No daemons: each waits for its camera for so long at most, and what it saves then is not to be cut off.
        threads = [threading.Thread(target=camera.stop, args=(STOP_S / 2,)) for camera in cameras]
        deadline = time.monotonic() + STOP_S / 2
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for camera in cameras:
            self._publisher.publish_status(self._topics.camera_status(camera.camera.id), {"online": False})
        self._live.stop()
        self._recordings.stop()
        self._detector.stop()
        if self._shadow is not None:
            self._shadow.stop()
        if self._housekeeper.is_alive():
            self._housekeeper.join(2.0)
        self._verdicts.stop()
        self._publisher.close(STOP_S / 4)
        waiting = self._outbox.stats().depth
        self._outbox.close()
        self._book.close()
        log.info("worker_stopped", worker=self.site.runtime.worker, waiting=waiting)

    def watcher(self, path: Path) -> SiteWatcher:
        """Hot reload of the file the site was read from; the caller starts and stops it."""
        return SiteWatcher(path, RULE_SETTINGS, self.site, self.apply, self._refuse)

    def apply(self, site: Site, change: SiteChange) -> None:
        """Take a changed configuration: cameras that did not change do not notice."""
        by_id = {camera.id: camera for camera in site.cameras}
        for camera_id in (*change.removed, *change.restarted):
            self._remove(camera_id, gone=camera_id in change.removed)
        for camera_id in (*change.restarted, *change.added):
            self._add(by_id[camera_id])
        with self._lock:
            for camera_id in change.updated:
                camera = by_id[camera_id]
                self._cameras[camera_id].configure(camera, recorded=site.records(camera))
        self.site = site
        self._reloads_ok += 1
        if change.site_wide:
            log.warning("config_needs_restart", sections=list(change.site_wide))
        log.info(
            "config_reloaded",
            added=list(change.added),
            removed=list(change.removed),
            restarted=list(change.restarted),
            updated=list(change.updated),
        )

    def snapshot(self) -> WorkerSnapshot:
        """Numbers for the metrics."""
        outbox, counters = self._outbox.stats(), self._detector.counters()
        with self._lock:
            cameras = list(self._cameras.values())
        return WorkerSnapshot(
            self.site.runtime.worker,
            vision.__version__,
            self._detector.detector.name,
            self._started,
            self._publisher.status().connected,
            OutboxSnapshot(
                outbox.depth,
                outbox.oldest_age_s,
                outbox.acknowledged,
                {"evidence": outbox.shed},
                outbox.held,
                self._verdicts.dropped,
            ),
            DetectorSnapshot(counters.batches, counters.pictures, queue_depth=counters.waiting),
            self._evidence.bytes_on_disk,
            dict(self._evidence.counters.missing),
            self._reloads_ok,
            self._reloads_failed,
            dict(self.reporter.cases),
            dict(self._book.counts()),
            self._recordings.counters.bytes_written,
            self._recordings.counters.shed,
            tuple(camera.snapshot() for camera in cameras),
        )

    def live_parts(self) -> Iterable[PartHealth]:
        """What must turn for the process to be alive."""
        health = self._detector.health()
        yield PartHealth("detector", health.ok, None if health.ok else health.reason)
        yield PartHealth("housekeeper", self._housekeeper.is_alive(), None)

    def ready_parts(self) -> Iterable[PartHealth]:
        """What must be there for the worker to do its work; broker and single cameras may be away."""
        yield from self.live_parts()
        publisher = self._publisher.status()
        yield PartHealth("broker", publisher.connected, publisher.error, required=False)
        with self._lock:
            cameras = list(self._cameras.values())
        yield from (camera.health() for camera in cameras)

    def _add(self, camera: Camera) -> None:
        live = LiveCamera(
            camera,
            resolved_source(self.site, camera.source),
            resolved_source(self.site, camera.substream) if camera.substream else None,
            self._detector,
            self.reporter,
            partial(local_time, self.site),
            self._state_folder,
            self._shadow if self._shadow is not None and self._shadow.tries(camera.id) else None,
            self._recordings.camera(camera.id, on=self.site.records(camera), masked=bool(camera.masks)),
        )
        with self._lock:
            self._cameras[camera.id] = live
        live.start()

    def _remove(self, camera_id: str, *, gone: bool) -> None:
        with self._lock:
            live = self._cameras.pop(camera_id)
            self._published.pop(camera_id, None)
        live.stop()
        if gone:
            self._publisher.clear_status(self._topics.camera_status(camera_id))

    def _refuse(self, error: ConfigError) -> None:
        self._reloads_failed += 1
        log.error("config_refused", problems=str(error).splitlines(), in_force="the configuration from before")

    def _take_answer(self, incoming: IncomingAnswer) -> None:
        try:
            answer = parse_answer(incoming.case_id, incoming.payload)
        except AnswerError as error:
            log.warning("answer_refused", case=incoming.case_id, reason=str(error))
            return
        known = self._book.apply_answer(answer, time.time())
        log.info("answer", case=answer.case_id, kind=answer.kind, known=known)

    def _shed(self, files: Iterable[EvidenceFile]) -> None:
        self._evidence.remove(file.path for file in files)

    def _keep_house(self) -> None:
        next_sweep = time.monotonic()
        while not self._stopping.wait(1.0):
            try:
                self._publish_states()
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + SWEEP_EVERY_S
                    self._evidence.sweep(time.time(), self._outbox.waiting_files())
            except Exception:
                log.exception("housekeeping_failed")

    def _publish_states(self) -> None:
        """Publish what changed of each camera's state, and everything now and then."""
        every, now = self.site.runtime.status_every, time.monotonic()
        with self._lock:
            cameras = list(self._cameras.values())
        for live in cameras:
            state = camera_state(live)
            last, before = self._published.get(live.camera.id, (-1e9, {}))
            if turned(state, before) or now - last >= every:
                self._published[live.camera.id] = (now, state)
                self._publisher.publish_status(self._topics.camera_status(live.camera.id), state)
        last, _ = self._published.get("", (-1e9, {}))
        if now - last >= every:
            self._published[""] = (now, {})
            self._publisher.publish_status(self._topics.worker_status(), self._worker_state())

    def _seen(self) -> list[Seen]:
        with self._lock:
            cameras = list(self._cameras.values())
        return [Seen(live.camera, partial(camera_state, live), live.scene, live.cpu_s) for live in cameras]

    def _worker_state(self) -> dict[str, Any]:
        outbox = self._outbox.stats()
        return {
            "state": "online",
            "version": vision.__version__,
            "model": self._detector.detector.name,
            "cameras": len(self._cameras),
            "outbox_depth": outbox.depth,
            "outbox_oldest_s": round(outbox.oldest_age_s, 1),
            "recording": asdict(self._recordings.counters),
            "held": outbox.held,
            "held_dropped": self._verdicts.dropped,
            "evidence_shed": outbox.shed,
            "evidence_missing": dict(self._evidence.counters.missing),
            "config_sha256": self.site.fingerprint(),
            "cases": dict(self._book.counts()),
        }


def resolved_source(site: Site, source: str) -> str:
    """A camera's source as it can be opened: URLs as they are, files with their folder."""
    return source if "://" in source and not source.startswith("file://") else str(site.resolve(source))


def _stamp(site: Site) -> str:
    return datetime.now(site.site.zone).isoformat(timespec="milliseconds")
