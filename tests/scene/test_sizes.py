"""A person and a lock have a size, beside the people who walk there."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.test_opinion import BAG, BESIDE, seen
from vision.detect import Role
from vision.scene.heights import LEAST_BOXES, PeopleHeights
from vision.scene.sizes import without_wrong_sizes
from vision.scene.static_thing import StaticThing


def left_thing(upright: float, gone_since: float | None = None) -> StaticThing:
    mask = np.zeros((90, 160), np.bool_)
    return StaticThing(1, BAG, mask, 10.0, 10.0, 12.0, 12.0, 10.0, upright=upright, gone_since=gone_since)


@pytest.mark.parametrize(
    ("body", "thing", "kept"),
    [
        ((BAG, 0.5, Role.PERSON), left_thing(0.16), False),
        ((BAG, 0.75, Role.PERSON), left_thing(0.16), True),
        (((0.33, 0.34, 0.42, 0.39), 0.5, Role.PERSON), left_thing(0.16), True),
        ((BAG, 0.5, Role.PERSON), left_thing(0.11), True),
        ((BAG, 0.5, Role.PERSON), left_thing(0.0), True),
        ((BAG, 0.5, Role.PERSON), left_thing(0.16, gone_since=20.0), True),
        ((BAG, 0.5, Role.VEHICLE), left_thing(0.16), True),
        ((BESIDE, 0.5, Role.PERSON), left_thing(0.16), True),
        (((0.5, 0.33, 0.55, 0.39), 0.5, Role.PERSON), left_thing(0.16), True),
    ],
    ids=[
        "a sack",
        "beyond doubt",
        "he lies",
        "he sits",
        "nobody known",
        "gone",
        "a vehicle",
        "stands behind it",
        "elsewhere",
    ],
)
def test_a_person_in_the_place_of_a_thing_who_is_far_smaller_than_its_bringer_is_none(
    body: tuple[tuple[float, float, float, float], float, Role], thing: StaticThing, kept: bool
) -> None:
    assert without_wrong_sizes(seen(body), [thing], PeopleHeights(), 16 / 9).roles == ((body[2],) if kept else ())


@pytest.mark.parametrize(
    ("high", "kept"), [(0.16, False), (0.11, True), (0.0, True)], ids=["a sack", "sits", "unknown"]
)
def test_a_person_far_smaller_than_who_walks_in_that_row_is_none_also_where_nothing_stands_yet(
    high: float, kept: bool
) -> None:
    heights = PeopleHeights([(0.3 + 0.01 * n, high + 0.001 * n) for n in range(LEAST_BOXES)] if high else [])
    body = (BAG, 0.5, Role.PERSON)
    assert without_wrong_sizes(seen(body), [], heights, 16 / 9).roles == ((Role.PERSON,) if kept else ())


@pytest.mark.parametrize(
    ("box", "role", "kept"),
    [
        ((0.40, 0.30, 0.45, 0.36), Role.LOCK, True),
        ((0.36, 0.30, 0.45, 0.36), Role.LOCK, False),
        ((0.40, 0.24, 0.43, 0.36), Role.LOCK, False),
        ((0.36, 0.24, 0.45, 0.36), Role.WASTE, True),
        ((0.40, 0.288, 0.427, 0.36), Role.LOCK, False),
        ((0.40, 0.288, 0.416, 0.36), Role.LOCK, True),
        ((0.40, 0.288, 0.44, 0.36), Role.LOCK, True),
        ((0.40, 0.30, 0.427, 0.36), Role.LOCK, True),
        ((0.40, 0.288, 0.427, 0.36), Role.WASTE, True),
    ],
    ids=[
        "a lock",
        "too wide",
        "too high",
        "a heap",
        "a cone",
        "a post",
        "an arch from above",
        "an arch from its side",
        "a sack like a cone",
    ],
)
def test_a_lock_is_no_larger_than_they_are_sold(box: tuple[float, float, float, float], role: Role, kept: bool) -> None:
    """A person is 0.16 picture heights high here, and the picture 16:9."""
    heights = PeopleHeights([(0.3 + 0.01 * n, 0.16) for n in range(LEAST_BOXES)])
    assert without_wrong_sizes(seen((box, 0.9, role)), [], heights, 16 / 9).roles == ((role,) if kept else ())
    assert without_wrong_sizes(seen((box, 0.9, role)), [], PeopleHeights(), 16 / 9).roles == (role,)
