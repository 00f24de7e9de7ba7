"""Where a candidate in shadow and the model in force differ, by log and case book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vision.cases.book_file import BookFile, IncidentRow
from vision.evaluate.shadowed import ShadowError, by_category, differences
from vision.rules.rule import new_incident_id
from vision.sources import Box

NOON = 1_767_240_000.0
BOX: Box = (0.4, 0.5, 0.5, 0.7)
AWAY: Box = (0.7, 0.5, 0.8, 0.7)


@pytest.fixture
def book() -> Iterator[BookFile]:
    with closing(BookFile(None)) as file:
        yield file


def case(book: BookFile, after: float, box: Box = BOX, camera: str = "bj-001") -> str:
    number = new_incident_id(NOON + after, camera, after)
    book.put_incident(IncidentRow(number, number, camera, "z", "illegal_dumping", None, "open", box, 0.9, None))
    return number


def began(after: float = 0.0, camera: str = "bj-001", model: str = "new") -> dict[str, Any]:
    return {"model": model, "began": NOON + after, "camera_id": camera}


def find(
    after: float, box: Box = BOX, camera: str = "bj-001", model: str = "new", kind: str = "opened"
) -> dict[str, Any]:
    return {
        "model": model, "kind": kind, "incident_id": f"i-{after}", "camera_id": camera, "zone_id": "z",
        "category": "illegal_dumping", "started": NOON + after, "box": box, "confidence": 0.7, "pictures": ["p.jpg"],
    }  # fmt: skip


def log_of(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "shadow.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_same_find_is_in_both_and_each_ones_own_is_told(book: BookFile, tmp_path: Path) -> None:
    case(book, 100)
    mine = case(book, 400, AWAY)
    done = differences(log_of(tmp_path, began(), find(103), find(900), find(905, kind="cleared")), book)
    assert (len(done.both), done.model, done.cameras, done.since) == (1, "new", 1, NOON)
    assert [one.started for one in done.candidate_only] == [NOON + 900]
    assert [one.incident_id for one in done.in_force_only] == [mine]
    assert by_category(done.in_force_only) == {"illegal_dumping": 1}


@pytest.mark.parametrize(
    "other", [find(103, AWAY), find(400), find(103, camera="bj-002")], ids=["elsewhere", "later", "another camera"]
)
def test_other_place_time_or_camera_is_another_find(book: BookFile, tmp_path: Path, other: dict[str, Any]) -> None:
    case(book, 100)
    done = differences(log_of(tmp_path, began(), other), book)
    assert (len(done.both), len(done.candidate_only), len(done.in_force_only)) == (0, 1, 1)


def test_cases_from_before_the_candidate_began_and_of_cameras_it_is_not_tried_on_do_not_count(
    book: BookFile, tmp_path: Path
) -> None:
    case(book, 100)
    case(book, 300, camera="bj-002")
    done = differences(log_of(tmp_path, began(200), began(500)), book)
    assert (done.both, done.candidate_only, done.in_force_only) == ((), (), ())


def test_of_several_candidates_the_last_one_is_meant(book: BookFile, tmp_path: Path) -> None:
    rows = (began(model="old"), find(100, model="old"), began(200), find(300))
    assert [one.started for one in differences(log_of(tmp_path, *rows), book).candidate_only] == [NOON + 300]


def test_two_finds_of_one_thing_do_not_both_take_the_same_case(book: BookFile, tmp_path: Path) -> None:
    case(book, 100)
    done = differences(log_of(tmp_path, began(), find(101), find(105)), book)
    assert (len(done.both), len(done.candidate_only)) == (1, 1)


@pytest.mark.parametrize("text", ["{", "[]", '{"model": "new"}'])
def test_broken_line_is_named(book: BookFile, tmp_path: Path, text: str) -> None:
    path = log_of(tmp_path, began())
    with path.open("a") as file:
        file.write(text + "\n")
    with pytest.raises(ShadowError, match=r"shadow\.jsonl:2: no line of a shadow run"):
        differences(path, book)


def test_without_a_log_it_says_what_to_do(book: BookFile, tmp_path: Path) -> None:
    with pytest.raises(ShadowError, match=r"detector\.shadow"):
        differences(tmp_path / "none.jsonl", book)
    with pytest.raises(ShadowError, match=r"detector\.shadow"):
        differences(log_of(tmp_path), book)
