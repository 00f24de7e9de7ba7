"""What a scrape shows, read back with Prometheus's own parser."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from vision.runtime.metrics import MAX_LABEL_VALUES, metrics_registry, render_metrics
from vision.runtime.snapshots import (
    BUCKETS_S,
    CameraSnapshot,
    DetectorSnapshot,
    Latency,
    LatencyRecorder,
    OutboxSnapshot,
    Stage,
    WorkerSnapshot,
)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(workers: Sequence[WorkerSnapshot], policies: Sequence[str] = ()) -> Samples:
    body, _ = render_metrics(metrics_registry(lambda: workers, policies))
    samples = [sample for family in parse_text(body.decode()) for sample in family.samples]
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for s in samples}


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def recorded(*seconds: float) -> Latency:
    recorder = LatencyRecorder()
    for s in seconds:
        recorder.observe(s)
    return recorder.snapshot()


CAMERA = CameraSnapshot(
    camera_id="bj-001",
    online=True,
    policy="keyframes",
    gop_s=2.0,
    fps=0.5,
    packets=1000,
    frames_decoded=40,
    frames_handed_out=38,
    dropped={"overwritten": 2},
    reconnects=3,
    problem="moved",
    usable=False,
    open_candidates=1,
    stages={Stage.DECODE: recorded(0.004, 0.02), Stage.RULES: recorded(0.0002)},
)

WORKER = WorkerSnapshot(
    worker_id="w-1",
    version="0.1.0",
    model="default",
    started=1_700_000_000.0,
    mqtt_connected=True,
    outbox=OutboxSnapshot(depth=4, oldest_age_s=12.5, acknowledged=90, shed={"evidence": 2}, held=3, held_dropped=5),
    detector=DetectorSnapshot(batches=20, frames=38, batch_s=recorded(0.03), queue_wait_s=recorded(0.2), queue_depth=5),
    evidence_bytes=123_456,
    evidence_missing={"clip": 1},
    reloads_ok=2,
    reloads_failed=1,
    cases={("illegal_dumping", "opened"): 7, ("illegal_dumping", "cleared"): 6},
    book={"joined_aggregated": 3},
    recorded_bytes=9_000,
    recording_shed=6,
    cameras=(CAMERA,),
)


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("vision_camera_online", {"camera": "bj-001", "worker": "w-1"}, 1),
        ("vision_camera_gop_seconds", {"camera": "bj-001", "worker": "w-1"}, 2.0),
        ("vision_camera_packets_total", {"camera": "bj-001", "worker": "w-1"}, 1000),
        ("vision_camera_frames_decoded_total", {"camera": "bj-001", "worker": "w-1"}, 40),
        ("vision_camera_frames_handed_out_total", {"camera": "bj-001", "worker": "w-1"}, 38),
        ("vision_camera_frames_dropped_total", {"camera": "bj-001", "worker": "w-1", "reason": "overwritten"}, 2),
        ("vision_camera_reconnects_total", {"camera": "bj-001", "worker": "w-1"}, 3),
        ("vision_camera_view_usable", {"camera": "bj-001", "worker": "w-1"}, 0),
        ("vision_camera_problem", {"camera": "bj-001", "worker": "w-1", "problem": "moved"}, 1),
        ("vision_camera_open_candidates", {"camera": "bj-001", "worker": "w-1"}, 1),
        ("vision_worker_info", {"worker": "w-1", "version": "0.1.0", "model": "default"}, 1),
        ("vision_mqtt_connected", {"worker": "w-1"}, 1),
        ("vision_outbox_depth", {"worker": "w-1"}, 4),
        ("vision_outbox_oldest_seconds", {"worker": "w-1"}, 12.5),
        ("vision_outbox_acknowledged_total", {"worker": "w-1"}, 90),
        ("vision_outbox_held", {"worker": "w-1"}, 3),
        ("vision_outbox_held_dropped_total", {"worker": "w-1"}, 5),
        ("vision_outbox_shed_total", {"worker": "w-1", "what": "evidence"}, 2),
        ("vision_detector_batches_total", {"worker": "w-1"}, 20),
        ("vision_detector_queue_depth", {"worker": "w-1"}, 5),
        ("vision_detector_batch_seconds_sum", {"worker": "w-1"}, 0.03),
        ("vision_detector_queue_wait_seconds_count", {"worker": "w-1"}, 1),
        ("vision_evidence_bytes", {"worker": "w-1"}, 123_456),
        ("vision_evidence_missing_total", {"worker": "w-1", "role": "clip"}, 1),
        ("vision_config_reloads_total", {"worker": "w-1", "result": "failed"}, 1),
        ("vision_case_events_total", {"worker": "w-1", "category": "illegal_dumping", "kind": "opened"}, 7),
        ("vision_recording_bytes_total", {"worker": "w-1"}, 9_000),
        ("vision_recording_shed_total", {"worker": "w-1"}, 6),
        ("vision_case_book_total", {"worker": "w-1", "what": "joined_aggregated"}, 3),
        ("vision_camera_stage_seconds_count", {"camera": "bj-001", "stage": "decode"}, 2),
        ("vision_camera_stage_seconds_sum", {"camera": "bj-001", "stage": "decode"}, 0.024),
    ],
)
def test_every_number_of_a_snapshot_is_shown(name: str, labels: dict[str, str], expected: float) -> None:
    assert value(scrape([WORKER]), name, **labels) == pytest.approx(expected)


def test_decode_policy_in_force_is_one_and_the_others_are_zero() -> None:
    samples = scrape([WORKER], policies=("keyframes", "all"))
    assert value(samples, "vision_camera_decode_policy", camera="bj-001", worker="w-1", policy="keyframes") == 1
    assert value(samples, "vision_camera_decode_policy", camera="bj-001", worker="w-1", policy="all") == 0


def test_policy_that_was_not_announced_is_shown_all_the_same() -> None:
    samples = scrape([WORKER], policies=("all",))
    assert value(samples, "vision_camera_decode_policy", camera="bj-001", worker="w-1", policy="keyframes") == 1


def test_gop_that_is_not_measured_yet_is_left_out() -> None:
    unknown = CameraSnapshot(camera_id="new", online=False, policy="keyframes")
    samples = scrape([WorkerSnapshot("w-1", cameras=(unknown,))])
    assert not [key for key in samples if key[0] == "vision_camera_gop_seconds"]
    assert value(samples, "vision_camera_online", camera="new", worker="w-1") == 0


def test_stage_histogram_sums_all_cameras_of_a_worker() -> None:
    other = CameraSnapshot("bj-002", True, "keyframes", stages={Stage.DECODE: recorded(0.3, 60.0)})
    samples = scrape([WorkerSnapshot("w-1", cameras=(CAMERA, other))])
    assert value(samples, "vision_stage_seconds_count", worker="w-1", stage="decode") == 4
    assert value(samples, "vision_stage_seconds_bucket", worker="w-1", stage="decode", le="0.005") == 1
    assert value(samples, "vision_stage_seconds_bucket", worker="w-1", stage="decode", le="10.0") == 3
    assert value(samples, "vision_stage_seconds_bucket", worker="w-1", stage="decode", le="+Inf") == 4


def test_several_workers_are_told_apart() -> None:
    samples = scrape([WORKER, WorkerSnapshot("w-2")])
    assert value(samples, "vision_mqtt_connected", worker="w-1") == 1
    assert value(samples, "vision_mqtt_connected", worker="w-2") == 0


def test_camera_that_is_gone_leaves_no_series() -> None:
    workers = [WORKER]
    registry = metrics_registry(lambda: workers)
    assert b"bj-001" in render_metrics(registry)[0]
    workers[0] = WorkerSnapshot("w-1")
    assert b"bj-001" not in render_metrics(registry)[0]


def test_open_labels_are_bounded_and_nothing_is_lost() -> None:
    many = {(f"category-{i}", "opened"): 1 for i in range(1000)}
    samples = scrape([WorkerSnapshot("w-1", cases=many, evidence_missing={f"role-{i}": 1 for i in range(1000)})])
    for name in ("vision_case_events_total", "vision_evidence_missing_total"):
        series = [v for (series_name, _), v in samples.items() if series_name == name]
        assert len(series) == MAX_LABEL_VALUES + 1
        assert sum(series) == 1000


def test_three_hundred_cameras_stay_under_ten_thousand_series() -> None:
    stages = {stage: recorded(0.01) for stage in Stage}
    cameras = tuple(CameraSnapshot(f"c{i}", True, "keyframes", 2.0, stages=stages) for i in range(300))
    assert len(scrape([WorkerSnapshot("w-1", cameras=cameras)], policies=("keyframes", "all", "off"))) < 10_000


def test_openmetrics_is_given_to_who_asks_for_it() -> None:
    body, content_type = render_metrics(metrics_registry(lambda: [WORKER]), "application/openmetrics-text")
    assert content_type.startswith("application/openmetrics-text")
    assert {family.name for family in parse_openmetrics(body.decode())} >= {"vision_camera_packets"}


def test_process_figures_are_part_of_the_scrape() -> None:
    assert value(scrape([]), "process_resident_memory_bytes") > 0


def test_registering_asks_the_worker_nothing() -> None:
    asked: list[bool] = []

    def snapshots() -> list[WorkerSnapshot]:
        asked.append(True)
        return []

    registry = metrics_registry(snapshots)
    assert not asked
    render_metrics(registry)
    assert asked


def test_two_registries_live_side_by_side() -> None:
    assert scrape([WORKER]) != scrape([])


def test_latency_falls_into_its_bucket_bounds_included() -> None:
    counts = recorded(BUCKETS_S[0], BUCKETS_S[0] + 1e-9, BUCKETS_S[-1] + 1, -5.0).counts
    assert counts[0] == 2
    assert counts[1] == 1
    assert counts[-1] == 1


def test_block_that_raises_is_measured_too() -> None:
    recorder = LatencyRecorder()
    with pytest.raises(ZeroDivisionError), recorder.measure():
        _ = 1 / 0
    assert recorder.snapshot().count == 1


def test_snapshots_cross_process_borders() -> None:
    assert pickle.loads(pickle.dumps(WORKER)) == WORKER
