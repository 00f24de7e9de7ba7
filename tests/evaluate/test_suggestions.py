"""What past verdicts propose: never what would have cost a true case, never more than the cases can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.finds import BOX, START, camera, incident, opened, settings, told
from vision.cases import CaseBook
from vision.config import Zone
from vision.evaluate.suggestions import PARAMETERS, JudgedCase, judged_cases, suggestions
from vision.rules import RULE_SETTINGS, IncidentKind
from vision.rules.ground_lock import LockSettings
from vision.rules.illegal_dumping import DumpingSettings

ZONE = Zone(id="corner", rules=(DumpingSettings(rule="illegal_dumping", dwell=30.0, min_score=0.4),))


def case(name: str, true: bool, stood_s: float | None = None, **more: Any) -> JudgedCase:
    """A case that was reported 30 s after the bringer left, and stood for `stood_s` from then on."""
    ended = None if stood_s is None else START + stood_s - 30
    values: dict[str, Any] = {"why": {"left_behind_s": 30.0}, "box": BOX, "detected": START, "ended": ended}
    return JudgedCase(name, "corner", more.pop("category", "illegal_dumping"), true, **(values | more))


def test_longer_dwell_is_proposed_where_false_alarms_went_by_themselves() -> None:
    false = [case(f"f{n}", False, stood) for n, stood in enumerate((31, 33, 35, 38, 40, 42.5, 900))]
    true = [case("t1", True, 120), case("t2", True)]
    (one,) = suggestions([ZONE], false + true)
    assert (one.zone, one.rule, one.parameter, one.now, one.value) == ("corner", "illegal_dumping", "dwell", 30.0, 60.0)
    assert (one.drops_false, one.of_false, one.drops_true, one.of_true) == (6, 7, 0, 2)
    assert one.text["en"] == (
        "corner illegal_dumping: dwell 1m would have dropped 6 of 7 false alarms and none of 2 true ones"
    )
    assert "7 个误报可减少 6 个" in one.text["zh"]


def test_value_is_as_round_as_the_true_cases_allow() -> None:
    false = [case("f1", False, 41), case("f2", False, 42)]
    (one,) = suggestions([ZONE], [*false, case("t", True, 47)])
    assert (one.value, one.text["en"].split(": ")[1][:9]) == (45.0, "dwell 45s")


def test_true_case_that_ended_first_forbids_it() -> None:
    assert suggestions([ZONE], [case("f1", False, 41), case("f2", False, 42), case("t", True, 35)]) == []


def test_end_that_nobody_knows_proposes_nothing() -> None:
    assert suggestions([ZONE], [*(case(f"f{n}", False) for n in range(9)), case("t", True)]) == []


def test_place_without_a_true_case_proposes_nothing() -> None:
    assert suggestions([ZONE], [case(f"f{n}", False, 35) for n in range(9)]) == []


def test_one_false_alarm_is_chance() -> None:
    assert suggestions([ZONE], [case("f1", False, 41), case("t", True)]) == []


def test_score_and_size_are_proposed_from_what_cases_say() -> None:
    why = [{"waste_present_s": 600.0, "score": score} for score in (0.42, 0.44, 0.71)]
    cases = [case(f"{n}", n == 2, why=one) for n, one in enumerate(why)]
    (one,) = suggestions([ZONE], cases)
    assert (one.parameter, one.value, one.drops_false) == ("min_score", 0.45, 2)
    small, large = (0.1, 0.1, 0.12, 0.13), (0.1, 0.1, 0.3, 0.3)
    sizes = [case("a", False, box=small), case("b", False, box=small), case("c", True, box=(0.1, 0.1, 0.15, 0.2))]
    (one,) = suggestions([ZONE], sizes)
    assert (one.parameter, one.value) == ("min_area", 0.001)
    sizes = [case("a", False, box=large), case("b", False, box=large), case("c", True, box=(0.1, 0.1, 0.15, 0.2))]
    (one,) = suggestions([ZONE], sizes)
    assert (one.parameter, one.drops_false, one.now) == ("max_area", 2, ZONE.rules[0].max_area)
    assert 0.005 <= one.value < 0.04


def test_cases_that_the_values_in_force_would_not_report_do_not_count() -> None:
    cases = [case("f1", False, 41), case("f2", False, 42), case("t", True, 35), case("t2", True, 90)]
    longer = ZONE.model_copy(update={"rules": (ZONE.rules[0].model_copy(update={"dwell": 40.0}),)})
    (one,) = suggestions([longer], cases)
    assert (one.value, one.of_true) == (60.0, 1)


def test_other_zones_and_rules_do_not_speak() -> None:
    cases = [case("f1", False, 41), case("f2", False, 42)]
    assert suggestions([ZONE], [replace(one, zone_id="lane") for one in cases]) == []
    assert suggestions([ZONE], [replace(one, category="street_vending") for one in cases]) == []


def test_cases_are_read_from_their_events() -> None:
    book = CaseBook(settings(), None)
    events = [opened(book), opened(book, 2, box=(0.6, 0.6, 0.7, 0.7))]
    cleared = told(book, incident(IncidentKind.CLEARED, dwell_s=80.0, ended=START + 80, detected=START + 90), camera())
    assert cleared is not None
    one, other = judged_cases([*events, cleared], {"0193-1": False, "0193-2": True})
    assert (one.case_id, one.true, one.zone_id, one.ended) == ("0193-1", False, "corner", START + 80)
    assert one.why == {"left_behind_s": 31.6}
    assert (other.true, other.ended) == (True, None)
    assert judged_cases(events, {}) == []


BAY = Zone(id="corner", rules=(LockSettings(min_score=0.6, min_score_new=0.3),))


def lock_case(name: str, true: bool, **why: float) -> JudgedCase:
    return case(name, true, category="ground_lock", why={"lock_present_s": 60.0, **why})


def test_score_of_what_is_new_is_proposed_for_what_needs_something_new_and_for_nothing_else() -> None:
    false = [lock_case(f"f{n}", False, new_lock_score=0.4) for n in range(3)]
    (one,) = suggestions([BAY], [*false, lock_case("t", True, new_lock_score=0.55)])
    assert (one.parameter, one.value, one.drops_false) == ("min_score_new", 0.45, 3)


def test_what_scores_enough_by_itself_is_dropped_by_no_score_of_what_is_new() -> None:
    false = [lock_case(f"f{n}", False, new_lock_score=0.7) for n in range(3)]
    assert suggestions([BAY], [*false, lock_case("t", True, new_lock_score=0.9)]) == []


def test_score_of_what_only_the_model_has_seen_is_proposed_for_that() -> None:
    false = [lock_case(f"f{n}", False, lock_score=0.62) for n in range(3)]
    (one,) = suggestions([BAY], [*false, lock_case("t", True, lock_score=0.9)])
    assert (one.parameter, one.drops_false) == ("min_score", 3)


@pytest.mark.parametrize("rule", sorted(PARAMETERS))
def test_parameters_are_those_of_the_rule(rule: str) -> None:
    assert set(PARAMETERS[rule].values()) <= set(RULE_SETTINGS[rule].model_fields)


STOOD = st.one_of(st.none(), st.floats(30, 5000))


@given(st.lists(st.tuples(st.booleans(), STOOD, st.floats(0.35, 1.0), st.floats(0.01, 0.3)), max_size=30))
def test_no_proposal_ever_drops_a_true_case(stories: list[tuple[bool, float | None, float, float]]) -> None:
    cases = [
        case(str(n), true, stood, why={"left_behind_s": 30.0, "score": score}, box=(0.1, 0.1, 0.1 + side, 0.1 + side))
        for n, (true, stood, score, side) in enumerate(stories)
    ]
    for one in suggestions([ZONE], cases):
        rule = ZONE.rules[0].model_copy(update={one.parameter: one.value})
        zone = ZONE.model_copy(update={"rules": (rule,)})
        left = [c for c in cases if _reported(c, zone)]
        before = [c for c in cases if _reported(c, ZONE)]
        assert [c for c in before if c.true] == [c for c in left if c.true]
        assert len([c for c in before if not c.true]) - len([c for c in left if not c.true]) == one.drops_false >= 2


def _reported(one: JudgedCase, zone: Zone) -> bool:
    """Whether the rule would have reported it, said anew."""
    rule = zone.rules[0]
    size = (one.box[2] - one.box[0]) * (one.box[3] - one.box[1])
    stood = float("inf") if one.ended is None else 30.0 + one.ended - one.detected
    return (
        stood >= rule.dwell and one.why.get("score", 1.0) >= rule.min_score and rule.min_area <= size <= rule.max_area
    )
