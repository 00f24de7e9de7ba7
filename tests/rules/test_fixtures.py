"""What a fixture keeps from being a case, for how long, and what it does not."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.rules.scripted import BIN, DAY, NOON, Scripted, report, scene
from tests.rules.street import LOCK, always, play, street
from vision.config import Fixture, RuleSettings, Schedule, Zone
from vision.detect import Role
from vision.rules import IncidentKind, make_rules
from vision.rules.fixtures import MOST_HELD, FixtureFilter, suppressions
from vision.rules.ground_lock import LockSettings
from vision.sources import Box

OPENED, UPDATED, CLEARED = IncidentKind.OPENED, IncidentKind.UPDATED, IncidentKind.CLEARED
SEEN = ("bin", BIN, 0.6)


def shanghai(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("Asia/Shanghai"))


def fixture(**values: Any) -> Fixture:
    return Fixture.model_validate({"at": list(BIN), "class": "bin", **values})


def around(rule: Scripted, *fixtures: Fixture, **settings: Any) -> FixtureFilter:
    rules = (RuleSettings(rule="illegal_dumping", **settings),)
    zone = Zone(id="z", rules=rules, fixtures=fixtures)
    return FixtureFilter(rule, zone, rules[0], shanghai)


def kinds(filtered: FixtureFilter, *times: float, seen: Any = (SEEN,)) -> list[tuple[float, IncidentKind]]:
    return [(time, one.kind) for time in times for one in filtered.update(scene(time, *seen))]


def test_bin_that_is_marked_is_no_case_and_the_suppression_is_handed_out_once() -> None:
    filtered = around(Scripted(at_0=report(), at_60=report(UPDATED), at_90=report(CLEARED)), fixture())
    assert kinds(filtered, 0, 60, 90) == []
    (one,) = suppressions([filtered])
    assert (one.fixture, one.category, one.camera_id, one.zone_id) == (
        "bin at 0.1,0.4,0.2,0.6", "illegal_dumping", "bj-001", "z"
    )  # fmt: skip
    assert (one.box, one.time, one.incident_id) == (BIN, NOON, "a")
    assert suppressions([filtered]) == []


@pytest.mark.parametrize(
    ("marked", "box", "seen"),
    [
        (fixture(), (0.5, 0.4, 0.6, 0.6), ()),
        (fixture(), (0.12, 0.5, 0.16, 0.6), (("rubbish", (0.12, 0.5, 0.16, 0.6), 0.7), SEEN)),
        (fixture(), (0.12, 0.5, 0.16, 0.6), ()),
        (fixture(), (0.0, 0.3, 0.5, 0.9), ()),
        (fixture(until="2027-03-30"), BIN, (SEEN,)),
        (fixture(category="street_vending"), BIN, (SEEN,)),
        (fixture(at=[0.15, 0.5]), BIN, ()),
    ],
    ids=[
        "elsewhere", "a bag in front of the bin", "something small of which nothing is known", "a heap over it",
        "ended yesterday", "of another rule", "a point where nothing is known",
    ],
)  # fmt: skip
def test_what_is_not_the_fixture_is_a_case(marked: Fixture, box: Box, seen: Any) -> None:
    if marked.category is not None:
        rules = (RuleSettings(rule="illegal_dumping"), RuleSettings(rule="street_vending"))
        zone = Zone(id="z", rules=rules, fixtures=(marked,))
        filtered = FixtureFilter(Scripted(at_0=report(box=box)), zone, rules[0], shanghai)
    else:
        filtered = around(Scripted(at_0=report(box=box)), marked)
    assert kinds(filtered, 0, seen=seen) == [(0, OPENED)]
    assert suppressions([filtered]) == []


@pytest.mark.parametrize(
    ("marked", "seen"),
    [
        (fixture(), (SEEN,)),
        (fixture(), ()),
        (fixture(at=[0.15, 0.5]), (SEEN,)),
        (Fixture.model_validate({"at": list(BIN)}), (("rubbish", BIN, 0.9),)),
        (fixture(until="2027-03-31"), (SEEN,)),
        (fixture(category="illegal_dumping"), (SEEN, ("rubbish", BIN, 0.3))),
    ],
    ids=["known", "its shape", "a point in it", "anything there", "its last day", "bin more than rubbish"],
)
def test_what_is_the_fixture_is_none(marked: Fixture, seen: Any) -> None:
    assert kinds(around(Scripted(at_0=report()), marked), 0, seen=seen) == []


def test_thing_becomes_a_case_when_its_fixture_ends_while_it_stands() -> None:
    filtered = around(Scripted(at_0=report()), fixture(until="2027-03-31"))
    midnight = DAY / 2  # after noon, in Shanghai
    assert kinds(filtered, 0, 60, midnight - 1) == []
    (case,) = filtered.update(scene(midnight + 1))
    assert (case.kind, case.incident_id, case.started, case.detected) == (
        OPENED, "a", NOON - 30, NOON + midnight + 1
    )  # fmt: skip
    assert [reason.condition for reason in case.why] == ["left_behind_s", "held_for_fixture_s"]
    assert case.dwell_s == midnight + 31
    assert {still.role for still in case.stills} >= {"after", "crop"}
    assert kinds(filtered, midnight + 2) == []


def test_thing_that_went_before_its_fixture_ended_is_no_case() -> None:
    filtered = around(Scripted(at_0=report(), at_60=report(CLEARED)), fixture(until="2027-03-31"))
    assert kinds(filtered, 0, 60, DAY) == []


def test_fixture_that_ends_out_of_hours_waits_for_them() -> None:
    rule = Scripted(at_0=report())
    filtered = around(rule, fixture(until="2027-03-31"), schedule=Schedule.parse("06:00-22:00"))
    assert kinds(filtered, 0, DAY / 2 + 60) == []
    assert kinds(filtered, DAY) == [(DAY, OPENED)]


def test_thing_that_grows_beyond_its_fixture_becomes_a_case_and_lives_on() -> None:
    grown = (0.05, 0.3, 0.45, 0.7)
    rule = Scripted(at_0=report(), at_60=report(UPDATED, box=grown), at_90=report(CLEARED, box=grown))
    assert kinds(around(rule, fixture()), 0, 60, 90) == [(60, OPENED), (90, CLEARED)]


def test_what_is_held_back_survives_a_restart_without_being_counted_twice() -> None:
    before = around(Scripted(at_0=report()), fixture(until="2027-03-31"))
    before.update(scene(0, SEEN))
    assert len(suppressions([before])) == 1
    rule = Scripted()
    after = around(rule, fixture(until="2027-03-31"))
    after.load(json.loads(json.dumps(before.save())))
    assert rule.loaded == {"mine": 1}
    assert kinds(after, 60) == []
    assert suppressions([after]) == []
    assert kinds(after, DAY) == [(DAY, OPENED)]


def test_fixture_taken_out_of_the_configuration_no_longer_holds_and_a_redrawn_one_does() -> None:
    before = around(Scripted(at_0=report()), fixture())
    before.update(scene(0, SEEN))
    redrawn, without = around(Scripted(), fixture(at=[0.09, 0.39, 0.2, 0.6])), around(Scripted())
    for changed in (redrawn, without):
        changed.load(before.save())
    assert kinds(redrawn, 60) == []
    assert kinds(without, 60) == [(60, OPENED)]


def test_what_is_held_back_is_bounded_and_tells_the_oldest() -> None:
    count = MOST_HELD + 2
    filtered = around(Scripted(**{f"at_{n}": report(name=str(n)) for n in range(count)}), fixture())
    told = [one for n in range(count) for one in filtered.update(scene(n, SEEN))]
    assert [one.incident_id for one in told] == ["0", "1"]


def test_marked_lock_is_silent_through_the_whole_pipeline_of_a_zone() -> None:
    marked = {"at": [0.59, 0.69, 0.67, 0.79], "class": "lock", "category": "ground_lock"}
    settings = LockSettings(dwell=10, inventory=10, clear_after=10)
    seen = street((LOCK, Role.LOCK, 0.95, lambda t: t >= 20))
    zone = Zone(id="bay", rules=(settings,), fixtures=(Fixture.model_validate(marked),))
    (silent,) = make_rules(zone, lambda moment: moment)
    assert play(seen, silent, 60) == []
    assert [one.fixture for one in suppressions([silent])] == ["lock at 0.59,0.69,0.67,0.79 for ground_lock"]
    (loud,) = make_rules(zone.model_copy(update={"fixtures": ()}), lambda moment: moment)
    assert [case.kind for case in play(seen, loud, 60)] == [OPENED]
    assert play(street((LOCK, Role.LOCK, 0.95, always)), make_rules(zone, lambda moment: moment)[0], 60) == []
