"""The ground behind a parked vehicle is remembered, under another light, for some time."""

from __future__ import annotations

import numpy as np
import pytest

from vision.scene.set_aside import KEPT_S, SetAside

SHAPE = (60, 80)
WHERE = np.zeros(SHAPE, np.bool_)
WHERE[20:40, 30:50] = True
KNOWN = np.ones(SHAPE, np.bool_)


def ground(factor: float = 1.0) -> np.ndarray:
    return np.random.default_rng(3).integers(60, 120, (*SHAPE, 3)).astype(np.float32) * factor


@pytest.mark.parametrize("factor", [1.0, 1.6, 0.5], ids=["same light", "brighter", "darker"])
def test_the_ground_comes_back_in_the_light_that_there_is_now(factor: float) -> None:
    aside = SetAside(SHAPE)
    aside.keep(ground(), KNOWN, WHERE, 10.0)
    assert aside.where.sum() == WHERE.sum()
    now = ground(factor)
    now[WHERE] = 7.0  # the vehicle
    back, known = aside.ground(now, KNOWN, WHERE, 60.0)
    assert known.all()
    assert np.abs(back - ground(factor)[WHERE]).max() < 4.0
    aside.release(WHERE)
    assert not aside.where.any()


def test_what_is_set_aside_twice_stays_the_ground_of_before() -> None:
    aside, later = SetAside(SHAPE), ground()
    aside.keep(ground(), KNOWN, WHERE, 10.0)
    later[WHERE] = 7.0
    wider = np.zeros(SHAPE, np.bool_)
    wider[20:40, 30:60] = True
    aside.keep(later, KNOWN, wider, 20.0)  # the next car's box reaches over the first one's
    back, known = aside.ground(later, KNOWN, wider, 60.0)
    assert known.all()
    assert np.abs(back - ground()[wider]).max() < 1.0


def test_ground_that_was_not_known_is_too_old_or_of_another_light_does_not_come_back() -> None:
    unknown, old, switched = SetAside(SHAPE), SetAside(SHAPE), SetAside(SHAPE)
    unknown.keep(ground(), ~KNOWN, WHERE, 10.0)
    for aside in (old, switched):
        aside.keep(ground(), KNOWN, WHERE, 10.0)
    switched.forget()
    assert not unknown.ground(ground(), KNOWN, WHERE, 60.0)[1].any()
    assert not old.ground(ground(), KNOWN, WHERE, 11.0 + KEPT_S)[1].any()
    assert not switched.ground(ground(), KNOWN, WHERE, 60.0)[1].any()


def test_vehicle_of_which_nothing_is_in_the_picture_any_more_has_no_ground() -> None:
    aside, nowhere = SetAside(SHAPE), np.zeros(SHAPE, np.bool_)
    aside.keep(ground(), KNOWN, nowhere, 10.0)
    back, known = aside.ground(ground(), KNOWN, nowhere, 60.0)
    assert back.shape == (0, 3)
    assert known.shape == (0,)


def test_a_view_to_be_remembered_shows_the_ground_but_where_something_stands_before_the_vehicle() -> None:
    aside, now, standing = SetAside(SHAPE), ground().astype(np.uint8), np.zeros(SHAPE, np.bool_)
    aside.keep(ground(), KNOWN, WHERE, 10.0)
    now[WHERE] = 7
    standing[30:40, 30:40] = True
    clean, known = aside.laid_over(now, KNOWN, standing, 60.0)
    assert known.all()
    assert (clean[standing] == 7).all()
    assert (clean[WHERE & ~standing] == ground().astype(np.uint8)[WHERE & ~standing]).all()
    assert (now[WHERE] == 7).all()
