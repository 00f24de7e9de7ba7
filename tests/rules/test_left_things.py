"""What speaks against a thing that was put down and left."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Role
from vision.rules.left_things import (
    against,
    belongs_to_other,
    comes_and_goes,
    is_edge,
    is_of_parked,
    is_removed_waste,
    is_small,
    is_upright,
    refuted,
    was_brought,
)
from vision.scene.places import Place
from vision.scene.static_thing import StaticThing
from vision.scene.tracking import Track
from vision.sources import Box


def new_thing(box: Box = (0.5, 0.6, 0.55, 0.68)) -> StaticThing:
    """Something new that was judged at ten looks."""
    return StaticThing(1, box, np.ones((2, 2), np.bool_), 10.0, 12.0, 12.0, 30.0, 12.0, looks=10, judged=10)


def came_to_light(**roles: float) -> StaticThing:
    """New beside a place where something was taken away; `roles`: the detector's scores in all."""
    thing = new_thing()
    thing.ghost_beside_looks = thing.beside_looks = 10
    for role, scores in roles.items():
        thing.roles[Role(role)] += scores
    return thing


@pytest.mark.parametrize(
    ("roles", "speaks_against_it"),
    [({}, True), ({"waste": 0.7}, True), ({"waste": 1.5}, False), ({"carried": 1.6}, False), ({"fixture": 9.0}, True)],
    ids=["unknown", "waste once", "waste twice in ten", "a bag", "a bin"],
)
def test_what_comes_to_light_beside_a_thing_taken_away_counts_only_if_the_model_knows_it_for_waste(
    roles: dict[str, float], speaks_against_it: bool
) -> None:
    assert against(came_to_light(**roles)) is speaks_against_it


@pytest.mark.parametrize(("waste", "speaks_against_it"), [(0.0, True), (2.0, True), (6.0, False)])
def test_what_looks_like_a_shadow_is_none_if_the_model_keeps_calling_it_waste(
    waste: float, speaks_against_it: bool
) -> None:
    thing = new_thing()
    thing.light_looks = 7
    thing.roles[Role.WASTE] += waste
    assert against(thing) is speaks_against_it
    assert (refuted(thing) is not None) is speaks_against_it  # else it is told and taken back at every look


@pytest.mark.parametrize(("light", "ghost", "speaks_against_it"), [(3, 1, False), (3, 3, True), (6, 0, True)])
def test_what_is_now_light_and_now_something_taken_away_is_no_thing(
    light: int, ghost: int, speaks_against_it: bool
) -> None:
    thing = new_thing()
    thing.light_looks, thing.ghost_looks = light, ghost
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(
    ("seen", "moved", "seldom"), [(10, 0, False), (22, 0, False), (30, 0, True), (30, 8, False), (0, 0, False)]
)
def test_what_is_there_at_few_of_the_looks_at_rest_comes_and_goes(seen: int, moved: int, seldom: bool) -> None:
    thing = new_thing()
    thing.seen, thing.moved_looks = seen, moved
    assert comes_and_goes(thing) is seldom


def test_what_came_right_after_the_first_picture_must_be_there_at_more_of_the_looks() -> None:
    """The clean view may show somebody who stood there: his ghost comes and goes with the light."""
    thing = new_thing()
    thing.judged, thing.seen = 6, 10
    assert not comes_and_goes(thing)
    thing.early = True
    assert comes_and_goes(thing)


@pytest.mark.parametrize(
    ("came", "waste", "kinds", "speaks_against_it"),
    [
        ("with_light", 0.0, {}, True), ("with_light", 0.0, {"bulky": 0.9}, True), ("with_light", 3.0, {}, False),
        ("with_knock", 0.0, {}, True), ("with_knock", 0.0, {"rubbish": 0.3, "other": 0.7}, True),
        ("with_knock", 0.0, {"rubbish": 0.9}, False), ("with_knock", 3.0, {}, False),
    ],
    ids=[
        "lit, unknown", "lit, furniture to close looks alone", "lit, waste to the detector", "a roof's edge",
        "knocked, rubbish to close looks sooner than else", "knocked, rubbish to close looks",
        "knocked, waste to the detector",
    ],
)  # fmt: skip
def test_what_came_with_a_change_of_the_whole_picture_counts_only_if_it_is_known_for_waste(
    came: str, waste: float, kinds: dict[str, float], speaks_against_it: bool
) -> None:
    """With one of the light to the detector, with a knock of the camera to either network."""
    thing = new_thing()
    setattr(thing, came, True)
    for number in range(4 if kinds else 0):
        thing.kinds.add(kinds, 20.0 + 2 * number)
    thing.roles[Role.WASTE] += waste
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(("moved", "speaks_against_it"), [(1, False), (2, True)])
def test_one_look_at_which_it_seemed_to_move_is_no_unrest(moved: int, speaks_against_it: bool) -> None:
    thing = new_thing()
    thing.seen, thing.moved_looks = 3, moved
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(("early", "speaks_against_it"), [(True, True), (False, False)])
def test_what_comes_right_after_the_first_picture_is_a_ghost_on_less_evidence(
    early: bool, speaks_against_it: bool
) -> None:
    thing = new_thing()
    thing.ghost_looks, thing.early = 3, early
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(
    ("box", "speaks_against_it"),
    [((0.3, 0.5, 0.6, 0.7), True), ((0.5, 0.6, 0.55, 0.68), False)],
    ids=["as large as a car", "as large as a bag"],
)
def test_a_large_thing_is_taken_for_a_vehicle_on_less_evidence(box: Box, speaks_against_it: bool) -> None:
    thing = new_thing(box)
    at = (0.5, 0.5, 0.56, 0.7)
    thing.actors[3] = Track(3, Role.PERSON, "person", at, 0.8, 9.0, 12.0, 9.0, at)
    thing.actors[3].path.append((11.0, at))
    thing.taken_for_body = 2.0
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(("body", "speaks_against_it"), [(0.2, True), (0.05, False)])
def test_piece_of_what_is_as_large_as_a_car_and_taken_for_one_is_of_a_car(body: float, speaks_against_it: bool) -> None:
    bumper = new_thing()
    at = (0.5, 0.5, 0.56, 0.7)
    bumper.actors[3] = Track(3, Role.PERSON, "person", at, 0.8, 9.0, 12.0, 9.0, at)
    bumper.actors[3].path.append((11.0, at))
    bumper.whole_body_share = body
    assert not against(bumper)
    bumper.whole = (0.3, 0.5, 0.6, 0.7)
    assert against(bumper) is speaks_against_it


def seen_often(role: Role, box: Box, first_seen: float) -> Place:
    place = Place(1, role, box, first_seen, 30.0, 30.0, hits=6)
    place.seen.extend([True] * 6)
    return place


@pytest.mark.parametrize(
    ("place", "is_its"),
    [
        (seen_often(Role.STALL, (0.48, 0.4, 0.6, 0.62), 12.0), True),
        (seen_often(Role.STALL, (0.48, 0.4, 0.6, 0.62), 90.0), False),
        (seen_often(Role.STALL, (0.2, 0.4, 0.3, 0.62), 12.0), False),
        (seen_often(Role.LOCK, (0.5, 0.58, 0.55, 0.68), 90.0), True),
        (seen_often(Role.WASTE, (0.5, 0.58, 0.55, 0.68), 12.0), False),
    ],
    ids=["under a cart that came with it", "of an older cart", "elsewhere", "a lock", "waste"],
)
def test_parts_of_stalls_and_locks_are_no_rubbish(place: Place, is_its: bool) -> None:
    assert belongs_to_other(new_thing(), [place], 4 / 3) is is_its


@pytest.mark.parametrize(("hits", "unwatched", "brought"), [(2, True, True), (1, True, False), (9, False, False)])
def test_what_came_while_nobody_looked_was_brought_if_the_model_knows_waste_there(
    hits: int, unwatched: bool, brought: bool
) -> None:
    thing = new_thing()
    thing.unwatched = unwatched
    place = seen_often(Role.WASTE, thing.box, 20.0)
    place.hits = hits
    assert was_brought(thing, [place], 0.8) is brought


def unseen(score: float = 0.9, rubbish: float = 0.9, **thing_is: bool) -> tuple[StaticThing, Place]:
    """A thing that nobody was seen to bring, in a box that the model calls waste with that score since it appeared."""
    thing = new_thing()
    for name, value in thing_is.items():
        setattr(thing, name, value)
    place = seen_often(Role.WASTE, (0.49, 0.58, 0.56, 0.69), 11.0)
    place.scores.extend([score] * 6)
    for number in range(4):
        place.kinds.add({"rubbish": rubbish, "nothing": 1 - rubbish}, 20.0 + 2 * number)
    return thing, place


def test_what_both_networks_surely_know_for_new_waste_was_brought_though_nobody_was_seen() -> None:
    thing, place = unseen()
    assert was_brought(thing, [place], 0.8)
    place.first_seen = 2.0  # it lay there before the place changed: a shadow on it has gone
    assert not was_brought(thing, [place], 0.8)


@pytest.mark.parametrize(
    ("thing", "place"),
    [
        unseen(score=0.75), unseen(rubbish=0.7), unseen(early=True), unseen(with_light=True), unseen(unwatched=True),
    ],
    ids=["the detector is less sure", "close looks are", "from the start", "a lamp went on", "while away"],
)  # fmt: skip
def test_what_may_have_lain_there_before_needs_somebody_who_brought_it(thing: StaticThing, place: Place) -> None:
    place.hits = 6 if not thing.unwatched else 1
    assert not was_brought(thing, [place], 0.8)


@pytest.mark.parametrize(
    ("rubbish", "parked_share", "is_of"), [(0.7, 0.9, True), (0.9, 0.9, False), (0.0, 0.5, False)],
    ids=["a reflection", "surely a sack", "beside the car"],
)  # fmt: skip
def test_what_comes_to_light_before_a_parked_car_must_surely_be_waste(
    rubbish: float, parked_share: float, is_of: bool
) -> None:
    thing = new_thing()
    thing.parked_share = parked_share
    for number in range(4):
        thing.kinds.add({"rubbish": rubbish, "vehicle": 1 - rubbish}, 20.0 + 2 * number)
    assert is_of_parked(thing) is is_of


@pytest.mark.parametrize(
    ("known_as_waste", "hits", "is_its"), [(False, 6, True), (False, 3, True), (False, 2, False), (True, 6, False)]
)
def test_a_lock_seen_at_half_of_the_looks_is_enough_where_the_model_has_no_other_word(
    known_as_waste: bool, hits: int, is_its: bool
) -> None:
    thing, place = new_thing(), seen_often(Role.LOCK, (0.5, 0.58, 0.55, 0.68), 90.0)
    place.seen.extend([False] * 6)
    place.hits = hits
    thing.roles[Role.WASTE] = 3.0 if known_as_waste else 0.0
    assert belongs_to_other(thing, [place], 4 / 3) is is_its


@pytest.mark.parametrize(
    ("hits", "last_seen", "known", "is_removed"),
    [(3, 9.0, 0.0, True), (2, 9.0, 0.0, False), (3, 14.0, 0.0, False), (3, 9.0, 3.0, False)],
    ids=["until it changed", "too seldom", "seen there since", "known for waste itself"],
)
def test_what_the_model_knew_for_waste_until_the_place_changed_was_removed(
    hits: int, last_seen: float, known: float, is_removed: bool
) -> None:
    thing = new_thing()
    place = seen_often(Role.WASTE, thing.box, 1.0)
    place.hits, place.last_seen = hits, last_seen
    thing.roles[Role.WASTE] = known
    assert is_removed_waste(thing, [place]) is is_removed


@pytest.mark.parametrize(
    ("since", "lock", "box", "is_its"),
    [
        (12.0, 0.9, (0.53, 0.62, 0.545, 0.66), True),
        (2.0, 0.9, (0.53, 0.62, 0.545, 0.66), False),
        (12.0, 0.3, (0.53, 0.62, 0.545, 0.66), False),
        (12.0, 0.9, (0.53, 0.6, 0.6, 0.7), False),
    ],
    ids=["a piece of it", "put down in an older one", "a sack called a lock", "beside it"],
)
def test_piece_of_a_new_lock_is_no_rubbish_whatever_it_looks_like_alone(
    since: float, lock: float, box: Box, is_its: bool
) -> None:
    """The padlock, the base plate: to close looks a scrap of plastic."""
    thing, place = new_thing(box), seen_often(Role.LOCK, (0.5, 0.58, 0.55, 0.68), since)
    for number in range(4):
        thing.kinds.add({"rubbish": 0.7, "lock": 0.2}, 20.0 + 2 * number)
        place.kinds.add({"lock": lock, "rubbish": 1 - lock}, 20.0 + 2 * number)
    assert belongs_to_other(thing, [place], 4 / 3) is is_its


@pytest.mark.parametrize(("total", "is_its"), [(4.0, False), (2.0, True)])
def test_what_the_model_calls_waste_more_often_and_more_surely_than_a_lock_is_waste(total: float, is_its: bool) -> None:
    box = (0.5, 0.58, 0.55, 0.68)
    lock, waste = seen_often(Role.LOCK, box, 12.0), seen_often(Role.WASTE, box, 12.0)
    lock.total, waste.total = 3.0, total
    assert belongs_to_other(new_thing(), [lock, waste], 4 / 3) is is_its


@pytest.mark.parametrize(("whole", "is_its"), [((0.46, 0.38, 0.62, 0.7), True), ((0.5, 0.6, 0.55, 0.68), False)])
def test_piece_of_something_larger_that_holds_the_stall_is_no_rubbish(whole: Box, is_its: bool) -> None:
    thing = new_thing()
    thing.whole = whole
    assert belongs_to_other(thing, [seen_often(Role.STALL, (0.48, 0.4, 0.6, 0.5), 12.0)], 4 / 3) is is_its


@pytest.mark.parametrize(
    ("box", "is_one"),
    [((0.44, 0.325, 0.483, 0.333), True), ((0.48, 0.32, 0.484, 0.38), True), ((0.48, 0.32, 0.49, 0.333), False)],
    ids=["a tape", "a wire", "a cup"],
)
def test_line_of_a_few_pixels_is_an_edge_and_no_thing(box: Box, is_one: bool) -> None:
    assert is_edge(new_thing(box), 4 / 3) is is_one


@pytest.mark.parametrize(
    ("box", "waste", "is_one"),
    [
        ((0.38, 0.36, 0.395, 0.43), 0.0, True),
        ((0.38, 0.36, 0.395, 0.43), 3.0, False),
        ((0.38, 0.36, 0.4046, 0.43), 0.0, True),
        ((0.38, 0.36, 0.42, 0.43), 0.0, False),
    ],
    ids=["a post", "a slim sack", "the foot of a post", "a refrigerator"],
)
def test_what_stands_up_like_a_post_or_a_person_is_none_unless_the_model_knows_it_for_waste(
    box: Box, waste: float, is_one: bool
) -> None:
    thing = new_thing(box)
    thing.roles[Role.WASTE] = waste
    assert is_upright(thing, [thing], 4 / 3) is is_one
    larger = new_thing((0.36, 0.35, 0.43, 0.44))
    assert not is_upright(thing, [thing, larger], 4 / 3)


@pytest.mark.parametrize(
    ("people", "small"),
    [(0.0, False), (0.2, False), (0.7, False), (0.85, True)],
    ids=["unknown", "far", "near", "close"],
)
def test_what_is_less_than_a_hand_and_a_half_beside_the_people_there_is_no_rubbish(people: float, small: bool) -> None:
    thing = new_thing((0.5, 0.6, 0.54, 0.68))
    thing.upright = people
    assert is_small(thing, 16 / 9) is small, "0.08 high"


def test_small_piece_of_something_large_is_not_small() -> None:
    thing = new_thing((0.5, 0.6, 0.54, 0.68))
    thing.upright, thing.whole = 0.85, (0.5, 0.5, 0.6, 0.7)
    assert not is_small(thing, 16 / 9)


@pytest.mark.parametrize(
    ("rubbish", "around", "is_removed"),
    [(0.65, True, True), (0.9, True, False), (0.65, False, False)],
    ids=["dark ground", "another sack", "beside it"],
)
def test_the_ground_that_a_removed_sack_had_hidden_is_removed_with_it(
    rubbish: float, around: bool, is_removed: bool
) -> None:
    """By night the ground before it is in another light once it has gone, and looks like rubbish to close looks."""
    thing = new_thing((0.45, 0.66, 0.55, 0.7))
    for number in range(4):
        thing.kinds.add({"rubbish": rubbish, "nothing": 1 - rubbish}, 20.0 + 2 * number)
    place = seen_often(Role.WASTE, (0.44, 0.5, 0.56, 0.7) if around else (0.44, 0.5, 0.56, 0.67), 1.0)
    place.last_seen = 9.0
    assert is_removed_waste(thing, [place]) is is_removed
