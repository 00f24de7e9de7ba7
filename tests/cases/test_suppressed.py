"""What fixtures held back can be looked up, and does not grow for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.finds import BOX, ELSEWHERE, START, settings
from vision.cases import CaseBook, suppressed
from vision.rules.fixtures import Suppression


def held(fixture: str = "bin at 0.1,0.4,0.2,0.6", time: float = START, **more: object) -> Suppression:
    values = {"camera_id": "bj-001", "zone_id": "corner", "category": "illegal_dumping", "incident_id": "a", "box": BOX}
    return Suppression(**{**values, "fixture": fixture, "time": time, **more})  # type: ignore[arg-type]


def test_suppressions_are_counted_per_fixture_with_first_and_last_time(tmp_path: Path) -> None:
    book = CaseBook(settings(), tmp_path / "cases.sqlite")
    book.note_suppressed([held(), held(time=START + 60, box=ELSEWHERE)])
    book.note_suppressed([held(category="street_vending", time=START + 30)])
    book.note_suppressed([])
    assert book.counts() == {"suppressed": 3}
    book.close()
    first, second = CaseBook(settings(), tmp_path / "cases.sqlite").suppressed()
    assert (first.fixture, first.count, first.first, first.last, first.box) == (
        "bin at 0.1,0.4,0.2,0.6", 2, START, START + 60, ELSEWHERE
    )  # fmt: skip
    assert (second.category, second.count, second.camera_id, second.zone_id) == (
        "street_vending", 1, "bj-001", "corner"
    )  # fmt: skip


def test_log_of_suppressions_lets_the_longest_unused_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppressed, "MOST_ROWS", 3)
    book = CaseBook(settings(), None)
    book.note_suppressed([held(fixture=f"f{n}", time=START + n) for n in range(5)])
    assert [one.fixture for one in book.suppressed()] == ["f4", "f3", "f2"]
    assert book.counts() == {"suppressed": 5, "suppressed_dropped": 2}
