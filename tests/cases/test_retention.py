"""The book does not grow for ever, and forgets nothing that is open."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.cases.finds import START, cases_of, incident, opened, settings, told
from vision.cases import CaseBook, parse_answer
from vision.cases.book_file import BookFile
from vision.cases.retention import AT_ONCE
from vision.rules import IncidentKind

DAY = 86400.0


def spot(number: int) -> tuple[float, float, float, float]:
    return number / 5000, 0.0, number / 5000 + 0.0001, 0.1


def test_closed_cases_go_after_their_time_with_all_that_belongs_to_them(tmp_path: Path) -> None:
    path, now = tmp_path / "cases.sqlite", [START]
    kept = replace(settings(keep="30d"), clock=lambda: now[0])
    book = CaseBook(kept, path)
    for number in (1, 2, 3):
        opened(book, number, box=spot(number))
        book.apply_answer(parse_answer(f"0193-{number}", json.dumps({"kind": "accepted"}).encode()), START)
    told(book, incident(IncidentKind.CLEARED, 1))
    told(book, incident(IncidentKind.CLEARED, 2, detected=START + 20 * DAY))
    now[0] = START + 31 * DAY
    told(book, incident(IncidentKind.UPDATED, 3, detected=now[0]))  # any event: nobody needs to call for it
    assert book.counts()["forgotten"] == 1
    assert book.answers("0193-1") == []
    assert book.answers("0193-2") == [("accepted", None)]
    assert cases_of(book) == ["0193-3"]
    book.close()
    file = BookFile(path)
    for table in ("cases", "incidents", "events", "answers"):
        assert file.count(table, "case_id = ?", "0193-1") == 0
        assert file.count(table, "case_id = ?", "0193-3") == 1  # of the open case the old event went, too
    file.close()
    now[0] = START + 60 * DAY
    assert cases_of(CaseBook(kept, path)) == ["0193-3"]  # a restart sweeps, and leaves what is open


def test_sweep_takes_a_bounded_number_at_once(tmp_path: Path) -> None:
    file = BookFile(tmp_path / "cases.sqlite")
    with file.at_once() as database:
        rows = [(f"c{n}", "x", "a", "z", "cleared", 1.0, 1.0, "e") for n in range(AT_ONCE + 5)]
        columns = "case_id, category, camera_id, zone_id, state, opened, changed, last_event"
        database.executemany(f"INSERT INTO cases ({columns}) VALUES (?,?,?,?,?,?,?,?)", rows)
    file.close()
    book = CaseBook(replace(settings(), clock=lambda: START), tmp_path / "cases.sqlite")
    assert book.counts() == {"forgotten": AT_ONCE}
    book.close()
