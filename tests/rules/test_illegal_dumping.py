"""What is illegal dumping, and what is not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, Thing, passer_by
from vision.config import Polygon, Schedule, Zone
from vision.detect import Detections, Role
from vision.rules import Incident, IncidentKind, Rule, make_rules
from vision.rules.illegal_dumping import DumpingSettings
from vision.rules.rule import new_incident_id
from vision.scene import Place, Scene, SceneState, StaticThing, StillKeeper, Track
from vision.sources import Frame

BAG = (0.48, 0.74, 0.53, 0.82)
WALKER = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
WHOLE = Polygon([[0, 0], [1, 0], [1, 1], [0, 1]])
START = 1_767_240_000.0
"""2026-01-01 12:00 in Shanghai: media times of the stage are added to it."""


def rule_of(polygon: Polygon = WHOLE, **settings: Any) -> Rule:
    zone = Zone(id="z", polygon=polygon, tags=("school",), rules=(DumpingSettings(**{"dwell": 5, **settings}),))
    return make_rules(zone, lambda moment: moment)[0]


def play(stage: Stage, rule: Rule, end: float, start: float = 0.0, scene: Scene | None = None) -> list[Incident]:
    """Four pictures a second; times in the incidents are the stage's."""
    scene = scene or Scene("bj-001")
    found: list[Incident] = []
    for step in range(int(start * 4), int(end * 4)):
        frame = stage.frame(step / 4)
        wanted = scene.wants_detections(frame)
        found += rule.update(scene.update(frame, stage.detections(step / 4) if wanted else None))
    return found


def test_bag_put_down_and_left_is_a_case_with_actor_reasons_and_pictures() -> None:
    (case,) = play(Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), rule_of(), 30)
    assert (case.kind, case.category, case.subcategory) == (IncidentKind.OPENED, "illegal_dumping", "household_waste")
    assert case.box == pytest.approx(BAG, abs=0.02)
    assert 8 < case.started < 13 < case.detected < 24
    assert [actor.class_name for actor in case.actors] == ["person"]
    reason = {reason.condition: reason for reason in case.why}["left_behind_s"]
    assert reason.value >= reason.threshold == 5
    assert [still.role for still in case.stills] == ["before", "after", "crop"]
    assert case.stills[0].taken_at < case.started
    assert case.tags == ("school",)
    assert 0.5 < case.confidence < 1


def test_one_thing_is_one_case_however_long_it_stands_and_whoever_passes() -> None:
    crowd = [passer_by(24 + 3 * n, 30 + 3 * n, y=0.84) for n in range(4)]
    assert len(play(Stage(actors=[WALKER, *crowd], things=[Thing(BAG, 11.0)]), rule_of(), 50)) == 1


def test_a_passer_by_before_it_when_the_time_is_over_does_not_put_off_the_report() -> None:
    left = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)])
    (alone,) = play(left, rule_of(), 30)
    passing = [(alone.detected - 1.0, (0.505, 0.84)), (alone.detected + 8.0, (0.505, 0.84))]
    crowded = Stage(actors=[WALKER, Actor(passing)], things=[Thing(BAG, 11.0)])
    (case,) = play(crowded, rule_of(), 30)
    assert case.detected == pytest.approx(alone.detected, abs=1.0)


@pytest.mark.parametrize(
    ("visible", "hidden", "last_seen", "cases"),
    [
        (True, False, 58.0, 1), (False, True, 58.0, 1),
        (True, False, 54.0, 0), (False, True, 54.0, 0), (False, False, 58.0, 0),
    ],
    ids=["seen", "somebody before it", "no longer differs", "hidden for long", "moves"],
)  # fmt: skip
def test_only_what_was_seen_a_moment_ago_is_reported(visible: bool, hidden: bool, last_seen: float, cases: int) -> None:
    left = StaticThing(1, BAG, np.ones((2, 2), np.bool_), 20.0, 20.0, 22.0, last_seen, 24.0, looks=12, judged=12)
    left.visible, left.hidden = visible, hidden
    track = Track(3, Role.PERSON, "person", BAG, 0.8, 18.0, 24.0, 18.0, BAG)
    left.actors[3] = track
    frame = Frame.from_bgr(np.full((36, 64, 3), 99, np.uint8), camera_id="a", time=60.0)
    state = SceneState("a", 60.0, frame, (), (left,), (), None, StillKeeper(), True, 16 / 9)
    assert len(rule_of().update(state)) == cases


@pytest.mark.parametrize(("share", "cases"), [(0.3, 1), (0.02, 0)], ids=["a bag of two", "a scrap"])
def test_next_to_nothing_of_what_came_is_no_case(share: float, cases: int) -> None:
    """A hand of somebody who waits beside his things and whom the detector saw only afterwards; a strip of a cart."""
    piece = StaticThing(1, BAG, np.ones((2, 2), np.bool_), 20.0, 20.0, 22.0, 58.0, 24.0, looks=12, judged=12)
    piece.whole = BAG[0], BAG[1], BAG[0] + (BAG[2] - BAG[0]) / share, BAG[3]
    piece.visible = True
    piece.actors[3] = Track(3, Role.PERSON, "person", BAG, 0.8, 18.0, 24.0, 18.0, BAG)
    frame = Frame.from_bgr(np.full((36, 64, 3), 99, np.uint8), camera_id="a", time=60.0)
    state = SceneState("a", 60.0, frame, (), (piece,), (), None, StillKeeper(), True, 16 / 9)
    assert len(rule_of().update(state)) == cases


@pytest.mark.parametrize(("rubbish", "kinds"), [(0.9, ["OPENED"]), (0.3, [])], ids=["waste to both", "to one"])
def test_case_of_which_only_strips_differ_is_told_whole_and_not_taken_back_for_what_a_strip_looks_like(
    rubbish: float, kinds: list[str]
) -> None:
    strip = StaticThing(1, (0.5, 0.7, 0.52, 0.75), np.ones((2, 2), np.bool_), 20.0, 20.0, 22.0, 58.0, 24.0, looks=12)
    strip.judged = strip.light_looks = 12
    strip.actors[3] = Track(3, Role.PERSON, "person", BAG, 0.8, 18.0, 24.0, 18.0, BAG)
    sack = Place(1, Role.WASTE, (0.48, 0.6, 0.58, 0.76), 21.0, 58.0, 58.0, hits=9)
    sack.seen.extend([True] * 9)
    sack.scores.extend([0.9] * 9)
    for number in range(4):
        sack.kinds.add({"rubbish": rubbish}, 30.0 + 2 * number)
    rule, told = rule_of(), []
    for time in (60.0, 61.0, 62.0):
        strip.last_seen = time
        frame = Frame.from_bgr(np.full((36, 64, 3), 99, np.uint8), camera_id="a", time=time)
        told += rule.update(SceneState("a", time, frame, (), (strip,), (sack,), None, StillKeeper(), True, 16 / 9))
    assert [incident.kind.name for incident in told] == kinds
    assert all(incident.box == sack.box for incident in told)


def test_bag_taken_away_is_cleared_with_the_time_it_stood() -> None:
    first, second = play(Stage(actors=[WALKER], things=[Thing(BAG, 11.0, 32.0)]), rule_of(), 45)
    assert (second.kind, second.incident_id) == (IncidentKind.CLEARED, first.incident_id)
    assert second.ended == pytest.approx(32.0, abs=2.5)
    assert second.dwell_s == pytest.approx(second.ended - second.started, abs=0.01)


def test_bag_put_down_and_picked_up_again_is_no_case() -> None:
    owner = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (14.0, (0.62, 0.8)), (18.0, (0.5, 0.8)), (22.0, (1.1, 0.8))])
    assert play(Stage(actors=[owner], things=[Thing(BAG, 11.0, 18.0)]), rule_of(), 35) == []


def test_owner_who_stays_beside_his_bag_is_no_case() -> None:
    owner = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.57, 0.8)), (60.0, (0.58, 0.8))])
    assert play(Stage(actors=[owner], things=[Thing(BAG, 11.0)]), rule_of(), 45) == []


def test_person_who_sits_and_car_that_parks_are_no_case() -> None:
    sitting = Actor([(3.0, (-0.1, 0.8)), (6.0, (0.3, 0.8)), (60.0, (0.3, 0.8))], size=(0.08, 0.15), missed=(25.0, 28.0))
    car = Actor([(5.0, (1.2, 0.6)), (9.0, (0.75, 0.6)), (60.0, (0.75, 0.6))], Role.VEHICLE, "car", size=(0.25, 0.2))
    assert play(Stage(actors=[sitting, car]), rule_of(), 45) == []


def test_parked_car_that_the_detector_loses_is_no_case() -> None:
    car = Actor(
        [(5.0, (1.2, 0.6)), (9.0, (0.6, 0.6)), (60.0, (0.6, 0.6))],
        Role.VEHICLE,
        "car",
        (0.2, 0.15),
        missed=(20.0, 60.0),
    )
    assert play(Stage(actors=[car]), rule_of(), 45) == []


def test_change_that_nobody_brought_is_no_case_unless_asked_for() -> None:
    stage = Stage(actors=[passer_by(30, 40, y=0.3)], things=[Thing(BAG, 11.0)])
    assert play(stage, rule_of(), 28) == []
    assert len(play(stage, rule_of(needs_actor=False), 28)) == 1


@pytest.mark.parametrize(
    "rule",
    [
        rule_of(Polygon([[0, 0], [0.3, 0], [0.3, 1], [0, 1]])),
        rule_of(min_area=0.05),
        rule_of(max_area=0.001),
        rule_of(dwell=60),
        rule_of(schedule=Schedule.parse("03:00-03:01")),
    ],
    ids=["outside the zone", "too small", "too large", "too short", "out of hours"],
)
def test_thing_that_a_filter_keeps_out_is_no_case(rule: Rule) -> None:
    assert play(Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), rule, 35) == []


@pytest.mark.parametrize("until", [50.0, 33.0], ids=["taken away later", "taken away meanwhile"])
def test_restart_neither_repeats_nor_forgets_a_case(until: float) -> None:
    stage, before, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0, until)]), rule_of(), Scene("bj-001")
    (case,) = play(stage, before, 30, scene=scene)
    memory = scene.remember()
    assert memory is not None
    after, again = rule_of(), Scene("bj-001")
    after.load(before.save())
    again.recall(memory)
    (cleared,) = play(stage, after, 60, start=36, scene=again)
    assert (cleared.kind, cleared.incident_id) == (IncidentKind.CLEARED, case.incident_id)


def test_bag_left_while_the_worker_was_killed_is_still_a_case() -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("bj-001")
    assert play(stage, rule_of(), 17, scene=scene) == []
    memory = scene.remember()
    assert memory is not None
    again = Scene("bj-001")
    again.recall(memory)
    assert len(play(stage, rule_of(), 40, start=25, scene=again)) == 1


@dataclass
class Rubbish(Stage):
    """A stage on which the detector sees a pile from the first picture on, this surely."""

    score: float = 0.85

    def detections(self, time: float) -> Detections:
        box = np.array([[0.3, 0.6, 0.4, 0.7]], np.float32)
        return Detections(box, np.array([self.score], np.float32), np.zeros(1, np.int32), (Role.WASTE,), ("rubbish",))


PILE = Thing((0.3, 0.6, 0.4, 0.7), 0.0)


def test_waste_that_lies_there_long_is_a_pile() -> None:
    assert play(Rubbish(things=[PILE]), rule_of(pile_after="60s"), 55) == []
    (case,) = play(Rubbish(things=[PILE]), rule_of(pile_after="20s"), 55)
    assert [reason.condition for reason in case.why] == ["waste_present_s", "present_share", "score"]
    assert case.actors == ()


def test_what_nobody_brought_must_be_rubbish_more_surely() -> None:
    """A road sign was rubbish at 0.75 for ten minutes."""
    unsure = Rubbish(things=[PILE], score=0.75)
    assert play(unsure, rule_of(pile_after="20s"), 30) == []
    assert len(play(unsure, rule_of(pile_after="20s", min_score=0.7), 30)) == 1


def test_incident_id_is_a_version_7_uuid_of_its_time_and_always_the_same() -> None:
    made = uuid.UUID(new_incident_id(START + 0.25, "zone", 7))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == round((START + 0.25) * 1000)
    assert str(made) == new_incident_id(START + 0.25, "zone", 7) != new_incident_id(START + 0.25, "zone", 8)


def test_heap_that_grows_is_told_again_once() -> None:
    more = Thing((0.48, 0.66, 0.58, 0.82), 30.0)
    kinds = [case.kind for case in play(Stage(actors=[WALKER], things=[Thing(BAG, 11.0), more]), rule_of(), 60)]
    assert kinds == [IncidentKind.OPENED, IncidentKind.UPDATED]


def test_what_a_truck_brought_is_construction_waste() -> None:
    path = [(6.0, (-0.2, 0.8)), (10.0, (0.4, 0.8)), (13.0, (0.4, 0.8)), (17.0, (1.3, 0.8))]
    truck = Actor(path, role=Role.VEHICLE, name="truck", size=(0.16, 0.2))
    (case,) = play(Stage(actors=[truck], things=[Thing((0.49, 0.74, 0.55, 0.82), 11.0)]), rule_of(), 30)
    assert (case.subcategory, case.actors[0].class_name) == ("construction_waste", "truck")


def test_case_that_later_looks_refute_is_withdrawn() -> None:
    stage, rule, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), rule_of(), Scene("bj-001")
    (case,) = play(stage, rule, 30, scene=scene)
    sitting = Actor([(30.0, (0.505, 0.82)), (90.0, (0.505, 0.82))], size=(0.05, 0.08))
    stage.actors.append(sitting)  # the detector now sees that it is somebody
    (report,) = play(stage, rule, 80, start=30, scene=scene)
    assert (report.kind, report.incident_id) == (IncidentKind.WITHDRAWN, case.incident_id)
    assert report.why[0].condition == "taken_for_body_share"
    assert report.why[0].value > report.why[0].threshold


def test_size_may_be_meant_of_the_zone() -> None:
    corner = Polygon([[0.4, 0.6], [0.6, 0.6], [0.6, 0.9], [0.4, 0.9]])
    stage = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)])
    assert len(play(stage, rule_of(corner, size_of="zone", min_area=0.05, max_area=0.2), 30)) == 1
    assert play(stage, rule_of(corner, size_of="picture", min_area=0.05, max_area=0.2), 30) == []


def test_thing_without_a_bringer_is_asked_about_once_it_has_stood() -> None:
    stage, rule, scene = Stage(things=[Thing(BAG, 11.0)]), rule_of(), Scene("bj-001")
    assert play(stage, rule, 12, scene=scene) == []
    assert list(rule.unclaimed) == []
    assert play(stage, rule, 30, start=12, scene=scene) == []
    (thing_id,) = rule.unclaimed
    assert not scene.credit(thing_id, [])


def test_nobody_is_searched_for_who_would_have_brought_what_came_while_nobody_looked() -> None:
    stage, rule, scene = Stage(things=[Thing(BAG, 20.0)]), rule_of(), Scene("bj-001")
    assert play(stage, rule, 18, scene=scene) == []
    memory = scene.remember()
    assert memory is not None
    again = Scene("bj-001")
    again.recall(memory)
    assert play(stage, rule, 40, start=25, scene=again) == []
    assert list(rule.unclaimed) == []


def test_pieces_of_a_large_thing_within_reach_of_its_bringer_are_one_case() -> None:
    pieces = [Thing((0.48, 0.60, 0.53, 0.64), 11.0), Thing((0.48, 0.72, 0.53, 0.76), 11.0)]
    found = play(Stage(actors=[WALKER], things=pieces), rule_of(), 30)
    assert [case.kind for case in found].count(IncidentKind.OPENED) == 1


def test_things_out_of_reach_of_one_another_are_two_cases() -> None:
    pieces = [Thing((0.44, 0.52, 0.49, 0.56), 11.0), Thing((0.51, 0.77, 0.56, 0.81), 11.0)]
    found = play(Stage(actors=[WALKER], things=pieces), rule_of(), 30)
    assert [case.kind for case in found].count(IncidentKind.OPENED) == 2
