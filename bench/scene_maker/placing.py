"""Where and when something can come to light, or go, behind somebody who really passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from composing import FPS

from scene_maker.backgrounds import Background, Polygon
from scene_maker.layers import BEHIND, Patch, Veil
from scene_maker.views import View
from scene_maker.walkers import Walker

TRIES = 3000
NEAR_M = 2.0
"""Metres: nobody nearer than this has left a thing."""
AWAY_M = 5.0
"""Metres from a thing at which who brought it has left, though still in the picture."""
UNCOVERED = 0.10
"""Share of a thing that may come to light without anybody in front of it."""
LONGEST_PASS = 4.0
WAITS_S = 22.0
"""Longest time from putting down to leaving that we take, so that clips stay short."""
CONTRAST = 22.0
"""Grey levels that a thing must differ from its ground by, on average: what no one can see is no fair label."""
OPEN_SHARE = 0.6
OPEN_BEFORE = 0.75
"""Share of its spot that is seen, on average, in the 8 s before: a worker must be able to know the place empty."""


class NoPlaceError(Exception):
    """No such place was found in this footage; the text names the recipe's demands."""


@dataclass(frozen=True)
class Wish:
    """What a place must fulfil. Times are seconds of the footage.

    Attributes:
        make: the thing's cut-out for the pixel of its foot, or None where it cannot stand.
        before: earliest time at which it may be put down after the clip's start.
        after: how long the footage must go on after the bringer has left.
        rows: fractions of the picture's height between which its foot may be.
        open_share: at least this much of it is seen, on average, from when it stands for `after` seconds; at most
            `open_most`.
    """

    make: Callable[[tuple[float, float]], Patch | None]
    before: float = 10.0
    after: float = 25.0
    rows: tuple[float, float] = (0.34, 0.93)
    open_share: tuple[float, float] = (OPEN_SHARE, 1.0)
    area: Polygon | None = None
    contrast: float = CONTRAST
    leaves: bool = True


@dataclass(frozen=True)
class Place:
    """Something put down: frames of the footage. `foot` and `patch` in pixels of the footage."""

    patch: Patch
    foot: tuple[float, float]
    first: int
    seen: np.ndarray
    put_down: int
    turned: int
    gone: int

    def veil(self, clip_start: int) -> Veil:
        """For a clip that begins with that frame of the footage."""
        return Veil(self.first - clip_start, self.seen)


def find_place(background: Background, view: View, wish: Wish, rng: np.random.Generator, why: str) -> Place:
    """A spot that a walker covers and leaves, by trial; the same generator finds the same.

    Raises:
        NoPlaceError: none in `TRIES` trials.
    """
    last = len(background.footage.frames) - 1
    for _ in range(TRIES):
        walker = background.walkers[int(rng.integers(len(background.walkers)))]
        index = int(rng.integers(len(walker.frames)))
        frame = int(walker.frames[index])
        x1, _, x2, y2 = walker.boxes[index]
        foot = (float(x1 + x2) / 2 + float(rng.normal(0, 0.12)) * float(x2 - x1), float(y2) - float(rng.uniform(2, 6)))
        low, high = (row * background.footage.height for row in wish.rows)
        early = frame < wish.before * FPS or frame + wish.after * FPS > last
        if early or not low <= foot[1] <= high or (wish.area and not inside(wish.area, foot)):
            continue
        place = _try(background, view, wish, walker, frame, foot)
        if place is not None and (place.gone + round(wish.after * FPS) <= last or not wish.leaves):
            return place
    raise NoPlaceError(f"{why}: no place in {TRIES} trials; another seed, view or thing may have one")


def _try(
    background: Background, view: View, wish: Wish, walker: Walker, frame: int, foot: tuple[float, float]
) -> Place | None:
    gone = leaving(background, view, walker, frame, foot) if wish.leaves else frame
    if gone is None:
        return None
    patch = wish.make(foot)
    if patch is None or not view.holds(patch.box) or _behind_posts(background, patch, foot[1]):
        return None
    passed = passing(background, patch, foot[1], frame)
    if passed is None or passed[0] < wish.before * FPS:
        return None
    first, seen = passed
    over = first + len(seen)
    if wish.contrast and contrast(background, patch) < wish.contrast:
        return None
    until = min(len(background.footage.frames), max(gone, over) + round(wish.after * FPS))
    open_now = seen_share(background, patch, foot[1], range(over, until, 3))
    open_before = seen_share(background, patch, foot[1], range(max(0, first - 80), first, 3))
    if not wish.open_share[0] <= open_now <= wish.open_share[1] or open_before < OPEN_BEFORE:
        return None
    if wish.leaves and lingers(background, foot, range(gone, until)):
        return None
    shares = [(part * patch.opacity).sum() / patch.opacity.sum() for part in seen]
    put_down = first + int(np.argmax(np.array(shares) > 0.5))
    return Place(patch, foot, first, seen, put_down, min(over, max(gone, over)), max(gone, over))


def passing(background: Background, patch: Patch, foot_row: float, frame: int) -> tuple[int, np.ndarray] | None:
    """The passing in which a thing's spot is covered around a frame: its first frame, and (n, h, w) what has been
    covered by then; None unless nearly all of it gets covered and it is free again soon after.
    """
    solid = patch.opacity > 0.3

    def covered(number: int) -> np.ndarray:
        return (background.hidden(number, foot_row - BEHIND, patch.area) > 0.5) & solid

    if not 0 <= frame < len(background.footage.frames) or covered(frame).sum() < 0.25 * solid.sum():
        return None
    first = last = frame
    while first > 0 and frame - first < LONGEST_PASS * FPS and covered(first - 1).any():
        first -= 1
    end = len(background.footage.frames) - 1
    while last < end and last - frame < LONGEST_PASS * FPS and covered(last + 1).any():
        last += 1
    if last - frame >= LONGEST_PASS * FPS or frame - first >= LONGEST_PASS * FPS:
        return None
    seen = np.maximum.accumulate(np.stack([covered(n) for n in range(first, last + 1)]))
    if seen[-1].sum() < (1 - UNCOVERED) * solid.sum():
        return None
    grown = [cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) for part in seen]
    return first, np.stack(grown)


def leaving(background: Background, view: View, walker: Walker, frame: int, foot: tuple[float, float]) -> int | None:
    """When a walker has left a place: out of the view, or 5 m away and not back; None: we cannot tell, or too long."""
    spot = background.ground.metres(*foot)
    gone = None
    for index in range(frame - int(walker.frames[0]), len(walker.frames)):
        x, y = walker.feet(index)
        here = background.ground.metres(x, y)
        across, down = view.point(x, y)
        away = hypot(here[0] - spot[0], here[1] - spot[1]) > AWAY_M
        out = not (0 <= across <= 1 and 0 <= down <= 1)
        if not (away or out):
            gone = None
        elif gone is None:
            gone = int(walker.frames[index])
    if gone is None:  # his track ends while he is near: at the picture's edge he has left, elsewhere nobody knows
        x1, _, x2, y2 = walker.boxes[-1]
        width, height = background.footage.width, background.footage.height
        if not (x1 < 10 or x2 > width - 10 or y2 > height - 8):
            return None
        gone = int(walker.frames[-1]) + 1
    return gone if gone - frame <= WAITS_S * FPS else None


def lingers(background: Background, foot: tuple[float, float], frames: range, share: float = 1 / 3) -> bool:
    """Whether somebody stays at the spot for more than that share of the time: then the thing is attended."""
    spot = background.ground.metres(*foot)
    for walker in background.walkers:
        near = 0
        for frame in frames[::3]:
            box = walker.at(frame)
            if box is not None:
                here = background.ground.metres(float(box[0] + box[2]) / 2, float(box[3]))
                near += hypot(here[0] - spot[0], here[1] - spot[1]) < NEAR_M
        if near > len(frames[::3]) * share:
            return True
    return False


def contrast(background: Background, patch: Patch) -> float:
    """Grey levels between a thing and the empty ground behind it, on average over the thing."""
    x1, y1, x2, y2 = patch.area
    height, width = background.footage.plate.shape[:2]
    a, b, c, d = max(0, x1), max(0, y1), min(width, x2), min(height, y2)
    inner = slice(b - y1, d - y1), slice(a - x1, c - x1)
    solid = patch.opacity[inner] > 0.6
    if not solid.any():
        return 0.0
    ground = background.footage.plate[b:d, a:c][solid].astype(np.float32)
    thing = patch.colour[inner][solid] / patch.opacity[inner][solid][:, None]
    return float(np.abs(thing - ground).mean())


def seen_share(background: Background, patch: Patch, foot_row: float, frames: range) -> float:
    """Share of a thing that nobody covers, averaged over frames; 1 for no frames."""
    total = patch.opacity.sum()
    shares = [
        float(((1 - background.hidden(frame, foot_row - BEHIND, patch.area)) * patch.opacity).sum() / total)
        for frame in frames
        if frame < len(background.footage.frames)
    ]
    return float(np.mean(shares)) if shares else 1.0


def _behind_posts(background: Background, patch: Patch, foot_row: float) -> bool:
    covered = background.fixed_in_front(foot_row, patch.area)
    return float((covered * patch.opacity).sum()) > 0.03 * float(patch.opacity.sum())


def inside(polygon: Polygon, point: tuple[float, float]) -> bool:
    """Whether a pixel lies in a polygon."""
    return cv2.pointPolygonTest(np.float32(polygon).reshape(-1, 1, 2), point, False) >= 0


def passings(background: Background, patch: Patch, foot_row: float, frames: range) -> Iterator[tuple[int, np.ndarray]]:
    """All passings within frames of the footage that cover a spot, one after the other."""
    frame = frames.start
    while frame < frames.stop:
        passed = passing(background, patch, foot_row, frame)
        if passed is None:
            frame += 3
            continue
        yield passed
        frame = passed[0] + len(passed[1]) + 1


def touches_posts(background: Background, patch: Patch, foot_row: float) -> bool:
    """Whether something that stands there would be hidden by a post in part."""
    return bool((background.fixed_in_front(foot_row, patch.area) * patch.opacity).any())
