"""What the worker tells Prometheus.

No other room knows Prometheus. The worker hands over one function that returns frozen snapshots
(`vision.runtime.snapshots`); each scrape calls it once and turns what it returns into metric families. Nothing is
counted twice, nothing needs a lock, and a camera that was taken out of the configuration disappears with it.

Labels are bounded: cameras and workers by the configuration, stages, policies and event kinds by the code, categories
and reasons by `MAX_LABEL_VALUES`. Stage latencies are histograms per worker and only sum and count per camera, since
300 cameras × 5 stages × 14 buckets would be 21,000 series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from vision.runtime.snapshots import BUCKETS_S, CameraSnapshot, Latency, Stage, WorkerSnapshot

MAX_LABEL_VALUES = 200
"""Different values of one open label (category, reason) before the rest is summed under `other`. The city's catalogue
of events has fewer than 100 categories; more than this is a fault, and must not become the monitoring's fault."""

OTHER = "other"

ReadSnapshots = Callable[[], Iterable[WorkerSnapshot]]
"""Returns the workers as they are now: one, or all shards of a supervisor."""


class WorkerCollector(Collector):
    """Turns snapshots into metric families, once per scrape."""

    def __init__(self, read: ReadSnapshots, policies: Sequence[str] = ()) -> None:
        """`policies`: every decode policy there is, so that those not in force show as 0; the one in force is 1."""
        self._read = read
        self._policies = tuple(policies)

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask a worker that has not started yet."""
        return []

    def collect(self) -> Iterator[Metric]:
        workers = list(self._read())
        yield from _worker_families(workers)
        yield from _outbox_families(workers)
        yield from _detector_families(workers)
        yield from _stage_families(workers)
        cameras = [(worker.worker_id, camera) for worker in workers for camera in worker.cameras]
        yield from _camera_families(cameras)
        yield _policy_family(cameras, self._policies)
        yield _problem_family(cameras)


def metrics_registry(read: ReadSnapshots, policies: Sequence[str] = ()) -> CollectorRegistry:
    """A registry of its own (never the global one) with the worker's metrics and those of this process."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(read, policies))
    ProcessCollector(registry=registry)
    return registry


def render_metrics(registry: CollectorRegistry, accept: str = "") -> tuple[bytes, str]:
    """All metrics as (body, content type), in the format that the scraper's Accept header asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _worker_families(workers: Sequence[WorkerSnapshot]) -> Iterator[Metric]:
    info = InfoMetricFamily("vision_worker", "Version and model of the worker", labels=["worker"])
    started = GaugeMetricFamily("vision_worker_start_time_seconds", "UNIX time of the start", labels=["worker"])
    mqtt = GaugeMetricFamily("vision_mqtt_connected", "1 while the broker is connected", labels=["worker"])
    stored = GaugeMetricFamily("vision_evidence_bytes", "Evidence on disk, bytes", labels=["worker"])
    missing = CounterMetricFamily(
        "vision_evidence_missing", "Evidence that a case lacks, by role", labels=["worker", "role"]
    )
    reloads = CounterMetricFamily("vision_config_reloads", "Configuration reloads", labels=["worker", "result"])
    cases = CounterMetricFamily("vision_case_events", "Case events", labels=["worker", "category", "kind"])
    book = CounterMetricFamily(
        "vision_case_book", "Finds that were not told as a case of their own, by why", labels=["worker", "what"]
    )
    recorded = CounterMetricFamily("vision_recording_bytes", "Written to the rolling record", labels=["worker"])
    shed = CounterMetricFamily("vision_recording_shed", "Packets not recorded: disk slow or full", labels=["worker"])
    for worker in workers:
        name = worker.worker_id
        recorded.add_metric([name], worker.recorded_bytes)
        shed.add_metric([name], worker.recording_shed)
        info.add_metric([name], {"version": worker.version, "model": worker.model})
        started.add_metric([name], worker.started)
        mqtt.add_metric([name], worker.mqtt_connected)
        stored.add_metric([name], worker.evidence_bytes)
        for role, count in _bounded(worker.evidence_missing).items():
            missing.add_metric([name, role], count)
        reloads.add_metric([name, "ok"], worker.reloads_ok)
        reloads.add_metric([name, "failed"], worker.reloads_failed)
        for (category, kind), count in _bounded_cases(worker.cases).items():
            cases.add_metric([name, category, kind], count)
        for what, count in _bounded(worker.book).items():
            book.add_metric([name, what], count)
    yield from (info, started, mqtt, stored, missing, reloads, cases, book, recorded, shed)


def _outbox_families(workers: Sequence[WorkerSnapshot]) -> Iterator[Metric]:
    depth = GaugeMetricFamily("vision_outbox_depth", "Case events not yet acknowledged", labels=["worker"])
    oldest = GaugeMetricFamily("vision_outbox_oldest_seconds", "Age of the oldest of them", labels=["worker"])
    acknowledged = CounterMetricFamily("vision_outbox_acknowledged", "Acknowledged by the broker", labels=["worker"])
    shed = CounterMetricFamily("vision_outbox_shed", "Given up for lack of room", labels=["worker", "what"])
    held = GaugeMetricFamily("vision_outbox_held", "Case events that wait for a verdict", labels=["worker"])
    dropped = CounterMetricFamily("vision_outbox_held_dropped", "Of those, given up after one", labels=["worker"])
    for worker in workers:
        name, outbox = worker.worker_id, worker.outbox
        held.add_metric([name], outbox.held)
        dropped.add_metric([name], outbox.held_dropped)
        depth.add_metric([name], outbox.depth)
        oldest.add_metric([name], outbox.oldest_age_s)
        acknowledged.add_metric([name], outbox.acknowledged)
        for what, count in _bounded(outbox.shed).items():
            shed.add_metric([name, what], count)
    yield from (depth, oldest, acknowledged, shed, held, dropped)


def _detector_families(workers: Sequence[WorkerSnapshot]) -> Iterator[Metric]:
    batches = CounterMetricFamily("vision_detector_batches", "Batches", labels=["worker"])
    frames = CounterMetricFamily("vision_detector_frames", "Pictures looked at", labels=["worker"])
    queued = GaugeMetricFamily("vision_detector_queue_depth", "Pictures waiting", labels=["worker"])
    batch = HistogramMetricFamily("vision_detector_batch_seconds", "Time of one batch", labels=["worker"])
    wait = HistogramMetricFamily("vision_detector_queue_wait_seconds", "Time in the queue", labels=["worker"])
    for worker in workers:
        name, detector = worker.worker_id, worker.detector
        batches.add_metric([name], detector.batches)
        frames.add_metric([name], detector.frames)
        queued.add_metric([name], detector.queue_depth)
        batch.add_metric([name], *_histogram(detector.batch_s))
        wait.add_metric([name], *_histogram(detector.queue_wait_s))
    yield from (batches, frames, queued, batch, wait)


def _stage_families(workers: Sequence[WorkerSnapshot]) -> Iterator[Metric]:
    every = HistogramMetricFamily("vision_stage_seconds", "Latency by stage", labels=["worker", "stage"])
    each = SummaryMetricFamily("vision_camera_stage_seconds", "Latency by camera and stage", labels=["camera", "stage"])
    for worker in workers:
        for stage in Stage:
            total = Latency()
            for camera in worker.cameras:
                latency = camera.stages.get(stage)
                if latency is None:
                    continue
                total += latency
                each.add_metric([camera.camera_id, stage.value], latency.count, latency.total_s)
            every.add_metric([worker.worker_id, stage.value], *_histogram(total))
    yield from (every, each)


_CAMERA_GAUGES: tuple[tuple[str, str, Callable[[CameraSnapshot], float | None]], ...] = (
    ("vision_camera_online", "1 while frames arrive", lambda c: c.online),
    ("vision_camera_gop_seconds", "Measured distance of keyframes", lambda c: c.gop_s),
    ("vision_camera_fps", "Frames handed out per second, lately", lambda c: c.fps),
    ("vision_camera_view_usable", "1 while the pictures show the place that they should", lambda c: c.usable),
    ("vision_camera_open_candidates", "Things watched and not decided on", lambda c: c.open_candidates),
)

_CAMERA_COUNTERS: tuple[tuple[str, str, Callable[[CameraSnapshot], int]], ...] = (
    ("vision_camera_packets", "Compressed video packets read", lambda c: c.packets),
    ("vision_camera_frames_decoded", "Pictures decoded", lambda c: c.frames_decoded),
    ("vision_camera_frames_handed_out", "Pictures that the pipeline took", lambda c: c.frames_handed_out),
    ("vision_camera_reconnects", "Times the stream was opened again", lambda c: c.reconnects),
)


def _camera_families(cameras: Sequence[tuple[str, CameraSnapshot]]) -> Iterator[Metric]:
    for name, text, value_of in _CAMERA_GAUGES:
        gauge = GaugeMetricFamily(name, text, labels=["camera", "worker"])
        for worker_id, camera in cameras:
            value = value_of(camera)
            if value is not None:
                gauge.add_metric([camera.camera_id, worker_id], value)
        yield gauge
    for name, text, count_of in _CAMERA_COUNTERS:
        counter = CounterMetricFamily(name, text, labels=["camera", "worker"])
        for worker_id, camera in cameras:
            counter.add_metric([camera.camera_id, worker_id], count_of(camera))
        yield counter
    dropped = CounterMetricFamily(
        "vision_camera_frames_dropped", "Pictures not used, by reason", labels=["camera", "worker", "reason"]
    )
    for worker_id, camera in cameras:
        for reason, count in _bounded(camera.dropped).items():
            dropped.add_metric([camera.camera_id, worker_id, reason], count)
    yield dropped


def _policy_family(cameras: Sequence[tuple[str, CameraSnapshot]], policies: Sequence[str]) -> Metric:
    family = GaugeMetricFamily(
        "vision_camera_decode_policy", "1 for the decode policy in force", labels=["camera", "worker", "policy"]
    )
    for worker_id, camera in cameras:
        for policy in dict.fromkeys((*policies, camera.policy)):
            family.add_metric([camera.camera_id, worker_id, policy], policy == camera.policy)
    return family


def _problem_family(cameras: Sequence[tuple[str, CameraSnapshot]]) -> Metric:
    family = GaugeMetricFamily(
        "vision_camera_problem", "1 for what is wrong with the view", labels=["camera", "worker", "problem"]
    )
    for worker_id, camera in cameras:
        if camera.problem is not None:
            family.add_metric([camera.camera_id, worker_id, camera.problem], 1)
    return family


def _histogram(latency: Latency) -> tuple[list[tuple[str, float]], float]:
    bounds = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
    return list(zip(bounds, accumulate(latency.counts), strict=True)), latency.total_s


def _bounded(counts: Mapping[str, int]) -> dict[str, int]:
    kept: dict[str, int] = {}
    # A copy first: the worker goes on counting while this runs.
    for label, count in dict(counts).items():
        key = label if len(kept) < MAX_LABEL_VALUES else OTHER
        kept[key] = kept.get(key, 0) + count
    return kept


def _bounded_cases(counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    kept: dict[tuple[str, str], int] = {}
    categories: set[str] = set()
    for (category, kind), count in dict(counts).items():
        if category in categories or len(categories) < MAX_LABEL_VALUES:
            categories.add(category)
        else:
            category = OTHER
        kept[category, kind] = kept.get((category, kind), 0) + count
    return kept
