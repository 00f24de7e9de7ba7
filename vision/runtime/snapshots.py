"""The worker in numbers: frozen snapshots that the metrics, the status topics and the console are made from.

Plain data, so that no room has to know who reads it. Counts are totals since the start of the worker.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, seconds: from a look that is skipped (under 1 ms) to a stage that blocks a camera (10 s, the GOP of a
"smart" codec)."""


class Stage(StrEnum):
    """Where a frame spends its time, in order."""

    DECODE = "decode"
    DETECT_WAIT = "detect_wait"
    DETECT = "detect"
    SCENE = "scene"
    RULES = "rules"


@dataclass(slots=True, frozen=True)
class Latency:
    """How long a stage took, so far.

    Attributes:
        counts: observations per bucket of `BUCKETS_S`, plus one last bucket for all that took longer.
        total_s: the sum of all observations, seconds.
    """

    counts: tuple[int, ...] = (0,) * (len(BUCKETS_S) + 1)
    total_s: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.counts)

    def __add__(self, other: Latency) -> Latency:
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return Latency(counts, self.total_s + other.total_s)


class LatencyRecorder:
    """Collects one stage's latencies; one writer, any number of readers, 14 integers of memory.

    >>> decode = LatencyRecorder()
    >>> with decode.measure():
    ...     pass
    >>> decode.snapshot().count
    1
    """

    __slots__ = ("_counts", "_total_s")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS_S) + 1)
        self._total_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count one observation; a negative one (a clock that was set back) counts as zero."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(BUCKETS_S, seconds)] += 1
        self._total_s += seconds

    @contextmanager
    def measure(self) -> Iterator[None]:
        """Observe how long the block takes, also when it raises."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started)

    def snapshot(self) -> Latency:
        return Latency(tuple(self._counts), self._total_s)


@dataclass(slots=True, frozen=True)
class CameraSnapshot:
    """One camera at one moment.

    Attributes:
        camera_id: as in the configuration.
        online: whether frames arrive.
        policy: the decode policy in force, e.g. `keyframes`.
        gop_s: measured distance of keyframes in seconds; None while it is not known.
        fps: frames handed out per second, lately.
        packets: compressed video packets read.
        frames_decoded: pictures decoded.
        frames_handed_out: pictures that the pipeline took.
        dropped: pictures not used, by reason (`overwritten`, `after_reconnect`, `corrupt`, …).
        reconnects: times the stream was opened again.
        problem: what is wrong with the view, e.g. `moved`; None while nothing is.
        usable: whether anything is concluded from the pictures now.
        open_candidates: things that a rule is watching and has not decided on.
        stages: latencies, by stage.
    """

    camera_id: str
    online: bool
    policy: str
    gop_s: float | None = None
    fps: float = 0.0
    packets: int = 0
    frames_decoded: int = 0
    frames_handed_out: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    reconnects: int = 0
    problem: str | None = None
    usable: bool = True
    open_candidates: int = 0
    stages: Mapping[Stage, Latency] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class OutboxSnapshot:
    """The durable outbox.

    Attributes:
        held: events that wait for an operator's verdict; not in `depth`.
        held_dropped: events of those that were given up because the verdict was that there is no case.
        shed: what was given up for lack of room, by what it was (`evidence`, …).
    """

    depth: int = 0
    oldest_age_s: float = 0.0
    acknowledged: int = 0
    shed: Mapping[str, int] = field(default_factory=dict)
    held: int = 0
    held_dropped: int = 0


@dataclass(slots=True, frozen=True)
class DetectorSnapshot:
    """The batching loop. `frames` are pictures looked at (regions of interest included); `queue_depth` waits now."""

    batches: int = 0
    frames: int = 0
    batch_s: Latency = field(default_factory=Latency)
    queue_wait_s: Latency = field(default_factory=Latency)
    queue_depth: int = 0


@dataclass(slots=True, frozen=True)
class WorkerSnapshot:
    """One worker (one process) at one moment.

    Attributes:
        worker_id: as in its MQTT status topic.
        version: the program's version.
        model: the detector's name.
        started: UNIX seconds.
        mqtt_connected: whether the broker is there.
        evidence_bytes: bytes of evidence on disk.
        evidence_missing: evidence that a case should have had and has not, by role (`clip`, `before`, …).
        reloads_ok, reloads_failed: configuration reloads; a failed one leaves the old configuration in force.
        cases: case events, by (category, kind).
        recorded_bytes, recording_shed: of the rolling record: bytes written, packets given up.
        book: what was not told as a case of its own, and what was given up, by what it was (`CaseBook.counts`).
    """

    worker_id: str
    version: str = ""
    model: str = ""
    started: float = 0.0
    mqtt_connected: bool = False
    outbox: OutboxSnapshot = field(default_factory=OutboxSnapshot)
    detector: DetectorSnapshot = field(default_factory=DetectorSnapshot)
    evidence_bytes: int = 0
    evidence_missing: Mapping[str, int] = field(default_factory=dict)
    reloads_ok: int = 0
    reloads_failed: int = 0
    cases: Mapping[tuple[str, str], int] = field(default_factory=dict)
    book: Mapping[str, int] = field(default_factory=dict)
    recorded_bytes: int = 0
    recording_shed: int = 0
    cameras: Sequence[CameraSnapshot] = ()
