"""What close looks at a thing change for the rules."""

from __future__ import annotations

import pytest

from tests.rules.street import LOCK, STALL, VENDOR, always, lock_rule, play, street, vending
from tests.rules.test_left_things import new_thing, seen_often
from tests.scene.stage import Actor, Thing
from vision.config import Zone
from vision.detect import Role
from vision.rules import make_rules
from vision.rules.close_words import is_no_lock
from vision.rules.illegal_dumping import DumpingSettings
from vision.rules.left_things import (
    against,
    belongs_to_other,
    is_of_new_waste,
    is_piece_of_other,
    refuted,
    shown_box,
)
from vision.scene import Place, Scene
from vision.scene.static_thing import StaticThing
from vision.sources import Box


def seen_closely(thing: StaticThing, looks: int = 4, **shares: float) -> StaticThing:
    for number in range(looks):
        thing.kinds.add(shares, 20.0 + 2 * number)
    return thing


@pytest.mark.parametrize(
    ("shares", "speaks_against_it"),
    [
        ({"nothing": 0.9}, True), ({"person": 0.4, "cycle": 0.3}, True), ({"post": 0.7}, True), ({"stall": 0.8}, True),
        ({"lock": 0.8, "rubbish": 0.2}, True), ({"rubbish": 0.3, "nothing": 0.7}, True),
        ({"rubbish": 0.55, "nothing": 0.4}, False), ({"rubbish": 0.45, "nothing": 0.4}, True),
        ({"person": 0.65, "rubbish": 0.35}, False), ({"bin": 0.9}, False), ({"other": 0.6, "nothing": 0.4}, False),
    ],
    ids=str,
)  # fmt: skip
def test_what_close_looks_show_to_be_something_else_was_not_left(
    shares: dict[str, float], speaks_against_it: bool
) -> None:
    assert against(seen_closely(new_thing(), **shares)) is speaks_against_it


@pytest.mark.parametrize(
    ("rubbish", "came_under", "speaks_against_it"), [(0.2, True, True), (0.2, False, False), (0.7, True, False)]
)
def test_what_a_vehicle_leaves_behind_has_to_be_known_for_waste(
    rubbish: float, came_under: bool, speaks_against_it: bool
) -> None:
    """A van that is missed for two looks left its roof there: bin, vehicle, stall, at 0.2 each."""
    thing = seen_closely(new_thing(), rubbish=rubbish, bin=0.21, vehicle=0.2)
    thing.came_under_vehicle = came_under
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(
    ("upright", "vehicle", "speaks_against_it"),
    [(0.3, 0.75, False), (0.1, 0.75, True), (0.0, 0.75, True), (0.3, 0.85, True)],
    ids=["low beside people", "as high as they are", "nobody knows", "nothing but a vehicle"],
)
def test_what_is_low_beside_people_is_no_vehicle(upright: float, vehicle: float, speaks_against_it: bool) -> None:
    """A bag by infrared looks like a car from behind."""
    thing = seen_closely(new_thing(), vehicle=vehicle, rubbish=0.1)
    thing.upright = upright
    assert against(thing) is speaks_against_it


@pytest.mark.parametrize(("nothing", "speaks_against_it"), [(0.35, True), (0.2, False)])
def test_bare_ground_and_what_is_left_are_weighed_alike_where_it_can_be_no_vehicle(
    nothing: float, speaks_against_it: bool
) -> None:
    """The edge of a white mark on the road, as the sun went and the camera had been knocked."""
    thing = seen_closely(new_thing(), vehicle=0.3, rubbish=0.3, nothing=nothing)
    thing.upright = 0.3
    assert against(thing) is speaks_against_it


def test_two_close_looks_say_nothing_yet() -> None:
    assert not against(seen_closely(new_thing(), looks=2, nothing=1.0))


@pytest.mark.parametrize(("rubbish", "speaks_against_it"), [(0.7, False), (0.5, True)])
def test_what_has_the_colours_of_its_ground_is_waste_if_close_looks_say_so(
    rubbish: float, speaks_against_it: bool
) -> None:
    thing = seen_closely(new_thing(), rubbish=rubbish)
    thing.light_looks = 7
    assert against(thing) is speaks_against_it
    assert (refuted(thing) is not None) is speaks_against_it


@pytest.mark.parametrize(("bare", "speaks_against_it"), [(0.35, True), (0.2, False)])
def test_what_is_light_at_half_of_the_looks_is_none_if_close_looks_see_bare_ground_too(
    bare: float, speaks_against_it: bool
) -> None:
    thing = seen_closely(new_thing(), nothing=bare, rubbish=0.35)
    thing.light_looks = 4
    assert against(thing) is speaks_against_it


def test_close_looks_that_have_begun_are_waited_for() -> None:
    zone = Zone(id="z", rules=(DumpingSettings(dwell=8),))
    walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
    stage = street(actors=[walker], things=[Thing((0.48, 0.74, 0.53, 0.82), 11.0)])
    rule, scene, told = make_rules(zone, lambda moment: moment)[0], Scene("bj-001"), []
    for second in range(45):
        frame = stage.frame(float(second))
        scene.wants_detections(frame)
        state = scene.update(frame, stage.detections(float(second)))
        for thing in state.things:
            if second in (18, 20, 35):
                thing.kinds.add({"rubbish": 0.9}, state.time)
        told += [second for _ in rule.update(state)]
    assert told == [35], "with the third close look, long after its dwell"


@pytest.mark.parametrize(("kind", "cases"), [("rubbish", 1), ("post", 0), ("nothing", 0)])
def test_thing_that_is_left_is_a_case_unless_close_looks_show_something_else(kind: str, cases: int) -> None:
    zone = Zone(id="z", rules=(DumpingSettings(dwell=8),))
    walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
    stage = street(actors=[walker], things=[Thing((0.48, 0.74, 0.53, 0.82), 11.0)])
    assert len(play(stage, make_rules(zone, lambda moment: moment)[0], 50, closely={kind: 0.9})) == cases


SLIM = (0.6, 0.66, 0.62, 0.78)
CART = Thing(STALL, 5.0)


@pytest.mark.parametrize(("kind", "cases"), [("stall", 1), ("tricycle", 0), ("bin", 0)])
def test_cart_that_the_detector_never_sees_is_a_stall_to_close_looks(kind: str, cases: int) -> None:
    """By infrared it is a bin to the detector, or nothing; somebody pushed it there and stays."""
    vendor = Actor([(4.0, (0.6, 0.8)), (50.0, (0.61, 0.8)), (500.0, (0.6, 0.8))])
    found = play(street(actors=[vendor], things=[CART]), vending(unknown_goods=False), 60, closely={kind: 0.8})
    assert [case.category for case in found] == ["street_vending"] * cases
    if cases:
        assert {reason.condition: reason.value for reason in found[0].why}["close_look_stall_share"] == 0.8


@pytest.mark.parametrize(("stall", "cases"), [(0.8, 1), (0.7, 0)])
def test_stall_that_the_detector_sees_weakly_counts_if_close_looks_know_it(stall: float, cases: int) -> None:
    weak = street((STALL, Role.STALL, 0.25, always), actors=[VENDOR])
    assert len(play(weak, vending(), 60, closely={"stall": stall, "tricycle": 0.3})) == cases


@pytest.mark.parametrize(("score", "stall", "cases"), [(0.5, 0.55, 1), (0.5, 0.45, 0), (0.9, 0.2, 1)])
def test_stall_is_told_if_detector_and_close_looks_together_are_more_sure_than_not(
    score: float, stall: float, cases: int
) -> None:
    """Parasols of a cafe, road signs, motorcycles: stalls to the one at 0.4 to 0.5, to the other hardly."""
    stage = street((STALL, Role.STALL, score, always), actors=[VENDOR])
    found = play(stage, vending(), 60, closely={"stall": stall})
    assert len(found) == cases
    for case in found:
        (reason,) = (reason for reason in case.why if reason.condition == "close_look_stall_share")
        assert (reason.value, reason.threshold) == (stall, pytest.approx(1 - score, abs=0.01))


@pytest.mark.parametrize(("stall", "belongs"), [(0.7, True), (0.1, False)])
def test_red_sacks_that_the_detector_calls_a_stall_belong_to_none_if_close_looks_see_no_stall(
    stall: float, belongs: bool
) -> None:
    thing = new_thing()
    place = known_closely(seen_often(Role.STALL, thing.box, thing.appeared), stall=stall, rubbish=0.3)
    place.scores.extend([0.6] * 6)
    assert belongs_to_other(thing, [place], 4 / 3) is belongs


AROUND = (0.45, 0.5, 0.6, 0.72)


@pytest.mark.parametrize(
    ("rubbish", "score", "first_seen", "box", "body", "waste"),
    [
        (0.9, 0.9, 12.0, AROUND, 0.0, True), (0.5, 0.9, 12.0, AROUND, 0.0, False), (0.9, 0.5, 12.0, AROUND, 0.0, False),
        (0.9, 0.9, 2.0, AROUND, 0.0, False), (0.9, 0.9, 12.0, (0.51, 0.5, 0.6, 0.72), 0.0, False),
        (0.9, 0.9, 12.0, AROUND, 4.0, False),
    ],
    ids=["both sure", "close looks not", "the detector not", "lay there before", "only touches it", "somebody"],
)  # fmt: skip
def test_strip_of_a_sack_that_both_networks_know_is_waste_whatever_it_looks_like(
    rubbish: float, score: float, first_seen: float, box: Box, body: float, waste: bool
) -> None:
    """A white sack on a pale road: strips of it differ, and are shadows or bare ground by themselves."""
    strip = seen_closely(new_thing(), nothing=0.9)
    strip.taken_for_body = body
    place = known_closely(seen_often(Role.WASTE, box, first_seen), rubbish=rubbish)
    place.scores.clear()
    place.scores.extend([score] * 6)
    assert against(strip)
    assert is_of_new_waste(strip, [place]) is waste
    if waste:
        assert shown_box(strip, [place]) == box


@pytest.mark.parametrize(("stall", "cases"), [(0.6, 1), (0.45, 0)])
def test_vendor_whom_the_detector_often_misses_is_one_if_close_looks_are_sure_of_his_stall(
    stall: float, cases: int
) -> None:
    """Of the 30 s dwell he is seen for 12 and a moment more."""
    vendor = Actor([(0.0, (0.6, 0.8)), (500.0, (0.6, 0.8))], missed=(12.0, 29.0))
    stage = street((STALL, Role.STALL, 0.7, always), actors=[vendor])
    assert len(play(stage, vending(), 33, closely={"stall": stall})) == cases


@pytest.mark.parametrize(
    ("shares", "cases"),
    [
        ({"tricycle": 0.8, "stall": 0.2}, 0),
        ({"tricycle": 0.4, "stall": 0.6}, 1),
        ({"vehicle": 0.4, "tricycle": 0.3}, 0),
    ],
    ids=["a closed tricycle", "a stall", "a parked car"],
)
def test_stall_that_is_a_closed_vehicle_to_close_looks_is_none(shares: dict[str, float], cases: int) -> None:
    sure = street((STALL, Role.STALL, 0.9, always), actors=[VENDOR])
    assert len(play(sure, vending(), 60, closely=shares)) == cases


@pytest.mark.parametrize(
    ("box", "shares", "cases"),
    [
        (LOCK, {"post": 0.8}, 0), (SLIM, {"post": 0.8}, 1), (LOCK, {"lock": 0.3, "post": 0.7}, 1),
        (SLIM, {"nothing": 0.9}, 0), (LOCK, {"other": 0.9}, 1),
        (LOCK, {"tricycle": 0.6, "lock": 0.1, "other": 0.1, "rubbish": 0.1}, 1), (LOCK, {"tricycle": 0.9}, 0),
    ],
    ids=[
        "a cone", "a post that may lock", "between the two", "bare ground", "no word for it", "too low for a tricycle",
        "a wheel of one",
    ],
)  # fmt: skip
def test_cone_that_the_detector_calls_a_lock_is_none_to_close_looks(
    box: Box, shares: dict[str, float], cases: int
) -> None:
    cone = (box, Role.LOCK, 0.55, lambda t: t >= 20)
    stage = street(cone, things=[Thing(box, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, lock_rule(), 60, closely=shares)) == cases


def test_new_lock_has_stood_since_it_came_to_sight_however_late_the_detector_sees_it() -> None:
    seen = (LOCK, Role.LOCK, 0.6, lambda t: t >= 26)
    stage = street(seen, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))])
    (case,) = play(stage, lock_rule(), 60, closely={"lock": 0.8})
    assert 20.0 <= case.started <= 23.0
    assert case.detected <= 33.0, "a dwell of 10 s from there, and four looks at which it was seen"


@pytest.mark.parametrize(("lock", "cases"), [(0.7, 1), (0.4, 0)])
def test_lock_that_the_detector_sees_weakly_counts_if_close_looks_know_it(lock: float, cases: int) -> None:
    weak = (LOCK, Role.LOCK, 0.27, lambda t: t >= 20)
    stage = street(weak, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, lock_rule(), 60, closely={"lock": lock})) == cases


@pytest.mark.parametrize(("knock_s", "cases"), [(10.0, 1), (float("inf"), 0)], ids=["new", "right after a knock"])
def test_lock_that_is_seen_weakly_is_not_new_for_an_edge_that_a_knock_has_shifted(
    monkeypatch: pytest.MonkeyPatch, knock_s: float, cases: int
) -> None:
    monkeypatch.setattr("vision.scene.things.KNOCK_S", knock_s)  # without end: whatever comes does so after a knock
    weak = (LOCK, Role.LOCK, 0.27, lambda t: t >= 20)
    stage = street(weak, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, lock_rule(), 60, closely={"lock": 0.7})) == cases


@pytest.mark.parametrize(("lock", "cases"), [(0.8, 1), (0.4, 0)], ids=["known closely", "not"])
def test_three_looks_of_the_detector_will_do_where_close_looks_know_the_lock_too(lock: float, cases: int) -> None:
    seen = (LOCK, Role.LOCK, 0.6, lambda t: t in (30, 31, 34))
    stage = street(seen, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, lock_rule(), 60, closely={"lock": lock})) == cases


@pytest.mark.parametrize(("stands_until", "kinds"), [(1e9, ["opened"]), (60.0, ["opened", "cleared"])])
def test_lock_that_the_detector_sees_no_more_is_gone_when_its_place_is_bare_again(
    stands_until: float, kinds: list[str]
) -> None:
    seen = (LOCK, Role.LOCK, 0.6, lambda t: 20 <= t < 40)
    stage = street(seen, things=[Thing(LOCK, 20.0, stands_until, colour=(30, 200, 230))])
    assert [case.kind for case in play(stage, lock_rule(), 90, closely={"lock": 0.8})] == kinds


def test_lock_of_the_inventory_that_goes_leaves_a_ghost_and_is_gone_all_the_same() -> None:
    rule = lock_rule()
    seen = (LOCK, Role.LOCK, 0.95, lambda t: t < 60)
    assert play(street(seen, things=[Thing(LOCK, -10.0, 60.0, colour=(30, 200, 230))]), rule, 110) == []
    assert [entry.state for entry in rule.register] == ["removed"]


def test_new_lock_has_stood_since_nobody_covers_its_place_though_it_is_hidden_before_it_is_known() -> None:
    """Who put it up stands before it, then a passer-by does: 16 s later it is seen for the first time."""
    here, away = (0.63, 0.85), (0.9, 0.85)
    hides = Actor([(12.0, here), (21.0, here), (22.0, away), (23.0, here), (34.0, here)])
    seen = (LOCK, Role.LOCK, 0.6, lambda t: t >= 36)
    stage = street(seen, things=[Thing(LOCK, 18.0, colour=(30, 200, 230))], actors=[hides])
    (case,) = play(stage, lock_rule(), 70, closely={"lock": 0.8})
    assert case.started <= 23.0
    assert case.detected <= 41.0, "the dwell of 10 s is over when the detector has seen it three times"


def known_closely(place: Place, **shares: float) -> Place:
    for number in range(4):
        place.kinds.add(shares, 20.0 + 2 * number)
    return place


@pytest.mark.parametrize(
    ("shares", "belongs"),
    [({"lock": 0.7, "rubbish": 0.3}, True), ({"rubbish": 0.5, "lock": 0.3}, False), ({"bulky": 0.5}, False),
     ({"nothing": 0.8}, False), ({"rubbish": 0.3, "other": 0.7}, True)],
    ids=str,
)  # fmt: skip
def test_what_the_detector_calls_a_lock_and_close_looks_call_rubbish_is_rubbish(
    shares: dict[str, float], belongs: bool
) -> None:
    thing = new_thing()
    lock = known_closely(seen_often(Role.LOCK, thing.box, 12.0), **shares)
    assert belongs_to_other(thing, [lock], 4 / 3) is belongs
    assert is_no_lock(lock, 4 / 3) is not belongs


@pytest.mark.parametrize(
    ("shares", "speaks_against_it"), [({"lock": 0.3, "rubbish": 0.5}, False), ({"lock": 0.6}, True)]
)
def test_word_of_the_detector_that_it_is_a_lock_counts_unless_close_looks_show_rubbish(
    shares: dict[str, float], speaks_against_it: bool
) -> None:
    thing = seen_closely(new_thing(), **{"other": 0.3, **shares})
    thing.roles[Role.LOCK] = 6.0
    assert against(thing) is speaks_against_it


def test_lock_that_close_looks_call_rubbish_is_a_case_of_dumping_and_not_of_a_lock() -> None:
    walker = Actor([(26.0, (-0.1, 0.8)), (30.0, (0.5, 0.8)), (33.0, (0.5, 0.8)), (37.0, (1.1, 0.8))])
    box = (0.48, 0.74, 0.53, 0.82)
    stage = street((box, Role.LOCK, 0.7, lambda time: time > 32), actors=[walker], things=[Thing(box, 31.0)])
    zone = Zone(id="z", rules=(DumpingSettings(dwell=8),))
    dumping = make_rules(zone, lambda moment: moment)[0]
    closely = {"rubbish": 0.5, "lock": 0.3}
    assert [case.category for case in play(stage, dumping, 70, closely=closely)] == ["illegal_dumping"]
    assert play(stage, lock_rule(), 70, closely=closely) == []
    assert len(play(stage, lock_rule(), 70, closely={"lock": 0.7})) == 1


@pytest.mark.parametrize(
    ("kind", "box", "waste", "is_piece"),
    [
        ("stall", (0.45, 0.5, 0.6, 0.7), 0.0, True), ("person", (0.45, 0.5, 0.6, 0.7), 0.0, True),
        ("rubbish", (0.45, 0.5, 0.6, 0.7), 0.0, False), ("stall", (0.53, 0.5, 0.6, 0.7), 0.0, False),
        ("stall", (0.45, 0.5, 0.6, 0.7), 3.0, False),
    ],
    ids=["a cart's wheel", "somebody's legs", "of a heap", "beside a cart", "rubbish before a cart"],
)  # fmt: skip
def test_piece_of_what_close_looks_know_for_something_else_is_no_rubbish(
    kind: str, box: Box, waste: float, is_piece: bool
) -> None:
    thing, other = new_thing(), seen_closely(new_thing(box), **{kind: 0.9})
    thing.roles[Role.WASTE] = waste
    assert is_piece_of_other(thing, [thing, other]) is is_piece


@pytest.mark.parametrize(
    ("kind", "came", "box", "is_piece"),
    [
        ("other", 11.0, (0.4, 0.67, 0.6, 0.8), True), ("rubbish", 11.0, (0.4, 0.67, 0.6, 0.8), False),
        ("other", 30.0, (0.4, 0.67, 0.6, 0.8), False), ("other", 11.0, (0.4, 0.7, 0.6, 0.8), False),
        ("other", 11.0, (0.54, 0.67, 0.56, 0.7), False),
    ],
    ids=["its window", "a sack beside it", "put there later", "apart from it", "larger than it"],
)  # fmt: skip
def test_nameless_piece_that_came_with_a_vehicle_and_touches_it_is_of_it(
    kind: str, came: float, box: Box, is_piece: bool
) -> None:
    thing, van = seen_closely(new_thing(), **{kind: 0.5, "lock": 0.3}), seen_closely(new_thing(box), vehicle=0.9)
    thing.appeared, van.appeared = came, 10.0
    assert is_piece_of_other(thing, [van]) is is_piece


@pytest.mark.parametrize(
    ("role", "box", "shown"),
    [(Role.WASTE, (0.47, 0.55, 0.57, 0.69), True), (Role.LOCK, (0.47, 0.55, 0.57, 0.69), True),
     (Role.STALL, (0.47, 0.55, 0.57, 0.69), False), (Role.WASTE, (0.3, 0.4, 0.7, 0.9), False)],
    ids=["rubbish", "a lock that is rubbish", "a stall", "much larger"],
)  # fmt: skip
def test_case_shows_the_whole_of_what_the_detector_sees_where_only_a_piece_differs(
    role: Role, box: Box, shown: bool
) -> None:
    """Of a heap that is like its ground only pieces differ."""
    place = known_closely(seen_often(role, box, 12.0), rubbish=0.9)
    thing = new_thing()
    assert shown_box(thing, [place]) == (box if shown else thing.box)
