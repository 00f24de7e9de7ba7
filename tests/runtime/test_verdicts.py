"""What an operator says is carried out once: what waits is sent or dropped, what was told is told otherwise."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from tests.cases.finds import START, camera, incident, settings
from vision.cases import CaseBook, OperatorVerdict, VerdictInbox, VerdictKind
from vision.cases.book_file import BookFile
from vision.evidence import EvidenceStore
from vision.publish import Outbox, Topics
from vision.rules import Incident, IncidentKind, Still
from vision.runtime.reporting import Reporter
from vision.runtime.verdicts import VerdictDesk

CASE = "0193-1"
NOW = START + 600


class Site:
    """A worker's book, outbox and desk in a folder, and a console's inbox beside them."""

    def __init__(self, folder: Path, *, hold: bool = True, publish: bool = False) -> None:
        self.folder, self.hold, self.publish = folder, hold, publish
        self.sent: list[dict[str, Any]] = []
        self.said = 0
        self.start()

    def start(self) -> None:
        self.book = CaseBook(replace(settings(), hold_for_review=self.hold), self.folder / "cases.sqlite")
        self.outbox = Outbox(self.folder / "outbox.sqlite", max_bytes=10**8)
        store = EvidenceStore(
            self.folder / "evidence", ZoneInfo("Asia/Shanghai"), max_bytes=10**8, min_free=0, retention_s=1e6
        )
        topics = Topics("bajiao", "w-1")
        self.reporter = Reporter(self.book, store, self.outbox, topics, lambda: None)
        self.desk = VerdictDesk(
            self.book, self.outbox, self.reporter, topics, ZoneInfo("Asia/Shanghai"), publish=self.publish
        )
        self.inbox = VerdictInbox(self.folder / "cases.sqlite")

    def kill(self) -> None:
        """As after a SIGKILL: what the process knew is gone, its files are as they are."""
        self.book.close()
        self.outbox.close()
        self.inbox.close()
        self.start()

    def report(self, kind: IncidentKind = IncidentKind.OPENED, **more: Any) -> None:
        review = more.pop("review", "required")
        report: Incident = incident(kind, **more)
        self.reporter.report(report, camera(review=review), None, NOW)

    def say(self, verdict: VerdictKind, case_id: str = CASE, **more: Any) -> OperatorVerdict:
        self.said += 1
        values: dict[str, Any] = {
            "verdict_id": f"v{self.said}", "case_id": case_id, "verdict": verdict, "reason": None, "box": None,
            "category": "street_vending" if verdict == "wrong_category" else None, "note": None, "by": "li",
            "duplicate_of": "0193-9" if verdict == "duplicate" else None, "at": NOW + self.said,
        }  # fmt: skip
        said = OperatorVerdict(**(values | more))
        self.inbox.add(said)
        return said

    def apply(self, verdict: VerdictKind, **more: Any) -> None:
        self.say(verdict, **more)
        self.desk.apply_waiting()

    def send(self) -> list[str]:
        """Everything goes to the broker; the kinds that went now."""
        new = []
        while events := self.outbox.due(100):
            for event in events:
                payload = json.loads(event.payload)
                new.append({**payload, "topic": event.topic})
                self.outbox.acknowledge(event.event_id)
        self.sent += new
        return [one["kind"] for one in new if "kind" in one]

    @property
    def state(self) -> str:
        file = BookFile(self.folder / "cases.sqlite")
        row = file.case(CASE)
        file.close()
        assert row is not None
        return row.state


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(name: str = "site", **options: Any) -> Site:
        (tmp_path / name).mkdir()
        made.append(Site(tmp_path / name, **options))
        return made[-1]

    yield make
    for one in made:
        one.book.close()
        one.outbox.close()
        one.inbox.close()


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


def test_same_verdict_added_twice_is_one(site: Callable[..., Site]) -> None:
    one = site()
    said = one.say("unsure")
    one.inbox.add(said)
    assert one.inbox.waiting() == 1


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


def test_site_that_no_longer_holds_sends_what_waited(site: Callable[..., Site]) -> None:
    one = site()
    one.report()
    one.hold = False
    one.kill()
    one.desk.apply_waiting()
    assert one.send() == ["opened"]
    assert one.inbox.held() == frozenset()


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
