"""The outbox's file when it is damaged, of another version or cannot be made: what it holds is kept."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import vision.publish.outbox as outbox_module
import vision.publish.outbox_file as outbox_file_module
from tests.publish.outboxes import Clock, MakeEvent, ids, outboxes_in
from vision.publish import Outbox, OutboxError


@pytest.fixture
def open_outbox(tmp_path: Path) -> Iterator[Callable[..., Outbox]]:
    with outboxes_in(tmp_path, Clock()) as make:
        yield make


def damage(path: Path, event_id: str) -> None:
    """Overwrite the page of the file that holds this event."""
    content = bytearray(path.read_bytes())
    page = content.index(f'"event_id":"{event_id}"'.encode()) // 4096 * 4096
    content[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(content)


def test_file_that_is_no_database_is_moved_aside(
    open_outbox: Callable[..., Outbox], event: MakeEvent, tmp_path: Path
) -> None:
    (tmp_path / "outbox.db").write_bytes(b"not a database" * 1000)
    with capture_logs() as logs:
        outbox = open_outbox()
    assert [line["event"] for line in logs] == ["outbox_was_damaged"]
    assert next(tmp_path.glob("outbox.db.damaged-*")).read_bytes().startswith(b"not a database")
    outbox.add(event("e1"))
    assert ids(outbox.due(1)) == ["e1"]


def test_readable_rows_of_a_damaged_file_are_rescued(
    open_outbox: Callable[..., Outbox], event: MakeEvent, tmp_path: Path
) -> None:
    outbox = open_outbox()
    for n in range(200):
        outbox.add(event(f"e{n:03}", f"c{n % 7}", filler=1000, crop=10))
    outbox.close()
    path = tmp_path / "outbox.db"
    damage(path, "e100")
    with capture_logs() as logs:
        rescued = open_outbox()
    depth = rescued.stats().depth
    assert 190 <= depth < 200
    assert logs[0]["events_rescued"] == depth
    assert ids(rescued.due(100)) == [f"e{n:03}" for n in range(7)]
    assert rescued.waiting_files()


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that SIGKILL ends at that step (from 1) of its work on files; whether it came so far."""
    process = os.fork()
    if process == 0:
        steps = itertools.count(1)

        def counted(do: Callable[..., object]) -> Callable[..., object]:
            def run(*arguments: object, **options: object) -> object:
                if next(steps) == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return do(*arguments, **options)

            return run

        try:
            for name in ("replace", "fsync"):
                setattr(os, name, counted(getattr(os, name)))
            for name in ("_opened", "transaction"):
                setattr(outbox_file_module, name, counted(getattr(outbox_file_module, name)))
            work()
            os._exit(0)
        finally:
            os._exit(1)  # an error must not let a second pytest run on
    _, status = os.waitpid(process, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_worker_killed_at_any_step_of_a_rescue_loses_none_of_it(event: MakeEvent, tmp_path: Path) -> None:
    for step in itertools.count(1):
        path = tmp_path / str(step) / "outbox.db"
        outbox = Outbox(path, max_bytes=10**9)
        for n in range(40):
            outbox.add(event(f"e{n:02}", f"c{n:02}", filler=1000, crop=10))
        outbox.close()
        damage(path, "e20")
        killed = killed_at(step, lambda path=path: Outbox(path, max_bytes=10**9).close())
        rescued = Outbox(path, max_bytes=10**9)
        assert 34 <= rescued.stats().depth < 40, f"killed at step {step}"
        assert ids(rescued.due(3)) == ["e00", "e01", "e02"]
        rescued.close()
        assert [file.name for file in path.parent.iterdir() if ".damaged-" not in file.name] == ["outbox.db"]
        if not killed:
            break
    assert step > 8, "the steps of a rescue were not met"


def test_rescue_that_the_full_disk_stops_is_tried_again(
    open_outbox: Callable[..., Outbox], event: MakeEvent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = open_outbox()
    outbox.add(event("e1", "a"))
    real = outbox_module.insert

    def find_damage(*arguments: object) -> None:
        monkeypatch.setattr(outbox_module, "insert", real)
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT  # type: ignore[misc]
        raise error

    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(outbox_module, "insert", find_damage)
    with monkeypatch.context() as patch:
        patch.setattr(outbox_file_module.os, "replace", no_space)
        outbox.add(event("e2", "b"))
        with pytest.raises(OutboxError, match="No space left"):
            outbox.stats()
    assert ids(outbox.due(10)) == ["e1", "e2"]
    assert outbox.stats().overflow == 0
    assert len(list(tmp_path.glob("outbox.db.damaged-*"))) == 1


def test_file_of_a_newer_version_is_left_alone(open_outbox: Callable[..., Outbox], tmp_path: Path) -> None:
    open_outbox().close()
    database = sqlite3.connect(tmp_path / "outbox.db")
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(OutboxError, match="newer version"):
        open_outbox()
    assert not list(tmp_path.glob("*.damaged-*"))


def test_file_of_an_older_version_is_brought_forward_with_what_it_holds(
    open_outbox: Callable[..., Outbox], event: MakeEvent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_outbox()
    old.add(event("e1", clip=5))
    old.close()
    step = "ALTER TABLE events ADD COLUMN note TEXT NOT NULL DEFAULT 'none';"
    monkeypatch.setattr(outbox_file_module, "_STEPS", (*outbox_file_module._STEPS, step))
    newer = open_outbox()
    newer.add(event("e2", "b"))
    assert newer.due(2)[0].evidence == event("e1", clip=5).evidence
    newer.close()
    assert ids(open_outbox().due(2)) == ["e1", "e2"]
    database = sqlite3.connect(tmp_path / "outbox.db")
    assert database.execute("PRAGMA user_version").fetchone() == (len(outbox_file_module._STEPS),)
    assert database.execute("SELECT note FROM events").fetchall() == [("none",), ("none",)]
    database.close()


def test_step_that_fails_half_way_leaves_the_file_as_it_was(
    open_outbox: Callable[..., Outbox], event: MakeEvent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_outbox()
    old.add(event("e1"))
    old.close()
    with monkeypatch.context() as patch:
        step = "ALTER TABLE events ADD COLUMN note TEXT; ALTER TABLE nothing ADD COLUMN note TEXT;"
        patch.setattr(outbox_file_module, "_STEPS", (*outbox_file_module._STEPS, step))
        with pytest.raises(OutboxError, match=r"outbox\.db cannot be opened: .*nothing"):
            open_outbox()
    assert ids(open_outbox().due(2)) == ["e1"]
    database = sqlite3.connect(tmp_path / "outbox.db")
    assert "note" not in [row[1] for row in database.execute("PRAGMA table_info(events)")]
    database.close()


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutboxError, match=r"file/outbox\.db cannot be opened"):
        Outbox(tmp_path / "file" / "outbox.db", max_bytes=1)
