"""What the scene makes of a street: which changes become things, which do not."""

from __future__ import annotations

import pytest

from tests.scene.stage import Actor, Stage, Thing, passer_by
from vision.detect import Role
from vision.scene import Scene, SceneState, StaticThing

BAG = (0.48, 0.74, 0.53, 0.82)


def play(stage: Stage, end: float, fps: float = 4.0, begin: float = 0.0) -> list[SceneState]:
    """Run the scene over the stage; the detector is asked whenever the scene wants it."""
    scene = Scene("stage")
    states = []
    for step in range(int((end - begin) * fps)):
        time = begin + step / fps
        frame = stage.frame(time)
        states.append(scene.update(frame, stage.detections(time) if scene.wants_detections(frame) else None))
    return states


def standing(states: list[SceneState]) -> list[StaticThing]:
    return [thing for thing in states[-1].things if thing.gone_since is None]


def sound(thing: StaticThing) -> bool:
    """Nothing speaks against the thing."""
    return max(thing.body_share, thing.light_share, thing.ghost_share, thing.restless) < 0.3


@pytest.mark.parametrize("fps", [0.5, 1.0, 5.0])
def test_thing_left_by_a_passer_by_is_found_with_its_actor_at_any_rate(fps: float) -> None:
    walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
    states = play(Stage(actors=[walker], things=[Thing(BAG, 11.0)]), 30, fps)
    (thing,) = standing(states)
    assert sound(thing)
    assert thing.box == pytest.approx(BAG, abs=0.02)
    assert [track.name for track in thing.actors.values()] == ["person"]
    assert thing.unattended_s(29.0) == pytest.approx(29 - 14.5, abs=1 / fps + 1.0)


def test_owner_who_stays_beside_it_keeps_it_attended() -> None:
    walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.56, 0.8)), (40.0, (0.57, 0.8))])
    states = play(Stage(actors=[walker], things=[Thing(BAG, 11.0)]), 35)
    assert all(thing.unattended_s(states[-1].time) == 0 for thing in standing(states))


def test_thing_taken_up_again_is_gone() -> None:
    walker = Actor(
        [(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (14.0, (0.62, 0.8)), (18.0, (0.5, 0.8)), (22.0, (1.1, 0.8))]
    )
    stage = Stage(actors=[walker], things=[Thing(BAG, 11.0, 18.0)])
    assert len(standing(play(stage, 15))) == 1
    assert standing(play(stage, 30)) == []


def test_person_who_stands_still_is_no_thing_even_where_the_detector_misses_him() -> None:
    waiting = Actor([(3.0, (-0.1, 0.8)), (6.0, (0.5, 0.8)), (40.0, (0.5, 0.8))], missed=(20.0, 22.0))
    states = play(Stage(actors=[waiting]), 35)
    assert [thing for thing in standing(states) if sound(thing)] == []


def test_car_that_parks_is_no_thing() -> None:
    car = Actor([(3.0, (-0.2, 0.7)), (8.0, (0.5, 0.7)), (60.0, (0.5, 0.7))], Role.VEHICLE, "car", size=(0.25, 0.2))
    assert [thing for thing in standing(play(Stage(actors=[car]), 40)) if sound(thing)] == []


def test_person_in_the_first_picture_leaves_no_ghost() -> None:
    early = Actor([(0.0, (0.5, 0.8)), (6.0, (0.5, 0.8)), (10.0, (1.1, 0.8))])
    assert standing(play(Stage(actors=[early]), 25)) == []


def test_thing_taken_away_is_told_from_a_thing_that_came() -> None:
    stage = Stage(actors=[passer_by(10, 16)], things=[Thing((0.4, 0.5, 0.5, 0.7), 0.0, 13.0)])
    assert [thing.ghost_share > 0.5 for thing in standing(play(stage, 25))] == [True]


@pytest.mark.parametrize("gain", [0.55, 0.8, 1.25, 1.6])
def test_light_that_is_switched_makes_no_thing(gain: float) -> None:
    states = play(Stage(gain=[(0.0, 1.0), (12.0, gain)]), 30)
    assert [thing for state in states for thing in state.things if sound(thing)] == []


def test_shadow_that_falls_and_stays_is_light() -> None:
    stage = Stage(shadows=[Thing((0.4, 0.6, 0.55, 0.75), 10.0)])
    assert [thing for thing in standing(play(stage, 25)) if sound(thing)] == []


def test_place_under_a_mask_is_not_looked_at() -> None:
    import numpy as np

    stage = Stage(things=[Thing((0.05, 0.02, 0.3, 0.1), 10.0)])
    scene = Scene("stage", (np.array([[0, 0], [0.4, 0], [0.4, 0.15], [0, 0.15]], np.float32),))
    for step in range(100):
        frame = stage.frame(step / 4)
        scene.wants_detections(frame)
        assert scene.update(frame, stage.detections(step / 4)).things == ()


def test_quiet_street_does_not_ask_the_detector_much() -> None:
    stage, scene = Stage(), Scene("stage")
    asked = 0
    for step in range(60):
        frame = stage.frame(step * 1.0)
        wanted = scene.wants_detections(frame)
        asked += wanted
        scene.update(frame, stage.detections(step * 1.0) if wanted else None)
    assert asked <= 7  # at the start and every ten seconds


def test_many_passers_by_in_front_neither_end_nor_double_a_thing() -> None:
    walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
    crowd = [passer_by(20 + 3 * n, 26 + 3 * n, y=0.84, left_to_right=n % 2 == 0) for n in range(6)]
    states = play(Stage(actors=[walker, *crowd], things=[Thing(BAG, 11.0)]), 55)
    assert {thing.thing_id for state in states[80:] for thing in state.things if sound(thing)} == {
        standing(states)[0].thing_id
    }


def test_weak_word_that_a_bag_is_a_person_counts_little_and_a_sure_one_counts() -> None:
    shares = {}
    for score in (0.22, 0.8):
        walker = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
        centre = ((BAG[0] + BAG[2]) / 2, BAG[3])
        size = (BAG[2] - BAG[0], BAG[3] - BAG[1])
        mistaken = [Actor([(t, centre), (t + 1.6, centre)], size=size, score=score) for t in (20.0, 24.0, 28.0)]
        thing = max(standing(play(Stage(actors=[walker, *mistaken], things=[Thing(BAG, 11.0)]), 31)), key=_area)
        shares[score] = thing.body_share
    assert shares[0.22] < 0.2 < shares[0.8]


def _area(thing: StaticThing) -> float:
    return (thing.box[2] - thing.box[0]) * (thing.box[3] - thing.box[1])
