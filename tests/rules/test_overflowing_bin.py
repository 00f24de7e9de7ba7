"""What is an overflowing bin, and what is not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.rules.street import Seen, Street, always
from tests.scene.stage import Actor
from vision.cases import shipped_categories
from vision.config import Polygon, Schedule, Zone
from vision.detect import Detections, Role
from vision.rules import Incident, IncidentKind, Rule, make_rules
from vision.rules.overflowing_bin import BinSettings
from vision.scene import Scene
from vision.sources import Box

BIN = (0.40, 0.50, 0.48, 0.70)
OVER_THE_RIM, BESIDE = (0.41, 0.46, 0.47, 0.52), (0.49, 0.63, 0.54, 0.70)


class Corner(Street):
    """A stage whose detector sees a bin, by its name, and what else it is told to."""

    bin_seen: Seen = staticmethod(always)

    def detections(self, time: float) -> Detections:
        rest = super().detections(time)
        if not self.bin_seen(time):
            return rest
        boxes = np.concatenate([rest.boxes, np.array([BIN], np.float32)])
        scores = np.append(rest.scores, np.float32(0.7))
        ids = np.zeros(len(boxes), np.int32)
        return Detections(boxes, scores, ids, (*rest.roles, Role.FIXTURE), (*rest.names, "bin"))


def corner(*waste: tuple[Box, float, Seen], bin_seen: Seen = always, **stage: Any) -> Corner:
    made = Corner(**stage)
    made.known = tuple((box, Role.WASTE, score, seen) for box, score, seen in waste)
    made.bin_seen = bin_seen
    return made


def rule_of(polygon: Polygon | None = None, **settings: Any) -> Rule:
    area = {} if polygon is None else {"polygon": polygon}
    zone = Zone(id="z", rules=(BinSettings(**{"dwell": 30, "clear_after": 20, **settings}),), **area)
    return make_rules(zone, lambda moment: moment)[0]


def play(stage: Corner, rule: Rule, end: int, start: int = 0) -> list[Incident]:
    """One picture a second, the detector asked at each."""
    scene, found = Scene("bj-001"), []
    for second in range(start, end):
        frame = stage.frame(float(second))
        scene.wants_detections(frame)
        found += rule.update(scene.update(frame, stage.detections(float(second))))
    return found


@pytest.mark.parametrize("place", [OVER_THE_RIM, BESIDE], ids=["over the rim", "beside it"])
def test_waste_that_stays_at_a_bin_is_a_case_with_its_reasons(place: Box) -> None:
    (case,) = play(corner((place, 0.6, lambda t: t >= 10)), rule_of(), 60)
    assert (case.kind, case.category, case.subcategory) == (IncidentKind.OPENED, "overflowing_bin", "bin")
    assert 9 <= case.started <= 11
    assert 30 <= case.detected - case.started <= 34
    reasons = {reason.condition: reason for reason in case.why}
    assert reasons["waste_at_bin_s"].value >= reasons["waste_at_bin_s"].threshold == 30
    assert set(reasons) == {"waste_at_bin_s", "waste_seen_share", "waste_score"}
    around_both = (0.4, min(BIN[1], place[1]), max(BIN[2], place[2]), 0.7)
    assert case.box == pytest.approx(around_both, abs=0.01)
    assert {still.role for still in case.stills} >= {"after", "crop"}
    assert 0.6 < case.confidence < 0.95


@pytest.mark.parametrize(
    "stage",
    [
        corner(),
        corner((OVER_THE_RIM, 0.6, lambda t: 10 <= t < 30)),
        corner((OVER_THE_RIM, 0.6, lambda t: 5 <= t < 20 or 40 <= t < 60)),
        corner((OVER_THE_RIM, 0.2, always)),
        corner((OVER_THE_RIM, 0.6, lambda t: int(t) % 4 == 0)),
        corner((OVER_THE_RIM, 0.6, always), bin_seen=lambda t: t < 2),
        corner(((0.70, 0.63, 0.75, 0.70), 0.6, always)),
        corner(((0.42, 0.60, 0.46, 0.68), 0.6, always)),
        corner((BIN, 0.6, always)),
    ],
    ids=[
        "bin alone", "bag that is put in", "two bags, put in one after the other", "hardly waste", "seen now and then",
        "no bin", "waste elsewhere", "the bin's own front", "bin taken for waste",
    ],
)  # fmt: skip
def test_half_of_it_is_no_case(stage: Corner) -> None:
    assert play(stage, rule_of(), 62) == []


@pytest.mark.parametrize(
    "rule",
    [
        rule_of(Polygon([[0, 0], [0.3, 0], [0.3, 1], [0, 1]])),
        rule_of(min_area=0.05),
        rule_of(schedule=Schedule.parse("03:00-03:01")),
        rule_of(dwell=300),
    ],
    ids=["outside the zone", "too small", "out of hours", "too short"],
)
def test_bin_that_a_filter_keeps_out_is_no_case(rule: Rule) -> None:
    assert play(corner((OVER_THE_RIM, 0.6, always)), rule, 50) == []


def test_emptied_bin_is_cleared_with_the_time_it_overflowed_and_may_overflow_again() -> None:
    stage = corner((OVER_THE_RIM, 0.6, lambda t: 10 <= t < 60 or t >= 150))
    first, second, third = play(stage, rule_of(), 200)
    assert (second.kind, second.incident_id) == (IncidentKind.CLEARED, first.incident_id)
    assert second.ended is not None
    assert 60 <= second.ended <= 75  # until the last looks at it are all without waste
    assert second.dwell_s == pytest.approx(second.ended - first.started)
    assert (third.kind, third.incident_id != first.incident_id) == (IncidentKind.OPENED, True)
    assert third.started >= 150
    assert third.detected - third.started >= 30


def test_somebody_before_the_bin_neither_begins_nor_ends_anything() -> None:
    man = Actor([(50.0, (0.44, 0.72)), (130.0, (0.445, 0.72))], size=(0.14, 0.4))
    stage = corner((OVER_THE_RIM, 0.6, lambda t: not 50 <= t < 130), actors=[man])
    assert [case.kind for case in play(stage, rule_of(), 160)] == [IncidentKind.OPENED]


def test_restart_neither_repeats_nor_clears_a_case_and_ends_it_later() -> None:
    stage, before = corner((OVER_THE_RIM, 0.6, lambda t: t < 240)), rule_of()
    (case,) = play(stage, before, 60)
    after = rule_of()
    after.load(json.loads(json.dumps(before.save())))
    assert play(stage, after, 210, start=160) == []
    (cleared,) = play(corner(), after, 300, start=260)
    assert (cleared.kind, cleared.incident_id) == (IncidentKind.CLEARED, case.incident_id)


def test_city_has_codes_for_it() -> None:
    codes = shipped_categories().codes("overflowing_bin", "bin")
    assert [code.code for code in codes] == ["06042", "01-92"]
    assert shipped_categories().department("overflowing_bin", None) == "环卫中心"
