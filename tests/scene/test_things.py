"""What is known of new still things beyond their own pixels."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Detections, Role
from vision.scene.background import Change
from vision.scene.light import Mask
from vision.scene.static_thing import StaticThing
from vision.scene.things import ThingKeeper
from vision.scene.tracking import Track
from vision.sources import Box, Image

SHAPE = (90, 160)


def thing(number: int, box: Box, appeared: float, ghost_looks: int = 0) -> StaticThing:
    mask = np.zeros(SHAPE, np.bool_)
    mask[int(box[1] * 90) : int(box[3] * 90), int(box[0] * 160) : int(box[2] * 160)] = True
    return StaticThing(
        number, box, mask, appeared, appeared, appeared, appeared, appeared, judged=4, ghost_looks=ghost_looks
    )


def hidden_look(keeper: ThingKeeper, time: float) -> None:
    """A look at which somebody stands before everything."""
    nothing, never = np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    picture = np.zeros((*SHAPE, 3), np.uint8)
    change = Change(nothing, np.zeros(SHAPE), never, nothing, ~nothing, picture, settled=True, unsure=nothing)
    keeper.update(picture, change, ~nothing, [], None, time)


@pytest.mark.parametrize(
    ("box", "appeared", "beside"),
    [
        ((0.5, 0.33, 0.55, 0.37), 12.0, True),
        ((0.7, 0.33, 0.75, 0.37), 12.0, False),
        ((0.5, 0.33, 0.55, 0.37), 40.0, False),
        ((0.56, 0.42, 0.61, 0.48), 12.0, False),
    ],
    ids=["behind it", "elsewhere", "later", "put down at its side"],
)
def test_what_comes_to_light_where_something_was_taken_away_is_known_for_that(
    box: Box, appeared: float, beside: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    ghost, other = thing(1, (0.5, 0.4, 0.55, 0.48), 13.0, ghost_looks=4), thing(2, box, appeared)
    keeper.things = [ghost, other]
    hidden_look(keeper, 50.0)
    assert (ghost.beside_ghost, other.beside_ghost) == (False, beside)


@pytest.mark.parametrize(
    ("box", "appeared", "piece"),
    [
        ((0.52, 0.42, 0.55, 0.46), 40.0, True),
        ((0.52, 0.42, 0.55, 0.46), 60.0, False),
        ((0.54, 0.42, 0.6, 0.46), 40.0, False),
    ],
    ids=["in its place", "long after it was seen", "mostly beside it"],
)
def test_what_comes_to_light_within_a_ghost_is_a_piece_of_it_however_late(
    box: Box, appeared: float, piece: bool
) -> None:
    """Two people who stood behind a sign for minutes were learnt; they left, and came back limb by limb."""
    keeper = ThingKeeper(aspect=16 / 9)
    ghost, other = thing(1, (0.5, 0.4, 0.55, 0.48), 13.0, ghost_looks=4), thing(2, box, appeared)
    ghost.last_seen = 38.0
    keeper.things = [ghost, other]
    hidden_look(keeper, 60.0)
    assert other.beside_ghost == piece


def person(box: Box, time: float) -> Track:
    return Track(9, Role.PERSON, "person", box, 0.9, time - 20, time, time - 20, box)


def look(keeper: ThingKeeper, time: float, changed: Box, since: float, tracks: list[Track]) -> None:
    """A look at a place that differs from the clean view in one box since a time, and has been still since then."""
    rows = slice(int(changed[1] * 90), int(changed[3] * 90))
    columns = slice(int(changed[0] * 160), int(changed[2] * 160))
    differs, differs_since = np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    differs[rows, columns], differs_since[rows, columns] = True, since
    clean = np.full((*SHAPE, 3), 90, np.uint8)
    picture = clean.copy()
    picture[rows, columns] = (20, 40, 200)
    nothing = np.zeros(SHAPE, np.bool_)
    still_since = np.full(SHAPE, since)
    change = Change(differs, still_since, differs_since, nothing, ~nothing, clean, settled=True, unsure=nothing)
    keeper.update(picture, change, nothing, tracks, None, time)


def seen(
    differs: Box, time: float, since: float, still_since: float | None = None, hidden: Box | None = None
) -> tuple[Image, Change, Mask]:
    """A picture that differs from the clean view in one box since a time, part of it hidden by a body."""
    clean = np.full((*SHAPE, 3), 90, np.uint8)
    picture, where = clean.copy(), np.zeros(SHAPE, np.bool_)
    where[_pixels(differs)] = True
    picture[where] = (20, 40, 200)
    covered = np.zeros(SHAPE, np.bool_)
    if hidden is not None:
        covered[_pixels(hidden)] = True
    differs_since = np.where(where, since, np.inf)
    nothing = np.zeros(SHAPE, np.bool_)
    still = np.full(SHAPE, since if still_since is None else still_since)
    change = Change(where, still, differs_since, nothing, ~nothing, clean, settled=True, unsure=nothing)
    return picture, change, covered


def _pixels(box: Box) -> tuple[slice, slice]:
    return slice(int(box[1] * 90), int(box[3] * 90)), slice(int(box[0] * 160), int(box[2] * 160))


def test_who_stands_before_a_part_of_a_thing_takes_nothing_of_it_away() -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    whole, hidden = (0.5, 0.5, 0.6, 0.7), (0.55, 0.3, 0.7, 0.9)
    keeper.update(*seen(whole, 12.0, since=10.0), [], None, 12.0)
    before = keeper.things[0].mask.sum()
    keeper.update(*seen(whole, 14.0, since=10.0, hidden=hidden), [], None, 14.0)
    (one,) = keeper.things
    assert one.mask.sum() == before


def test_pieces_in_the_place_of_one_thing_are_that_thing_whichever_is_seen_first() -> None:
    """Of a sack by night a strip and the rest of it differ: the strip alone was it, and nobody had brought the rest."""
    keeper = ThingKeeper(aspect=16 / 9)
    whole, strip, rest = (0.4, 0.3, 0.6, 0.7), (0.55, 0.3, 0.6, 0.45), (0.4, 0.55, 0.55, 0.7)
    bringer = person((0.52, 0.3, 0.6, 0.7), 10.0)
    bringer.path.append((10.0, bringer.box))
    keeper.update(*seen(whole, 12.0, since=10.0), [bringer], None, 12.0)
    picture, change, covered = seen(strip, 14.0, since=10.0)
    change.changed[_pixels(rest)], change.changed_since[_pixels(rest)] = True, 10.0
    keeper.update(picture, change, covered, [], None, 14.0)
    (one,) = keeper.things
    assert set(one.actors) == {9}
    assert one.box == pytest.approx(whole, abs=0.02)


def test_the_edges_of_a_picture_that_trembles_are_no_things() -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.update(*seen((0.2, 0.0, 0.5, 2 / 90), 12.0, since=10.0), [], None, 12.0)
    assert keeper.things == []


@pytest.mark.parametrize(
    ("car_until", "is_part"), [(100.0, True), (18.0, False)], ids=["it stands there still", "it went and left this"]
)
def test_what_comes_to_sight_when_a_parked_car_is_missed_is_a_part_of_it(car_until: float, is_part: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box, around = (0.5, 0.6, 0.55, 0.68), (0.4, 0.5, 0.7, 0.7)
    car = Track(4, Role.VEHICLE, "car", around, 0.6, 12.0, 12.0, 12.0, around)
    for step in range(6, 25):
        time = 2.0 * step
        there = int(time <= car_until and step % 3 != 0)
        if there:
            car.saw(around, 0.6, "car", time)
        found = Detections(
            np.array([around] * there, np.float32).reshape(-1, 4), np.full(there, 0.6, np.float32),
            np.zeros(there, np.int32), (Role.VEHICLE,) * there, ("car",) * there,
        )  # fmt: skip
        picture, change, covered = seen(box, time, since=12.0, hidden=around if there else None)
        keeper.update(picture, change, covered, [car] if time <= car_until else [], found, time)
    (one,) = keeper.things
    assert one.is_of_vehicle is is_part


@pytest.mark.parametrize(
    ("under", "looks", "came_under", "is_part"),
    [(5, 3, False, True), (3, 5, False, False), (3, 5, True, True), (1, 0, True, False), (6, 20, True, False)],
)
def test_part_of_a_vehicle_is_hidden_by_it_at_most_looks_or_at_many_as_before(
    under: int, looks: int, came_under: bool, is_part: bool
) -> None:
    one = thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)
    one.under_vehicle, one.looks, one.came_under_vehicle = under, looks, came_under
    assert one.is_of_vehicle is is_part


@pytest.mark.parametrize(
    ("early", "seen", "another"),
    [(True, 20, True), (True, 4, False), (False, 20, False)],
    ids=["seldom there since the start", "mostly there", "came later"],
)
def test_bag_where_somebody_of_the_first_picture_stood_is_another_thing(early: bool, seen: int, another: bool) -> None:
    """Who walks away at the start leaves a ghost, as small and brief as it is; it may be neither ghost nor light."""
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    keeper.things = [thing(1, box, 3.0)]
    old = keeper.things[0]
    old.visible, old.last_seen, old.early, old.judged, old.seen = False, 8.0, early, 4, seen
    look(keeper, 14.0, box, since=11.0, tracks=[])
    assert [one.thing_id == 1 for one in keeper.things] == [not another]


@pytest.mark.parametrize(("since", "ghosts", "another"), [(40.0, 4, True), (40.0, 0, False), (14.0, 4, False)])
def test_what_comes_long_after_a_ghost_in_its_place_is_another_thing(since: float, ghosts: int, another: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    keeper.things = [thing(1, box, 10.0, ghost_looks=ghosts)]
    keeper.things[0].visible, keeper.things[0].last_seen = False, 12.0
    look(keeper, 44.0, box, since=since, tracks=[])
    assert [one.thing_id == 1 for one in keeper.things] == [not another]


@pytest.mark.parametrize(("ghosts", "right", "another"), [(4, 0.6, True), (4, 0.53, False), (0, 0.6, False)])
def test_what_covers_a_ghost_and_much_more_is_another_thing(ghosts: int, right: float, another: bool) -> None:
    """A cart is pushed to where somebody of the first picture had had his foot."""
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.things = [thing(1, (0.5, 0.6, 0.52, 0.68), 10.0, ghost_looks=ghosts)]
    look(keeper, 14.0, (0.5, 0.5, right, 0.68), since=12.0, tracks=[])
    (one,) = keeper.things
    assert (one.thing_id != 1) is another
    assert one.box == pytest.approx((0.5, 0.5, right, 0.68), abs=0.02)
    assert (one.ghost_share > 0) is (ghosts > 0 and not another)


@pytest.mark.parametrize(
    ("since", "with_light"), [(20.5, True), (24.5, True), (10.0, False), (30.0, False)],
    ids=["as it changed", "as it settled", "before", "after"],
)  # fmt: skip
def test_what_comes_to_light_as_the_light_changes_as_a_whole_is_known_for_that(since: float, with_light: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box, nothing, never = (0.5, 0.6, 0.55, 0.68), np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    picture = np.zeros((*SHAPE, 3), np.uint8)
    for time in (18.0, 20.0, 22.0, 24.0, 26.0):
        upset = 20.0 <= time <= 24.0
        change = Change(nothing, np.zeros(SHAPE), never, nothing, ~nothing, picture, settled=not upset, unsure=nothing)
        keeper.update(picture, change, nothing, [], None, time)
    look(keeper, 40.0, box, since=since, tracks=[])
    assert [one.with_light for one in keeper.things] == [with_light]


@pytest.mark.parametrize(("since", "with_knock"), [(20.0, True), (29.0, True), (32.0, False)])
def test_what_comes_to_light_right_after_the_camera_was_knocked_is_known_for_that(
    since: float, with_knock: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.was_knocked(20.0)
    look(keeper, 40.0, (0.5, 0.6, 0.55, 0.68), since=since, tracks=[])
    assert [one.with_knock for one in keeper.things] == [with_knock]


@pytest.mark.parametrize("gone", [False, True])
def test_what_lies_within_a_vehicle_that_is_being_followed_is_of_it(gone: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.things = [thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)]
    around = (0.4, 0.5, 0.7, 0.7)
    car = Track(4, Role.VEHICLE, "car", around, 0.6, 12.0, 26.0, 12.0, around)
    look(keeper, 30.0, (0.5, 0.6, 0.55, 0.68), since=10.0, tracks=[] if gone else [car])
    assert keeper.things[0].is_of_vehicle is not gone
