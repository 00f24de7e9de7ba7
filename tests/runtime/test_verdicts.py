"""What an operator says is carried out once: what waits is sent or dropped, what was told is told otherwise."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.finds import START
from tests.runtime.verdict_site import CASE, Site, sites_in
from vision.cases import VerdictKind
from vision.rules import IncidentKind, Still


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    with sites_in(tmp_path) as make:
        yield make


def test_case_that_needs_a_review_waits_for_it_and_its_later_events_behind_it(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.report(IncidentKind.UPDATED)
    one.report(IncidentKind.CLEARED)
    assert one.send() == []
    assert (one.outbox.stats().held, one.outbox.stats().depth) == (3, 0)
    assert one.inbox.held() == {CASE}
    one.kill()
    one.apply("true")
    assert one.send() == ["opened", "updated", "cleared"]
    assert one.inbox.held() == frozenset()
    assert (one.inbox.waiting(), one.outbox.stats().held) == (0, 0)


def test_case_without_review_and_site_that_does_not_hold_send_at_once(site: Callable[..., Site]) -> None:
    one = site()
    one.report(review="not_required")
    assert one.send() == ["opened"]
    other = site("other", hold=False)
    other.report()
    assert other.send() == ["opened"]
    assert other.sent[0]["review"] == "required"


def test_events_after_a_confirmation_go_at_once(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.apply("true")
    one.report(IncidentKind.UPDATED)
    assert one.send() == ["opened", "updated"]


@pytest.mark.parametrize("verdict", ["false", "duplicate"])
def test_rejected_case_is_never_sent_and_stays_silent(site: Callable[..., Site], verdict: VerdictKind) -> None:
    one = site()
    one.report()
    one.report(IncidentKind.UPDATED)
    one.apply(verdict, reason="leaves")
    assert (one.state, one.desk.dropped) == ("rejected", 2)
    assert one.book.answers(CASE) == [("rejected", "leaves")]
    one.report(IncidentKind.UPDATED)
    one.report(IncidentKind.CLEARED)
    assert one.send() == []
    assert one.outbox.stats().held == 0


@pytest.mark.parametrize("gone", [False, True])
def test_published_case_that_is_rejected_is_withdrawn_with_the_reason(site: Callable[..., Site], gone: bool) -> None:
    one = site(hold=False)
    one.report()
    if gone:
        one.report(IncidentKind.CLEARED)
    one.send()
    one.apply("false")
    assert one.send() == ["withdrawn"]
    event = one.sent[-1]
    assert event["why"] == [{"condition": "operator_rejected", "value": 1.0, "threshold": 1.0}]
    assert event["supersedes"] == one.sent[0]["event_id"]
    one.apply("false")
    assert one.send() == []


def test_wrong_category_is_sent_as_what_it_is(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.apply("wrong_category")
    one.report(IncidentKind.UPDATED)
    assert one.send() == ["opened", "updated"]
    for event in one.sent:
        assert event["topic"] == "vision/bajiao/cases/bj-001/street_vending"
        assert event["category"] == "street_vending"
        assert event["codes"][0]["code"] != "06010"
        assert "环卫中心" not in [hint["unit"] for hint in event["dispatch_hints"]]


def test_wrong_category_of_what_was_told_is_told_anew(site: Callable[..., Site]) -> None:
    one = site(hold=False)
    one.report()
    one.send()
    one.apply("wrong_category")
    one.apply("undo")
    assert one.send() == ["updated", "updated"]
    assert [event["category"] for event in one.sent] == ["illegal_dumping", "street_vending", "illegal_dumping"]
    assert one.sent[1]["supersedes"] == one.sent[0]["event_id"]
    assert one.sent[2]["codes"] == one.sent[0]["codes"]


@pytest.mark.parametrize("verdict", ["true", "wrong_category"])
def test_undo_holds_back_what_was_not_sent_yet(site: Callable[..., Site], verdict: VerdictKind) -> None:
    one = site()
    one.report()
    one.apply(verdict)
    one.apply("undo")
    assert one.send() == []
    assert one.inbox.held() == {CASE}
    one.apply("true")
    assert one.send() == ["opened"]
    assert one.sent[0]["category"] == "illegal_dumping"


def test_undo_after_the_event_has_gone_leaves_it_told(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.apply("true")
    one.send()
    one.apply("undo")
    one.report(IncidentKind.UPDATED)
    assert one.send() == ["updated"]
    assert one.book.counts()["verdict_too_late"] == 1


def test_undo_of_a_rejection_holds_the_case_again_with_what_happened_meanwhile(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.apply("false")
    one.report(IncidentKind.CLEARED)
    one.apply("undo")
    assert one.send() == []
    assert (one.inbox.held(), one.state) == ({CASE}, "cleared")
    one.apply("true")
    assert one.send() == ["opened", "cleared"]


def test_evidence_of_a_restored_case_is_kept_and_counted_as_before(site: Callable[..., Site]) -> None:
    one = site()
    one.report(stills=(Still("after", START, b"jpeg"),))
    files, size = one.outbox.waiting_files(), one.outbox.stats().bytes
    assert len(files) == 1
    one.apply("false")
    assert one.outbox.waiting_files() == set()
    one.kill()
    one.apply("undo")
    assert (one.outbox.waiting_files(), one.outbox.stats().bytes) == (files, size)


@pytest.mark.parametrize("takes_back", ["undo", "true"])
def test_withdrawn_case_that_is_one_after_all_is_told_again(site: Callable[..., Site], takes_back: VerdictKind) -> None:
    one = site(hold=False)
    one.report()
    one.apply("false")
    one.apply(takes_back)
    one.report(IncidentKind.CLEARED)
    assert one.send() == ["opened", "withdrawn", "reinstalled", "cleared"]
    assert one.sent[2]["supersedes"] == one.sent[1]["event_id"]


def test_verdict_taken_back_before_it_was_applied_does_nothing(site: Callable[..., Site]) -> None:
    one = site(hold=False)
    one.report()
    one.say("false")
    one.say("undo")
    one.desk.apply_waiting()
    assert one.send() == ["opened"]
    assert one.state == "open"


def test_verdicts_reach_the_centre_in_order_though_the_case_is_held(site: Callable[..., Site]) -> None:
    one = site(publish=True)
    one.report()
    one.apply("unsure", box=(0.1, 0.2, 0.3, 0.4))
    one.apply("false", reason="leaves")
    one.apply("false", case_id="nobody-knows")
    one.send()
    assert [(event["topic"], event["verdict"]) for event in one.sent] == [
        (f"vision/bajiao/verdicts/{CASE}", "unsure"), (f"vision/bajiao/verdicts/{CASE}", "false"),
    ]  # fmt: skip
    first, second = one.sent
    assert list(first) == [
        "schema", "verdict_id", "case_id", "verdict", "reason", "category", "duplicate_of", "bbox", "by", "at", "topic",
    ]  # fmt: skip
    assert (first["schema"], first["bbox"], second["reason"]) == ("verdict/1", [0.1, 0.2, 0.3, 0.4], "leaves")
    assert one.inbox.waiting() == 0


STORIES: list[list[VerdictKind]] = [
    ["true"], ["false"], ["duplicate"], ["wrong_category"], ["unsure"], ["true", "undo"], ["false", "undo"],
    ["wrong_category", "undo"], ["false", "true"], ["false", "true", "undo"], ["true", "false", "undo", "true"],
]  # fmt: skip


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("story", STORIES, ids="-".join)
def test_kill_between_outbox_and_book_tells_nothing_twice_and_loses_nothing(
    site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, story: list[VerdictKind], hold: bool
) -> None:
    """Each verdict is applied, and the worker killed before the book knows it; the broker may be quick or away."""
    wanted = site("wanted", hold=hold)
    quick, slow = site("quick", hold=hold), site("slow", hold=hold)
    for one in (wanted, quick, slow):
        one.report()
        for verdict in story:
            one.say(verdict)
            if one is not wanted:
                with monkeypatch.context() as patch:
                    patch.setattr(one.book.verdicts, "settle", _die)
                    with pytest.raises(sqlite3.OperationalError):
                        one.desk.apply_waiting()
                if one is quick:
                    one.send()
                one.kill()
            one.desk.apply_waiting()
            assert one.inbox.waiting() == 0
            if one is not slow:
                one.send()
        one.report(IncidentKind.CLEARED)
        one.send()
    told = [[(event["kind"], event["category"]) for event in _once(one)] for one in (wanted, quick)]
    assert told[0] == told[1]
    assert quick.state == wanted.state
    ids = [event["event_id"] for event in slow.sent]
    assert len(ids) == len(set(ids)), "with the broker away, nothing is told twice even as a repetition"
    assert slow.outbox.stats().depth == 0


def _die(*_: object) -> None:
    raise sqlite3.OperationalError("killed")


def _once(one: Site) -> list[dict[str, Any]]:
    """What a consumer has that drops the event_ids it has seen."""
    seen: dict[str, dict[str, Any]] = {}
    for event in one.sent:
        seen.setdefault(event["event_id"], event)
    return list(seen.values())


def test_site_that_no_longer_holds_sends_what_waited(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.hold = False
    one.kill()
    one.desk.apply_waiting()
    assert one.send() == ["opened"]
    assert one.inbox.held() == frozenset()
