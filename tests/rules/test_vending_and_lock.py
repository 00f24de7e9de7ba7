"""What is street vending and what is a ground lock, and what is not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.rules.street import LOCK, STALL, VENDOR, Street, always, lock_rule, play, replace_picture, street, vending
from tests.scene.stage import Actor, Thing
from vision.config import Schedule, Zone
from vision.detect import Role
from vision.rules import Incident, IncidentKind, make_rules
from vision.rules.illegal_dumping import DumpingSettings
from vision.rules.street_vending import VendingSettings
from vision.scene import Scene, SceneMemory
from vision.sources import Box, Frame


def test_stall_with_somebody_who_stays_is_a_case_after_the_dwell() -> None:
    (case,) = play(street((STALL, Role.STALL, 0.7, always), actors=[VENDOR]), vending(), 60)
    assert (case.kind, case.category, case.subcategory) == (IncidentKind.OPENED, "street_vending", "stall")
    assert 30 <= case.detected - case.started <= 31
    assert case.started == 0.0
    assert {reason.condition for reason in case.why} >= {"stall_attended_s", "longest_stay_s", "stall_score"}
    assert [actor.class_name for actor in case.actors] == ["person"]


@pytest.mark.parametrize(
    "stage",
    [
        street((STALL, Role.STALL, 0.7, always)),
        street(actors=[VENDOR]),
        street((STALL, Role.STALL, 0.2, always), actors=[VENDOR]),
        street((STALL, Role.STALL, 0.7, lambda t: int(t) % 4 == 0), actors=[VENDOR]),
        street((STALL, Role.STALL, 0.7, always), actors=[Actor([(0.0, (0.85, 0.8)), (500.0, (0.86, 0.8))])]),
    ],
    ids=["stall alone", "person alone", "hardly a stall", "seen now and then", "person elsewhere"],
)
def test_half_of_it_is_no_case(stage: Street) -> None:
    assert play(stage, vending(), 80) == []


def test_passers_by_do_not_make_a_vendor() -> None:
    passing = [Actor([(6.0 * n, (0.1, 0.8)), (6.0 * n + 12, (1.0, 0.8))]) for n in range(14)]
    assert play(street((STALL, Role.STALL, 0.7, always), actors=passing), vending(dwell=60), 84) == []


def test_vendor_who_was_away_for_long_starts_the_dwell_anew() -> None:
    comes_back = [Actor([(0.0, (0.6, 0.8)), (20.0, (0.6, 0.8))]), Actor([(65.0, (0.6, 0.8)), (200.0, (0.61, 0.8))])]
    stage = street((STALL, Role.STALL, 0.7, always), actors=comes_back)
    assert play(stage, vending(), 90) == []
    (case,) = play(stage, vending(), 110)
    assert case.started >= 64


def test_stall_out_of_hours_is_no_case() -> None:
    stage = street((STALL, Role.STALL, 0.7, always), actors=[VENDOR])
    assert play(stage, vending(schedule=Schedule.parse("03:00-03:01")), 60) == []


def test_stall_that_leaves_is_cleared() -> None:
    stage = street((STALL, Role.STALL, 0.7, lambda t: t < 60), actors=[VENDOR])
    first, second = play(stage, vending(), 140)
    assert (second.kind, second.incident_id) == (IncidentKind.CLEARED, first.incident_id)
    assert second.ended == pytest.approx(59, abs=2)


def test_lock_that_stands_there_from_the_start_is_inventory() -> None:
    rule = lock_rule()
    assert play(street((LOCK, Role.LOCK, 0.95, always)), rule, 60) == []
    (entry,) = rule.register
    assert (entry.state, entry.zone_id, entry.incident_id) == ("inventory", "bay", None)
    assert entry.box == pytest.approx(LOCK)


def test_register_follows_what_became_of_each_lock() -> None:
    rule, seen = lock_rule(), street((LOCK, Role.LOCK, 0.95, lambda t: t < 60))
    assert play(seen, rule, 120) == []
    (entry,) = rule.register
    assert entry.state == "removed"
    assert entry.since == pytest.approx(60, abs=8)


def test_lock_that_comes_later_is_a_case_goes_and_comes_back() -> None:
    seen = street((LOCK, Role.LOCK, 0.95, lambda t: 20 <= t < 60 or t >= 100))
    kinds = [(case.kind, case.incident_id) for case in play(seen, lock_rule(), 140)]
    assert [kind for kind, _ in kinds] == [IncidentKind.OPENED, IncidentKind.CLEARED, IncidentKind.REINSTALLED]
    assert len({incident for _, incident in kinds}) == 1


def test_known_lock_lies_elsewhere_after_a_small_knock_of_the_camera_and_is_no_new_one() -> None:
    """Small enough for its box of before and that of now to be no longer alike."""
    small, shift = (0.6, 0.7, 0.62, 0.73), (6 / 480, 3 / 270)
    now = (small[0] + shift[0], small[1] + shift[1], small[2] + shift[0], small[3] + shift[1])

    def knocked(frame: Frame) -> Frame:
        return replace_picture(frame, np.roll(frame.bgr(), (3, 6), (0, 1)))

    rule, before, after = lock_rule(), Scene("bj-001"), Scene("bj-001")
    assert play(street((small, Role.LOCK, 0.95, always)), rule, 60, scene=before) == []
    seen = street((now, Role.LOCK, 0.95, lambda t: t < 120 or t >= 160))
    memory = before.follow_view(knocked(seen.frame(60.0)), shift)
    assert memory is not None
    after.recall(memory)
    assert play(seen, rule, 120, start=60, scene=after, knocked=knocked) == []
    (entry,) = rule.register
    assert (entry.state, entry.box) == ("inventory", pytest.approx(now, abs=0.003))
    assert play(seen, rule, 160, start=120, scene=after, knocked=knocked) == []
    assert [e.state for e in rule.register] == ["removed"]


def test_car_on_the_bay_does_not_remove_the_lock() -> None:
    car = Actor([(50.0, (0.63, 0.85)), (90.0, (0.63, 0.85))], Role.VEHICLE, "car", size=(0.3, 0.3))
    seen = street((LOCK, Role.LOCK, 0.95, lambda t: t >= 20 and not 50 <= t < 90), actors=[car])
    assert [case.kind for case in play(seen, lock_rule(), 110)] == [IncidentKind.OPENED]


def test_weak_lock_counts_only_where_something_new_stands() -> None:
    weak = (LOCK, Role.LOCK, 0.45, lambda t: t >= 20)
    assert play(street(weak), lock_rule(), 60) == []
    new = [Thing(LOCK, 20.0, colour=(30, 200, 230))]
    assert len(play(street(weak, things=new), lock_rule(), 60)) == 1
    weaker = (LOCK, Role.LOCK, 0.28, lambda t: t >= 20)
    assert play(street(weaker, things=new), lock_rule(), 60) == [], "a jacket on the grass, a cone"


@pytest.mark.parametrize(
    ("score", "every", "cases"), [(0.32, 1, 1), (0.32, 2, 0), (0.52, 2, 1)], ids=["always", "a cone", "surer"]
)
def test_weak_lock_must_be_seen_more_often_the_weaker_it_is(score: float, every: int, cases: int) -> None:
    seen = (LOCK, Role.LOCK, score, lambda t: t >= 20 and t % every == 0)
    assert len(play(street(seen, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))]), lock_rule(), 70)) == cases


@pytest.mark.parametrize(("score", "every", "cases"), [(0.8, 1, 1), (0.8, 2, 0), (0.7, 1, 0)])
def test_lock_that_differs_from_its_ground_in_nothing_must_be_sure_and_seen_at_nearly_every_look(
    score: float, every: int, cases: int
) -> None:
    """A grey lock on grey asphalt; a cone that is called one now and then is none."""
    seen = (LOCK, Role.LOCK, score, lambda t: t >= 20 and t % every == 0)
    assert len(play(street(seen), lock_rule(), 70)) == cases


@pytest.mark.parametrize(("left", "cases"), [(0.42, 1), (0.5, 2)], ids=["under it", "beside it"])
def test_awning_and_table_of_one_stall_are_one_case(left: float, cases: int) -> None:
    table = (left, 0.7, left + 0.14, 0.9)
    stage = street((STALL, Role.STALL, 0.8, always), (table, Role.STALL, 0.8, always), actors=[VENDOR])
    assert len(play(stage, vending(unknown_goods=False), 60)) == cases


@pytest.mark.parametrize(("tricycle", "cases"), [(0.6, 0), (0.4, 1)])
def test_stall_that_is_a_closed_tricycle_as_well_is_none(tricycle: float, cases: int) -> None:
    """A courier stands beside his; a cooking cart on wheels is called a tricycle now and then, too."""
    cart = (STALL, Role.STALL, 0.8, always), (STALL, Role.VEHICLE, tricycle, always)
    assert len(play(street(*cart, actors=[VENDOR]), vending(unknown_goods=False), 60)) == cases


def test_what_the_model_took_for_a_lock_before_anything_was_new_is_no_new_lock() -> None:
    """The foot of a pole, called a lock now and then, beside which a patch of light came to stand."""
    pole = (LOCK, Role.LOCK, 0.45, lambda t: t >= 20)
    assert play(street(pole, things=[Thing(LOCK, 40.0, colour=(30, 200, 230))]), lock_rule(), 90) == []


PART = (LOCK[0], LOCK[1] + (LOCK[3] - LOCK[1]) * 0.6, LOCK[0] + (LOCK[2] - LOCK[0]) * 0.6, LOCK[3])
"""All that differs from the ground of a thin grey lock may be its foot."""


def test_weak_lock_counts_where_a_part_of_it_is_new() -> None:
    weak = (LOCK, Role.LOCK, 0.45, lambda t: t >= 20)
    assert len(play(street(weak, things=[Thing(PART, 20.0, colour=(30, 200, 230))]), lock_rule(), 60)) == 1


@pytest.mark.parametrize(("score", "came", "cases"), [(0.55, 20, 1), (0.45, 20, 0), (0.55, 40, 0)])
def test_lock_that_differs_no_more_than_a_shadow_counts_if_the_model_is_clear_about_it_from_then_on(
    score: float, came: float, cases: int
) -> None:
    stage = street((LOCK, Role.LOCK, score, lambda t: t >= came), shadows=[Thing(LOCK, 20.0)])
    assert len(play(stage, lock_rule(), 70)) == cases


UPPER = (LOCK[0], LOCK[1], LOCK[2], LOCK[1] + (LOCK[3] - LOCK[1]) * 0.75)
"""Of a wheel the foot often looks like the ground."""


@pytest.mark.parametrize(("cart", "cases"), [(Role.STALL, 0), (Role.OTHER, 1)], ids=["a stall", "nothing known"])
def test_wheel_of_a_new_stall_is_no_lock(cart: Role, cases: int) -> None:
    body = (0.5, 0.5, 0.7, 0.8)
    stage = street(
        (LOCK, Role.LOCK, 0.6, lambda t: t >= 20), (body, cart, 0.8, lambda t: t >= 20),
        things=[Thing((0.5, 0.5, 0.7, 0.65), 20.0), Thing(UPPER, 20.0, colour=(30, 200, 230))],
    )  # fmt: skip
    assert len(play(stage, lock_rule(), 60)) == cases


@pytest.mark.parametrize(("stood_until", "cases"), [(19, 0), (1, 1)])
def test_ground_that_came_to_light_where_waste_was_taken_away_is_no_lock(stood_until: float, cases: int) -> None:
    """Known for waste at many looks until the place changed: what is new there is the ground."""
    waste = (LOCK, Role.WASTE, 0.8, lambda t: t <= stood_until)
    stage = street(waste, (LOCK, Role.LOCK, 0.45, lambda t: t >= 20), things=[Thing(LOCK, 20.0)])
    assert len(play(stage, lock_rule(), 60)) == cases


@pytest.mark.parametrize(("waste", "cases"), [(0.9, 0), (0.5, 1)])
def test_what_the_model_calls_waste_more_surely_is_no_lock(waste: float, cases: int) -> None:
    """A sack by night is now the one and now the other."""
    sack = (LOCK, Role.LOCK, 0.6, lambda t: t >= 20), (LOCK, Role.WASTE, waste, lambda t: t >= 20)
    stage = street(*sack, things=[Thing(LOCK, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, lock_rule(), 60)) == cases


@pytest.mark.parametrize(("seen_as", "cases"), [(Role.LOCK, 0), (Role.OTHER, 1)], ids=["a lock", "nothing known"])
def test_lock_is_no_rubbish(seen_as: Role, cases: int) -> None:
    zone = Zone(id="bay", rules=(DumpingSettings(dwell=10, needs_actor=False),))
    stage = street((LOCK, seen_as, 0.35, lambda t: t >= 20), things=[Thing(PART, 20.0, colour=(30, 200, 230))])
    assert len(play(stage, make_rules(zone, lambda moment: moment)[0], 60)) == cases


def test_restart_knows_the_locks_there_were() -> None:
    before, seen = lock_rule(), street((LOCK, Role.LOCK, 0.95, lambda t: t >= 20))
    (case,) = play(seen, before, 60)
    after = lock_rule()
    after.load(before.save())
    assert play(seen, after, 120, start=60) == []
    gone = street((LOCK, Role.LOCK, 0.95, lambda t: t < 130))
    assert [c.incident_id for c in play(gone, after, 170, start=120)] == [case.incident_id]


def test_stall_before_a_shop_is_another_subcategory() -> None:
    zone = Zone(id="z", tags=("shopfront",), rules=(VendingSettings(dwell=30),))
    rule = make_rules(zone, lambda moment: moment)[0]
    (case,) = play(street((STALL, Role.STALL, 0.7, always), actors=[VENDOR]), rule, 60)
    assert case.subcategory == "shop_goods"


def test_parked_van_is_sold_from_only_when_buyers_come_in_turn() -> None:
    van = Actor([(0.0, (0.4, 0.8)), (500.0, (0.4, 0.8))], role=Role.VEHICLE, name="truck", size=(0.2, 0.3))
    seller = Actor([(0.0, (0.54, 0.8)), (500.0, (0.54, 0.8))])
    buyers = [Actor([(t, (0.61, 0.8)), (t + 8.0, (0.61, 0.8))]) for t in (15.0, 40.0)]
    assert play(street(actors=[van, seller]), vending(), 80) == []
    (case,) = play(street(actors=[van, seller, *buyers]), vending(), 80)
    assert case.subcategory == "vehicle"
    assert {r.condition: r.value for r in case.why}["buyers_came"] == 2
    assert play(street(actors=[van, seller, *buyers]), vending(unknown_goods=False), 80) == []


@pytest.mark.parametrize(("foot", "cases"), [(0.52, 1), (0.95, 0)], ids=["at the van", "far before it"])
def test_who_passes_a_parked_van_far_nearer_to_the_camera_does_not_buy_from_it(foot: float, cases: int) -> None:
    """In the picture they touch it. How high walkers are in which row tells where the ground ends: at 0.35."""

    def body(x: float, y: float, start: float, end: float, to: float | None = None) -> Actor:
        return Actor([(start, (x, y)), (end, (x if to is None else to, y))], size=(0.25 * (y - 0.35), y - 0.35))

    walkers = [body(0.1, y, 0.0, 12.0, to=0.9) for y in (0.55, 0.65, 0.75, 0.85)]
    van = Actor([(0.0, (0.5, 0.5)), (500.0, (0.5, 0.5))], role=Role.VEHICLE, name="truck", size=(0.16, 0.14))
    seller = body(0.6, 0.5, 14.0, 500.0)
    buyers = [body(0.66, foot, t, t + 8.0) for t in (30.0, 55.0)]
    assert len(play(street(actors=[van, seller, *buyers, *walkers]), vending(), 100)) == cases


def test_stall_that_was_once_imagined_in_a_place_has_not_stood_there_since() -> None:
    seen = (STALL, Role.STALL, 0.7, lambda t: t < 1 or t >= 9)
    (case,) = play(street(seen, actors=[VENDOR]), vending(), 60)
    assert case.started == pytest.approx(9, abs=1)


@pytest.mark.parametrize(
    ("score", "things", "cases"), [(0.35, [Thing(STALL, 12.0)], 1), (0.35, [], 0), (0.2, [Thing(STALL, 12.0)], 0)]
)
def test_weak_stall_counts_only_where_something_new_stands(score: float, things: list[Thing], cases: int) -> None:
    assert len(play(street((STALL, Role.STALL, score, always), things=things, actors=[VENDOR]), vending(), 60)) == cases


@pytest.mark.parametrize(("things", "cases"), [([Thing(STALL, 12.0)], 1), ([], 0)], ids=["new there", "nothing new"])
def test_stall_that_the_model_seldom_sees_counts_only_where_something_new_stands(
    things: list[Thing], cases: int
) -> None:
    stage = street((STALL, Role.STALL, 0.7, lambda t: int(t) % 3 == 0), things=things, actors=[VENDOR])
    assert len(play(stage, vending(), 60)) == cases


@pytest.mark.parametrize(("goods", "cases"), [((0.4, 0.72, 0.56, 0.8), 1), ((0.5, 0.74, 0.53, 0.8), 0)])
def test_goods_on_the_ground_are_spread_out_and_bought(goods: Box, cases: int) -> None:
    brought = Actor(
        [(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (15.0, (0.6, 0.8)), (200.0, (0.6, 0.8))]
    )
    buyers = [
        Actor([(t, (1.1, 0.85)), (t + 3, (0.68, 0.85)), (t + 12, (0.68, 0.85)), (t + 15, (1.1, 0.85))])
        for t in (20, 45)
    ]
    stage = street(actors=[brought, *buyers], things=[Thing(goods, 11.0)])
    found = play(stage, vending(), 80)
    assert [(case.category, case.subcategory) for case in found] == [("street_vending", "goods")] * cases


def test_stall_has_stood_since_its_place_changed_not_since_the_model_knew_it() -> None:
    stage = street((STALL, Role.STALL, 0.7, lambda t: t >= 30), things=[Thing(STALL, 12.0)], actors=[VENDOR])
    (case,) = play(stage, vending(), 60)
    assert case.started == pytest.approx(12.0, abs=2.0)


def test_vendor_of_before_a_restart_goes_on_with_his_time() -> None:
    stage = street((STALL, Role.STALL, 0.7, always), actors=[VENDOR])
    first, second = vending(), vending()
    scene = Scene("bj-001")
    for step in range(20):
        frame = stage.frame(float(step))
        scene.wants_detections(frame)
        assert first.update(scene.update(frame, stage.detections(float(step)))) == []
    memory = scene.remember()
    assert memory is not None
    again = Scene("bj-001")
    again.recall(SceneMemory.from_bytes(memory.to_bytes()))
    second.load(json.loads(json.dumps(first.save())))
    found: list[Incident] = []
    for step in range(24, 45):
        frame = stage.frame(float(step))
        again.wants_detections(frame)
        found += second.update(again.update(frame, stage.detections(float(step))))
    (case,) = found
    assert case.started < 6
    assert case.detected < 40


def test_lock_that_still_stands_after_the_deadline_is_told_again_once() -> None:
    seen = street((LOCK, Role.LOCK, 0.95, lambda t: t >= 20))
    reports = play(seen, lock_rule(deadline=60), 260)
    assert [report.kind for report in reports] == [IncidentKind.OPENED, IncidentKind.UPDATED]
    assert {r.condition for r in reports[1].why} >= {"still_there_s"}


@pytest.mark.parametrize(("box", "position"), [((0.6, 0.7, 0.66, 0.78), "raised"), ((0.6, 0.7, 0.66, 0.73), "folded")])
def test_raised_or_folded_is_recorded(box: Box, position: str) -> None:
    (case, *_) = play(street((box, Role.LOCK, 0.95, lambda t: t >= 20)), lock_rule(), 60)
    assert position in {reason.condition for reason in case.why}


def test_zone_that_nobody_entered_is_hardly_looked_at_closely() -> None:
    rule, scene = lock_rule(), Scene("bj-001")
    stage = street(actors=[Actor([(300.0, (-0.1, 0.8)), (312.0, (1.1, 0.8))])])
    wanted = []
    for step in range(0, 480, 2):
        frame = stage.frame(float(step))
        scene.wants_detections(frame)
        box = rule.look_at(frame.time)
        seen = stage.detections(float(step))
        if box is not None:
            wanted.append(step)
            seen = replace(seen, regions=(box,))
        rule.update(scene.update(frame, seen))
    assert [step for step in wanted if 80 < step < 300 or step > 380] == []
    assert [step for step in wanted if 300 < step < 380]
