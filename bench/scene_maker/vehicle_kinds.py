"""Scenes with vehicles: who parks, drives off, and what he leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import cos, exp, radians, sin

import numpy as np

from scene_maker.backgrounds import Background
from scene_maker.event_kinds import window
from scene_maker.layers import OWN_SPRITES, Moving, Patch, Thing, Veil, patch_of, standing
from scene_maker.placing import NoPlaceError, inside, touches_posts
from scene_maker.scenes import Composition, Event, Recipe
from scene_maker.views import View, view_of

Way = Callable[[float], tuple[float, float] | None]
LENGTH_S = 55.0
STANDS_S = (23.0, 28.0)
"""A delivery takes longer; so long a vehicle stands that counts as parked."""
STOPPED_S = 66.0
SMALLEST_PX_M = 5.0
"""A car farther away than that is some twenty pixels long, and nothing stands on what is above the horizon."""
SPEED_M_S, PICKUP_S = 6.0, 1.2
BEHIND_M = (0.3, 1.8)
"""Metres from the vehicle's middle to what is left, away from the camera."""
CLEAR_S = 2.5
"""After so long a vehicle that drives off is some eight metres away."""


def parks(background: Background, recipe: Recipe) -> Composition:
    """A car that drives in, and parks."""
    rng, view = recipe.rng(), view_of(recipe.view, background.footage.width, background.footage.height)
    start, frames = window(background, rng, LENGTH_S)
    name, at = recipe.thing[0], float(rng.uniform(9, 14))
    foot, _ = _spot(background, view, name, rng, recipe.name)
    way = driving(background, name, foot, at)
    return Composition(background, view, start, frames, f"{name} drives in and parks", (Moving(background, name, way),))


def drives_off(background: Background, recipe: Recipe) -> Composition:
    """A car that stands there from the start, and drives off."""
    rng, view = recipe.rng(), view_of(recipe.view, background.footage.width, background.footage.height)
    start, frames = window(background, rng, LENGTH_S)
    name = recipe.thing[0]
    foot, _ = _spot(background, view, name, rng, recipe.name)
    way = driving(background, name, foot, -100.0, leaves=float(rng.uniform(18, 24)))
    return Composition(background, view, start, frames, f"{name} drives off", (Moving(background, name, way),))


def stops(background: Background, recipe: Recipe) -> Composition:
    """A car that drives in, stands for half a minute, and drives on."""
    return _stopped(background, recipe, ())


def left_by_van(background: Background, recipe: Recipe) -> Composition:
    """The same, and what has been put down behind it, seen from the camera, comes to light when it drives on."""
    return _stopped(background, recipe, recipe.thing[1:])


def _stopped(background: Background, recipe: Recipe, left: tuple[str, ...]) -> Composition:
    rng, view = recipe.rng(), view_of(recipe.view, background.footage.width, background.footage.height)
    start, frames = window(background, rng, STOPPED_S)
    name, comes = recipe.thing[0], float(rng.uniform(8, 11))
    leaves = comes + float(rng.uniform(*STANDS_S))
    for _ in range(200):
        foot, hidden_by = _spot(background, view, name, rng, recipe.name)
        right, ahead = background.ground.metres(*foot)
        spot = background.ground.pixel(right + float(rng.uniform(-1, 1)), ahead + float(rng.uniform(*BEHIND_M)))
        things = [patch_of(background, standing(background, thing, spot)) for thing in left]
        if all(_is_hidden(thing, hidden_by) and view.holds(thing.box) for thing in things):
            break
    else:
        raise NoPlaceError(f"{recipe.name}: nowhere does {name} hide what is left behind it")
    way = driving(background, name, foot, comes, leaves=leaves)
    put_down = round((comes + leaves) / 2 * 10)
    items = [Thing(thing, spot[1], Veil(put_down, np.ones((1, *thing.opacity.shape), np.uint8))) for thing in things]
    events = tuple(
        Event("illegal_dumping", thing.box, leaves + 1.0, leaves + 1.0, leaves + CLEAR_S) for thing in things
    )
    note = f"{name} drives in, stands for {leaves - comes:.0f} s and drives on"
    note += f"; {', '.join(left)} is left behind" if left else ""
    return Composition(background, view, start, frames, note, (*items, Moving(background, name, way)), events)


def _is_hidden(thing: Patch, by: Patch) -> bool:
    """Whether a thing is wholly behind another cut-out."""
    x1, y1, x2, y2 = (round(value) for value in thing.box)
    left, top, right, bottom = by.area
    if x1 < left or y1 < top or x2 > right or y2 > bottom:
        return False
    rows, columns = slice(thing.y, thing.area[3]), slice(thing.x, thing.area[2])
    over = np.zeros((max(bottom, rows.stop), max(right, columns.stop)), np.float32)
    over[max(0, top) : bottom, max(0, left) : right] = by.opacity[max(0, -top) :, max(0, -left) :]
    return bool((over[rows, columns][thing.opacity > 0.1] > 0.95).all())


def _spot(
    background: Background, view: View, name: str, rng: np.random.Generator, scene: str
) -> tuple[tuple[float, float], Patch]:
    """Where on the road a car may stand, in view and with no post before it; its foot in pixels, and its cut-out."""
    for _ in range(400):
        x, y = float(rng.uniform(0.15, 0.85)), float(rng.uniform(0.38, 0.72))
        foot = x * background.footage.width, y * background.footage.height
        if foot[1] <= background.ground.horizon + SMALLEST_PX_M * background.ground.up:
            continue
        patch = patch_of(background, standing(background, name, foot))
        wheels = [(patch.box[0], foot[1] - 6), (patch.box[2], foot[1] - 6)]
        on_road = all(inside(background.road, p) for p in wheels)
        if on_road and view.holds(patch.box) and not touches_posts(background, patch, foot[1]):
            return foot, patch
    raise NoPlaceError(f"{scene}: no spot for a car")


def driving(background: Background, name: str, foot: tuple[float, float], at: float, leaves: float = 1e9) -> Way:
    """The way of a vehicle that drives the way its nose points, stands at `foot` from `at` seconds into the clip, and
    drives on at `leaves`.

    The nose points to the right in the model, seen from `round` degrees beside its front.
    """
    seen_from = radians(views_of(name)["round"])
    right, ahead = background.ground.metres(*foot)

    def way(time: float) -> tuple[float, float] | None:
        along = _run(time - leaves) - _run(at - time)
        here = right + along * cos(seen_from), ahead - along * sin(seen_from)
        if here[1] < 4.0:
            return None
        x, y = background.ground.pixel(*here)
        outside = x < -250 or x > background.footage.width + 250 or not 20 < y < background.footage.height + 200
        return None if outside else (x, y)

    return way


def _run(seconds: float) -> float:
    """Metres in so many seconds from standing still; braking is the same backwards."""
    return 0.0 if seconds <= 0 else SPEED_M_S * (seconds - PICKUP_S * (1 - exp(-seconds / PICKUP_S)))


def views_of(name: str) -> dict[str, float]:
    """How a sprite of our own was seen."""
    views: dict[str, dict[str, float]] = json.loads((OWN_SPRITES / "views.json").read_text("utf-8"))
    return views[name]
