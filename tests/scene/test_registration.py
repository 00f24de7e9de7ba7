"""A view that was knocked a little: what is known of the place goes along."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.scene.stage import HEIGHT, WIDTH, Stage
from vision.scene.memory import SceneMemory
from vision.scene.places import Place
from vision.scene.registration import Motion, motion_between, moved
from vision.scene.static_thing import Spot, StaticThing
from vision.sources import Box, Image

BAG: Box = (0.4, 0.5, 0.5, 0.6)
ALL = np.ones((HEIGHT, WIDTH), np.bool_)


def knock(degrees: float, right: float, down: float) -> Motion:
    """Takes a pixel of before to where it lies now: turned about the middle, then shifted."""
    motion = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.0)
    motion[:, 2] += right, down
    return motion.astype(np.float32)


def knocked(image: Image, motion: Motion) -> Image:
    return cv2.warpAffine(image, motion, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("light", [1.0, 0.7], ids=["same light", "darker"])
@pytest.mark.parametrize(("degrees", "right", "down"), [(0.0, 6.0, 3.0), (0.6, -4.5, 2.3), (-0.4, 1.2, -5.0)])
def test_motion_is_found_to_a_part_of_a_pixel_also_where_the_view_has_turned(
    degrees: float, right: float, down: float, light: float
) -> None:
    stage, true = Stage(), knock(degrees, right, down)
    before, now = stage.frame(0).bgr(), cv2.convertScaleAbs(knocked(stage.frame(1).bgr(), true), alpha=light)
    found = motion_between(before, ALL, now, (round(right) / WIDTH, round(down) / HEIGHT))
    assert found is not None
    corners = np.array([[20, 20], [WIDTH - 20, 20], [20, HEIGHT - 20], [WIDTH - 20, HEIGHT - 20]], np.float32)
    lies_now = cv2.transform(corners[None], true)[0]
    assert cv2.transform(lies_now[None], found)[0] == pytest.approx(corners, abs=0.5)


def test_another_place_is_not_found() -> None:
    assert motion_between(Stage(seed=1).frame(0).bgr(), ALL, Stage(seed=2).frame(0).bgr(), (0.0, 0.0)) is None
    assert motion_between(np.zeros((HEIGHT, WIDTH, 3), np.uint8), ALL, Stage().frame(0).bgr(), (0.0, 0.0)) is None
    assert motion_between(Stage().frame(0).bgr(), ALL, Stage().frame(0).bgr()[:100], (0.0, 0.0)) is None


def memory_of(stage: Stage, box: Box) -> SceneMemory:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[int(box[1] * HEIGHT) : int(box[3] * HEIGHT), int(box[0] * WIDTH) : int(box[2] * WIDTH)] = True
    thing = StaticThing(7, box, mask, 1.0, 2.0, 3.0, 4.0, 5.0, looks=9, spots=[Spot(box, 1.0, 5, 4)])
    clean = stage.frame(0).bgr()
    return SceneMemory(
        clean, ALL.copy(), [thing], [clean[:4, :4]], places=[Place(3, "lock", box, 1.0, 4.0, 4.0, hits=8)],  # type: ignore[arg-type]
        lights=[(clean, ALL.copy())],
    )  # fmt: skip


def test_all_that_stood_there_lies_where_it_is_seen_now() -> None:
    stage, true = Stage(noise=0.0), knock(0.0, 6.0, 3.0)
    seen = moved(memory_of(stage, BAG), cv2.invertAffineTransform(true).astype(np.float32))
    now = (BAG[0] + 6 / WIDTH, BAG[1] + 3 / HEIGHT, BAG[2] + 6 / WIDTH, BAG[3] + 3 / HEIGHT)
    assert seen.knocked
    (thing,), (place,) = seen.things, seen.places
    for box in (thing.box, place.box, thing.spots[0].box):
        assert box == pytest.approx(now, abs=1e-4)
    assert (thing.thing_id, thing.looks, place.place_id, place.hits) == (7, 9, 3, 8)
    rows, columns = np.nonzero(thing.mask)
    assert (rows.min(), columns.min()) == (round(now[1] * HEIGHT), round(now[0] * WIDTH))
    street = knocked(stage.frame(0).bgr(), true)
    for view, known in ((seen.clean, seen.known), *seen.lights):
        assert not known[:3].any()
        assert not known[:, :6].any()
        assert known[3:, 6:].all()
        assert np.abs(view[known].astype(int) - street[known]).max() <= 1


def test_what_has_left_the_picture_is_forgotten() -> None:
    at_the_edge = (0.0, 0.5, 0.01, 0.6)
    seen = moved(memory_of(Stage(), at_the_edge), cv2.invertAffineTransform(knock(0.0, -6.0, 0.0)).astype(np.float32))
    assert (seen.things, seen.looks, seen.places) == ([], [], [])
