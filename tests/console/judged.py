"""Past verdicts that speak for a longer dwell: what stood for seconds was a false alarm, for minutes a true one."""

from __future__ import annotations

import json
import sqlite3

import httpx2

from tests.console.conftest import Served
from tests.console.seeding import add_to_book
from tests.console.test_cases import decide

FALSE, TRUE = 4, 2
SHORT_S, LONG_S = 8.0, 900.0


def judge_short_ones_false(served: Served, client: httpx2.Client) -> None:
    """Add cases to a site of one case (`serve(1)`), and decide on them."""
    with sqlite3.connect(served.site.book) as book:
        event = json.loads(book.execute("SELECT payload FROM events").fetchone()[0])
    stories = []
    for number in range(FALSE + TRUE):
        stood = SHORT_S if number < FALSE else LONG_S
        opened = event | {"event_id": f"o{number}", "case_id": f"case-{number}"}
        ending = {"kind": "cleared", "evidence": [], "dwell_s": opened["dwell_s"] + stood}
        stories.append([opened, opened | ending | {"event_id": f"e{number}"}])
    add_to_book(served.site.book, stories)
    assert served.has_cases(1 + FALSE + TRUE)
    for number in range(FALSE + TRUE):
        assert decide(client, f"case-{number}", "false" if number < FALSE else "true").status_code == 200
