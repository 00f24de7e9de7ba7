"""One box that the detector calls two things is what it is surest of."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Detections, Role
from vision.scene.heights import LEAST_BOXES, PeopleHeights
from vision.scene.opinion import without_doubted_bodies, without_small_people
from vision.scene.static_thing import StaticThing

BAG = (0.36, 0.33, 0.41, 0.39)
BESIDE = (0.36, 0.23, 0.41, 0.39)


def seen(*things: tuple[tuple[float, float, float, float], float, Role]) -> Detections:
    return Detections(
        np.array([box for box, _, _ in things], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in things], np.float32),
        np.arange(len(things), dtype=np.int32),
        tuple(role for _, _, role in things),
        tuple(role.value for _, _, role in things),
    )


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ((BAG, 0.4, Role.PERSON), False),
        ((BAG, 0.4, Role.ANIMAL), False),
        ((BAG, 0.7, Role.PERSON), True),
        ((BESIDE, 0.4, Role.PERSON), True),
        ((BAG, 0.4, Role.FIXTURE), True),
    ],
    ids=["person", "animal", "hardly less sure", "stands behind it", "no body"],
)
def test_a_body_in_the_very_box_of_surer_rubbish_is_none(
    body: tuple[tuple[float, float, float, float], float, Role], kept: bool
) -> None:
    rubbish = (BAG, 0.8, Role.WASTE)
    assert without_doubted_bodies(seen(rubbish, body)).roles == ((Role.WASTE, body[2]) if kept else (Role.WASTE,))


def test_nothing_and_bodies_alone_stay_as_they_are() -> None:
    assert len(without_doubted_bodies(Detections.empty())) == 0
    assert without_doubted_bodies(seen((BAG, 0.3, Role.PERSON))).roles == (Role.PERSON,)


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
    assert without_small_people(seen(body), [thing], PeopleHeights(), 16 / 9).roles == ((body[2],) if kept else ())


@pytest.mark.parametrize(
    ("high", "kept"), [(0.16, False), (0.11, True), (0.0, True)], ids=["a sack", "sits", "unknown"]
)
def test_a_person_far_smaller_than_who_walks_in_that_row_is_none_also_where_nothing_stands_yet(
    high: float, kept: bool
) -> None:
    heights = PeopleHeights([(0.3 + 0.01 * n, high + 0.001 * n) for n in range(LEAST_BOXES)] if high else [])
    body = (BAG, 0.5, Role.PERSON)
    assert without_small_people(seen(body), [], heights, 16 / 9).roles == ((Role.PERSON,) if kept else ())
