"""The life of a case: grown, gone, back, wrong; and what the centre's answers change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases.finds import BOX, ELSEWHERE, START, camera, cases_of, incident, opened, settings, told
from vision.cases import CaseBook, fresh_look, parse_answer
from vision.cases.requests import MOST_WAITING
from vision.rules import IncidentKind, Still

OPENED, UPDATED, CLEARED = IncidentKind.OPENED, IncidentKind.UPDATED, IncidentKind.CLEARED
WITHDRAWN, REINSTALLED = IncidentKind.WITHDRAWN, IncidentKind.REINSTALLED


def answer(book: CaseBook, kind: str, case_id: str = "0193-1", at: float = START + 100) -> bool:
    reason = {"reason": "a legal bollard"} if kind == "rejected" else {}
    return book.apply_answer(parse_answer(case_id, json.dumps({"kind": kind, **reason}).encode()), at)


def story(book: CaseBook, *kinds: IncidentKind) -> list[str | None]:
    """What is told of each report about one incident; None: nothing."""
    events = [told(book, incident(kind)) for kind in kinds]
    return [None if event is None else event.kind for event in events]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ((OPENED, UPDATED, UPDATED, CLEARED), ["opened", "updated", "updated", "cleared"]),
        ((OPENED, CLEARED, REINSTALLED, CLEARED), ["opened", "cleared", "reinstalled", "cleared"]),
        ((OPENED, WITHDRAWN, UPDATED, CLEARED, REINSTALLED), ["opened", "withdrawn", None, None, None]),
        ((OPENED, CLEARED, UPDATED, WITHDRAWN, OPENED), ["opened", "cleared", None, None, None]),
        ((OPENED, REINSTALLED), ["opened", None]),
        ((UPDATED, CLEARED, WITHDRAWN), [None, None, None]),
        ((REINSTALLED, CLEARED), ["opened", "cleared"]),
    ],
    ids=["whole life", "came back", "was wrong", "is gone", "never went", "never opened", "record was lost"],
)
def test_reports_about_one_incident(reports: tuple[IncidentKind, ...], expected: list[str | None]) -> None:
    book = CaseBook(settings(), None)
    assert story(book, *reports) == expected
    assert sum(book.counts().values()) == expected.count(None)  # nothing is refused in silence


def test_withdrawal_names_the_event_that_it_corrects() -> None:
    book = CaseBook(settings(), None)
    first = opened(book)
    told(book, incident(UPDATED))
    event = told(book, incident(WITHDRAWN))
    assert event is not None
    assert event.supersedes == first.event_id
    assert cases_of(book) == []


def test_rejected_case_is_not_told_of_again_while_the_thing_stands(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    book = CaseBook(settings(), path)
    case = opened(book)
    assert answer(book, "rejected")
    assert cases_of(book) == []
    book.close()
    book = CaseBook(settings(), path)
    assert story(book, OPENED, UPDATED) == [None, None]
    # Its rule has lost its state and finds the same thing under a new id.
    assert told(book, incident(number=2, detected=START + 400)) is None
    assert book.counts() == {"refused_not_new": 1, "refused_rejected": 1, "joined_rejected_before": 1}
    assert book.answers(case.case_id) == [("rejected", "a legal bollard")]
    # It goes, which nobody needs to know, and something else is put there.
    assert told(book, incident(CLEARED, 2)) is None
    event = told(book, incident(number=3, detected=START + 500))
    assert event is not None
    assert (event.kind, event.case_id) == ("opened", "0193-3")


def test_rejection_does_not_hide_what_stands_beside_it_or_comes_days_later() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    answer(book, "rejected")
    for number, more in ((2, {"box": ELSEWHERE}), (3, {"box": BOX, "detected": START + 2 * 86400})):
        event = told(book, incident(number=number, **more))
        assert event is not None
        assert event.kind == "opened"


def test_rejected_lock_that_went_and_came_back_is_told() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    answer(book, "rejected")
    assert story(book, REINSTALLED, CLEARED, REINSTALLED) == [None, None, "reinstalled"]
    assert cases_of(book) == ["0193-1"]


def test_rejection_that_is_taken_back_opens_the_case_again() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    answer(book, "rejected")
    answer(book, "accepted")
    assert cases_of(book) == ["0193-1"]
    assert story(book, CLEARED) == ["cleared"]


def test_rejection_that_crosses_with_an_event_stays() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    event = book.handle(incident(UPDATED), camera())
    assert event is not None
    answer(book, "rejected")
    book.record(event)
    assert cases_of(book) == []


def test_case_that_the_centre_closed_takes_no_further_finds_but_is_continued() -> None:
    book, corner = CaseBook(settings(), None), camera(aggregate="1h")
    told(book, incident(), corner)
    assert answer(book, "closed")
    beside = told(book, incident(number=2, box=ELSEWHERE), corner)
    assert beside is not None
    assert (beside.kind, beside.supersedes) == ("opened", None)
    same = told(book, incident(number=3, detected=START + 300))
    assert same is not None
    assert (same.kind, same.case_id, same.supersedes) == ("opened", "0193-3", "0193-1")


@pytest.mark.parametrize("kind", ["verify_before_filing", "check_before_closing"])
def test_request_is_answered_once_with_a_fresh_look(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "cases.sqlite"
    book = CaseBook(settings(), path)
    case = opened(book)
    assert book.requests("bj-001", START + 100) == []
    assert answer(book, kind)
    assert answer(book, kind)
    book.close()
    book = CaseBook(settings(), path)
    (request,) = book.requests("bj-001", START + 101)
    assert book.requests("bj-002", START + 101) == []
    assert (request.case_id, request.kind, request.box, request.standing) == (case.case_id, kind, BOX, True)
    report = fresh_look(request, camera(), START + 102, (Still("after", START + 102, b"jpeg"),))
    lost = book.handle(report, camera())
    assert lost is not None  # the disk was full: it still waits
    assert len(book.requests("bj-001", START + 103)) == 1
    event = told(book, report)
    assert event is not None
    assert (event.kind, event.case_id, event.subcategory) == ("updated", case.case_id, "household_waste")
    assert (event.why[0].condition, event.why[0].value) == (kind, 1.0)
    assert book.requests("bj-001", START + 104) == []


def test_request_about_a_case_that_is_cleared_is_answered_too() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    told(book, incident(CLEARED))
    answer(book, "check_before_closing")
    (request,) = book.requests("bj-001", START + 101)
    event = told(book, fresh_look(request, camera(), START + 102, ()))
    assert event is not None
    assert (event.kind, event.why[0].value, event.dwell_s) == ("updated", 0.0, 0.0)
    assert cases_of(book) == []


def test_requests_that_nobody_answers_are_given_up_and_counted() -> None:
    book = CaseBook(settings(), None)
    for number in range(MOST_WAITING + 3):
        x = number / 400
        opened(book, number, box=(x, 0.0, x + 0.002, 0.01))
        answer(book, "check_before_closing", f"0193-{number}", START + number)
    assert len(book.requests("bj-001", START + 1000)) == MOST_WAITING
    assert book.counts() == {"requests_dropped": 3}
    assert book.requests("bj-001", START + 90_000) == []
    assert book.counts() == {"requests_dropped": 3 + MOST_WAITING}
