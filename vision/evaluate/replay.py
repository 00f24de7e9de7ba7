"""A video file through the very same pipeline, with the file's own clock: as fast as it goes, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from vision.cases import CaseBook, CaseEvent, replay_line
from vision.config import Camera, Site
from vision.detect import BatchingDetector, Detections, Look, prepare_look
from vision.evidence import EvidenceStore
from vision.rules import Incident, IncidentKind
from vision.runtime.identity import book_settings, local_time
from vision.runtime.perception import Perception
from vision.runtime.reporting import attach_evidence, evidence_store
from vision.runtime.saved_state import SavedState
from vision.sources import FileReplay, Frame, SourceStatus

NOON = datetime(2026, 1, 1, 12, 0)
"""When a replay begins unless told: a Thursday noon, local time, so that schedules for the day hold; never the file's
date, which changes when it is copied."""


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """An event and when it happened, in seconds from the start of the video."""

    event: CaseEvent
    started_s: float
    detected_s: float
    cleared_s: float | None

    def line(self) -> str:
        """One line of JSON."""
        return replay_line(self.event, self.started_s, self.detected_s, self.cleared_s)


@dataclass(slots=True)
class ReplayResult:
    """What a replay found and cost: counts of pictures, and of looks by the detector.

    `broken`: why the file ended before its time; None when it was whole.
    """

    events: list[ReplayedEvent] = field(default_factory=list)
    frames: int = 0
    looks: int = 0
    media_s: float = 0.0
    source: SourceStatus | None = None
    broken: str | None = None


EARLY_END_S = 15.0
"""A last keyframe interval that the policy did not decode is no damage: the longest seen in use is about 10 s."""
Watch = Callable[[Frame, Detections | None, list[Incident], Perception], None]
"""Called after each frame, e.g. to draw it."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The worker is killed at `at_s` of the video and runs again `down_s` later, with what it had in `folder`."""

    at_s: float
    down_s: float
    folder: Path


def replay(
    path: Path,
    camera: Camera,
    site: Site,
    detector: BatchingDetector,
    *,
    evidence: Path | None = None,
    start: float | None = None,
    watch: Watch | None = None,
    every_frame: bool = False,
    restart: Restart | None = None,
    progress: Callable[[float], None] | None = None,
) -> ReplayResult:
    """Replay one file as a camera.

    Args:
        path: the video.
        camera: the camera it stands for: zones, rules, decode settings.
        evidence: folder for stills and clips; none are kept unless given.
        start: UNIX time of the first picture; noon of 2026-01-01 at the site unless given.
        watch: called after each frame.
        every_frame: look at every frame that the camera hands out, not only at those that are worth it.
        restart: kill and start the worker in the middle.
        progress: called with the media time reached, seconds.

    Raises:
        SourceError: the file cannot be read.
    """
    begin = NOON.replace(tzinfo=site.site.zone).timestamp() if start is None else start
    worker = _Worker(path, camera, site, detector, begin, evidence, watch, every_frame, restart, progress)
    if restart is None:
        return worker.live()
    worker.live(until_s=restart.at_s)
    return worker.live(from_s=restart.at_s + restart.down_s)


def length_s(path: Path, camera: Camera) -> float:
    """How long a video is by its index, seconds; 0 where it does not say.

    Raises:
        SourceError: the file cannot be read.
    """
    source = FileReplay(path, camera, 0.0)
    source.close()
    return source.duration_s or 0.0


@dataclass(frozen=True, slots=True)
class _Worker:
    """What does not change over the worker's lives, and what came of them."""

    path: Path
    camera: Camera
    site: Site
    detector: BatchingDetector
    begin: float
    evidence: Path | None
    watch: Watch | None
    every_frame: bool
    restart: Restart | None
    progress: Callable[[float], None] | None
    result: ReplayResult = field(default_factory=ReplayResult)

    def live(self, from_s: float = 0.0, until_s: float | None = None) -> ReplayResult:
        """From a start of the worker to its end, or until it is killed."""
        source = FileReplay(self.path, self.camera, self.begin, from_s)
        perception = Perception(
            self.camera,
            partial(local_time, self.site),
            self.detector.detector.input_size,
            source.ring,
            partial(_detect, self.detector),
            self.detector.classify,
        )
        folder = self.restart.folder if self.restart is not None else None
        saved = SavedState(folder, self.camera.id) if folder is not None else None
        if saved is not None:
            saved.load_into(perception)
        store = evidence_store(self.site, self.evidence) if self.evidence is not None else None
        book = CaseBook(book_settings(self.site, self.detector.detector), folder / "cases.db" if folder else None)
        for frame in source:
            if until_s is not None and frame.media_s >= until_s:
                source.close()
                break
            detections = self._look(perception, frame)
            incidents = perception.take(frame, detections)
            for incident in incidents:
                self._report(book, store, perception, incident)
            if self.watch is not None:
                self.watch(frame, detections, incidents, perception)
            if saved is not None:
                saved.save_if_due(perception, bool(incidents), frame.time)
            source.attend(perception.attention)
            if self.progress is not None:
                self.progress(frame.media_s)
        book.close()
        self.result.source = source.status()
        self.result.broken = _broken(self.result, source)
        return self.result

    def _look(self, perception: Perception, frame: Frame) -> Detections | None:
        look = perception.look(frame)
        if look is None and self.every_frame and perception.health.usable:
            look = Look(frame, ())
        self.result.frames += 1
        self.result.media_s = frame.media_s
        self.result.looks += look is not None
        return _detect(self.detector, look) if look is not None else None

    def _report(self, book: CaseBook, store: EvidenceStore | None, perception: Perception, incident: Incident) -> None:
        event = book.handle(incident, self.camera)
        if event is None:
            return
        book.record(event)
        if store is not None:
            clip = perception.take_clip(incident.incident_id)
            event, _ = attach_evidence(store, event, incident, self.camera, clip)
        self.result.events.append(_event(event, incident, self.begin))


def _broken(result: ReplayResult, source: FileReplay) -> str | None:
    if result.source is not None and result.source.last_error:
        return result.source.last_error
    length = source.duration_s
    if length is not None and result.media_s < length - max(EARLY_END_S, 0.1 * length):
        return f"it breaks off at {result.media_s:.1f} s of {length:.1f} s; the file is cut short, copy it again"
    return None


def _detect(detector: BatchingDetector, look: Look) -> Detections:
    prepared = prepare_look(look, detector.detector.input_size)
    return detector.detect_now(prepared.images, prepared.regions)


def _event(event: CaseEvent, incident: Incident, begin: float) -> ReplayedEvent:
    ended = None if incident.ended is None else incident.ended - begin
    return ReplayedEvent(event, incident.started - begin, incident.detected - begin, ended)


def opened(result: ReplayResult) -> Iterator[ReplayedEvent]:
    """The cases that were opened."""
    return (event for event in result.events if event.event.kind == IncidentKind.OPENED.value)
