"""The queue, one case, verdicts, and what the pages hear of them."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.conftest import wait_until
from tests.console.conftest import Served
from tests.console.seeding import add_answer, add_to_book
from vision.cases.inbox import VerdictInbox
from vision.console.cases.mirror import set_position
from vision.console.store.tables import Unforwarded, Verdict

pytestmark = pytest.mark.network


def decide(client: httpx2.Client, case_id: str, verdict: str = "true", based_on: int | None = None, **more: Any) -> Any:
    return client.post(f"/api/cases/{case_id}/verdicts", json={"verdict": verdict, "based_on": based_on, **more})


def in_inbox(served: Served) -> list[tuple[str, str]]:
    """(case, verdict) as the worker finds them."""
    with sqlite3.connect(served.site.book) as book:
        return list(book.execute("SELECT case_id, verdict FROM verdicts ORDER BY id"))


def test_queue_is_read_page_by_page_without_a_case_twice_or_left_out(serve: Callable[..., Served]) -> None:
    served = serve(23)
    client = served.client("viewer")
    for sort in ("newest", "severity", "uncertain"):
        seen: list[str] = []
        cursor = None
        for _ in range(3):
            parameters = {"limit": 10, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = client.get("/api/cases", params=parameters).json()
            seen += [item["case_id"] for item in page["items"]]
            cursor = page["next"]
        assert cursor is None
        assert sorted(seen) == sorted(served.site.case_ids)
        assert (page["total"], page["unreviewed"]) == (23, 23)


def test_queue_is_sorted_as_asked(serve: Callable[..., Served]) -> None:
    client = serve(12).client("viewer")
    ranks = {"low": 0, "normal": 1, "high": 2}
    newest = client.get("/api/cases").json()["items"]
    assert [c["detected_at"] for c in newest] == sorted((c["detected_at"] for c in newest), reverse=True)
    severe = client.get("/api/cases?sort=severity").json()["items"]
    assert [ranks[c["severity"]] for c in severe] == sorted((ranks[c["severity"]] for c in severe), reverse=True)
    unsure = client.get("/api/cases?sort=uncertain").json()["items"]
    assert [c["uncertainty"] for c in unsure] == sorted((c["uncertainty"] for c in unsure), reverse=True)
    assert unsure[0]["uncertainty"] == pytest.approx(1 - 2 * abs(unsure[0]["confidence"] - 0.5), abs=1e-3)


def test_queue_is_filtered_by_what_a_case_is(serve: Callable[..., Served]) -> None:
    client = serve(9).client()

    def found(**parameters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = client.get("/api/cases", params=parameters).json()["items"]
        return items

    assert {c["category"] for c in found(category="ground_lock")} == {"ground_lock"}
    assert {c["camera_id"] for c in found(camera="bj-001", zone="road")} == {"bj-001"}
    assert found(camera="bj-001", zone="bay") == []
    assert len(found(q="占道 bj-002")) == 3
    assert found(q="100%") == []
    everything = found()
    middle = everything[4]["detected_at"]
    later = (datetime.fromisoformat(middle) + timedelta(milliseconds=1)).isoformat()
    assert [c["case_id"] for c in found(to=later)] == [c["case_id"] for c in everything[4:]]
    assert [c["case_id"] for c in found(**{"from": middle})] == [c["case_id"] for c in everything[:5]]
    decide(client, everything[0]["case_id"], "false", reason="shadow_light")
    assert len(found()) == 8
    assert [c["verdict"]["reason"] for c in found(state="reviewed")] == ["shadow_light"]
    assert len(found(state="all")) == 9
    assert [c["case_id"] for c in found(state="all", verdict="false")] == [everything[0]["case_id"]]


def test_cursor_that_was_tampered_with_is_refused(served: Served) -> None:
    client = served.client("viewer")
    for cursor in ("x", "WyJuZXdlc3QiXQ", "eyJhIjoxfQ", "WyJzZXZlcml0eSIsMSwyLCJ4Il0"):
        assert client.get("/api/cases", params={"cursor": cursor}).status_code == 400


def test_case_says_what_happened_where_and_why(served: Served) -> None:
    client = served.client("viewer")
    case = client.get(f"/api/cases/{served.site.case_ids[0]}").json()
    assert case["camera_name"] == "八角东街路口"
    assert {reason["condition"] for reason in case["why"]}
    assert [code["code"] for code in case["codes"]]
    assert {item["role"] for item in case["evidence"]} == {"before", "act", "after", "crop", "clip"}
    assert case["events"][0]["kind"] == "opened"
    assert case["verdicts"] == []
    assert case["last_verdict_id"] is None
    assert {other["camera_id"] for other in case["similar"]} == {"bj-001"}
    assert client.get("/api/cases/none").status_code == 404


def test_verdict_is_kept_and_reaches_the_workers_inbox(served: Served) -> None:
    client = served.client("operator", "li")
    case_id = served.site.case_ids[0]
    case = decide(client, case_id, "wrong_category", category="street_vending", box=[0.1, 0.2, 0.3, 0.4]).json()
    assert (case["verdict"]["verdict"], case["verdict"]["by"]) == ("wrong_category", "li")
    assert wait_until(lambda: in_inbox(served) == [(case_id, "wrong_category")], 10)
    assert VerdictInbox(served.site.book).waiting() == 1


def test_second_reviewer_gets_the_newer_case_instead_of_overwriting_it(served: Served) -> None:
    li, wang = served.client("operator", "li"), served.client("operator", "wang")
    case_id = served.site.case_ids[0]
    first = decide(li, case_id, "true").json()
    late = decide(wang, case_id, "false", reason="shadow_light")
    assert (late.status_code, late.json()["case"]["verdict"]["by"]) == (409, "li")
    seen = late.json()["case"]["last_verdict_id"]
    assert seen == first["last_verdict_id"]
    corrected = decide(wang, case_id, "false", seen, reason="shadow_light").json()
    assert [row["verdict"] for row in corrected["verdicts"]] == ["true", "false"]


def test_of_many_reviewers_at_once_one_wins(served: Served) -> None:
    case_id = served.site.case_ids[0]
    clients = [served.client("operator", f"reviewer-{number}") for number in range(6)]
    statuses: list[int] = []
    start = threading.Barrier(len(clients))

    def race(client: httpx2.Client) -> None:
        start.wait()
        statuses.append(decide(client, case_id).status_code)

    threads = [threading.Thread(target=race, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 5


def test_undo_takes_ones_own_verdict_back_and_no_others(served: Served) -> None:
    li, wang = served.client("operator", "li"), served.client("operator", "wang")
    case_id = served.site.case_ids[0]
    nothing = li.post(f"/api/cases/{case_id}/undo", json={"based_on": None})
    assert (nothing.status_code, nothing.json()["error"]) == (409, "nothing_to_undo")
    first = decide(li, case_id, "true").json()["last_verdict_id"]
    second = decide(li, case_id, "false", first, reason="nothing").json()["last_verdict_id"]
    assert wang.post(f"/api/cases/{case_id}/undo", json={"based_on": second}).json()["error"] == "not_yours"
    after = li.post(f"/api/cases/{case_id}/undo", json={"based_on": second}).json()
    assert after["verdict"]["verdict"] == "true"
    bare = li.post(f"/api/cases/{case_id}/undo", json={"based_on": after["last_verdict_id"]}).json()
    assert bare["verdict"] is None
    assert [row["verdict"] for row in bare["verdicts"]] == ["true", "false", "undo", "undo"]
    assert wait_until(lambda: [verdict for _, verdict in in_inbox(served)] == ["true", "false", "undo", "undo"], 10)


def test_many_are_decided_at_once_and_those_that_changed_are_left(served: Served) -> None:
    client = served.client()
    ids = served.site.case_ids
    decide(client, ids[1], "true")
    asked = [{"case_id": name, "based_on": None} for name in [*ids[:3], "no-such-case"]]
    body = {"ids": asked, "verdict": "false", "reason": "weather"}
    assert client.post("/api/verdicts/bulk", json=body).json() == {
        "done": [ids[0], ids[2]],
        "conflicts": [ids[1], "no-such-case"],
    }
    assert client.get("/api/cases").json()["unreviewed"] == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"verdict": "wrong_category"}, ""),
        ({"verdict": "wrong_category", "category": "jaywalking"}, "category"),
        ({"verdict": "duplicate", "duplicate_of": "none"}, "duplicate_of"),
        ({"verdict": "true", "box": [0.5, 0.5, 0.2, 0.9]}, ""),
        ({"verdict": "true", "box": [0, 0, 1, 7]}, "box.3"),
        ({"verdict": "false", "reason": "x" * 501}, "reason"),
        ({"verdict": "true", "by": "somebody else"}, "by"),
    ],
)
def test_verdict_that_says_nothing_sensible_is_refused_at_the_field(
    served: Served, body: dict[str, Any], field: str
) -> None:
    answer = served.client().post(f"/api/cases/{served.site.case_ids[0]}/verdicts", json={"based_on": None, **body})
    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]
    assert all(text["zh"] and text["en"] for text in answer.json()["fields"].values())


def test_verdict_that_was_committed_before_a_crash_is_forwarded_once(served: Served) -> None:
    client = served.client()
    case_id = served.site.case_ids[0]
    row = decide(client, case_id, "true").json()["last_verdict_id"]

    def noted() -> bool:
        with served.console.store.reading() as session:
            return session.query(Unforwarded).count() == 0

    assert wait_until(lambda: in_inbox(served) and noted(), 10)
    with served.console.store.writing() as session:  # as if it had died between handing it over and noting that
        session.add(Unforwarded(verdict=row))
    assert wait_until(noted, 10)
    assert in_inbox(served) == [(case_id, "true")]


def test_verdicts_and_audit_log_cannot_be_changed_even_by_the_program(served: Served) -> None:
    decide(served.client(), served.site.case_ids[0])
    for statement in ("UPDATE verdicts SET verdict = 'false'", "DELETE FROM verdicts", "DELETE FROM audit"):
        with pytest.raises(SQLAlchemyError, match="append only"), served.console.store.writing() as session:
            session.execute(text(statement))
    with served.console.store.reading() as session:
        assert session.query(Verdict).one().verdict == "true"


def test_event_that_is_read_twice_is_taken_once(served: Served) -> None:
    with served.console.store.writing() as session:
        set_position(session, "events", 0)
    client = served.client("viewer")
    assert wait_until(lambda: client.get("/api/cases").json()["total"] == 6)
    case = client.get(f"/api/cases/{served.site.case_ids[0]}").json()
    assert [event["kind"] for event in case["events"]].count("opened") == 1


def test_rejection_by_the_centre_is_the_cases_state(served: Served) -> None:
    client = served.client("viewer")
    case_id = next(c["case_id"] for c in client.get("/api/cases").json()["items"] if c["state"] == "open")
    add_answer(served.site.book, case_id, "rejected", "已有案件")
    assert wait_until(lambda: client.get(f"/api/cases/{case_id}").json()["state"] == "rejected", 10)
    assert client.get(f"/api/cases/{case_id}").json()["answers"][0]["reason"] == "已有案件"


def test_case_is_held_until_it_is_confirmed_where_the_site_says_so(serve: Callable[..., Served]) -> None:
    served = serve(2, console="  hold_for_review: true\n")
    client = served.client()
    case_id = served.site.case_ids[0]
    assert client.get(f"/api/cases/{case_id}").json()["held"]
    assert not decide(client, case_id, "true").json()["held"]


def test_reasons_are_in_both_languages_for_every_category(served: Served) -> None:
    reasons = served.client("viewer").get("/api/reasons").json()
    assert set(reasons) >= {"illegal_dumping", "street_vending", "ground_lock", "overflowing_bin", "camera_health", "*"}
    assert all(row["zh"] and row["en"] and row["id"] for rows in reasons.values() for row in rows)
    assert {row["id"] for row in reasons["*"]} <= {row["id"] for row in reasons["ground_lock"]}


def listen(client: httpx2.Client, found: list[dict[str, str]], headers: dict[str, str], until: int) -> None:
    """Hears `until` named events, then hangs up."""
    with client.stream("GET", "/api/live", headers=headers) as stream:
        event: dict[str, str] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if not line and "event" in event:
                found.append(event)
                event = {}
            elif not line:
                event = {}
            elif name in ("event", "data", "id"):
                event[name] = value
            if len(found) >= until:
                return


def test_page_hears_of_a_new_case_and_of_a_verdict_and_of_what_it_missed(served: Served) -> None:
    client = served.client()
    heard: list[dict[str, str]] = []
    thread = threading.Thread(target=listen, args=(served.client("viewer"), heard, {}, 2), daemon=True)
    thread.start()
    assert wait_until(lambda: served.console.bus.listeners() == 1, 10)
    with sqlite3.connect(served.site.book) as book:
        event = json.loads(book.execute("SELECT payload FROM events").fetchone()[0])
    add_to_book(served.site.book, [[event | {"event_id": "new-event", "case_id": "new-case"}]])
    assert wait_until(lambda: heard, 10)
    assert (heard[0]["event"], json.loads(heard[0]["data"])) == ("case", {"case_id": "new-case", "kind": "opened"})
    decide(client, "new-case")
    thread.join(10)
    assert (heard[1]["event"], json.loads(heard[1]["data"])) == ("verdict", {"case_id": "new-case"})
    again: list[dict[str, str]] = []
    listen(client, again, {"Last-Event-ID": heard[0]["id"]}, 1)
    assert again[0] == heard[1]


def test_page_from_before_a_restart_is_told_to_read_everything_again(served: Served) -> None:
    heard: list[dict[str, str]] = []
    listen(served.client("viewer"), heard, {"Last-Event-ID": "198f-12"}, 1)
    assert heard[0]["event"] == "resync"


def test_queue_of_five_thousand_is_found_by_its_indexes(serve: Callable[..., Served]) -> None:
    """Speed itself is not tested (machines differ); that no query reads the whole table to sort it is."""
    served = serve(3)
    with served.console.store.reading() as session:
        for order in ("detected_at DESC, case_id DESC", "severity_rank DESC, detected_at DESC, case_id DESC"):
            plan = session.execute(text(f"EXPLAIN QUERY PLAN SELECT * FROM cases ORDER BY {order} LIMIT 50")).all()
            assert "USING INDEX" in str(plan)
            assert "TEMP B-TREE" not in str(plan)
