"""Whatever a street and a poor detector bring, no frame makes the worker fail: what fails at one may fail at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, Thing
from vision.config import Camera, load_site
from vision.detect import Detections, Role
from vision.rules import RULE_SETTINGS
from vision.runtime.perception import Perception
from vision.runtime.saved_state import SavedState
from vision.scene.kinds import BIN, BODIES, LOCK, NOTHING, OTHER, POST, STALL, WASTE
from vision.sources import Box, Frame, Image

STORIES = (*range(6), 152)
"""At 152 a camera was set to another size between two restarts."""
LENGTH_S, FPS = 150.0, 2.0
NAMES = {
    Role.PERSON: "person", Role.VEHICLE: "car", Role.ANIMAL: "dog", Role.CARRIED: "backpack", Role.WASTE: "rubbish",
    Role.LOCK: "ground_lock", Role.STALL: "stall", Role.FIXTURE: "bin",
}  # fmt: skip
SITE = """
site: {id: t}
cameras:
  - id: a
    source: a.mp4
    zones:
      - id: all
        rules:
          - {rule: illegal_dumping, dwell: 5s, pile_after: 30s}
          - {rule: street_vending, dwell: 20s}
          - {rule: ground_lock}
          - {rule: overflowing_bin}
          - {rule: camera_health, dwell: 10s}
        fixtures: [{at: [0.1, 0.5, 0.3, 0.7], class: rubbish}]
"""


class Story:
    """A street from a seed: who comes and stays, what is left, parks and goes, how the camera and its light behave."""

    def __init__(self, seed: int) -> None:
        self._rng = rng = Random(seed)
        self.stage = Stage(
            actors=[self._actor() for _ in range(rng.randint(3, 9))],
            things=[self._thing() for _ in range(rng.randint(1, 6))],
            front=[self._thing() for _ in range(rng.randint(0, 2))],
            shadows=[self._thing() for _ in range(rng.randint(0, 2))],
            gain=[(-1e9, 1.0), *sorted((rng.uniform(5, LENGTH_S), rng.uniform(0.2, 1.6)) for _ in range(3))],
            infrared=((rng.uniform(20, LENGTH_S), rng.uniform(60, 2 * LENGTH_S)),) if rng.random() < 0.4 else (),
            noise=rng.uniform(1, 12),
            seed=seed,
        )
        self._knocks = sorted((rng.uniform(5, LENGTH_S), rng.randint(-9, 9), rng.randint(-9, 9)) for _ in range(4))
        self.restarts = sorted(rng.uniform(10, LENGTH_S) for _ in range(2))
        self.absences = [(at, at + rng.uniform(4, 20)) for at in (rng.uniform(10, LENGTH_S) for _ in range(2))]
        self._smaller_from = rng.uniform(30, 2 * LENGTH_S)

    def _time(self) -> float:
        return self._rng.uniform(-20, LENGTH_S)

    def _place(self) -> tuple[float, float]:
        return self._rng.uniform(-0.1, 1.1), self._rng.uniform(0.3, 1.1)

    def _box(self, most: float) -> Box:
        (x, y), w, h = self._place(), self._rng.uniform(0.005, most), self._rng.uniform(0.005, most)
        return x, y - h, x + w, y

    def _actor(self) -> Actor:
        role = self._rng.choice([Role.PERSON, Role.PERSON, Role.PERSON, Role.VEHICLE, Role.VEHICLE, Role.ANIMAL])
        times = sorted(self._time() for _ in range(self._rng.randint(2, 4)))
        stops = [self._place() for _ in times]
        stops = [stops[max(0, n - 1)] if self._rng.random() < 0.4 else stop for n, stop in enumerate(stops)]
        size = (0.06, 0.3) if role is Role.PERSON else (self._rng.uniform(0.1, 0.7), self._rng.uniform(0.1, 0.6))
        gone = self._time()
        missed = (gone, gone + self._rng.uniform(0, 40))
        return Actor(list(zip(times, stops, strict=True)), role, NAMES[role], size, self._rng.uniform(0.2, 1.0), missed)

    def _thing(self) -> Thing:
        start = self._time()
        colour = tuple(self._rng.randint(0, 255) for _ in range(3))
        return Thing(self._box(0.3), start, start + self._rng.uniform(1, LENGTH_S), colour)

    def frame(self, time: float) -> Frame:
        """What the camera shows: knocked so and so far, after a while in another shape of picture."""
        image = self.stage.frame(time).bgr()
        right, down = next(((x, y) for at, x, y in reversed(self._knocks) if at <= time), (0, 0))
        image = np.roll(image, (down, right), (0, 1))
        if time >= self._smaller_from:
            image = np.ascontiguousarray(image[: image.shape[0] // 2])
        return Frame.from_bgr(image, camera_id="a", time=time, media_s=time)

    def detections(self, time: float) -> Detections:
        """What the stage's bodies are, what stands there now and then, and some that is nowhere."""
        seen = self.stage.detections(time)
        there = [thing.box for thing in self.stage.things if thing.start <= time < thing.end]
        boxes = [box for box in there if self._rng.random() < 0.7]
        boxes += [self._box(0.6) for _ in range(self._rng.choice([0, 0, 1, 2]))]
        roles = tuple(self._rng.choice(list(NAMES)) for _ in boxes)
        scores = np.array([self._rng.uniform(0.05, 1) for _ in boxes], np.float32)
        rows = np.clip(np.array(boxes, np.float32).reshape(-1, 4), 0, 1)
        ids = np.concatenate([seen.class_ids, np.zeros(len(boxes), np.int32)])
        return Detections(
            np.concatenate([seen.boxes, rows]), np.concatenate([seen.scores, scores]), ids, (*seen.roles, *roles),
            (*seen.names, *(NAMES[role] for role in roles)),
        )  # fmt: skip

    def classify(self, image: Image, boxes: Sequence[Box]) -> list[Mapping[str, float]]:
        """Close looks that know nothing for sure."""
        kinds = (*WASTE, *BODIES, STALL, LOCK, POST, BIN, OTHER, NOTHING)
        shares = [[self._rng.random() ** 4 for _ in kinds] for _ in boxes]
        return [{kind: one / sum(row) for kind, one in zip(kinds, row, strict=True)} for row in shares]


def play(seed: int, folder: Path) -> int:
    """One story from its beginning to its end; how many frames were taken."""
    path = folder / "site.yaml"
    path.write_text(SITE)
    camera: Camera = load_site(path, RULE_SETTINGS).cameras[0]
    story = Story(seed)

    def begun() -> Perception:
        one = Perception(camera, lambda moment: moment, (640, 384), classify=story.classify)
        SavedState(folder, camera.id).load_into(one)
        return one

    one, taken, restarts = begun(), 0, list(story.restarts)
    for step in range(int(LENGTH_S * FPS)):
        time = step / FPS
        if any(start <= time < end for start, end in story.absences):
            continue
        if restarts and time >= restarts[0]:
            restarts.pop(0)
            SavedState(folder, camera.id).save(one)
            one = begun()
        frame = story.frame(time)
        look = one.look(frame)
        one.take(frame, story.detections(time) if look is not None else None)
        taken += 1
    return taken


@pytest.mark.parametrize("seed", STORIES)
def test_no_frame_of_a_made_up_street_fails(seed: int, tmp_path: Path) -> None:
    assert play(seed, tmp_path) > 0.5 * LENGTH_S * FPS
