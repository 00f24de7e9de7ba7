"""Who was at a thing when it appeared, and who stays near it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.test_parked import seen as detected_as
from tests.scene.test_things import SHAPE, hidden_look, look, person, seen, thing
from vision.detect import Detections, Role
from vision.scene.background import Change
from vision.scene.parked import WhoStood
from vision.scene.things import ThingKeeper
from vision.sources import Box


def detected(*boxes: Box) -> Detections:
    return detected_as(*boxes, role=Role.PERSON)


def alone_for(visits: list[tuple[float, float]], bringer: bool = False) -> float:
    """How long a thing counts as left at 100 s, looked at every two seconds, when somebody stands by in these spans."""
    keeper = ThingKeeper(aspect=16 / 9)
    one = thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)
    keeper.things = [one]
    nothing, never = np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    picture = np.zeros((*SHAPE, 3), np.uint8)
    change = Change(nothing, np.zeros(SHAPE), never, nothing, ~nothing, picture, settled=True, unsure=nothing)
    for step in range(6, 51):
        time = 2.0 * step
        beside = [person((0.56, 0.4, 0.6, 0.68), time) for start, end in visits if start <= time <= end]
        if bringer:
            for track in beside:
                track.followed_since = 0.0
            one.actors = {9: person((0.56, 0.4, 0.6, 0.68), 12.0)}
        keeper.update(np.zeros((*SHAPE, 3), np.uint8), change, ~nothing, beside, None, time)
    return one.unattended_s(100.0)


def test_somebody_who_stops_beside_a_thing_takes_back_some_of_the_time_it_was_alone() -> None:
    assert alone_for([]) == 90
    # Known to stay at the third look: two looks of two seconds count, one and a half times.
    assert alone_for([(60, 66)]) == 90 - 1.5 * 4


def test_the_bringers_return_begins_it_anew_and_so_does_a_long_stay() -> None:
    assert alone_for([(60, 62)], bringer=True) == 38
    assert alone_for([(20, 66)]) == 34


def test_whoever_is_dressed_otherwise_than_its_bringers_does_not_keep_a_thing_by_standing_there() -> None:
    red, grey = (40.0, 40.0, 200.0) * 3, (120.0, 120.0, 120.0) * 3
    left_for = {}
    for name, stander in (("bringer", red), ("stranger", grey)):
        keeper = ThingKeeper(aspect=16 / 9)
        keeper.things = [thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)]
        keeper.things[0].dressed = [red]
        for time in range(60, 71, 2):
            track = person((0.56, 0.4, 0.6, 0.68), float(time))
            track.look = stander
            look(keeper, float(time), (0.5, 0.6, 0.55, 0.68), since=10.0, tracks=[track])
        left_for[name] = keeper.things[0].unattended_s(70.0)
    assert left_for == {"bringer": 0.0, "stranger": 60.0}


def test_a_thing_is_alone_from_when_its_bringer_goes_not_from_when_he_came_to_stand_before_it() -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    owner = person((0.5, 0.4, 0.56, 0.68), 10.0)
    for at in (10.0, 12.0, 14.0):
        owner.saw((0.5, 0.4, 0.56, 0.68), 0.9, "person", at)
    for at in (16.0, 18.0):
        owner.saw((0.5 + 0.1 * (at - 14), 0.4, 0.56 + 0.1 * (at - 14), 0.68), 0.9, "person", at)
    look(keeper, 18.0, (0.5, 0.6, 0.55, 0.68), since=10.0, tracks=[owner])
    (one,) = keeper.things
    assert one.actors == {9: owner}
    assert (one.appeared, one.last_near) == (10.0, 14.0)


@pytest.mark.parametrize(("came", "is_bringer"), [(10.0, True), (15.0, False)])
def test_who_came_when_the_thing_had_stood_uncovered_did_not_bring_it(came: float, is_bringer: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    passer = person((0.5, 0.4, 0.56, 0.68), came)
    passer.saw((0.5, 0.4, 0.56, 0.68), 0.9, "person", came)
    keeper.update(*seen(box, 18.0, since=10.0, still_since=12.0), [passer], None, 18.0)
    (one,) = keeper.things
    assert (bool(one.actors), one.bared) == (is_bringer, 12.0)


@pytest.mark.parametrize(
    ("apart", "appeared", "together"), [(0.02, 12.0, True), (0.3, 12.0, False), (0.02, 40.0, False)]
)
def test_who_stays_by_one_piece_of_a_thing_stays_by_all_of_it(apart: float, appeared: float, together: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    one, other = thing(1, (0.3, 0.5, 0.4, 0.6), 11.0), thing(2, (0.4 + apart, 0.5, 0.5 + apart, 0.6), appeared)
    owner = person((0.22, 0.4, 0.28, 0.65), 50.0)
    owner.followed_since = 0.0
    one.actors = {9: owner}
    one.names["stall"], one.looks, one.taken_for_body = 4.0, 5, 1.0
    other.looks = 5
    keeper.things = [one, other]
    picture, change, covered = seen((0.0, 0.0, 0.0, 0.0), 50.0, since=10.0)
    keeper.update(picture, change, ~covered, [owner], None, 50.0)
    assert one.attended
    assert other.attended is together
    assert other.stall_share == (0.8 if together else 0.0)
    assert other.whole_body_share == (0.1 if together else 0.0)
    assert other.whole == (pytest.approx((0.3, 0.5, 0.5 + apart, 0.6)) if together else other.box)


@pytest.mark.parametrize(("body", "attended"), [((0.51, 0.61, 0.54, 0.68), False), ((0.56, 0.4, 0.6, 0.68), True)])
def test_somebody_whom_the_detector_sees_in_the_thing_itself_does_not_stand_by_it(body: Box, attended: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    keeper.things = [thing(1, box, 10.0)]
    for time in range(40, 61, 2):
        look(keeper, float(time), box, since=10.0, tracks=[person(body, float(time))])
    assert keeper.things[0].attended is attended


@pytest.mark.parametrize(("first_seen", "owner_near"), [(12.0, 20.0), (20.0, float("-inf"))])
def test_who_stands_there_when_a_thing_comes_to_light_late_is_not_known_to_have_brought_it(
    first_seen: float, owner_near: float
) -> None:
    """A track that had the bringer's number may be somebody else's by then: at a look in 2 s nobody is followed."""
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    passer = person((0.56, 0.4, 0.6, 0.68), 10.0)
    passer.path.append((10.0, passer.box))
    passer.saw(passer.box, 0.9, "person", first_seen)
    passer.followed_since = first_seen
    look(keeper, first_seen, box, since=10.0, tracks=[passer])
    assert set(keeper.things[0].actors) == {9}
    passer.last_seen = 20.0
    look(keeper, 20.0, box, since=10.0, tracks=[passer])
    assert keeper.things[0].owner_near == owner_near


@pytest.mark.parametrize(
    ("bringer_height", "waits_from", "attended"), [(0.09, 50, True), (0.09, 56, False), (0.2, 50, False)]
)
def test_whoever_waits_in_one_spot_beside_a_cart_attends_it_and_beside_a_sack_only_who_is_dressed_like_its_bringer(
    bringer_height: float, waits_from: int, attended: bool
) -> None:
    """Half hidden behind his cart he is now so high, now so: his box does not rest, his place does."""
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.things = [thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)]
    keeper.things[0].dressed, keeper.things[0].bringer_height = [(40.0, 40.0, 200.0) * 3], bringer_height
    for time in range(50, 61, 2):
        top = 0.38 if time % 4 == 0 else 0.48
        stranger = person((0.56, top, 0.6, 0.68), float(time))
        stranger.look, stranger.still_since = (120.0, 120.0, 120.0) * 3, float(time)
        look(keeper, float(time), (0.5, 0.6, 0.55, 0.68), since=10.0, tracks=[stranger] if time >= waits_from else [])
    assert keeper.things[0].attended is attended


@pytest.mark.parametrize(
    ("came", "missed", "attended"),
    [(10, {16}, True), (20, set(), False), (10, {16, 18, 20, 24}, False)],
    ids=["from the start, once missed", "later", "seldom seen"],
)
def test_who_has_stood_beside_a_sack_since_it_came_to_light_is_its_owner_however_dressed(
    came: int, missed: set[int], attended: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.things = [thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)]
    keeper.things[0].dressed, keeper.things[0].bringer_height = [(40.0, 40.0, 200.0) * 3], 0.3
    for time in range(10, 31, 2):
        other = person((0.56, 0.38, 0.6, 0.68), float(time))
        other.look = (120.0, 120.0, 120.0) * 3
        there = time >= came and time not in missed
        look(keeper, float(time), (0.5, 0.6, 0.55, 0.68), since=10.0, tracks=[other] if there else [])
    assert keeper.things[0].attended is attended


@pytest.mark.parametrize(
    ("box", "stood_since", "attended"),
    [((0.58, 0.3, 0.63, 0.58), -60, False), ((0.58, 0.3, 0.63, 0.58), 8, True), ((0.55, 0.4, 0.59, 0.68), -60, True)],
    ids=["a poster, or who waits out of reach", "came with it", "within reach of it"],
)
def test_who_stood_there_long_before_a_thing_came_and_out_of_its_reach_does_not_attend_it(
    box: Box, stood_since: int, attended: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    one = person(box, float(stood_since))
    one.first_seen = one.still_since = float(stood_since)
    for time in range(max(0, stood_since), 31, 2):
        one.saw(box, 0.5, "person", float(time))
        if time >= 12:
            look(keeper, float(time), (0.5, 0.62, 0.55, 0.68), since=12.0, tracks=[one])
    (found,) = keeper.things
    assert found.attended is attended


@pytest.mark.parametrize(
    ("came", "stood_since", "actors", "attended"),
    [(True, 0, {8}, False), (False, 0, {9}, True), (True, 30, {8, 9}, True)],
    ids=["somebody came", "nobody else did", "he came shortly before"],
)
def test_who_stood_within_reach_long_before_neither_brought_nor_attends_what_somebody_came_with(
    came: bool, stood_since: int, actors: set[int], attended: bool
) -> None:
    """A guard at his post, a man on a bench, a figure on a board: what a passer-by puts down beside him is not his."""
    at_his_post, sack, stood = (0.55, 0.4, 0.59, 0.68), (0.5, 0.62, 0.55, 0.68), WhoStood()
    keeper = ThingKeeper(aspect=16 / 9, stood=stood)
    one = person(at_his_post, float(stood_since))
    one.first_seen = one.still_since = float(stood_since)
    passer = person((0.46, 0.4, 0.5, 0.68), 40.0)
    passer.track_id = 8
    passer.path.append((40.0, passer.box))
    for time in range(0, 61, 2):
        stood.update(detected(*([at_his_post] if time >= stood_since else [])), float(time))
        if time > stood_since:
            one.saw(at_his_post, 0.9, "person", float(time))
        if time >= 42:
            tracks = [one, passer] if came and time == 42 else [one]
            look(keeper, float(time), sack, since=40.0, tracks=tracks)
    (found,) = keeper.things
    assert set(found.actors) == actors
    assert found.attended is attended


@pytest.mark.parametrize(("first_seen", "goes_on"), [(41.0, True), (10.0, False)])
def test_a_track_goes_on_with_the_bringers_only_if_it_begins_where_that_ends(first_seen: float, goes_on: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.6, 0.55, 0.68)
    keeper.things = [thing(1, box, 40.0)]
    keeper.things[0].actors = {8: person((0.46, 0.4, 0.5, 0.68), 42.0)}
    other = person((0.56, 0.4, 0.6, 0.68), 50.0)
    other.first_seen = other.followed_since = first_seen
    keeper.things[0].first_seen = 44.0
    look(keeper, 50.0, box, since=40.0, tracks=[other])
    assert (keeper.things[0].owner_near == 50.0) is goes_on


@pytest.mark.parametrize(("waited_s", "attended"), [(30, False), (10, True)])
def test_who_waited_there_before_does_not_attend_a_thing_though_his_track_went_to_a_passer_by(
    waited_s: int, attended: bool
) -> None:
    """By place: his track begins anew as the thing comes, and is one of those who were near."""
    waits, stood = (0.58, 0.3, 0.63, 0.58), WhoStood()
    keeper = ThingKeeper(aspect=16 / 9, stood=stood)
    for time in range(0, 61, 2):
        stood.update(detected(*([waits] if time >= 40 - waited_s else [])), float(time))
    one = person(waits, 40.0)
    one.first_seen = one.still_since = 40.0
    for time in range(40, 61, 2):
        one.saw(waits, 0.9, "person", float(time))
        look(keeper, float(time), (0.5, 0.62, 0.55, 0.68), since=40.0, tracks=[one])
        for thing_there in keeper.things:
            thing_there.actors = {9: one}
        one.followed_since = float(time)
    assert keeper.things[0].attended is attended


@pytest.mark.parametrize(
    ("top", "attended"), [(0.58, True), (0.64, False)], ids=["as high as its bringer", "half of it"]
)
def test_who_stands_before_a_cart_is_no_part_of_it(top: float, attended: bool) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    keeper.things = [thing(1, (0.5, 0.56, 0.6, 0.68), 10.0)]
    keeper.things[0].bringer_height = 0.1
    for time in range(50, 61, 2):
        vendor = person((0.55, top, 0.58, 0.68), float(time))
        look(keeper, float(time), (0.5, 0.56, 0.6, 0.68), since=10.0, tracks=[vendor])
    assert keeper.things[0].attended is attended


@pytest.mark.parametrize(("went", "looks"), [(False, 3), (True, 0)], ids=["missed since", "seen to leave"])
def test_who_filled_the_place_before_is_the_thing_unless_he_was_seen_elsewhere_since(went: bool, looks: int) -> None:
    """Who bends over a heap where he has emptied his cart is not the heap."""
    keeper = ThingKeeper(aspect=16 / 9)
    box = (0.5, 0.5, 0.56, 0.68)
    somebody = person(box, 10.0)
    for at in (11.0, 12.0, 13.0):
        somebody.saw(box, 0.9, "person", at)
    if went:
        somebody.saw((0.6, 0.4, 0.66, 0.58), 0.9, "person", 14.0)
    look(keeper, 18.0, box, since=10.0, tracks=[somebody])
    (one,) = keeper.things
    assert one.body_before == looks


@pytest.mark.parametrize(
    ("score", "differs", "attended"),
    [(0.3, False, False), (0.3, True, True), (0.6, False, True)],
    ids=["a cabinet by night", "somebody in the dark", "who was there from the start"],
)
def test_a_weak_person_where_nothing_differs_from_the_bare_place_attends_nothing(
    score: float, differs: bool, attended: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    one = thing(1, (0.5, 0.6, 0.55, 0.68), 10.0)
    keeper.things = [one]
    nothing, never = np.zeros(SHAPE, np.bool_), np.full(SHAPE, np.inf)
    changed = nothing.copy()
    changed[36:61, 90:96] = differs
    picture = np.zeros((*SHAPE, 3), np.uint8)
    change = Change(changed, np.zeros(SHAPE), never, nothing, ~nothing, picture, settled=True, unsure=nothing)
    for time in range(60, 71, 2):
        track = person((0.56, 0.4, 0.6, 0.68), float(time))
        track.last_score = score
        keeper.update(picture, change, ~nothing, [track], None, float(time))
    assert one.attended is attended


@pytest.mark.parametrize(
    ("person_share", "appeared", "left", "attended"),
    [(0.8, 11.0, 0.46, True), (0.4, 11.0, 0.46, False), (0.8, 20.0, 0.46, False), (0.8, 11.0, 0.2, False)],
    ids=["waits beside it", "no person", "came later", "further off"],
)
def test_who_waits_beside_his_bag_unseen_by_the_detector_is_a_thing_that_close_looks_take_for_a_person(
    person_share: float, appeared: float, left: float, attended: bool
) -> None:
    keeper = ThingKeeper(aspect=16 / 9)
    bag, waiter = thing(1, (0.5, 0.6, 0.55, 0.68), 10.0), thing(2, (left, 0.45, left + 0.03, 0.68), appeared)
    for time in (14.0, 16.0, 18.0):
        waiter.kinds.add({"person": person_share, "post": 1 - person_share}, time)
    keeper.things = [bag, waiter]
    hidden_look(keeper, 50.0)
    assert (bag.attended, bag.unattended_s(60.0)) == (attended, 0.0 if attended else 50.0)
    waiter.gone_since = 60.0
    hidden_look(keeper, 62.0)
    assert (bag.attended, bag.unattended_s(62.0)) == (False, 12.0 if attended else 52.0)
