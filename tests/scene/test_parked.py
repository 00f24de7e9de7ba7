"""Who parks by the kerb did not bring what is put down beside his car, and does not attend it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.test_things import SHAPE, look, thing
from vision.detect import Detections, Role
from vision.scene.background import Change
from vision.scene.parked import ParkedVehicles, WhoStood
from vision.scene.standing import FORGET_LOOKS, FROM_START_S, STOOD_S
from vision.scene.static_thing import StaticThing
from vision.scene.things import ThingKeeper
from vision.scene.tracking import Track
from vision.sources import Box

CAR: Box = (0.56, 0.45, 0.8, 0.7)
NEXT: Box = (0.82, 0.45, 0.99, 0.7)
BAG: Box = (0.5, 0.6, 0.55, 0.68)


def seen(*boxes: Box, role: Role = Role.VEHICLE) -> Detections:
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    count = len(rows)
    scores, classes = np.full(count, 0.5, np.float32), np.zeros(count, np.int32)
    return Detections(rows, scores, classes, (role,) * count, (role.value,) * count)


def who_stood(vehicles: ParkedVehicles) -> WhoStood:
    stood = WhoStood()
    stood.vehicles = vehicles
    return stood


def bare(home: Box) -> float:
    return 1.0


def watched(spans: list[tuple[float, float]], until: float, begins: float = 0.0) -> ParkedVehicles:
    """Looked at every two seconds from `begins` on; the car is there within the spans."""
    parked = ParkedVehicles()
    for step in range(int(begins // 2), int(until // 2) + 1):
        there = any(start <= 2 * step <= end for start, end in spans)
        parked.update(seen(CAR) if there else seen(), 2.0 * step)
    return parked


def test_a_car_is_parked_once_it_has_stood_for_a_while() -> None:
    parked = watched([(10.0, 100.0)], 100.0)
    assert parked.stood(CAR, 10.0 + STOOD_S)
    assert not parked.stood(CAR, 10.0 + STOOD_S - 1)
    assert not parked.stood(NEXT, 100.0)


def test_a_car_that_nobody_saw_come_was_always_there() -> None:
    assert watched([(FROM_START_S, 100.0)], 8.0).stood(CAR, 6.0)


def test_where_cars_drive_by_none_is_parked() -> None:
    passing = [(at, at + 1.0) for at in range(10, 100, 8)]
    assert not watched(passing, 100.0).stood(CAR, 100.0)


def test_a_spot_that_was_a_car_s_for_long_is_none_once_cars_only_drive_by() -> None:
    passing = [(at, at + 1.0) for at in range(602, 800, 8)]
    parked = watched([(10.0, 600.0), *passing], 800.0)
    assert not parked.stood(CAR, 800.0)


@pytest.mark.parametrize(
    ("spans", "settles"), [([(0.0, 100.0)], 4.0), ([(10.0, 100.0)], 30.0)], ids=["from the start", "came"]
)
def test_a_parked_car_becomes_a_part_of_the_view_once(spans: list[tuple[float, float]], settles: float) -> None:
    parked, when = ParkedVehicles(), []
    for step in range(50):
        parked.update(seen(CAR) if spans[0][0] <= 2 * step <= spans[0][1] else seen(), 2.0 * step)
        when += [2.0 * step for _ in parked.settle(2.0 * step)]
    assert when == [settles]
    assert parked.is_of_view(CAR)
    assert not parked.is_of_view(NEXT)


@pytest.mark.parametrize(
    ("detected", "outcome"), [(False, "left"), (True, "other")], ids=["nothing is seen there", "another car is"]
)
def test_a_car_has_left_when_its_place_looks_otherwise_at_two_looks(detected: bool, outcome: str) -> None:
    parked = watched([(0.0, 100.0)], 10.0)
    parked.settle(10.0)
    nothing, all_of_it = np.zeros((90, 160), np.bool_), np.ones((90, 160), np.bool_)
    told = []
    for step in range(6, 12):
        parked.update(seen(CAR) if detected or step == 6 else seen(), 2.0 * step)
        left, others = parked.compare(nothing if step == 6 else all_of_it, all_of_it, bare, 2.0 * step)
        told += [(2 * step, "left") for _ in left] + [(2 * step, "other") for _ in others]
    assert told[0] == (16 if outcome == "left" else 18, outcome)
    assert parked.is_of_view(CAR) is detected


def test_a_car_before_which_people_stand_has_not_left() -> None:
    parked = watched([(0.0, 100.0)], 10.0)
    parked.settle(10.0)
    all_of_it = np.ones((90, 160), np.bool_)
    for step in range(6, 12):
        parked.update(seen(), 2.0 * step)
        assert parked.compare(all_of_it, ~all_of_it, bare, 2.0 * step) == ([], [])
    assert parked.is_of_view(CAR)


def test_a_busy_road_is_not_remembered_car_by_car() -> None:
    parked = ParkedVehicles()
    for number in range(600):  # ten a second, cars everywhere
        x = 0.7 * (number * 0.137 % 1)
        parked.update(
            seen(*((x + 0.03 * lane, 0.1 * lane, x + 0.1 + 0.03 * lane, 0.1 * lane + 0.08) for lane in range(8))),
            number / 10,
        )
    assert len(parked._spots) <= 8 * 4


def test_a_car_that_people_pass_before_stays_parked_and_one_that_left_does_not() -> None:
    parked = watched([(10.0, 60.0)], 60.0)
    for time in range(62, 100, 2):
        parked.update(seen((0.5, 0.3, 0.85, 0.9), role=Role.PERSON), float(time))
    assert parked.stood(CAR, 100.0)
    for number in range(FORGET_LOOKS - 1):
        parked.update(seen(), 110.0 + 10 * number)
    assert parked.stood(CAR, 140.0), "a camera by night misses it at some looks"
    parked.update(seen(), 150.0)
    assert not parked.stood(CAR, 150.0)


def keeper_with(parked: ParkedVehicles, box: Box, appeared: float, since: float) -> StaticThing:
    """A bag that comes to sight beside a car that has been followed `since` then."""
    keeper = ThingKeeper(aspect=16 / 9, stood=who_stood(parked))
    car = Track(3, Role.VEHICLE, "car", box, 0.8, since, appeared, since, box, hits=9)
    car.path.extend((at, box) for at in np.arange(max(since, appeared - 6), appeared + 1, 2.0))
    for time in (appeared + 2, appeared + 4, appeared + 6):
        car.saw(box, 0.8, "car", time)
        look(keeper, time, BAG, since=appeared, tracks=[car])
    (bag,) = keeper.things
    return bag


@pytest.mark.parametrize(("came", "brought"), [(20.0, False), (94.0, True)], ids=["parked", "just come"])
def test_a_bag_beside_a_parked_car_is_not_the_cars(came: float, brought: bool) -> None:
    bag = keeper_with(watched([(came, 110.0)], 110.0), CAR, 100.0, came)
    assert bag.brought is brought
    assert bag.attended is brought
    assert (bag.unattended_s(106.0) > 0) is not brought


def test_a_track_that_jumps_to_the_parked_car_beside_it_does_not_make_it_an_owner() -> None:
    """The van that brought it drove off; its number went over to the car that has stood there all day."""
    parked = watched([(0.0, 110.0)], 110.0)
    keeper = ThingKeeper(aspect=16 / 9, stood=who_stood(parked))
    bag = thing(1, BAG, 90.0)
    van = Track(3, Role.VEHICLE, "car", CAR, 0.8, 80.0, 100.0, 80.0, CAR, hits=9, followed_since=80.0)
    bag.actors = {3: van}
    keeper.things = [bag]
    nothing, never = np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    picture = np.zeros((*SHAPE, 3), np.uint8)
    change = Change(nothing, np.zeros(SHAPE), never, nothing, ~nothing, picture, settled=True, unsure=nothing)
    keeper.update(picture, change, ~nothing, [van], None, 100.0)
    assert not bag.attended
    assert bag.unattended_s(100.0) == 10.0


@pytest.mark.parametrize(("ground", "has_left"), [(0.9, True), (0.3, False)], ids=["as the ground", "as the car"])
def test_a_grey_van_that_leaves_grey_asphalt_has_left_by_what_tells_the_two_apart(
    ground: float, has_left: bool
) -> None:
    parked, everywhere, little = watched([(0.0, 100.0)], 10.0), np.ones((90, 160), np.bool_), np.zeros((90, 160), bool)
    parked.settle(10.0)
    little[40:42, 90:128] = True
    for step in range(6, 9):
        parked.update(seen(), 2.0 * step)
        parked.compare(little, everywhere, lambda _: ground, 2.0 * step)
    assert parked.is_of_view(CAR) is not has_left


def test_a_car_that_is_a_truck_too_is_one_vehicle_and_settles_only_while_it_is_seen() -> None:
    parked = ParkedVehicles()
    slightly_larger: Box = (0.55, 0.44, 0.81, 0.71)
    for step in range(16):
        parked.update(seen(CAR, slightly_larger) if 5 <= step < 15 else seen(), 2.0 * step)
        if step >= 15:
            assert parked.settle(2.0 * step) == []
    parked.update(seen(CAR, slightly_larger), 32.0)
    assert len(parked.settle(32.0)) == 1
