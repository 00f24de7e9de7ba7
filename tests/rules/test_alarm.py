"""A case is told once, or again while it stands."""

from __future__ import annotations

import json
from typing import Any

from tests.rules.scripted import BIN, NOON, Scripted, report, scene
from vision.config import RuleSettings, Schedule
from vision.rules import IncidentKind
from vision.rules.alarm import MOST_OPEN, PeriodicAlarm

OPENED, UPDATED, CLEARED = IncidentKind.OPENED, IncidentKind.UPDATED, IncidentKind.CLEARED


def around(rule: Scripted, **settings: Any) -> PeriodicAlarm:
    given = {"alarm": "periodic", "alarm_every": "10m", **settings}
    return PeriodicAlarm(rule, RuleSettings(rule="illegal_dumping", **given), lambda moment: moment)


def kinds(alarm: PeriodicAlarm, *times: float) -> list[tuple[float, IncidentKind]]:
    return [(time, one.kind) for time in times for one in alarm.update(scene(time))]


def test_case_is_told_again_each_period_until_it_is_cleared() -> None:
    alarm = around(Scripted(at_0=report(), at_1500=report(CLEARED)))
    assert kinds(alarm, *range(0, 3000, 100)) == [(0, OPENED), (600, UPDATED), (1200, UPDATED), (1500, CLEARED)]


def test_reminder_says_how_long_it_has_stood_and_shows_it() -> None:
    alarm = around(Scripted(at_0=report()))
    alarm.update(scene(0))
    (reminder,) = alarm.update(scene(605))
    assert (reminder.incident_id, reminder.box, reminder.started) == ("a", BIN, NOON - 30)
    assert (reminder.detected, reminder.dwell_s) == (NOON + 605, 635)
    assert [(r.condition, r.value, r.threshold) for r in reminder.why] == [("still_there_s", 635.0, 600.0)]
    assert [still.role for still in reminder.stills] == ["after", "crop"]


def test_period_counts_from_the_last_report_whatever_it_was() -> None:
    alarm = around(Scripted(at_0=report(), at_500=report(UPDATED, box=(0.1, 0.4, 0.3, 0.6))))
    assert kinds(alarm, *range(0, 1101, 100)) == [(0, OPENED), (500, UPDATED), (1100, UPDATED)]
    (again,) = alarm.update(scene(1700))
    assert again.box == (0.1, 0.4, 0.3, 0.6)


def test_single_is_told_once() -> None:
    assert kinds(around(Scripted(at_0=report()), alarm="single"), 0, 600, 6000) == [(0, OPENED)]
    assert RuleSettings(rule="x").alarm == "single"


def test_nobody_is_reminded_out_of_hours() -> None:
    alarm = around(Scripted(at_0=report()), schedule=Schedule.parse("04:00-04:15"))  # the stage's local time is UTC
    assert kinds(alarm, 0, 600, 1200, 1800) == [(0, OPENED), (600, UPDATED)]


def test_reminders_go_on_after_a_restart_and_after_a_change_of_mode() -> None:
    before = around(Scripted(at_0=report()), alarm="single")
    before.update(scene(0))
    rule = Scripted(at_900=report(CLEARED))
    after = around(rule)
    after.load(json.loads(json.dumps(before.save())))
    assert rule.loaded == {"mine": 1}
    assert kinds(after, 60, 600, 900, 1600) == [(600, UPDATED), (900, CLEARED)]


def test_state_of_the_release_before_is_taken() -> None:
    rule = Scripted()
    alarm = around(rule)
    alarm.load({"cases": []})
    assert rule.loaded == {"cases": []}
    assert kinds(alarm, 0, 600) == []


def test_what_is_reminded_of_is_bounded() -> None:
    alarm = around(Scripted(**{f"at_{n}": report(name=str(n)) for n in range(MOST_OPEN + 3)}))
    for n in range(MOST_OPEN + 3):
        alarm.update(scene(n))
    assert len(alarm.update(scene(5000))) == MOST_OPEN


def test_what_is_around_a_rule_passes_on_its_register_and_what_it_looks_at() -> None:
    assert [entry.box for entry in around(Scripted()).register] == [BIN]
    assert around(Scripted()).look_at(1.0) == BIN
