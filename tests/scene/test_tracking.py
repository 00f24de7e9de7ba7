"""Tracks hold at any picture rate."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, passer_by
from vision.detect import Detections, Role
from vision.scene.tracking import Tracker


def follow(actors: list[Actor], times: list[float]) -> Tracker:
    stage, tracker = Stage(actors=actors), Tracker(16 / 9)
    for time in times:
        tracker.update(stage.detections(time), time)
    return tracker


@pytest.mark.parametrize("interval", [0.1, 0.5, 1.0, 2.0])
def test_walker_keeps_his_track_at_every_interval(interval: float) -> None:
    tracker = follow([passer_by(0, 24)], list(np.arange(2, 22, interval)))
    assert [track.track_id for track in tracker.tracks] == [1]


def test_interval_that_changes_on_the_way_does_not_break_a_track() -> None:
    times = [2, 4, 6, 6.2, 6.4, 6.6, 8.6, 10.6, 10.8, 12]
    assert [track.track_id for track in follow([passer_by(0, 24)], times).tracks] == [1]


def test_person_missed_for_two_seconds_is_the_same_person() -> None:
    walker = passer_by(0, 24)
    walker.missed = (9.0, 11.0)
    assert [t.track_id for t in follow([walker], list(np.arange(2, 20, 0.5))).tracks] == [1]


def test_two_who_walk_in_opposite_directions_are_two_tracks() -> None:
    tracker = follow(
        [passer_by(0, 24, y=0.6), passer_by(0, 24, y=0.95, left_to_right=False)], list(np.arange(2, 20, 0.5))
    )
    assert sorted(track.track_id for track in tracker.tracks) == [1, 2]


def test_person_does_not_become_a_vehicle() -> None:
    tracker = Tracker(1.0)
    box = np.array([[0.4, 0.4, 0.5, 0.6]], np.float32)
    for time, role in ((0.0, Role.PERSON), (0.5, Role.VEHICLE)):
        tracker.update(
            Detections(box, np.array([0.9], np.float32), np.zeros(1, np.int32), (role,), (role.value,)), time
        )
    assert {(track.track_id, track.role) for track in tracker.tracks} == {(1, Role.PERSON), (2, Role.VEHICLE)}


@pytest.mark.parametrize(
    ("roles", "apart", "bodies"),
    [
        ((Role.PERSON, Role.PERSON), 0.005, ["b"]), ((Role.PERSON, Role.PERSON), 0.05, ["a", "b"]),
        ((Role.PERSON, Role.VEHICLE), 0.005, ["a", "b"]),
    ],
    ids=["one twice", "two side by side", "a rider"],
)  # fmt: skip
def test_body_that_the_detector_gives_two_boxes_is_one(
    roles: tuple[Role, Role], apart: float, bodies: list[str]
) -> None:
    tracker = Tracker(1.0)
    boxes = np.array([[0.4, 0.4, 0.5, 0.6], [0.4 + apart, 0.4, 0.5 + apart, 0.6]], np.float32)
    scores = np.array([0.6, 0.8], np.float32)
    for time in (0.0, 0.5):
        tracker.update(Detections(boxes, scores, np.zeros(2, np.int32), roles, ("a", "b")), time)
    assert [track.name for track in tracker.tracks] == bodies


def test_weak_detection_begins_no_track_but_goes_on_with_one() -> None:
    tracker = Tracker(1.0)
    box = np.array([[0.4, 0.4, 0.5, 0.6]], np.float32)

    def see(score: float, time: float) -> int:
        seen = Detections(box, np.array([score], np.float32), np.zeros(1, np.int32), (Role.PERSON,), ("person",))
        return len(tracker.update(seen, time))

    assert see(0.3, 0.0) == 0
    assert see(0.8, 0.5) == 1
    assert see(0.3, 1.0) == 1
    assert tracker.tracks[0].hits == 2


def test_track_ends_after_its_grace() -> None:
    tracker = follow([passer_by(0, 5)], [1, 2, 3, 4, 5])
    assert len(tracker.update(Detections.empty(), 8.0)) == 1
    assert tracker.update(Detections.empty(), 10.0) == []


def test_track_knows_since_when_it_stands() -> None:
    waiting = Actor([(0.0, (0.1, 0.8)), (5.0, (0.5, 0.8)), (30.0, (0.5, 0.8))])
    tracker = follow([waiting], list(np.arange(0, 20, 0.5)))
    assert tracker.tracks[0].still_since == pytest.approx(5.0, abs=1.0)


def test_parked_car_rests_without_being_looked_at_and_ends_when_it_is_missed() -> None:
    stage = Stage(actors=[Actor([(0.0, (0.5, 0.8)), (100.0, (0.5, 0.8))], role=Role.VEHICLE, name="car")])
    tracker = Tracker(16 / 9)
    for time in (0.0, 2.0, 10.0, 20.0, 30.0, 60.0, 90.0):
        tracker.update(stage.detections(time), time)
    (car,) = tracker.tracks
    assert (car.track_id, car.resting, car.moving) == (1, True, False)
    for time in (101.0, 103.0, 106.0):
        tracker.update(Detections.empty(), time)
    assert tracker.tracks == []


def test_walker_is_moving_and_who_stood_there_from_the_start_is_not() -> None:
    standing = Actor([(0.0, (0.2, 0.8)), (30.0, (0.2, 0.8))])
    tracker = follow([standing, passer_by(0, 24)], list(np.arange(2, 14, 1.0)))
    assert {track.track_id: track.moving for track in tracker.tracks} == {1: False, 2: True}


def test_only_a_track_seen_every_second_is_surely_the_same() -> None:
    sparse = follow([passer_by(0, 24)], [2.0, 4.0, 6.0, 8.0]).tracks[0]
    dense = follow([passer_by(0, 24)], list(np.arange(2, 8, 0.5))).tracks[0]
    assert sparse.followed_since == 8.0
    assert dense.followed_since == 2.0
