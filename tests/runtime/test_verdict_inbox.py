"""The inbox between console and worker: each verdict is kept once and whole, each event read once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.runtime.verdict_site import CASE, NOW, Site, sites_in
from vision.cases import OperatorVerdict, VerdictKind
from vision.rules import IncidentKind


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    with sites_in(tmp_path) as make:
        yield make


def test_same_verdict_added_twice_is_one(site: Callable[..., Site]) -> None:
    one = site()
    said = one.say("unsure")
    one.inbox.add(said)
    assert one.inbox.waiting() == 1


def test_row_that_cannot_be_read_does_not_keep_the_others(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    database = sqlite3.connect(one.folder / "cases.sqlite")
    with database:
        database.execute(
            "INSERT INTO verdicts (verdict_id, case_id, verdict, by, at) VALUES ('x', 'y', 'nonsense', 'b', 1)"
        )
    database.close()
    one.apply("true")
    assert one.send() == ["opened"]
    assert one.inbox.waiting() == 0
    assert one.book.counts()["verdict_unreadable"] == 1


def test_console_reads_each_event_once_by_its_number(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.report(IncidentKind.UPDATED)
    first = one.inbox.events_since(0, 1)
    rest = one.inbox.events_since(first[-1][0], 10)
    payloads = [json.loads(payload or "") for _rowid, _id, _at, payload in (*first, *rest)]
    assert [payload["kind"] for payload in payloads] == ["opened", "updated"]
    assert one.inbox.events_since(rest[-1][0], 10) == []


def test_inbox_follows_when_the_worker_puts_a_damaged_book_aside(site: Callable[..., Site]) -> None:
    one = site()
    one.book.close()
    for ending in ("-wal", "-shm", ""):
        Path(f"{one.folder / 'cases.sqlite'}{ending}").unlink(missing_ok=True)
    one.start()
    one.report()
    assert len(one.inbox.events_since(0, 10)) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verdict": "perhaps"}, "none of"),
        ({"verdict": "wrong_category", "category": None}, "needs the category"),
        ({"verdict": "duplicate", "duplicate_of": CASE}, "id of the other case"),
        ({"by": ""}, "who gave it"),
        ({"reason": "x" * 2001}, "2001 characters"),
    ],
)
def test_verdict_without_what_belongs_to_it_is_refused(change: dict[str, Any], expected: str) -> None:
    good: dict[str, Any] = {
        "verdict_id": "v", "case_id": CASE, "verdict": "true", "reason": None, "category": None, "duplicate_of": None,
        "box": None, "note": None, "by": "li", "at": NOW,
    }  # fmt: skip
    assert OperatorVerdict(**good).verdict in get_args(VerdictKind)
    with pytest.raises(ValueError, match=expected):
        OperatorVerdict(**(good | change))
