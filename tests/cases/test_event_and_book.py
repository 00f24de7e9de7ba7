"""What becomes of an incident: the event as the contract has it, once, with the city's codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.cases.finds import START, camera, incident, opened, settings
from vision.cases import (
    AnswerError,
    CaseBook,
    CaseEvent,
    case_event_schema,
    load_categories,
    parse_answer,
    replay_line,
    shipped_categories,
)
from vision.config import ConfigError
from vision.rules import IncidentKind, Reason

KEYS = [
    "schema", "event_id", "case_id", "kind", "category", "subcategory", "codes", "source", "site_id", "camera_id",
    "zone_id", "location", "occurred_at", "detected_at", "published_at", "dwell_s", "confidence", "bbox", "actors",
    "why", "evidence", "evidence_missing", "dispatch_hints", "severity", "review", "supersedes", "producer",
]  # fmt: skip


def test_event_has_the_keys_of_the_contract_in_its_order() -> None:
    plain = json.loads(opened(CaseBook(settings(), None)).to_json())
    assert list(plain) == KEYS
    assert plain["actors"][0]["class"] == "person"
    assert plain["occurred_at"] == "2026-11-22T17:30:12.400+08:00"
    assert plain["published_at"] is None
    assert plain["codes"][0] == {
        "standard": "GB/T 47678.5-2026", "kind": "event", "code": "06010", "name": "暴露垃圾"
    }  # fmt: skip
    assert plain["dispatch_hints"] == [
        {"unit": "八角街道", "level": "street"},
        {"unit": "环卫中心", "level": "department"},
    ]
    assert (plain["severity"], plain["review"], plain["source"]) == ("high", "not_required", "视频监控发现")
    assert "八角街道".encode() in opened(CaseBook(settings(), None)).to_json()


def test_event_survives_the_way_to_json_and_back() -> None:
    event = opened(CaseBook(settings(), None))
    assert CaseEvent.model_validate_json(event.to_json()) == event


def test_schema_names_every_key() -> None:
    assert list(case_event_schema()["properties"]) == KEYS


def test_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError):
        CaseBook(settings(), None).handle(incident(why=(Reason("x", float("nan"), 1),)), camera())


def test_replay_line_adds_the_media_times() -> None:
    line = json.loads(replay_line(opened(CaseBook(settings(), None)), 12.4, 44.0, None))
    assert list(line) == [*KEYS, "media"]
    assert line["media"] == {"started_s": 12.4, "detected_s": 44.0, "cleared_s": None}


def test_incident_reported_twice_is_one_case() -> None:
    book = CaseBook(settings(), None)
    opened(book)
    assert book.handle(incident(), camera()) is None


def test_clearing_needs_an_open_case_and_coming_back_a_known_one() -> None:
    book = CaseBook(settings(), None)
    assert book.handle(incident(IncidentKind.CLEARED), camera()) is None
    first = opened(book)
    cleared = book.handle(incident(IncidentKind.CLEARED), camera())
    assert cleared is not None
    assert (cleared.case_id, cleared.kind) == (first.case_id, "cleared")
    assert cleared.event_id != first.event_id
    book.record(cleared)
    assert book.handle(incident(IncidentKind.CLEARED), camera()) is None
    assert book.open_cases() == []
    again = book.handle(incident(IncidentKind.REINSTALLED), camera())
    assert again is not None
    book.record(again)
    assert [case for case, *_ in book.open_cases()] == [first.case_id]


def test_book_is_the_same_after_a_restart(tmp_path: Path) -> None:
    book = CaseBook(settings(), tmp_path / "cases.sqlite")
    first = opened(book)
    book.close()
    again = CaseBook(settings(), tmp_path / "cases.sqlite")
    assert again.open_cases() == [(first.case_id, "illegal_dumping", "bj-001")]
    assert again.handle(incident(), camera()) is None
    assert again.handle(incident(IncidentKind.CLEARED), camera()) is not None


def test_damaged_book_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / "cases.sqlite").write_bytes(b"this is no database, but long enough to look like one" * 40)
    assert CaseBook(settings(), tmp_path / "cases.sqlite").open_cases() == []
    assert len(list(tmp_path.glob("cases.sqlite.broken-*"))) == 1


def test_city_overlay_changes_what_it_names_and_adds_categories(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(
        "categories:\n"
        "  illegal_dumping: {department: 八角环卫所}\n"
        "  road_spill:\n"
        "    name: 道路遗撒\n    department: 环卫中心\n    default: spill\n"
        '    subcategories: {spill: {codes: [{standard: new, code: "06014", name: 道路遗撒}]}}\n',
        "utf-8",
    )
    table = load_categories(path)
    assert table.department("illegal_dumping", "household_waste") == "八角环卫所"
    assert table.codes("illegal_dumping", None) == shipped_categories().codes("illegal_dumping", None)
    assert table.codes("road_spill", None)[0].code == "06014"
    assert shipped_categories().codes("road_spill", None) == ()
    assert table.codes("unheard_of", None) == ()


def test_bad_overlay_names_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text("categories:\n  ground_lock:\n    default: nothing\n    colour: red\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_categories(path)
    assert f"{path}:4: categories.ground_lock.colour" in str(caught.value)


@pytest.mark.parametrize(
    "kind", ["accepted", "dispatched", "handled", "closed", "verify_before_filing", "check_before_closing"]
)
def test_answer_is_recorded_behind_its_case(kind: str) -> None:
    book = CaseBook(settings(), None)
    event = opened(book)
    answer = parse_answer(event.case_id, json.dumps({"kind": kind, "by": "seat 3", "their_own": 1}).encode())
    assert book.apply_answer(answer, START)
    assert book.answers(event.case_id) == [(kind, None)]
    assert not book.apply_answer(parse_answer("other", b'{"kind": "closed"}'), START)


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (b"", "no JSON"),
        (b"[]", "JSON object"),
        (b"{" * 3000, "no JSON"),
        (b"1" * 5000, "no JSON"),
        (b'{"kind": "maybe"}', "kind"),
        (b'{"kind": "rejected"}', "reason"),
        (b'{"kind": "closed", "reason": "\\ud800"}', "Unicode"),
        (b'{"kind": "closed", "case_id": "other"}', "another case"),
        (b" " * 70_000, "bytes"),
    ],
)
def test_bad_answer_is_refused_in_words(payload: bytes, what: str) -> None:
    with pytest.raises(AnswerError, match=what):
        parse_answer("c", payload)


def test_retained_answer_is_refused() -> None:
    with pytest.raises(AnswerError, match="retain"):
        parse_answer("c", b'{"kind": "closed"}', retained=True)
