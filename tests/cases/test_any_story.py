"""Whatever is reported, answered and restarted, in any order: what the centre is told makes sense."""

from __future__ import annotations

import json
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases import finds
from vision.cases import CaseBook, parse_answer
from vision.rules import IncidentKind

CAMERAS = {"bj-001": finds.camera(aggregate="1m"), "bj-002": finds.camera("bj-002", 39.9003)}
ANSWERS = ["accepted", "rejected", "closed", "check_before_closing"]
reports = st.tuples(st.sampled_from(list(IncidentKind)), st.integers(0, 5), st.booleans())
answers = st.tuples(st.sampled_from(ANSWERS), st.integers(0, 5))
FOLLOWS = {
    None: {"opened"},
    "opened": {"updated", "cleared", "withdrawn", "reinstalled"},
    "cleared": {"reinstalled", "updated"},
    "reinstalled": {"updated", "cleared", "withdrawn", "reinstalled"},
    "withdrawn": {"updated"},
}
"""Which kind may follow the last that opened or ended a case. Two incidents of one case may end differently."""


def number_of(incident: int) -> dict[str, object]:
    """Six incidents: four spots before one camera, two before another."""
    x = 0.1 + 0.15 * (incident % 4)
    return {"camera_id": "bj-001" if incident < 4 else "bj-002", "box": (x, 0.5, x + 0.1, 0.6)}


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(reports, answers), max_size=25))
def test_any_order_of_reports_and_answers_tells_a_story_that_makes_sense(story: list[tuple[object, ...]]) -> None:
    book = CaseBook(finds.settings(similar=True), None)
    told: dict[str, list[str]] = defaultdict(list)
    last: dict[str, str | None] = defaultdict(lambda: None)
    for step, entry in enumerate(story):
        now = finds.START + 20.0 * step
        if len(entry) == 2:
            kind, number = entry
            payload = json.dumps({"kind": kind, "reason": "x"}).encode()
            book.apply_answer(parse_answer(f"0193-{number}", payload), now)
            continue
        kind, number, handed_over = entry
        assert isinstance(kind, IncidentKind)
        assert isinstance(number, int)
        place = number_of(number)
        report = finds.incident(kind, number, detected=now, started=now - 1, **place)
        event = book.handle(report, CAMERAS[str(place["camera_id"])])
        if event is None or not handed_over:
            continue
        book.record(event)
        assert event.kind in FOLLOWS[last[event.case_id]] | ({"updated"} if told[event.case_id] else set())
        told[event.case_id].append(event.kind)
        if event.kind != "updated":
            last[event.case_id] = event.kind
    open_cases = set(finds.cases_of(book))
    for case_id, kinds in told.items():
        assert kinds.count("opened") == 1, "a case is opened once"
        if case_id in open_cases:
            assert last[case_id] in ("opened", "reinstalled")
    assert open_cases <= set(told), "what is open was told"
    owners = [incident for case_id in told for incident, _camera, _how in book.incidents(case_id)]
    assert len(owners) == len(set(owners)), "an incident is of one case"
