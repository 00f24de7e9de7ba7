"""Zones tried on what has happened: jobs in the background, one at a time, bounded, forgotten when there are many."""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
import uuid_utils

from vision.config import Camera, Site, Zone
from vision.evaluate.tryout import (
    KnownCase,
    Media,
    SweepPoint,
    Tryout,
    TryoutCancelled,
    TryoutError,
    sweep_parameter,
    try_zones,
)

log = structlog.get_logger(__name__)

MOST_WAITING = 8
MOST_KEPT = 30
STOP_S = 10.0
State = Literal["waiting", "running", "done", "failed", "cancelled"]


class BusyError(Exception):
    """Too many jobs wait already."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One parameter, many values; `known`: past cases with a verdict."""

    zone: str
    rule: str
    parameter: str
    values: tuple[Any, ...]
    known: tuple[KnownCase, ...] = ()


@dataclass(slots=True)
class TryoutJob:
    """One job and what came of it; written by the worker's thread, read by all. `progress`: 0..1."""

    id: str
    site: Site
    camera: Camera
    zones: tuple[Zone, ...]
    media: tuple[Media, ...]
    sweep: Sweep | None
    state: State = "waiting"
    progress: float = 0.0
    error: str | None = None
    found: Tryout | None = None
    points: list[SweepPoint] | None = None
    unwanted: threading.Event = field(default_factory=threading.Event)


class Tryouts:
    """Runs jobs on a thread of its own; the replays themselves run in a niced process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, TryoutJob] = OrderedDict()
        self._queue: queue.SimpleQueue[TryoutJob | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="tryouts", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Give up what runs and what waits."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.unwanted.set()
        self._queue.put(None)
        self._thread.join(STOP_S)

    def add(
        self, site: Site, camera: Camera, zones: Sequence[Zone], media: Sequence[Media], sweep: Sweep | None = None
    ) -> TryoutJob:
        """A new job. What the same camera is being tried with is given up: its zones have been drawn anew since.

        Raises:
            BusyError: too many wait already.
        """
        job = TryoutJob(str(uuid_utils.uuid7()), site, camera, tuple(zones), tuple(media), sweep)
        with self._lock:
            for other in self._jobs.values():
                if other.camera.id == camera.id and other.state in ("waiting", "running"):
                    other.unwanted.set()
            waiting = [one for one in self._jobs.values() if one.state == "waiting" and not one.unwanted.is_set()]
            if len(waiting) >= MOST_WAITING:
                raise BusyError
            self._jobs[job.id] = job
            while len(self._jobs) > MOST_KEPT:
                oldest = next((key for key, one in self._jobs.items() if one.state not in ("waiting", "running")), None)
                if oldest is None:
                    break
                del self._jobs[oldest]
        self._queue.put(job)
        return job

    def get(self, job_id: str) -> TryoutJob | None:
        """The job of that id; None when it was forgotten."""
        with self._lock:
            return self._jobs.get(job_id)

    def cancel(self, job_id: str) -> bool:
        """Give a job up; whether there was one."""
        job = self.get(job_id)
        if job is not None:
            job.unwanted.set()
            if job.state == "waiting":
                job.state = "cancelled"
        return job is not None

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.unwanted.is_set():
                job.state = "cancelled"
                continue
            job.state = "running"
            try:
                self._work(job)
                job.state = "done"
            except TryoutCancelled:
                job.state = "cancelled"
            except TryoutError as error:
                job.state, job.error = "failed", str(error)
            except Exception as error:
                log.exception("tryout_failed", camera=job.camera.id)
                job.state, job.error = "failed", type(error).__name__

    def _work(self, job: TryoutJob) -> None:
        half = 1.0 if job.sweep is None else 0.5
        job.found = try_zones(job.site, job.camera, job.zones, job.media, _part(job, 0.0, half), job.unwanted.is_set)
        if job.sweep is not None:
            tried = job.camera.model_copy(update={"zones": job.zones})
            sweep = job.sweep
            job.points = sweep_parameter(
                job.site, tried, sweep.zone, sweep.rule, sweep.parameter, sweep.values, job.media, sweep.known,
                _part(job, half, 1.0), job.unwanted.is_set,
            )  # fmt: skip


def _part(job: TryoutJob, begin: float, end: float) -> Callable[[float], None]:
    def progress(share: float) -> None:
        job.progress = begin + (end - begin) * share

    return progress
