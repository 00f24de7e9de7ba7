"""The clean view, the recent view, and what bodies do to both."""

from __future__ import annotations

import numpy as np

from vision.scene.background import Change, CleanView
from vision.sources import Image

SHAPE = (90, 160)
BAG, WALKER = (slice(50, 62), slice(70, 84)), (slice(30, 66), slice(66, 90))
NOTHING = np.zeros(SHAPE, np.bool_)


def street(*, bag: bool = False, walker: bool = False) -> Image:
    picture = np.full((*SHAPE, 3), 110, np.uint8)
    if bag:
        picture[BAG] = (20, 30, 30)
    if walker:
        picture[WALKER] = (200, 60, 40)
    return picture


def looks(view: CleanView, bag_since: float, walker_at: set[float], until: float) -> Change:
    """A look every two seconds from 0 to `until`; the walker is known for a body wherever he is."""
    covered = NOTHING.copy()
    covered[WALKER] = True
    change = None
    for step in range(int(until / 2) + 1):
        time = 2.0 * step
        here = time in walker_at
        picture = street(bag=time >= bag_since, walker=here)
        change = view.update(picture, time, covered if here else NOTHING, NOTHING)
    assert change is not None
    return change


def test_who_passes_before_a_thing_is_no_movement_of_it() -> None:
    change = looks(CleanView(), bag_since=20.0, walker_at={24.0, 28.0}, until=30.0)
    assert np.median(change.still_since[BAG]) == 20.0
    assert not change.moving[BAG].any()
    assert change.changed[BAG].all()


def test_what_is_put_down_behind_somebody_has_been_still_since_he_went() -> None:
    change = looks(CleanView(), bag_since=24.0, walker_at={22.0, 24.0, 26.0}, until=30.0)
    assert np.median(change.still_since[BAG]) == 28.0


def test_a_switch_to_infrared_begins_the_clean_view_anew_however_little_of_it_differs() -> None:
    """A red wall is as bright as its ground then, or not: the grey levels do not tell, the missing colours do."""
    by_day = np.full((*SHAPE, 3), (90, 100, 120), np.uint8)
    by_infrared = np.full((*SHAPE, 3), 104, np.uint8)
    by_infrared[BAG] = 60  # what is dark by infrared alone
    view = CleanView()
    settled = []
    for step in range(20):
        time = 2.0 * step
        change = view.update(by_day if time < 20.0 else by_infrared, time, NOTHING, NOTHING)
        settled.append(change.settled)
    assert settled == [True] * 10 + [False] * 2 + [True] * 8
    assert not change.changed.any()


def test_a_picture_that_turns_a_little_greyer_is_no_switch() -> None:
    view = CleanView()
    for step, spread in enumerate((8, 5, 8, 5, 4, 8)):
        picture = np.full((*SHAPE, 3), (100, 100, 100 + spread), np.uint8)
        assert view.update(picture, 2.0 * step, NOTHING, NOTHING).settled
