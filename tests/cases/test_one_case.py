"""One incident is one case: which finds belong together, and that what is merged is not lost."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.finds import BOX, ELSEWHERE, START, camera, cases_of, incident, opened, settings, told
from vision.cases import CaseBook, CaseEvent
from vision.cases.joining import distance_m
from vision.rules import IncidentKind, Reason

CLEARED, UPDATED, WITHDRAWN = IncidentKind.CLEARED, IncidentKind.UPDATED, IncidentKind.WITHDRAWN
NEAR, FAR = camera("bj-002", 39.9003), camera("bj-003", 39.91)
"""33 m and 1.1 km from bj-001."""


def conditions(event: CaseEvent | None) -> list[str]:
    assert event is not None
    return [why.condition for why in event.why]


def test_two_heaps_in_one_zone_are_two_cases_unless_asked_otherwise() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    second = told(book, incident(number=2, box=ELSEWHERE, detected=START + 300))
    assert second is not None
    assert (second.kind, second.case_id) == ("opened", "0193-2")


def test_further_find_within_the_window_is_told_as_an_update_of_the_first() -> None:
    book, corner = CaseBook(settings(), None), camera(aggregate="10m")
    main = told(book, incident(), corner)
    assert main is not None
    second = told(book, incident(number=2, box=ELSEWHERE, detected=START + 300), corner)
    assert second is not None
    assert (second.kind, second.case_id, second.bbox) == ("updated", main.case_id, ELSEWHERE)
    assert conditions(second) == ["aggregated", "left_behind_s"]
    assert second.why[0].value == pytest.approx(268.4)
    assert second.event_id != main.event_id
    assert book.counts() == {"joined_aggregated": 1}
    assert book.incidents(main.case_id) == [("0193-1", "bj-001", None), ("0193-2", "bj-001", "aggregated")]


def test_window_counts_from_the_first_find_and_ends() -> None:
    book, corner = CaseBook(settings(), None), camera(aggregate="10m")
    boxes = [(0.1 * n, 0.1, 0.1 * n + 0.05, 0.2) for n in range(4)]
    kinds = []
    for number, box in enumerate(boxes):
        event = told(book, incident(number=number, box=box, detected=START + 250 * number), corner)
        assert event is not None
        kinds.append(event.kind)
    assert kinds == ["opened", "updated", "updated", "opened"]


def test_window_is_of_one_zone() -> None:
    book, corner = CaseBook(settings(), None), camera(aggregate="10m")
    told(book, incident(), corner)
    other = told(book, incident(number=2, box=ELSEWHERE, zone_id="lane", detected=START + 60), corner)
    assert other is not None
    assert other.kind == "opened"


def test_find_on_the_spot_of_an_open_case_is_that_case_grown() -> None:
    book = CaseBook(settings(), None)
    main = opened(book)
    event = told(book, incident(number=2, box=(0.38, 0.55, 0.55, 0.75), detected=START + 9000))
    assert event is not None
    assert (event.kind, event.case_id) == ("updated", main.case_id)
    assert conditions(event)[0] == "same_place"
    kinds = [told(book, incident(CLEARED, number)) for number in (1, 2)]
    assert [event and event.kind for event in kinds] == ["updated", "cleared"]


def test_thing_that_its_rule_has_forgotten_and_finds_anew_clears_its_case_alone() -> None:
    book = CaseBook(settings(), None)
    main = opened(book)
    told(book, incident(number=2, box=(0.40, 0.62, 0.47, 0.72), detected=START + 9000))
    assert told(book, incident(CLEARED)) is None
    last = told(book, incident(CLEARED, 2, ended=START + 9500.0, detected=START + 9502.0))
    assert last is not None
    assert (last.kind, last.case_id) == ("cleared", main.case_id)
    assert cases_of(book) == []


def test_thing_that_stands_in_two_zones_is_one_case_until_it_is_gone_from_both() -> None:
    book = CaseBook(settings(), None)
    main = opened(book)
    told(book, incident(number=2, zone_id="lane"))
    first = told(book, incident(CLEARED))
    assert first is not None
    assert (first.kind, conditions(first)[0]) == ("updated", "incident_cleared")
    second = told(book, incident(CLEARED, 2, zone_id="lane"))
    assert second is not None
    assert (second.kind, second.case_id) == ("cleared", main.case_id)


@pytest.mark.parametrize("similar", [False, True])
def test_find_of_a_second_camera_near_by_is_the_same_case_when_asked_for(similar: bool) -> None:
    book = CaseBook(settings(similar=similar), None)
    main = opened(book)
    event = told(book, incident(number=2, camera_id="bj-002", detected=START + 33), NEAR)
    assert event is not None
    assert event.camera_id == "bj-002"
    if not similar:
        assert (event.kind, event.case_id) == ("opened", "0193-2")
        return
    assert (event.kind, event.case_id) == ("updated", main.case_id)
    assert event.why[0].condition == "similar_case"
    assert (event.why[0].value, event.why[0].threshold) == (pytest.approx(33.4, abs=0.1), 50.0)
    assert cases_of(book) == [main.case_id]


def test_case_of_two_cameras_is_cleared_when_both_see_the_place_clean(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    book = CaseBook(settings(similar=True), path)
    main = opened(book)
    told(book, incident(number=2, camera_id="bj-002"), NEAR)
    book.close()
    book = CaseBook(settings(similar=True), path)  # a restart in between
    assert book.handle(incident(number=2, camera_id="bj-002"), NEAR) is None
    first = told(book, incident(CLEARED, ended=START + 600, detected=START + 602, dwell_s=600.0))
    assert first is not None
    assert (first.kind, first.case_id) == ("updated", main.case_id)
    assert cases_of(book) == [main.case_id]
    later = incident(CLEARED, 2, started=START + 5, ended=START + 605, detected=START + 607, dwell_s=600.0)
    second = told(book, later, NEAR)
    assert second is not None
    assert (second.kind, second.case_id, second.camera_id) == ("cleared", main.case_id, "bj-002")
    assert second.occurred_at.timestamp() == pytest.approx(START, abs=0.01)
    assert second.dwell_s == pytest.approx(605)  # the case stood from the first find to the last
    assert cases_of(book) == []


@pytest.mark.parametrize(
    ("second", "seen_by"),
    [
        (incident(number=2), FAR),
        (incident(number=2, category="street_vending"), NEAR),
        (incident(number=2, detected=START + 25 * 3600), NEAR),
        (incident(number=2), camera("bj-002", 39.9003, crs="GCJ02")),
    ],
    ids=["too far", "another category", "too late", "coordinates that do not compare"],
)
def test_find_that_is_not_similar_is_a_case_of_its_own(second: object, seen_by: object) -> None:
    book = CaseBook(settings(similar=True), None)
    opened(book)
    event = told(book, second, seen_by)  # type: ignore[arg-type]
    assert event is not None
    assert event.kind == "opened"


@pytest.mark.parametrize(("views", "kind"), [((("bj-001", "bj-002"),), "updated"), ((("bj-002", "x"),), "opened")])
def test_only_cameras_that_share_a_view_share_cases(views: tuple[tuple[str, ...], ...], kind: str) -> None:
    book = CaseBook(settings(similar=True, views=views), None)
    opened(book)
    event = told(book, incident(number=2, camera_id="bj-002"), NEAR)
    assert event is not None
    assert event.kind == kind


def test_two_heaps_that_both_cameras_see_are_two_cases() -> None:
    book = CaseBook(settings(similar=True), None)
    first = opened(book)
    told(book, incident(number=2, camera_id="bj-002", detected=START + 33), NEAR)
    second = opened(book, 3, box=ELSEWHERE, detected=START + 300)
    joined = told(book, incident(number=4, camera_id="bj-002", box=ELSEWHERE, detected=START + 301), NEAR)
    assert joined is not None
    assert joined.case_id == second.case_id != first.case_id
    assert cases_of(book) == [first.case_id, second.case_id]


def test_find_after_the_case_was_cleared_is_a_new_case() -> None:
    book, corner = CaseBook(settings(similar=True), None), camera(aggregate="1h")
    told(book, incident(), corner)
    told(book, incident(CLEARED), corner)
    for number, seen_by in ((2, corner), (3, NEAR)):
        event = told(book, incident(number=number, box=ELSEWHERE if number == 3 else BOX, detected=START + 90), seen_by)
        assert event is not None
    assert cases_of(book) == ["0193-2"]  # and the second camera's find joined that one


def test_find_that_was_merged_and_proves_wrong_leaves_the_case_open() -> None:
    book, corner = CaseBook(settings(), None), camera(aggregate="10m")
    main = told(book, incident(), corner)
    assert main is not None
    told(book, incident(number=2, box=ELSEWHERE), corner)
    event = told(book, incident(WITHDRAWN, 2, why=(Reason("vehicle", 1, 0.5),)), corner)
    assert event is not None
    assert (event.kind, conditions(event)) == ("updated", ["incident_withdrawn", "vehicle"])
    assert cases_of(book) == [main.case_id]


def test_event_that_was_not_handed_over_is_asked_again() -> None:
    book = CaseBook(settings(), None)
    assert book.handle(incident(), camera()) is not None  # and the disk was full
    again = told(book, incident())
    assert again is not None
    assert again.kind == "opened"
    assert book.handle(incident(), camera()) is None


def test_book_of_the_first_release_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE cases (case_id TEXT PRIMARY KEY, category TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT "
        "NOT NULL, state TEXT NOT NULL, opened REAL NOT NULL, changed REAL NOT NULL, lat REAL, lon REAL, last_event "
        "TEXT NOT NULL); CREATE TABLE events (event_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, at "
        "REAL NOT NULL); CREATE TABLE answers (id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, "
        "reason TEXT, answer TEXT NOT NULL, at REAL NOT NULL);"
        "INSERT INTO cases VALUES ('0193-1','illegal_dumping','bj-001','corner','open',1,2,NULL,NULL,'e1'),"
        "('0193-2','ground_lock','bj-001','bay','closed',1,2,NULL,NULL,'e2')"
    )
    old.commit()
    old.close()
    book = CaseBook(replace(settings(), clock=lambda: 3.0), path)
    assert cases_of(book) == ["0193-1"]
    assert book.handle(incident(), camera()) is None
    cleared = told(book, incident(CLEARED))
    assert cleared is not None
    assert cleared.kind == "cleared"
    back = told(book, incident(IncidentKind.REINSTALLED, 2, category="ground_lock", zone_id="bay"))
    assert back is not None
    assert back.kind == "reinstalled"


def test_book_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(OSError, match="newer program"):
        CaseBook(settings(), path)
    assert list(tmp_path.glob("*.broken-*")) == []


def test_distance_of_a_known_pair() -> None:
    assert distance_m(39.9, 116.2, 39.9, 116.2) == 0
    assert distance_m(0, 0, 0, 1) == pytest.approx(111_195, rel=1e-4)  # a degree at the equator
