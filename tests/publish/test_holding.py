"""Events that wait for somebody's verdict: kept like any other, sent when he says so, and not before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.publish.conftest import TOPICS
from vision.publish import Outbox, OutgoingEvent
from vision.publish import outbox as outbox_module

MakeEvent = Callable[..., OutgoingEvent]


def ids(events: list[OutgoingEvent]) -> list[str]:
    return [event.event_id for event in events]


@pytest.fixture
def held(event: MakeEvent) -> MakeEvent:
    """Makes events that are held."""
    return lambda *args, **more: replace(event(*args, **more), held=True)


def test_held_event_holds_nobody_else_up(outbox: Outbox, event: MakeEvent, held: MakeEvent) -> None:
    outbox.add(held("e1", "a"))
    outbox.add(event("e2", "b"))
    assert ids(outbox.due(9)) == ["e2"]
    assert (outbox.stats().depth, outbox.stats().held) == (1, 1)
    assert outbox.holding.release("a") == 1
    assert outbox.holding.release("a") == 0
    assert ids(outbox.due(9)) == ["e1", "e2"]


def test_age_of_the_oldest_is_of_what_waits_to_be_sent(outbox: Outbox, event: MakeEvent, held: MakeEvent) -> None:
    outbox.add(held("e1", "a", created=1.0))
    assert outbox.stats().oldest_age_s == 0.0


def test_evidence_of_what_is_held_is_shed_last(tmp_path: Path, event: MakeEvent, held: MakeEvent) -> None:
    shed: list[str] = []
    box = Outbox(tmp_path / "box.db", max_bytes=6000, shed=lambda files: shed.extend(f.path.name for f in files))
    box.add(held("e1", "a", clip=2500))
    box.add(event("e2", "b", clip=2500))
    box.add(event("e3", "c", crop=2500))
    box.close()
    assert shed == ["e2-clip"]


def test_released_event_is_held_again_only_while_it_was_not_sent(outbox: Outbox, held: MakeEvent) -> None:
    for name in ("e1", "e2"):
        outbox.add(held(name, "a"))
    events = [held("e1", "a"), held("e2", "a")]
    outbox.holding.release("a")
    assert outbox.holding.hold("a", events)
    assert outbox.due(9) == []
    outbox.holding.release("a")
    assert ids(outbox.due(9)) == ["e1"]  # it may be on its way
    assert not outbox.holding.hold("a", events)
    outbox.acknowledge("e1")
    assert not outbox.holding.hold("a", events)
    assert ids(outbox.due(9)) == ["e2"]


def test_release_brings_back_what_was_dropped_and_corrects_the_category_only(outbox: Outbox, held: MakeEvent) -> None:
    first = held("e1", "a", clip=10)
    outbox.add(first)
    assert outbox.holding.drop("a") == 1
    assert outbox.waiting_files() == set()
    plain = json.loads(first.payload) | {"category": "street_vending", "filler": "not this"}
    right = replace(first, topic=TOPICS.case("bj-001", "street_vending"), payload=json.dumps(plain).encode())
    outbox.add(held("e2", "a", filler=5))
    outbox.holding.release("a", [replace(right, event_id="e2"), right])
    (sent,) = outbox.due(9)
    assert (sent.event_id, sent.topic) == ("e2", right.topic)
    assert (json.loads(sent.payload)["category"], json.loads(sent.payload)["filler"]) == ("street_vending", "xxxxx")
    outbox.acknowledge("e2")
    assert json.loads(outbox.due(9)[0].payload)["filler"] == "not this"


def test_full_disk_sends_nothing_that_is_held(
    outbox: Outbox, event: MakeEvent, held: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(outbox_module, "insert", refuse)
        for one in (held("e1", "a"), held("e2", "b"), event("e3", "c")):
            outbox.add(one)
        assert ids(outbox.due(9)) == ["e3"]
        assert (outbox.stats().held, outbox.stats().depth, outbox.stats().overflow) == (2, 1, 3)
        assert outbox.holding.drop("b") == 1
        assert outbox.holding.release("a") == 1
        assert ids(outbox.due(9)) == ["e1", "e3"]
        assert not outbox.holding.hold("a", [held("e1", "a")]), "it has been sent from memory"
    assert sorted(ids(outbox.due(9))) == ["e1", "e3"]


@pytest.mark.parametrize("columns", ["with", "without"])
def test_damaged_file_of_either_format_is_rescued(
    tmp_path: Path, event: MakeEvent, held: MakeEvent, columns: str
) -> None:
    path = tmp_path / "box.db"
    box = Outbox(path, max_bytes=10**9)
    for n in range(40):
        box.add((held if n % 2 else event)(f"e{n:02}", f"c{n}", filler=1000))
    box.close()
    if columns == "without":
        database = sqlite3.connect(path)
        database.execute("ALTER TABLE events DROP COLUMN held")
        database.execute("PRAGMA user_version = 1")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
    content = bytearray(path.read_bytes())
    page = content.index(b'"event_id":"e20"') // 4096 * 4096
    content[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    rescued = Outbox(path, max_bytes=10**9)
    stats = rescued.stats()
    assert 30 <= stats.depth + stats.held < 40
    assert stats.held == (0 if columns == "without" else pytest.approx(19, abs=2))
    rescued.close()
