"""What is new there counts for more than what a network says of it, and than how long the worker has been on."""

from __future__ import annotations

import pytest

from tests.rules.street import LOCK, STALL, VENDOR, always, lock_rule, play, street, vending
from tests.scene.stage import Actor, Thing
from vision.detect import Role
from vision.sources import Box

YELLOW = (30, 200, 230)
POST: Box = (0.62, 0.62, 0.645, 0.78)


@pytest.mark.parametrize(
    ("stands_from", "state"), [(16.0, "open"), (-10.0, "inventory")], ids=["put up at 16 s", "from the start"]
)
def test_lock_that_is_seen_to_come_is_no_inventory_even_just_after_the_start(stands_from: float, state: str) -> None:
    """The detector is sure before its place has come to differ, so that it stands in the list for a moment."""
    rule = lock_rule(inventory=30)
    seen = (LOCK, Role.LOCK, 0.95, lambda t: t >= 14)
    found = play(street(seen, things=[Thing(LOCK, stands_from, colour=YELLOW)]), rule, 60)
    assert [entry.state for entry in rule.register] == [state]
    assert len(found) == (state == "open")


@pytest.mark.parametrize(
    ("van_from", "missed", "lock_from", "state"),
    [(-60.0, False, -60.0, "inventory"), (-60.0, True, -60.0, "inventory"), (13.0, False, 15.0, "open")],
    ids=["hidden from the start", "by a van that is not seen", "brought"],
)
def test_lock_behind_a_vehicle_is_new_if_its_place_was_seen_before_the_vehicle_came(
    van_from: float, missed: bool, lock_from: float, state: str
) -> None:
    path = [(van_from, (0.63, 0.85)), (18.0, (0.63, 0.85)), (20.0, (1.3, 0.85))]
    van = Actor(path, Role.VEHICLE, "truck", (0.3, 0.4), missed=(-60.0, 60.0) if missed else (0.0, 0.0))
    seen = (LOCK, Role.LOCK, 0.95, lambda t: t >= 20)
    rule = lock_rule(inventory=30)
    play(street(seen, things=[Thing(LOCK, lock_from, colour=YELLOW)], actors=[van]), rule, 60)
    assert [entry.state for entry in rule.register] == [state]


@pytest.mark.parametrize(
    ("stands_from", "lock", "cases"),
    [(20.0, 0.7, 1), (20.0, 0.5, 0), (-10.0, 0.7, 0)],
    ids=["a new post", "less sure", "from the start"],
)
def test_new_post_that_only_close_looks_know_for_a_lock_is_one(stands_from: float, lock: float, cases: int) -> None:
    stage = street(things=[Thing(POST, stands_from, colour=YELLOW)])
    found = play(stage, lock_rule(), 60, closely={"lock": lock, "post": 1 - lock})
    assert [case.category for case in found] == ["ground_lock"] * cases


def test_post_that_only_close_looks_know_is_cleared_when_it_goes_and_stays_one_case() -> None:
    stage = street(things=[Thing(POST, 20.0, 60.0, colour=YELLOW)])
    found = play(stage, lock_rule(), 110, closely={"lock": 0.8})
    assert [case.kind for case in found] == ["opened", "cleared"]


def test_lock_of_which_only_the_legs_differ_from_the_ground_is_one_case() -> None:
    legs = [Thing((left, 0.7, left + 0.012, 0.78), 20.0, colour=YELLOW) for left in (0.6, 0.635)]
    found = play(street(things=legs), lock_rule(), 60, closely={"lock": 0.8})
    assert [case.kind for case in found] == ["opened"]


BUYERS = [
    Actor([(start, (0.2, 0.95)), (start + 2, (0.35, 0.82)), (start + 11, (0.36, 0.82)), (start + 13, (0.2, 0.98))])
    for start in (14.0, 36.0)
]


@pytest.mark.parametrize(("buyers", "cases"), [(BUYERS, 1), (BUYERS[:1], 0), ([], 0)])
def test_stall_that_close_looks_doubt_is_one_if_people_come_to_buy(buyers: list[Actor], cases: int) -> None:
    """Real stalls have as little as 0.1 at close looks."""
    stage = street((STALL, Role.STALL, 0.6, always), actors=[VENDOR, *buyers])
    found = play(stage, vending(), 70, closely={"stall": 0.15, "other": 0.5})
    assert len(found) == cases
    for case in found:
        assert ("buyers_came", 2) in {(why.condition, why.threshold) for why in case.why}
    assert play(stage, vending(unknown_goods=False), 70, closely={"stall": 0.15, "other": 0.5}) == []


@pytest.mark.parametrize(("comes", "cases"), [(5.0, 1), (-10.0, 0)], ids=["brought in", "from the start"])
def test_stall_that_is_brought_in_needs_less_of_close_looks(comes: float, cases: int) -> None:
    vendor = Actor([(4.0, (0.6, 0.8)), (50.0, (0.61, 0.8)), (500.0, (0.6, 0.8))])
    seen = (STALL, Role.STALL, 0.6, lambda t: t >= 5)
    stage = street(seen, actors=[vendor], things=[Thing(STALL, comes)])
    assert len(play(stage, vending(), 60, closely={"stall": 0.25, "other": 0.5})) == cases
