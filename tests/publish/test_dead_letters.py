"""What the broker refused too often is listed and tried again, beside the worker that has the outbox open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.publish.outboxes import Clock, MakeEvent, ids, outboxes_in
from vision.publish import Outbox, OutboxError
from vision.publish.dead_letters import DeadLetter, dead_letters, retry_dead_letters
from vision.publish.outbox import MAX_REFUSALS

LONG = "0192f0c1-7a3b-7c4d-8e5f-60718293a4b5"
"""As long as a real event_id."""
REASON = "Not authorized (0x87)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(tmp_path: Path, event: MakeEvent) -> Iterator[Outbox]:
    """Open all the time, with one event that waits and two that were laid aside."""
    with outboxes_in(tmp_path, Clock()) as make:
        outbox = make()
        for name in ("a1", "b1", "c1"):
            outbox.add(event(name, name[0]))
        for name in ("c1", "a1"):
            for _ in range(MAX_REFUSALS):
                outbox.refused(name, REASON)
        yield outbox


def test_list_is_in_order_and_says_what_the_broker_said(outbox: Outbox, path: Path) -> None:
    letters = dead_letters(path)
    assert [(one.event_id, one.case_id, one.attempts, one.reason) for one in letters] == [
        ("a1", "a", MAX_REFUSALS, REASON),
        ("c1", "c", MAX_REFUSALS, REASON),
    ]
    assert isinstance(letters[0], DeadLetter)
    assert letters[0].topic


def test_open_outbox_sends_what_is_tried_again_and_allows_it_as_many_refusals(outbox: Outbox, path: Path) -> None:
    assert ids(outbox.due(10)) == ["b1"]
    assert retry_dead_letters(path) == ["a1", "c1"]
    assert ids(outbox.due(10)) == ["a1", "b1", "c1"]
    assert outbox.stats().dead == 0
    for _ in range(MAX_REFUSALS - 1):
        outbox.refused("a1", REASON)
    assert dead_letters(path) == []
    outbox.refused("a1", REASON)
    assert [one.event_id for one in dead_letters(path)] == ["a1"]


def test_only_the_named_ones_are_tried_again(outbox: Outbox, path: Path) -> None:
    assert retry_dead_letters(path, ["c1"]) == ["c1"]
    assert [one.event_id for one in dead_letters(path)] == ["a1"]


@pytest.mark.parametrize("wrong", ["b1", "nobody"])
def test_one_that_was_not_laid_aside_is_named_and_nothing_is_changed(outbox: Outbox, path: Path, wrong: str) -> None:
    with pytest.raises(OutboxError, match=f"not among the events that were laid aside: {wrong}"):
        retry_dead_letters(path, ["a1", wrong])
    assert [one.event_id for one in dead_letters(path)] == ["a1", "c1"]
    outbox.refused("b1", REASON)  # the file is not locked


def test_no_outbox_and_a_file_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutboxError, match=r"gone\.sqlite: no such file"):
        dead_letters(tmp_path / "gone.sqlite")
    (tmp_path / "text.sqlite").write_text("no database at all, but long enough to be looked at by SQLite" * 9)
    with pytest.raises(OutboxError, match=r"text\.sqlite: file is not a database"):
        retry_dead_letters(tmp_path / "text.sqlite")


def test_commands_list_and_retry(tmp_path: Path, event: MakeEvent) -> None:
    config = tmp_path / "site.yaml"
    config.write_text("site: {id: t}\ncameras:\n  - {id: a, source: a.mp4}\n")

    def vision(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vision.cli", "outbox", *arguments, "-c", str(config)]
        environment = os.environ | {"COLUMNS": "80"}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)

    done = vision("list")
    assert (done.returncode, "no such file" in done.stderr) == (2, True)
    outbox = Outbox(tmp_path / "var" / "outbox.sqlite", max_bytes=10**9)
    outbox.add(event(LONG, "a"))
    for _ in range(MAX_REFUSALS):
        outbox.refused(LONG, REASON)
    assert [one["event_id"] for one in json.loads(vision("list", "--json").stdout)] == [LONG]
    assert LONG in vision("list").stdout, "a person must be able to copy it"
    assert "tried again: 1" in vision("retry", LONG).stdout
    assert ids(outbox.due(10)) == [LONG]
    assert "none was laid aside" in vision("list").stdout
    outbox.close()
