"""A place is the same in another light: what stands there goes on standing, what is taken away is seen to go."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, Thing
from tests.scene.test_scene import BAG, play, sound, standing
from vision.scene import Scene, SceneMemory, SceneState

WALKER = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])
FIRST_NIGHT = (-24.0, -12.0)
DUSK = [(20.0 + step, 1.0 - 0.004 * step) for step in range(120)]
"""The light falls by half in two minutes."""


def bag(until: float = 1e9) -> Thing:
    return Thing(BAG, 11.0, until)


def ids(states: list[SceneState], since: float) -> set[int]:
    """Things that stood at any look from a time on."""
    return {t.thing_id for s in states if s.time >= since for t in s.things if t.gone_since is None and sound(t)}


@pytest.mark.parametrize(
    "stage",
    [
        Stage([WALKER], [bag()], infrared=(FIRST_NIGHT, (40.0, 1e9))),
        Stage([WALKER], [bag()], infrared=(FIRST_NIGHT, (40.0, 80.0))),
        Stage([WALKER], [bag()], gain=[(-1e9, 1.0), (40.0, 0.45)]),
        Stage([WALKER], [bag()], gain=[(-1e9, 1.0), *DUSK]),
    ],
    ids=["infrared", "infrared and back", "lamps off", "dusk"],
)
@pytest.mark.parametrize("fps", [0.5, 2.0])
def test_thing_stands_on_under_its_number_when_the_light_changes(stage: Stage, fps: float) -> None:
    states = play(stage, 145, fps, FIRST_NIGHT[0] - 12.0)
    (thing,) = standing(states)
    assert ids(states, 20.0) == {thing.thing_id}
    assert sound(thing)


@pytest.mark.parametrize(
    "stage",
    [
        Stage([WALKER], [bag(150.0)], infrared=(FIRST_NIGHT, (40.0, 1e9))),
        Stage([WALKER], [bag(150.0)], infrared=(FIRST_NIGHT, (40.0, 80.0))),
        Stage([WALKER], [bag(150.0)], gain=[(-1e9, 1.0), (40.0, 0.45)]),
        Stage([WALKER], [bag(150.0)], gain=[(-1e9, 1.0), *DUSK]),
    ],
    ids=["infrared", "infrared and back", "lamps off", "dusk"],
)
def test_thing_that_is_taken_away_in_another_light_is_seen_to_go(stage: Stage) -> None:
    states = play(stage, 170, 1.0, FIRST_NIGHT[0] - 12.0)
    gone = [t.gone_since for s in states if s.time > 150 for t in s.things]
    assert gone
    assert all(at is not None and 150 <= at <= 160 for at in gone)
    assert standing(states) == []


def test_where_somebody_stood_while_the_light_changed_nothing_new_is_seen() -> None:
    waiting = Actor([(20.0, (-0.1, 0.8)), (26.0, (0.3, 0.8)), (60.0, (0.3, 0.8)), (66.0, (1.1, 0.8))])
    states = play(Stage([waiting], infrared=(FIRST_NIGHT, (40.0, 1e9))), 100, 2.0)
    assert ids(states, 60.0) == set()


def test_a_light_seen_before_is_known_after_a_restart() -> None:
    """Put down by day, killed by night, and the night's view is known from before: the bag is watched on at once."""
    stage = Stage([WALKER], [bag()], infrared=(FIRST_NIGHT, (40.0, 80.0)))
    scene = Scene("stage")
    for step in range(2 * 110):
        frame = stage.frame(step / 2)
        scene.update(frame, stage.detections(step / 2) if scene.wants_detections(frame) else None)
    memory = scene.remember()
    assert memory is not None
    assert len(memory.lights) == 1
    again = SceneMemory.from_bytes(memory.to_bytes())
    night = Stage([], [bag()], infrared=((0.0, 1e9),))
    restarted = Scene("stage")
    restarted.recall(again)
    states = []
    for step in range(40):
        frame = night.frame(120 + step / 4)
        restarted.wants_detections(frame)
        states.append(restarted.update(frame, night.detections(120 + step / 4)))
    assert {thing.thing_id for thing in states[-1].things} == {thing.thing_id for thing in memory.things}
    assert all(thing.visible for thing in states[-1].things)
    assert np.array_equal(again.lights[0][0], memory.lights[0][0])
