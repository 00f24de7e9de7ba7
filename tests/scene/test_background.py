"""The clean view, the recent view, and what bodies do to both."""

from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize(("share", "unsettled"), [(0.32, True), (0.24, False)])
def test_what_light_and_tones_do_not_explain_in_a_third_of_the_picture_is_an_upheaval(
    share: float, unsettled: bool
) -> None:
    """Other colours as bright as those before."""
    before = np.full((*SHAPE, 3), (60, 110, 90), np.uint8)
    after = before.copy()
    after[: int(SHAPE[0] * share)] = (150, 100, 70)
    view = CleanView()
    settled = [view.update(before if step < 10 else after, 2.0 * step, NOTHING, NOTHING).settled for step in range(12)]
    assert settled[:10] == [True] * 10
    assert (not all(settled[10:])) is unsettled


def test_a_picture_that_turns_a_little_greyer_is_no_switch() -> None:
    view = CleanView()
    for step, spread in enumerate((8, 5, 8, 5, 4, 8)):
        picture = np.full((*SHAPE, 3), (100, 100, 100 + spread), np.uint8)
        assert view.update(picture, 2.0 * step, NOTHING, NOTHING).settled


def tones(contrast: float, *, covered: bool = False) -> Image:
    """Ground from dark to bright, the grey levels spread about 128; somebody may stand before a part of it."""
    grey = np.repeat(np.linspace(50, 206, 8), 20)[None, :].repeat(SHAPE[0], axis=0)
    picture = np.clip((grey - 128) * contrast + 128, 0, 255).astype(np.uint8)
    picture = np.repeat(picture[..., None], 3, axis=2)
    if covered:
        picture[STANDS] = (200, 60, 40)
    return picture


STANDS = slice(20, 80), slice(0, 30)


def test_ground_behind_somebody_who_stands_there_follows_the_tones_of_the_ground_around_him() -> None:
    """Contrast that rises by half in five minutes is learnt wherever it is seen; where he stood it would be a patch
    that differs, with him for its bringer."""
    view, covered = CleanView(), NOTHING.copy()
    covered[STANDS] = True
    for step in range(180):
        time, stands = 2.0 * step, 5 <= step < 170
        picture = tones(1.0 + 0.5 * min(1.0, time / 300), covered=stands)
        change = view.update(picture, time, covered if stands else NOTHING, NOTHING)
        if step >= 170:
            assert not change.changed.any()


def test_ground_under_what_is_watched_follows_them_too() -> None:
    view, held = CleanView(), NOTHING.copy()
    held[STANDS] = True
    for step in range(180):
        time, stands = 2.0 * step, 5 <= step < 170
        picture = tones(1.0 + 0.5 * min(1.0, time / 300), covered=stands)
        change = view.update(picture, time, NOTHING, held if stands else NOTHING)
        assert change.changed[STANDS].any() == stands


def board(light: float, *, bag: bool = False) -> Image:
    """A white board on a grey wall, a little greenish where it is not burnt out."""
    picture = np.full((*SHAPE, 3), 120, np.float32)
    picture[20:60, 40:120] = (222, 270, 240)
    if bag:
        picture[BAG] = 60
    return np.clip(picture * light, 0, 255).astype(np.uint8)


def test_colours_that_were_lost_in_a_burnt_out_ground_are_no_change() -> None:
    view = CleanView()
    for step in range(60):
        change = view.update(board(1.15 if step < 40 else 0.94), 2.0 * step, NOTHING, NOTHING)
        assert not change.changed.any()


def test_what_is_put_down_on_a_burnt_out_ground_is_a_change() -> None:
    view = CleanView()
    for step in range(60):
        change = view.update(board(1.15, bag=step >= 40), 2.0 * step, NOTHING, NOTHING)
    assert change.changed[BAG].mean() > 0.95  # the comparison blurs its corners
