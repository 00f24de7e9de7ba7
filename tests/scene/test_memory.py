"""What a scene still knows after a restart."""

from __future__ import annotations

import pytest

from tests.scene.stage import Actor, Stage, Thing
from vision.scene import Scene, SceneMemory, SceneMemoryError

BAG = (0.48, 0.74, 0.53, 0.82)
WALKER = Actor([(6.0, (-0.1, 0.8)), (10.0, (0.5, 0.8)), (13.0, (0.5, 0.8)), (17.0, (1.1, 0.8))])


def play(scene: Scene, stage: Stage, start: float, end: float, fps: float = 4.0) -> list:
    states = []
    for step in range(int(start * fps), int(end * fps)):
        frame = stage.frame(step / fps)
        wanted = scene.wants_detections(frame)
        states.append(scene.update(frame, stage.detections(step / fps) if wanted else None))
    return states


def restarted(scene: Scene) -> Scene:
    """A new scene that remembers what the old one wrote to disk."""
    memory = scene.remember()
    assert memory is not None
    again = Scene("stage")
    again.recall(SceneMemory.from_bytes(memory.to_bytes()))
    return again


def test_thing_put_down_before_a_restart_keeps_its_time_and_its_actor() -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    (after,) = play(restarted(scene), stage, 25, 32)[-1].things
    assert (after.thing_id, after.appeared, after.last_near) == (before.thing_id, before.appeared, before.last_near)
    assert [actor.name for actor in after.actors.values()] == ["person"]
    assert after.looks > before.looks


def test_thing_taken_away_while_the_worker_was_down_is_gone() -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0, 22.0)]), Scene("stage")
    assert len(play(scene, stage, 0, 18)[-1].things) == 1
    standing = [thing for thing in play(restarted(scene), stage, 25, 32)[-1].things if thing.gone_since is None]
    assert standing == []


def test_thing_that_came_while_the_worker_was_down_is_found_as_new() -> None:
    stage, scene = Stage(things=[Thing(BAG, 20.0)]), Scene("stage")
    assert play(scene, stage, 0, 18)[-1].things == ()
    (thing,) = play(restarted(scene), stage, 25, 32)[-1].things
    assert thing.box == pytest.approx(BAG, abs=0.02)
    assert thing.unwatched
    assert thing.brought


def test_whoever_walks_by_after_an_absence_is_not_taken_for_the_bringer() -> None:
    passer = Actor([(24.0, (0.2, 0.8)), (26.0, (0.55, 0.8)), (29.0, (1.2, 0.8))])
    stage, scene = Stage(actors=[passer], things=[Thing(BAG, 20.0)]), Scene("stage")
    play(scene, stage, 0, 18)
    (thing,) = play(restarted(scene), stage, 25, 34)[-1].things
    assert thing.unwatched
    assert thing.actors == {}


@pytest.mark.parametrize(("back", "unwatched"), [(30.0, True), (500.0, False)], ids=["soon", "after an age"])
def test_a_stream_that_was_away_for_long_says_nothing_of_who_brought_what(back: float, unwatched: bool) -> None:
    stage, scene = Stage(things=[Thing(BAG, 20.0)]), Scene("stage")
    play(scene, stage, 0, 18)
    (thing,) = play(scene, stage, back, back + 6)[-1].things
    assert thing.unwatched is unwatched


def test_a_thing_that_comes_while_the_camera_is_there_needs_its_bringer() -> None:
    stage, scene = Stage(things=[Thing(BAG, 40.0)]), Scene("stage")
    play(scene, stage, 0, 18)
    (thing,) = play(scene, stage, 25, 46)[-1].things
    assert not thing.unwatched
    assert not thing.brought


def test_memory_of_another_view_is_not_used() -> None:
    scene = Scene("stage")
    play(scene, Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), 0, 18)
    elsewhere = Stage(seed=99)
    assert play(restarted(scene), elsewhere, 25, 40)[-1].things == ()


def test_ids_of_two_runs_are_never_the_same() -> None:
    stage, scene = (
        Stage(actors=[WALKER], things=[Thing(BAG, 11.0), Thing((0.1, 0.3, 0.15, 0.38), 30.0)]),
        Scene("stage"),
    )
    play(scene, stage, 0, 18)
    ids = [thing.thing_id for thing in play(restarted(scene), stage, 25, 40)[-1].things]
    assert len(ids) == len(set(ids)) == 2


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_damaged_memory_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(SceneMemoryError, match="no scene memory"):
        SceneMemory.from_bytes(content)
