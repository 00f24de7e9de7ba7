"""Presence of what the detector knows by class, counted fairly."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Detections, Role
from vision.scene.geometry import iou
from vision.scene.places import Place, PlaceKeeper
from vision.sources import Box

LOCK: Box = (0.6, 0.7, 0.66, 0.78)


def look(*boxes: Box, regions: tuple[Box, ...] = (), role: Role = Role.LOCK) -> Detections:
    count = len(boxes)
    rows = np.array(boxes, np.float32).reshape(-1, 4)
    scores, ids = np.full(count, 0.8, np.float32), np.zeros(count, np.int32)
    return Detections(rows, scores, ids, (role,) * count, (role.value,) * count, regions)


def test_whole_picture_does_not_speak_against_what_was_seen_in_native_resolution() -> None:
    keeper, close = PlaceKeeper(), ((0.5, 0.5, 0.8, 0.9),)
    for time in range(0, 40, 2):
        keeper.update(look(LOCK, regions=close) if time % 10 == 0 else look(), [], float(time))
    (place,) = keeper.places
    assert (place.seen_closely, place.present_share, place.missing_since) == (True, 1.0, None)
    for time in range(40, 60, 2):
        keeper.update(look(regions=close), [], float(time))
    assert place.present_share < 0.5
    assert place.missing_since == 40.0


def test_five_looks_a_second_count_once() -> None:
    keeper = PlaceKeeper()
    for step in range(50):
        keeper.update(look(LOCK) if step % 5 == 0 else look(), [], step / 5)
    (place,) = keeper.places
    assert place.present_share == 1.0
    assert place.hits == 10


def test_what_comes_back_after_it_was_gone_has_not_stood_there_since() -> None:
    keeper = PlaceKeeper()
    for time in range(40):
        keeper.update(look(LOCK) if time < 20 or time >= 35 else look(), [], float(time))
    (place,) = keeper.places
    assert place.first_seen == 35.0


def test_what_was_missed_for_a_moment_has_stood_there_since() -> None:
    keeper = PlaceKeeper()
    for time in range(40):
        keeper.update(look(LOCK) if time < 20 or time >= 28 else look(), [], float(time))
    (place,) = keeper.places
    assert place.first_seen == 0.0


@pytest.mark.parametrize(
    ("role", "seen_s", "missed_s", "since"),
    [
        (Role.STALL, 1, 5, 6.0), (Role.STALL, 1, 4, 0.0), (Role.STALL, 3, 8, 0.0), (Role.STALL, 3, 9, 12.0),
        (Role.STALL, 8, 11, 0.0), (Role.WASTE, 1, 5, 6.0), (Role.LOCK, 1, 5, 0.0),
    ],
)  # fmt: skip
def test_what_was_seen_for_a_moment_and_then_not_was_nothing(
    role: Role, seen_s: int, missed_s: int, since: float
) -> None:
    keeper = PlaceKeeper()
    for time in range(seen_s + missed_s + 5):
        there = time < seen_s or time >= seen_s + missed_s
        keeper.update(look(LOCK, role=role) if there else look(), [], float(time))
    (place,) = keeper.places
    assert place.first_seen == since


STRIP: Box = (0.6, 0.7, 0.615, 0.78)
"""A quarter of it, beside somebody's legs."""


def test_part_that_is_seen_first_becomes_the_whole() -> None:
    """It held its place as a strip against the whole lock, which was never counted."""
    keeper = PlaceKeeper()
    for time in range(10):
        keeper.update(look(STRIP if time < 2 else LOCK), [], float(time))
    (place,) = keeper.places
    assert (place.first_seen, place.hits, place.present_share) == (0.0, 10, 1.0)
    assert iou(place.box, LOCK) > 0.9


def test_part_that_is_seen_now_and_then_is_no_absence_and_hardly_moves_the_place() -> None:
    keeper = PlaceKeeper()
    for time in range(24):
        keeper.update(look(STRIP if time % 6 == 5 else LOCK), [], float(time))
    (place,) = keeper.places
    assert (place.present_share, place.missing_since) == (1.0, None)
    keeper.update(look(LOCK), [], 25.0)
    assert iou(place.box, LOCK) > 0.5


def test_box_goes_to_the_place_that_it_is_before_one_that_it_is_a_part_of() -> None:
    row, second = (0.6, 0.7, 0.8, 0.78), (0.72, 0.7, 0.78, 0.78)
    keeper = PlaceKeeper()
    keeper.update(look(row), [], 0.0)
    keeper.places.append(Place(9, Role.LOCK, second, 0.0, 0.0, 0.0))
    for time in range(1, 8):
        keeper.update(look(second), [], float(time))
    assert {place.place_id: place.hits for place in keeper.places} == {1: 1, 9: 7}


PUSHED: Box = (0.10, 0.07, 0.32, 0.70)
STANDS: Box = (0.20, 0.08, 0.43, 0.50)
"""A cart once on its way and where it stops: they overlap by 0.28, and 0.54 of the smaller one."""


@pytest.mark.parametrize(("looks_on_its_way", "since"), [(1, 1.0), (2, 3.0), (5, 9.0)])
def test_what_was_seen_on_its_way_holds_its_ground_no_longer_than_it_was_seen(
    looks_on_its_way: int, since: float
) -> None:
    keeper = PlaceKeeper()
    for time in range(20):
        box = PUSHED if time < looks_on_its_way else STANDS
        keeper.update(look(box, role=Role.STALL), [], float(time))
    assert [place.first_seen for place in keeper.places] == [0.0, since]
    assert iou(keeper.places[1].box, STANDS) > 0.99


def test_second_box_of_a_thing_that_is_seen_is_no_place_of_its_own() -> None:
    keeper = PlaceKeeper()
    for time in range(20):
        both = (PUSHED, STANDS) if time else (PUSHED,)
        keeper.update(look(*both, role=Role.STALL), [], float(time))
    (place,) = keeper.places
    assert place.hits == 20
