"""A small stage for tests: a textured street seen from above, people as striped boxes, things that are put down.

The detections are what a perfect detector would say of it; the pixels are real, so that the scene has to find out for
itself what is new. Times are media seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from vision.detect import Detections, Role
from vision.sources import Box, Frame, Image

WIDTH, HEIGHT = 480, 270


@dataclass
class Actor:
    """Somebody on the stage: where he is at which time (straight lines between), and what he is."""

    path: list[tuple[float, tuple[float, float]]]
    role: Role = Role.PERSON
    name: str = "person"
    size: tuple[float, float] = (0.06, 0.3)
    score: float = 0.85
    missed: tuple[float, float] = (0.0, 0.0)
    """From when to when the detector misses him."""

    def box(self, time: float) -> Box | None:
        if not self.path[0][0] <= time <= self.path[-1][0]:
            return None
        times = [t for t, _ in self.path]
        x = float(np.interp(time, times, [p[0] for _, p in self.path]))
        y = float(np.interp(time, times, [p[1] for _, p in self.path]))
        return x - self.size[0] / 2, y - self.size[1], x + self.size[0] / 2, y


@dataclass
class Thing:
    """Something that stands from `start` to `end`."""

    box: Box
    start: float
    end: float = 1e9
    colour: tuple[int, int, int] = (30, 25, 20)


@dataclass
class Stage:
    """Renders frames. `gain` is the light over time, as (time, factor) steps; `noise` in grey levels."""

    actors: list[Actor] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    gain: list[tuple[float, float]] = field(default_factory=lambda: [(-1e9, 1.0)])
    front: list[Thing] = field(default_factory=list)
    """What stands before vehicles; `things` stand behind them."""
    shadows: list[Thing] = field(default_factory=list)
    infrared: tuple[tuple[float, float], ...] = ()
    """From when to when the camera sees by infrared: no colour, and what was bright may be dark (leaves, signs)."""
    noise: float = 2.0
    seed: int = 7

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        coarse = rng.integers(90, 170, (HEIGHT // 10, WIDTH // 10, 3)).astype(np.uint8)
        fine = rng.integers(-12, 12, (HEIGHT, WIDTH, 3))
        floor = np.clip(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) + fine, 0, 255)
        self._floor = floor.astype(np.float32)
        self._rng = rng

    def frame(self, time: float) -> Frame:
        """What the camera sees at `time`."""
        picture = self._floor.copy()
        for thing in self.things:
            if thing.start <= time < thing.end:
                _paint(picture, thing.box, thing.colour)
        for shadow in self.shadows:
            if shadow.start <= time < shadow.end:
                _shade(picture, shadow.box)
        self._paint_actors(picture, time, vehicles=True)
        for thing in self.front:
            if thing.start <= time < thing.end:
                _paint(picture, thing.box, thing.colour)
        self._paint_actors(picture, time, vehicles=False)
        if any(start <= time < end for start, end in self.infrared):
            picture = np.repeat(255 - picture.mean(axis=2, keepdims=True), 3, axis=2)
        factor = [g for t, g in self.gain if t <= time][-1]
        noise = self._rng.standard_normal(picture.shape, np.float32)
        picture = cv2.addWeighted(picture, factor, noise, self.noise, 0)
        return Frame.from_bgr(cv2.convertScaleAbs(cv2.max(picture, 0)), camera_id="stage", time=time, media_s=time)

    def _paint_actors(self, picture: Image, time: float, *, vehicles: bool) -> None:
        for number, actor in enumerate(self.actors):
            box = actor.box(time)
            if box is not None and (actor.role is Role.VEHICLE) is vehicles:
                _paint(picture, box, ((70 * number) % 200, 60, 200), stripes=True)

    def detections(self, time: float) -> Detections:
        """What a detector says that sees people, and no things."""
        rows, scores, roles, names = [], [], [], []
        for actor in self.actors:
            box = actor.box(time)
            if box is not None and not actor.missed[0] <= time < actor.missed[1]:
                rows.append(np.clip(box, 0, 1))
                scores.append(actor.score)
                roles.append(actor.role)
                names.append(actor.name)
        boxes = np.array(rows, np.float32).reshape(-1, 4)
        ids = np.zeros(len(rows), np.int32)
        return Detections(boxes, np.array(scores, np.float32), ids, tuple(roles), tuple(names))


def passer_by(start: float, end: float, y: float = 0.8, left_to_right: bool = True) -> Actor:
    """Somebody who crosses the picture between two times."""
    ends = ((-0.1, y), (1.1, y)) if left_to_right else ((1.1, y), (-0.1, y))
    return Actor([(start, ends[0]), (end, ends[1])])


def _paint(picture: Image, box: Box, colour: tuple[int, int, int], stripes: bool = False) -> None:
    rows, columns = _pixels(box)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    picture[rows, columns] = colour
    if stripes:
        picture[rows, columns][::6] = (210, 210, 210)
    else:
        picture[rows, columns][2:-2:5, 2:-2] += 25


def _shade(picture: Image, box: Box) -> None:
    rows, columns = _pixels(box)
    picture[rows, columns] *= 0.6


def _pixels(box: Box) -> tuple[slice, slice]:
    x1, y1, x2, y2 = np.clip(box, 0, 1)
    return slice(int(y1 * HEIGHT), int(y2 * HEIGHT)), slice(int(x1 * WIDTH), int(x2 * WIDTH))
