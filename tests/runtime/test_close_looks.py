"""Which things get a close look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from vision.config import Polygon, Zone
from vision.detect import Role
from vision.runtime.close_looks import MOST_AT_ONCE, look_closely
from vision.scene import Place, SceneState, StaticThing, StillKeeper, Track
from vision.sources import Box, Frame, Image

ZONE = Zone(id="left", polygon=Polygon([[0, 0], [0.5, 0], [0.5, 1], [0, 1]]))
FRAME = Frame.from_bgr(np.full((180, 320, 3), 99, np.uint8), camera_id="a", time=60.0)
INSIDE, OUTSIDE = (0.1, 0.5, 0.2, 0.6), (0.8, 0.5, 0.9, 0.6)


class Asked:
    """A classifier that notes what it was asked."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []

    def __call__(self, image: Image, boxes: Sequence[Box]) -> Sequence[Mapping[str, float]]:
        assert image.shape == (180, 320, 3)
        self.boxes += boxes
        return [{"rubbish": 1.0}] * len(boxes)


def thing(number: int = 1, box: Box = INSIDE, *, brought: bool = True) -> StaticThing:
    made = StaticThing(number, box, np.ones((2, 2), np.bool_), 20.0, 20.0, 22.0, 60.0, 24.0)
    if brought:
        made.actors[3] = Track(3, Role.PERSON, "person", box, 0.8, 18.0, 24.0, 18.0, box)
    return made


def place(box: Box = INSIDE, hits: int = 2, last_seen: float = 60.0) -> Place:
    return Place(1, Role.STALL, box, 20.0, last_seen, last_seen, hits=hits)


def look(things: Sequence[StaticThing] = (), places: Sequence[Place] = (), wanted: Sequence[int] = ()) -> list[Box]:
    asked = Asked()
    state = SceneState("a", 60.0, FRAME, (), tuple(things), tuple(places), None, StillKeeper(), True, 16 / 9)
    look_closely(asked, FRAME, state, [ZONE], wanted)
    return asked.boxes


def test_what_somebody_brought_into_a_zone_is_looked_at_and_the_answer_kept() -> None:
    bag = thing()
    assert look([bag]) == [INSIDE]
    assert (bag.kinds.looks, bag.kinds.last) == (1, 60.0)
    assert look([bag]) == [], "not again at once"


@pytest.mark.parametrize("case", ["elsewhere", "nobody's", "hidden", "gone"])
def test_what_cannot_become_a_case_is_not(case: str) -> None:
    bag = thing(box=OUTSIDE if case == "elsewhere" else INSIDE, brought=case != "nobody's")
    bag.visible = case != "hidden"
    bag.gone_since = 50.0 if case == "gone" else None
    assert look([bag]) == []


def test_what_somebody_stays_at_is_though_nobody_was_seen_to_bring_it() -> None:
    cart = thing(brought=False)
    cart.attended = True
    assert look([cart]) == [INSIDE]


def test_what_nobody_was_seen_to_bring_is_if_a_rule_wants_to_know() -> None:
    assert look([thing(4, brought=False)], wanted=[4]) == [INSIDE]


@pytest.mark.parametrize(("hits", "last_seen", "looks"), [(2, 60.0, 1), (1, 60.0, 0), (2, 58.0, 0)])
def test_what_the_detector_alone_sees_is_once_it_has_seen_it_twice(hits: int, last_seen: float, looks: int) -> None:
    assert len(look(places=[place(hits=hits, last_seen=last_seen)])) == looks


@pytest.mark.parametrize(("width", "looks"), [(0.03, 0), (0.05, 1)], ids=["9 pixels", "16 pixels"])
def test_what_is_too_small_to_be_told_is_not_asked_of(width: float, looks: int) -> None:
    assert len(look([thing(box=(0.1, 0.5, 0.1 + width, 0.55))])) == looks


def test_a_few_at_a_time_the_least_known_first() -> None:
    many = [thing(n, (0.05 * n, 0.5, 0.05 * n + 0.045, 0.6)) for n in range(1, MOST_AT_ONCE + 3)]
    many[0].kinds.add({"rubbish": 1.0}, 10.0)
    assert len(look(many)) == MOST_AT_ONCE
    assert many[0].kinds.looks == 1


@pytest.mark.parametrize(
    ("box", "asked", "looks"),
    [((0.1, 0.5, 0.2, 0.61), 1, 1), ((0.1, 0.5, 0.14, 0.55), 1, 0)],
    ids=["one box", "a piece"],
)
def test_what_is_told_of_a_box_is_told_of_what_else_is_in_it(box: Box, asked: int, looks: int) -> None:
    """What the detector calls a lock and what is new there are one, though nobody was seen to bring it."""
    lock, new = place(), thing(box=box, brought=False)
    assert len(look([new], [lock])) == asked
    assert lock.kinds.looks == 1
    assert new.kinds.looks == looks


def test_one_box_is_asked_of_once() -> None:
    stall, cart = place(), thing()
    assert len(look([cart], [stall])) == 1
    assert (stall.kinds.looks, cart.kinds.looks) == (1, 1)
