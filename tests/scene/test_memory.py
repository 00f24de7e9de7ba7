"""What a scene still knows after a restart."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, Thing
from vision.detect import Role
from vision.scene import Place, Scene, SceneMemory, SceneMemoryError
from vision.scene import memory as memory_file
from vision.scene.static_thing import Spot, StaticThing
from vision.scene.tracking import Track
from vision.sources import Box

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


def test_thing_in_the_colours_of_its_ground_is_the_same_after_a_restart() -> None:
    """By infrared a bag looks like a shadow. Since when the place differs is not known at the first look."""
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    before.light_looks = before.judged
    (after,) = play(restarted(scene), stage, 30, 34)[-1].things
    assert (after.thing_id, after.gone_since) == (before.thing_id, None)
    assert list(after.actors) == list(before.actors)


def test_how_high_people_are_is_known_after_a_restart() -> None:
    walk = Actor([(0.0, (0.1, 0.8)), (16.0, (0.9, 0.8))])
    scene = Scene("stage")
    play(scene, Stage(actors=[walk]), 0, 16)
    memory = scene.remember()
    assert memory is not None
    assert [pytest.approx(high, abs=0.01) for _, high in memory.heights] == [walk.size[1]] * len(memory.heights)
    again = restarted(scene)
    play(again, Stage(), 20, 22)
    kept = again.remember()
    assert kept is not None
    assert kept.heights == [pytest.approx(one, abs=1e-3) for one in memory.heights]
    assert len(kept.heights) >= 10


def test_thing_taken_away_while_the_worker_was_down_is_gone() -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0, 22.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    (gone,) = play(restarted(scene), stage, 25, 28)[-1].things
    assert gone.thing_id == before.thing_id
    assert gone.gone_since == pytest.approx(25.5, abs=1.0)


@pytest.mark.parametrize("shown", [0.3, 0.4, 0.5])
def test_thing_of_which_a_strip_is_seen_first_after_a_restart_is_the_same(shown: float) -> None:
    """Somebody stands before it; what is seen beside him changes its box before it can be compared as a whole."""
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    foot = BAG[2] - shown * (BAG[2] - BAG[0]) - 0.03, 0.84
    stage.actors.append(Actor([(24.0, foot), (31.0, foot)]))
    (after,) = play(restarted(scene), stage, 25, 36)[-1].things
    assert after.thing_id == before.thing_id


@pytest.mark.parametrize(("back", "same"), [(25.0, True), (60.0, False)], ids=["within seconds", "after a while"])
def test_thing_that_looks_otherwise_after_a_restart_is_another_unless_it_was_seen_just_before(
    back: float, same: bool
) -> None:
    """A rucksack falls over; nobody changes one bag for another within seconds."""
    other = Thing((BAG[0], BAG[1] - 0.02, BAG[2], BAG[3]), 22.0, colour=(200, 240, 60))
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0, 22.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    (now,) = play(restarted(scene), Stage(things=[other]), back, back + 7)[-1].things
    assert (now.thing_id == before.thing_id) is same


def test_somebody_who_stands_before_a_thing_at_the_restart_does_not_make_it_forgotten() -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    stage.actors.append(Actor([(20.0, (0.5, 0.83)), (28.0, (0.5, 0.83)), (30.0, (1.1, 0.83))]))
    (after,) = play(restarted(scene), stage, 25, 36)[-1].things
    assert after.thing_id == before.thing_id


@pytest.mark.parametrize("until", [1e9, 50.0], ids=["still there", "taken away at night"])
def test_thing_from_before_a_restart_at_night_is_known_again_in_the_morning(until: float) -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0, until)], infrared=((20.0, 60.0),)), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    again = restarted(scene)
    assert play(again, stage, 25, 40)[-1].things == ()
    states = play(again, stage, 62, 90)
    followed = [thing for state in states for thing in state.things if thing.thing_id == before.thing_id]
    assert followed[-1].appeared == before.appeared
    assert (followed[-1].gone_since is None) == (until > 90)


def test_thing_that_came_while_the_worker_was_down_is_found_as_new() -> None:
    stage, scene = Stage(things=[Thing(BAG, 20.0)]), Scene("stage")
    assert play(scene, stage, 0, 18)[-1].things == ()
    (thing,) = play(restarted(scene), stage, 25, 32)[-1].things
    assert thing.box == pytest.approx(BAG, abs=0.02)
    assert thing.unwatched
    assert not thing.brought
    thing.roles[Role.CARRIED] += 0.2 * thing.looks
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


@pytest.mark.parametrize("came", [28.0, 40.0], ids=["soon after", "long after"])
def test_a_thing_that_comes_while_the_camera_is_there_needs_its_bringer(came: float) -> None:
    stage, scene = Stage(things=[Thing(BAG, came)]), Scene("stage")
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


OF_THE_MOMENT = {
    "visible",
    "hidden",
    "attended",
    "company",
    "in_vehicle",
    "upright",
    "whole",
    "whole_body_share",
    "stall_share",
    "act",
    "gone_since",
}
"""What the next look tells anew, or what only stands as long as the worker runs."""


def test_all_that_is_known_of_a_thing_is_written_down_or_told_anew_by_the_next_look() -> None:
    """Whoever adds evidence must say whether it survives: forgotten, a restart would judge by half of it."""
    box: Box = (0.1, 0.2, 0.3, 0.4)
    thing = StaticThing(7, box, np.ones((4, 6), np.bool_), 1.0, 2.0, 3.0, 4.0, 5.0)
    thing.actors[3] = Track(3, Role.PERSON, "person", box, 0.5, 1.0, 2.0, 2.0, box)
    thing.dressed, thing.spots = [(1.0, 2.0, 3.0)], [Spot(box, 2.0, 5, 4)]
    thing.body_lately.append((4.0, 0.25))
    thing.roles[Role.WASTE], thing.names["rubbish"] = 2.5, 2.5
    for name in (one.name for one in fields(thing) if one.name not in OF_THE_MOMENT):
        if isinstance(value := getattr(thing, name), bool):
            setattr(thing, name, True)
        elif isinstance(value, int | float) and value in (0, float("-inf")):
            setattr(thing, name, type(value)(9))
    memory = SceneMemory(
        np.zeros((4, 6, 3), np.uint8), np.ones((4, 6), np.bool_), [thing], [np.zeros((1, 1, 3), np.uint8)]
    )
    (read,) = SceneMemory.from_bytes(memory.to_bytes()).things
    known = {one.name for one in fields(thing)} - OF_THE_MOMENT - {"mask", "actors"}
    assert {name: getattr(read, name) for name in known} == {name: getattr(thing, name) for name in known}
    assert read.mask.all()
    assert list(read.actors) == [3]


def test_stranger_who_waits_beside_a_thing_after_a_restart_does_not_make_it_his() -> None:
    """How its bringer was dressed is known still: else whoever stands there might be he."""
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    play(scene, stage, 0, 18)
    elsewhere, stranger = (
        Actor([(24.0, (0.1, 0.5)), (40.0, (0.1, 0.5))]),
        Actor([(24.0, (0.62, 0.82)), (40.0, (0.62, 0.82))]),
    )
    stage.actors += [elsewhere, stranger]  # each is dressed in another colour
    after = [thing for state in play(restarted(scene), stage, 25, 34) for thing in state.things]
    assert after
    assert not any(thing.attended for thing in after)


def test_memory_of_the_version_before_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, scene = Stage(actors=[WALKER], things=[Thing(BAG, 11.0)]), Scene("stage")
    (before,) = play(scene, stage, 0, 18)[-1].things
    monkeypatch.setattr(memory_file, "FORMAT", 8)
    monkeypatch.setattr(
        memory_file, "_plain", lambda thing, plain=memory_file._plain: _without_what_is_new(plain(thing))
    )
    remembered = scene.remember()
    assert remembered is not None
    older = remembered.to_bytes()
    monkeypatch.undo()
    (read,) = SceneMemory.from_bytes(older).things
    assert (read.thing_id, read.dressed, read.early) == (before.thing_id, [], False)


def _without_what_is_new(plain: dict[str, object]) -> dict[str, object]:
    return {
        name: plain[name]
        for name in plain
        if name not in {"dressed", "spots", "body_lately", "early", "owner_near", "kinds"}
    }


def test_what_close_looks_have_told_is_known_after_a_restart() -> None:
    bag = StaticThing(1, (0.4, 0.5, 0.5, 0.6), np.zeros((36, 64), np.bool_), 1.0, 1.0, 2.0, 9.0, 3.0)
    stall = Place(2, Role.STALL, (0.1, 0.5, 0.3, 0.8), 1.0, 9.0, 9.0)
    for time in (3.0, 5.0, 7.0):
        bag.kinds.add({"rubbish": 0.9}, time)
        stall.kinds.add({"stall": 0.8, "tricycle": 0.2}, time)
    picture = np.zeros((36, 64, 3), np.uint8)
    memory = SceneMemory(picture, np.ones((36, 64), np.bool_), [bag], [picture[:2, :2]], places=[stall], time=9.0)
    back = SceneMemory.from_bytes(memory.to_bytes())
    assert back.things[0].kinds == bag.kinds
    assert back.places[0].kinds == stall.kinds
