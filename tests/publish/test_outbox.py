"""What the outbox promises: nothing lost, order per case, evidence before cases when there is no room."""

from __future__ import annotations

import contextlib
import json
import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import vision.publish.outbox as outbox_module
from tests.publish.outboxes import Clock, MakeEvent, ids, outboxes_in
from vision.publish import EvidenceFile, Outbox, OutboxError


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_outbox(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Outbox]]:
    with outboxes_in(tmp_path, clock) as make:
        yield make


@contextlib.contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit` bytes: writes fail as they do on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_next_event_of_a_case_waits_for_the_acknowledgement_of_the_one_before(
    open_outbox: Callable[..., Outbox], event: MakeEvent
) -> None:
    outbox = open_outbox()
    for name, case in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        outbox.add(event(name, case))
    assert ids(outbox.due(10)) == ["a1", "b1"]
    assert ids(outbox.due(10, exclude={"a1"})) == ["b1"]
    outbox.acknowledge("a1")
    assert ids(outbox.due(10)) == ["a2", "b1"]
    assert ids(outbox.due(1)) == ["a2"]


def test_everything_is_there_after_a_restart(open_outbox: Callable[..., Outbox], event: MakeEvent) -> None:
    first = open_outbox()
    first.add(event("e1", "a", clip=5, crop=3))
    first.add(event("e2", "b"))
    first.acknowledge("e2")
    first.close()
    second = open_outbox()
    (left,) = second.due(10)
    assert left.event_id == "e1"
    assert left.evidence == event("e1", "a", clip=5, crop=3).evidence
    assert second.waiting_files() == {file.path for file in left.evidence}
    second.acknowledge("e1")
    assert second.waiting_files() == set()
    assert second.stats().depth == 0
    assert second.stats().bytes == 0


def test_same_event_twice_is_one(open_outbox: Callable[..., Outbox], event: MakeEvent) -> None:
    outbox = open_outbox()
    outbox.add(event("e1", clip=5))
    outbox.add(event("e1", clip=5))
    assert outbox.stats().depth == 1
    assert len(outbox.due(10)[0].evidence) == 1


def test_published_at_is_the_first_send_and_stays(open_outbox: Callable[..., Outbox], event: MakeEvent) -> None:
    moments = iter(["2026-11-22T09:30:44.000+08:00", "2026-11-22T09:31:00.000+08:00"] * 5)
    outbox = open_outbox(stamp=lambda: next(moments))
    outbox.add(event("e1"))
    first = outbox.due(1)[0].payload
    assert json.loads(first)["published_at"] == "2026-11-22T09:30:44.000+08:00"
    assert list(json.loads(first)) == list(json.loads(event("e1").payload))
    assert "视频监控发现".encode() in first
    assert outbox.due(1)[0].payload == first
    outbox.close()
    assert open_outbox(stamp=lambda: "later").due(1)[0].payload == first


def test_refused_event_is_tried_again_later_each_time(
    open_outbox: Callable[..., Outbox], event: MakeEvent, clock: Clock
) -> None:
    outbox = open_outbox()
    outbox.add(event("a1", "a"))
    outbox.add(event("a2", "a"))
    outbox.refused("a1", "Not authorized (0x87)")
    assert outbox.due(10) == [], "the case waits with its first event"
    clock.now += outbox_module.FIRST_RETRY_S
    assert ids(outbox.due(10)) == ["a1"]
    for _ in range(12):
        outbox.refused("a1", "Not authorized (0x87)")
    assert outbox.due(10) == []
    clock.now += outbox_module.LONGEST_RETRY_S / 4
    assert outbox.due(10) == []
    clock.now += outbox_module.LONGEST_RETRY_S
    assert ids(outbox.due(10)) == ["a1"]


def test_clock_set_back_does_not_hold_events(
    open_outbox: Callable[..., Outbox], event: MakeEvent, clock: Clock
) -> None:
    outbox = open_outbox()
    outbox.add(event("e1"))
    outbox.refused("e1", "busy")
    clock.now -= 86400
    assert ids(outbox.due(10)) == ["e1"]


def test_event_refused_too_often_is_laid_aside_and_kept(
    open_outbox: Callable[..., Outbox], event: MakeEvent, clock: Clock
) -> None:
    outbox = open_outbox()
    outbox.add(event("a1", "a", clip=5))
    outbox.add(event("a2", "a"))
    for _ in range(outbox_module.MAX_REFUSALS):
        outbox.refused("a1", "Not authorized (0x87)")
    assert outbox.stats().dead == 1
    assert outbox.stats().depth == 1
    assert ids(outbox.due(10)) == ["a2"], "the case goes on without it"
    assert outbox.waiting_files() == {Path("/evidence/a1-clip")}
    outbox.close()
    again = open_outbox()
    assert again.stats().dead == 1


def test_postponed_event_is_never_laid_aside(
    open_outbox: Callable[..., Outbox], event: MakeEvent, clock: Clock
) -> None:
    outbox = open_outbox()
    outbox.add(event("e1"))
    for _ in range(3 * outbox_module.MAX_REFUSALS):
        outbox.postpone("e1", "hung up")
    assert outbox.stats().dead == 0
    clock.now += outbox_module.LONGEST_RETRY_S
    assert ids(outbox.due(1)) == ["e1"]


def test_clips_go_first_then_stills_of_the_oldest_and_cases_never(
    open_outbox: Callable[..., Outbox], event: MakeEvent
) -> None:
    shed: list[EvidenceFile] = []
    outbox = open_outbox(max_bytes=12_000, shed=shed.extend)
    outbox.add(event("e1", "a", before=1000, clip=5000, crop=1000))
    outbox.add(event("e2", "b", before=1000, clip=1000))
    assert shed == []
    outbox.add(event("e3", "c", clip=3000))
    assert [file.path.name for file in shed] == ["e1-clip"]
    outbox.add(event("e4", "d", filler=6000))
    assert [file.path.name for file in shed] == ["e1-clip", "e2-clip", "e3-clip"]
    outbox.add(event("e5", "e", filler=1500))
    outbox.add(event("e6", "f", filler=90_000))
    assert [file.path.name for file in shed[3:]] == ["e1-crop", "e1-before", "e2-before"]
    first = json.loads(outbox.due(10)[0].payload)
    assert first["evidence"] == []
    assert first["evidence_missing"] == [{"role": role, "reason": "shed"} for role in ("clip", "crop", "before")]
    assert ids(outbox.due(10)) == ["e1", "e2", "e3", "e4", "e5", "e6"]
    assert outbox.stats().shed == 6
    assert outbox.waiting_files() == set()


def test_evidence_already_named_to_the_centre_is_shed_last(
    open_outbox: Callable[..., Outbox], event: MakeEvent
) -> None:
    shed: list[EvidenceFile] = []
    outbox = open_outbox(max_bytes=10_000, shed=shed.extend)
    outbox.add(event("e1", "a", clip=4000))
    assert ids(outbox.due(1)) == ["e1"]
    outbox.add(event("e2", "b", clip=4000))
    outbox.add(event("e3", "c", clip=4000))
    assert [file.path.name for file in shed] == ["e2-clip"]


def test_event_is_stored_though_shed_files_could_not_be_deleted(
    open_outbox: Callable[..., Outbox], event: MakeEvent
) -> None:
    def fail(_: list[EvidenceFile]) -> None:
        raise PermissionError("read-only")

    outbox = open_outbox(max_bytes=1000, shed=fail)
    with capture_logs() as logs:
        outbox.add(event("e1", clip=5000))
    assert [line["event"] for line in logs] == ["evidence_shed", "evidence_not_removed"]
    assert logs[1]["error"] == "PermissionError: read-only"
    assert ids(outbox.due(1)) == ["e1"]
    assert outbox.stats().shed == 1


def test_full_disk_keeps_events_in_memory_and_writes_them_later(
    open_outbox: Callable[..., Outbox], event: MakeEvent
) -> None:
    outbox = open_outbox()
    outbox.add(event("a1", "a"))
    with full_disk(200_000):
        for n in range(8):
            outbox.add(event(f"big{n}", f"big{n}", filler=60_000))
        outbox.add(event("a2", "a"))
        stats = outbox.stats()
        assert stats.depth == 10
        assert 0 < stats.overflow < 10
        assert stats.overflowed >= stats.overflow
        assert ids(outbox.due(20)) == ["a1", *(f"big{n}" for n in range(8))]
        outbox.acknowledge("a1")
        assert "a2" in ids(outbox.due(20)), "sent from memory while the disk is full"
        assert "a1" not in ids(outbox.due(20))
    outbox.due(1)
    assert outbox.stats().overflow == 0
    outbox.close()
    assert ids(open_outbox().due(20)) == [*(f"big{n}" for n in range(8)), "a2"]


def test_memory_for_a_full_disk_is_bounded(
    open_outbox: Callable[..., Outbox], event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    outbox = open_outbox()
    monkeypatch.setattr("vision.publish.overflow.MAX_EVENTS", 20)
    monkeypatch.setattr(outbox_module, "insert", refuse)
    for n in range(20):
        outbox.add(event(f"e{n}", f"c{n}"))
    with pytest.raises(OutboxError, match=r"outbox\.db takes nothing .*free space"):
        outbox.add(event("one too many"))
    monkeypatch.undo()
    assert len(outbox.due(21)) == 20
    assert outbox.stats().overflow == 0


def test_stats_tell_depth_and_age(open_outbox: Callable[..., Outbox], event: MakeEvent, clock: Clock) -> None:
    outbox = open_outbox()
    assert outbox.stats().oldest_age_s == 0
    outbox.add(event("e1", "a", created=1990.0, clip=500))
    outbox.add(event("e2", "b", created=1995.0))
    stats = outbox.stats()
    assert (stats.depth, stats.oldest_age_s) == (2, 10.0)
    assert stats.bytes == len(event("e1", clip=500, case="a").payload) + 500 + len(event("e2", case="b").payload)
    outbox.acknowledge("e1")
    assert outbox.stats().acknowledged == 1
    outbox.acknowledge("e1")
    assert outbox.stats().acknowledged == 1


def test_threads_may_add_and_acknowledge_at_once(open_outbox: Callable[..., Outbox], event: MakeEvent) -> None:
    outbox = open_outbox()
    threads = [
        threading.Thread(target=lambda t=t: [outbox.add(event(f"{t}-{n}", f"c{t}")) for n in range(20)])
        for t in range(4)
    ]
    for thread in threads:
        thread.start()
    seen: list[str] = []
    while len(seen) < 80:
        for one in outbox.due(5):
            seen.append(one.event_id)
            outbox.acknowledge(one.event_id)
    for thread in threads:
        thread.join()
    for t in range(4):
        assert [name for name in seen if name.startswith(f"{t}-")] == [f"{t}-{n}" for n in range(20)]


def test_closed_outbox_takes_nothing(open_outbox: Callable[..., Outbox], event: MakeEvent) -> None:
    outbox = open_outbox()
    outbox.close()
    with pytest.raises(OutboxError, match="is closed"):
        outbox.add(event("e1"))
    with pytest.raises(OutboxError, match="cannot be read"):
        outbox.stats()
