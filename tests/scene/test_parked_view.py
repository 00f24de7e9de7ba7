"""What lies before a parked vehicle, and what one leaves behind: the vehicle is a part of the view while it stands."""

from __future__ import annotations

import pytest

from tests.scene import test_memory
from tests.scene.stage import Actor, Stage, Thing
from tests.scene.test_scene import play, sound, standing
from vision.detect import Role
from vision.scene import Scene

CAR_AT = (0.5, 0.75)
BAG = (0.46, 0.66, 0.51, 0.74)
"""Before the car's door."""
CARRIER = Actor([(30.0, (-0.1, 0.85)), (34.0, (0.48, 0.8)), (36.0, (0.48, 0.8)), (40.0, (1.1, 0.85))])


def car(start: float, end: float) -> Actor:
    """Comes from above, stands from 4 s after `start` until `end`, drives on."""
    return Actor(
        [(start, (0.5, 0.2)), (start + 4, CAR_AT), (end, CAR_AT), (end + 3, (1.4, 0.75))],
        role=Role.VEHICLE, name="car", size=(0.24, 0.3),
    )  # fmt: skip


ALWAYS = Actor([(-10.0, CAR_AT), (1e4, CAR_AT)], role=Role.VEHICLE, name="car", size=(0.24, 0.3))


@pytest.mark.parametrize("vehicle", [ALWAYS, car(0.0, 1e4)], ids=["there from the start", "came"])
@pytest.mark.parametrize("fps", [0.5, 4.0])
def test_a_bag_put_down_before_a_parked_car_is_found_with_who_brought_it(vehicle: Actor, fps: float) -> None:
    stage = Stage(actors=[vehicle, CARRIER], front=[Thing(BAG, 35.0)])
    (thing,) = standing(play(stage, 55, fps))
    assert sound(thing)
    assert thing.before_parked
    assert not thing.is_of_vehicle
    assert thing.box == pytest.approx(BAG, abs=0.02)
    assert [track.name for track in thing.actors.values()] == ["person"]
    assert thing.unattended_s(54.0) > 10


@pytest.mark.parametrize("vehicle", [car(-10.0, 60.0), car(1.0, 60.0)], ids=["there from the start", "came"])
def test_a_bag_before_a_parked_car_stays_when_the_car_leaves_and_goes_when_it_is_taken_away(vehicle: Actor) -> None:
    stage, scene = Stage(actors=[vehicle, CARRIER], front=[Thing(BAG, 35.0, 90.0)]), Scene("stage")
    (before,) = standing(test_memory.play(scene, stage, 0, 58, 2.0))
    (after,) = standing(test_memory.play(scene, stage, 58, 88, 2.0))
    assert after.thing_id == before.thing_id
    assert after.visible
    assert after.box == pytest.approx(BAG, abs=0.02)
    assert standing(test_memory.play(scene, stage, 88, 100, 2.0)) == []


def test_what_a_van_leaves_behind_comes_to_light_as_it_drives_off() -> None:
    """It was put down while the van hid the place: the ground from before the van came tells."""
    behind = Thing((0.46, 0.6, 0.52, 0.7), 40.0)
    (thing,) = standing(play(Stage(actors=[car(10.0, 70.0)], things=[behind]), 85, 2.0))
    assert thing.box == pytest.approx(behind.box, abs=0.02)
    assert thing.appeared == pytest.approx(71.0, abs=2.5)
    assert not thing.before_parked


@pytest.mark.parametrize("vehicle", [car(-10.0, 50.0), car(10.0, 50.0)], ids=["there from the start", "came"])
def test_a_parked_car_that_leaves_leaves_nothing(vehicle: Actor) -> None:
    states = play(Stage(actors=[vehicle]), 75, 2.0)
    assert standing(states) == []


def test_another_car_in_its_place_is_no_thing() -> None:
    first, second = car(-10.0, 40.0), car(41.0, 1e4)
    states = play(Stage(actors=[first, CARRIER, second]), 90, 2.0)
    assert [thing for thing in standing(states) if thing.visible] == []


@pytest.mark.parametrize("path", [ALWAYS.path, car(1.0, 1e4).path], ids=["there from the start", "came"])
def test_a_car_that_the_detector_misses_for_minutes_stays_a_part_of_the_view(
    path: list[tuple[float, tuple[float, float]]],
) -> None:
    """The ground behind it, which is known where it came, must not come back while it stands there."""
    vehicle = Actor(path, role=Role.VEHICLE, name="car", size=(0.24, 0.3), missed=(40.0, 200.0))
    states = play(Stage(actors=[vehicle]), 230, 1.0)
    assert all(not state.things for state in states if state.time > 30)


def test_a_restart_knows_what_the_place_is_like_without_the_van() -> None:
    """It leaves while the worker is down; what it hid shows beside the ground of before."""
    behind = Thing((0.46, 0.6, 0.52, 0.7), 40.0)
    stage, scene = Stage(actors=[car(10.0, 62.0)], things=[behind]), Scene("stage")
    test_memory.play(scene, stage, 0, 60)
    (thing,) = standing(test_memory.play(test_memory.restarted(scene), stage, 68, 76))
    assert thing.box == pytest.approx(behind.box, abs=0.02)
    assert thing.unwatched


def test_a_bag_before_a_parked_car_stands_on_over_a_restart_and_is_seen_to_go() -> None:
    stage, scene = Stage(actors=[ALWAYS, CARRIER], front=[Thing(BAG, 35.0, 75.0)]), Scene("stage")
    (before,) = standing(test_memory.play(scene, stage, 0, 50, 2.0))
    again = test_memory.restarted(scene)
    (after,) = standing(test_memory.play(again, stage, 53, 74, 2.0))
    assert (after.thing_id, after.visible, after.before_parked) == (before.thing_id, True, True)
    assert after.box == pytest.approx(BAG, abs=0.02)
    assert standing(test_memory.play(again, stage, 74, 84, 2.0)) == []
