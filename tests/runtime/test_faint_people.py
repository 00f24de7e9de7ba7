"""People whom the detector sees too weakly count where a rule waits for somebody, if a close look confirms them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from tests.rules.street import STALL, always, street
from tests.scene.stage import Actor
from vision.config import Camera, Zone
from vision.detect import Detections, Role
from vision.rules.street_vending import VendingSettings
from vision.runtime.close_looks import MOST_AT_ONCE
from vision.runtime.faint_people import SPOT_MISSED, FaintPeople
from vision.runtime.perception import Perception
from vision.scene import Track
from vision.scene.tracking import BEGIN_SCORE
from vision.sources import Box, Frame, Image

CART = (0.4, 0.5, 0.5, 0.7)
BEHIND, STEP_OFF, FAR = (0.5, 0.45, 0.54, 0.7), (0.56, 0.45, 0.6, 0.7), (0.9, 0.45, 0.94, 0.7)
FRAME = Frame.from_bgr(np.full((180, 320, 3), 99, np.uint8), camera_id="a", time=60.0)


class Asked:
    """A classifier that sees the same everywhere and notes what it was asked."""

    def __init__(self, **shares: float) -> None:
        self.boxes: list[Box] = []
        self.shares = shares

    def __call__(self, image: Image, boxes: Sequence[Box]) -> Sequence[Mapping[str, float]]:
        self.boxes += boxes
        return [self.shares] * len(boxes)


def detected(*seen: tuple[Box, float], role: Role = Role.PERSON) -> Detections:
    boxes = np.array([box for box, _ in seen], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score in seen], np.float32)
    return Detections(boxes, scores, np.zeros(len(seen), np.int32), (role,) * len(seen), (role.value,) * len(seen))


@pytest.mark.parametrize(("person", "score"), [(0.5, BEGIN_SCORE), (0.3, 0.22)])
def test_somebody_faint_at_a_stall_counts_if_a_close_look_shows_a_person(person: float, score: float) -> None:
    asked = Asked(person=person, cycle=1 - person)
    found = FaintPeople(asked).believe(FRAME, detected((BEHIND, 0.22)), (), [CART])
    assert asked.boxes == [pytest.approx(BEHIND)]
    assert found.scores.tolist() == pytest.approx([score])


@pytest.mark.parametrize("case", ["elsewhere", "sure", "followed", "no person", "nowhere"])
def test_nobody_is_asked_of_who_makes_no_difference(case: str) -> None:
    box = FAR if case == "elsewhere" else BEHIND
    seen = detected((box, 0.7 if case == "sure" else 0.3), role=Role.VEHICLE if case == "no person" else Role.PERSON)
    tracks = [Track(3, Role.PERSON, "person", box, 0.8, 18.0, 24.0, 18.0, box)] if case == "followed" else []
    asked = Asked(person=1.0)
    found = FaintPeople(asked).believe(FRAME, seen, tracks, [] if case == "nowhere" else [CART])
    assert asked.boxes == []
    assert found.scores.tolist() == seen.scores.tolist()


def test_the_strongest_few_are_asked_of() -> None:
    seen = detected(*((BEHIND, 0.2 + 0.01 * number) for number in range(MOST_AT_ONCE + 2)))
    asked = Asked(person=1.0)
    found = FaintPeople(asked).believe(FRAME, seen, (), [CART])
    assert len(asked.boxes) == MOST_AT_ONCE
    assert found.scores[:2].tolist() == pytest.approx([0.2, 0.21])
    assert (found.scores[2:] == np.float32(BEGIN_SCORE)).all()


def at(time: float) -> Frame:
    return Frame.from_bgr(FRAME.bgr(), camera_id="a", time=time)


def test_who_was_seen_twice_in_a_spot_is_there_while_close_looks_say_so() -> None:
    asked = Asked(person=0.9)
    people = FaintPeople(asked)
    for time, score in ((60.0, 0.22), (66.0, 0.7)):
        people.believe(at(time), detected((BEHIND, score)), (), [CART])
    before = len(asked.boxes)
    found = people.believe(at(90.0), detected(), (), [CART])
    assert asked.boxes[before:] == [pytest.approx(BEHIND)]
    assert (found.roles, found.names) == ((Role.PERSON,), ("person",))
    assert found.boxes[0].tolist() == pytest.approx(BEHIND)
    assert found.scores.tolist() == pytest.approx([BEGIN_SCORE])
    asked.shares = {"person": 0.4, "other": 0.6}
    gone = [len(people.believe(at(92.0 + 2 * n), detected(), (), [CART])) for n in range(SPOT_MISSED)]
    assert gone == [0] * SPOT_MISSED
    before = len(asked.boxes)
    people.believe(at(100.0), detected(), (), [CART])
    assert len(asked.boxes) == before, "the spot is given up"


@pytest.mark.parametrize(
    ("box", "again", "then"),
    [
        (BEHIND, 60.6, "nobody"),
        (BEHIND, 75.0, "nobody"),
        (STEP_OFF, 64.0, "nobody"),
        (BEHIND, 64.0, "stands in it"),
        (BEHIND, 64.0, "no stall for a look"),
    ],
    ids=["passes", "another, later", "a step off", "seen", "no stall for a look"],
)
def test_spots_are_asked_of_only_where_somebody_stayed_and_may_be_missed(box: Box, again: float, then: str) -> None:
    asked = Asked(person=0.9)
    people = FaintPeople(asked)
    for time in (60.0, again):
        people.believe(at(time), detected((box, 0.7)), (), [CART])
    if then == "no stall for a look":
        people.believe(at(80.0), detected(), (), [])
    seen = detected((box, 0.7)) if then == "stands in it" else detected()
    assert len(people.believe(at(81.0), seen, (), [CART])) == len(seen)
    assert asked.boxes == []


@pytest.mark.parametrize(("person", "cases"), [(0.9, 1), (0.1, 0)])
def test_vendor_who_is_faint_all_the_time_is_one_to_close_looks(person: float, cases: int) -> None:
    """Behind his goods, by infrared, the detector sees him at a quarter: never enough to begin to follow him."""
    camera = Camera(id="bj-001", source="x.mp4", zones=(Zone(id="z", rules=(VendingSettings(dwell=20),)),))
    asked = Asked(stall=0.9, person=person)
    perception = Perception(camera, lambda moment: moment, (640, 384), classify=asked)
    vendor = Actor([(0.0, (0.6, 0.8)), (500.0, (0.6, 0.8))])
    stage = street((STALL, Role.STALL, 0.8, always), actors=[vendor])
    told = []
    for second in range(60):
        frame, seen = stage.frame(float(second)), stage.detections(float(second))
        weak = np.where([role is Role.PERSON for role in seen.roles], np.float32(0.25), seen.scores)
        seen = Detections(seen.boxes, weak.astype(np.float32), seen.class_ids, seen.roles, seen.names)
        perception.look(frame)
        told += perception.take(frame, seen)
    assert [case.category for case in told] == ["street_vending"] * cases
