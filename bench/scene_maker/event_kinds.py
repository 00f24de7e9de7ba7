"""Scenes in which something is to be found."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, dist, radians, sin

import numpy as np
from composing import FPS, PaintedBay, Stander

from scene_maker.backgrounds import Background
from scene_maker.cutouts import cut_out
from scene_maker.layers import Item, Kept, Moving, Painted, Patch, Person, Thing, joined, patch_of, standing
from scene_maker.placing import NoPlaceError, Place, Wish, find_place, inside
from scene_maker.scenes import DWELL_S, LATE_S, Composition, Event, Recipe
from scene_maker.views import View, view_of

LEAD_S = (9.0, 18.0)
"""How long the clip shows the clean place before something is put down."""
BETWEEN_M = (0.55, 0.8)
"""Metres between things of one act."""
TWO_PLACES_M = 2.0
"""Metres from which what is put down within seconds is two acts: the rule joins what lies within an arm's reach
(0.85 m) or within the size of the other, and sacks are half a metre wide."""
PUSHED_M_S = 1.1
"""Walking pace with a loaded cart."""
BAY_M = (2.6, 4.8)
HEADINGS = (-50.0, -25.0, 0.0, 25.0, 40.0)


def things_at(background: Background, names: tuple[str, ...], foot: tuple[float, float], turn: float) -> Patch:
    """The cut-out of several things side by side, the first one at `foot`."""
    right, ahead = background.ground.metres(*foot)
    patches = []
    for number, name in enumerate(names):
        apart = sum(BETWEEN_M) / 2 * number * (0.9 if number % 2 else 0.6)
        spot = background.ground.pixel(right + apart * cos(turn), ahead + apart * sin(turn) * (-1) ** number)
        patches.append(patch_of(background, standing(background, name, spot)))
    return joined(patches)


def timed(background: Background, place: Place, dwell: float, rng: np.random.Generator) -> tuple[int, int]:
    """First frame and number of frames of a clip around something put down."""
    lead = round(float(rng.uniform(*LEAD_S)) * FPS)
    start = max(0, place.first - lead)
    end = min(len(background.footage.frames), place.gone + round((dwell + LATE_S + 4) * FPS))
    return start, max(end - start, min(400, len(background.footage.frames) - start))


def event_of(category: str, place: Place, start: int) -> Event:
    """The label of something put down, for a clip that begins with frame `start`."""
    return Event(
        category, place.patch.box, (place.put_down - start) / FPS, (place.turned - start) / FPS,
        (place.gone - start) / FPS,
    )  # fmt: skip


def left(background: Background, recipe: Recipe, open_share: tuple[float, float] = (0.7, 1.0)) -> Composition:
    """Something put down as a walker passes, and left."""
    rng = recipe.rng()
    view = view_of(recipe.view, background.footage.width, background.footage.height)
    names = recipe.thing or ("bag-00",)
    turn = float(rng.uniform(-0.8, 0.8))
    dwell = DWELL_S["illegal_dumping"]
    wish = Wish(
        lambda foot: things_at(background, names, foot, turn), after=dwell + LATE_S, open_share=open_share
    )  # fmt: skip
    place = find_place(background, view, wish, rng, recipe.name)
    start, frames = timed(background, place, dwell, rng)
    thing = Thing(place.patch, place.foot[1], place.veil(start))
    note = f"{', '.join(names)} put down as a walker passes, and left"
    return Composition(
        background, view, start, frames, note, (thing,), (event_of("illegal_dumping", place, start),)
    )  # fmt: skip


def left_hidden(background: Background, recipe: Recipe) -> Composition:
    """The same, where other people pass in front for a good part of the time."""
    return left(background, recipe, open_share=(0.35, 0.82))


def left_twice(background: Background, recipe: Recipe) -> Composition:
    """Two things, at two places, by two people: two cases."""
    rng = recipe.rng()
    view = view_of(recipe.view, background.footage.width, background.footage.height)
    dwell = DWELL_S["illegal_dumping"]
    found: list[Place] = []
    for _ in range(40):
        name = recipe.thing[len(found) % len(recipe.thing)]
        wish = Wish(lambda foot, name=name: things_at(background, (name,), foot, 0.0), after=dwell + LATE_S)
        place = find_place(background, view, wish, rng, recipe.name)
        far = all(_are_two(background, place, p) for p in found)
        near = all(abs(place.first - p.first) < 300 for p in found)
        if far and near and all(_apart(place.patch, p.patch) for p in found):
            found.append(place)
        if len(found) == 2:
            break
    else:
        raise NoPlaceError(f"{recipe.name}: no two places for two things")
    found.sort(key=lambda p: p.first)
    start, _ = timed(background, found[0], dwell, rng)
    end = max(p.gone for p in found) + round((dwell + LATE_S + 4) * FPS)
    frames = min(len(background.footage.frames), end) - start
    items = tuple(Thing(p.patch, p.foot[1], p.veil(start)) for p in found)
    events = tuple(event_of("illegal_dumping", p, start) for p in found)
    return Composition(background, view, start, frames, "two things put down and left at two places", items, events)


def _are_two(background: Background, one: Place, other: Place) -> bool:
    """Whether what is put down there are two acts: out of an arm's reach of one another, or long after one another."""
    metres = dist(background.ground.metres(*one.foot), background.ground.metres(*other.foot))
    beside = abs(one.foot[0] - other.foot[0]) > 130 and metres >= TWO_PLACES_M
    return beside or abs(one.first - other.first) > 200


def _apart(a: Patch, b: Patch) -> bool:
    return a.box[2] + 40 < b.box[0] or b.box[2] + 40 < a.box[0]


def stall(background: Background, recipe: Recipe) -> Composition:
    """A stall or a cart with somebody who stays at it, from the start."""
    rng = recipe.rng()
    view = view_of(recipe.view, background.footage.width, background.footage.height)
    start, frames = window(background, rng, 52.0)
    foot, side = stall_spot(background, view, recipe.thing[0], rng, range(start, start + frames), recipe.name)
    patch = patch_of(background, standing(background, recipe.thing[0], foot))
    vendor = vendor_at(background, side, rng)
    event = Event("street_vending", patch.box, 0.0, 0.0, 0.0)
    note = f"{recipe.thing[0]} with somebody who stays at it"
    items: tuple[Item, ...] = (vendor, Thing(patch, foot[1]))
    return Composition(background, view, start, frames, note, items, (event,))


def cart_arrives(background: Background, recipe: Recipe) -> Composition:
    """A cart that is pushed in from the picture's edge, and stays with its vendor."""
    rng = recipe.rng()
    view = view_of(recipe.view, background.footage.width, background.footage.height)
    start, frames = window(background, rng, 68.0)
    foot, side = stall_spot(background, view, recipe.thing[0], rng, range(start, start + frames), recipe.name)
    at = float(rng.uniform(16, 22))
    way = pushed_in(background, view, foot, at)
    cut = cut_out(background, int(rng.integers(10_000)), side)

    def beside(time: float) -> tuple[float, float]:
        x, y = way(time)
        return x + side[0] - foot[0], y + side[1] - foot[1]

    vendor = Person(cut, side, int(rng.integers(10_000)), glide=beside)
    patch = patch_of(background, standing(background, recipe.thing[0], foot))
    event = Event("street_vending", patch.box, at, at, at)
    items: tuple[Item, ...] = (vendor, Moving(background, recipe.thing[0], way))
    note = f"{recipe.thing[0]} pushed in, with somebody who stays at it"
    return Composition(background, view, start, frames, note, items, (event,))


def pushed_in(
    background: Background, view: View, foot: tuple[float, float], at: float
) -> Callable[[float], tuple[float, float]]:
    """The way of a cart at walking pace along the picture's rows, from outside its nearer edge to `foot`."""
    right, ahead = background.ground.metres(*foot)
    middle = (view.window[0] + view.window[2]) / 2
    side = 1.0 if foot[0] > middle else -1.0

    def way(time: float) -> tuple[float, float]:
        back = PUSHED_M_S * max(0.0, at - time)
        x, y = background.ground.pixel(right + side * back, ahead)
        return float(round(x)), float(round(y))

    return way


def window(background: Background, rng: np.random.Generator, seconds: float) -> tuple[int, int]:
    """First frame and number of frames of any stretch of the footage."""
    frames = min(round(seconds * FPS), len(background.footage.frames))
    return int(rng.integers(0, len(background.footage.frames) - frames + 1)), frames


def stall_spot(
    background: Background, view: View, name: str, rng: np.random.Generator, frames: range, why: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Pixels of the foot of a stall that is well seen, and of its vendor's feet beside it."""
    width, height = background.footage.width, background.footage.height
    for _ in range(400):
        foot = float(rng.uniform(0.08, 0.92)) * width, float(rng.uniform(0.42, 0.9)) * height
        if background.free is not None and not inside(background.free, foot):
            continue
        patch = patch_of(background, standing(background, name, foot))
        side = beside_stall(background, patch, foot, 1.0 if rng.random() < 0.5 else -1.0)
        person = cut_out(background, 0, side)
        posts = background.fixed_in_front(foot[1], patch.area)
        if not view.holds(patch.box) or not view.holds(person.box) or (posts * patch.opacity).any():
            continue
        hidden = (1 - background.hidden(frames[len(frames) // 2], foot[1], patch.area)).mean()
        if hidden > 0.5:
            return foot, side
    raise NoPlaceError(f"{why}: no spot for {name} in this view")


def beside_stall(background: Background, patch: Patch, foot: tuple[float, float], side: float) -> tuple[float, float]:
    """Where a vendor stands: an arm's length from the stall's edge, a little behind it."""
    scale = background.ground.pixels_per_metre(foot[1])
    x = (patch.box[2] if side > 0 else patch.box[0]) - side * 0.05 * scale
    return x, foot[1] - 0.12 * scale


def vendor_at(background: Background, foot: tuple[float, float], rng: np.random.Generator) -> Item:
    """Somebody who stays; in vtest.avi every second time the man who really stands there."""
    if background.name == "vtest" and rng.random() < 0.5:
        return Kept(background, Stander(background.ground, (612, 288, 690, 420), 54.9, 58.4, (655, 411), foot))
    cut = cut_out(background, int(rng.integers(10_000)), foot, mirrored=bool(rng.random() < 0.5))
    return Person(cut, foot, int(rng.integers(10_000)))


def bay_around(
    background: Background, foot: tuple[float, float], rng: np.random.Generator
) -> tuple[PaintedBay, tuple[tuple[float, float], ...]] | None:
    """A painted bay with `foot` on its middle line, and its corners in pixels; None where it leaves the road."""
    wide, long = BAY_M if rng.random() < 0.5 else BAY_M[::-1]
    turn = float(rng.choice(HEADINGS))
    right, ahead = background.ground.metres(*foot)
    a, b = wide / 2, long * 0.45
    corner = background.ground.pixel(
        right - a * cos(radians(turn)) + b * sin(radians(turn)), ahead - a * sin(radians(turn)) - b * cos(radians(turn))
    )
    bay = PaintedBay(background.ground, corner, turn, wide, long)
    corners = tuple(bay.spot(*p) for p in ((0.0, 0.0), (wide, 0.0), (wide, long), (0.0, long)))
    return (bay, corners) if all(inside(background.road, p) for p in corners) else None


def lock(background: Background, recipe: Recipe) -> Composition:
    """A lock that stands on a painted bay after somebody has passed."""
    rng = recipe.rng()
    view = view_of(recipe.view, background.footage.width, background.footage.height)
    dwell = DWELL_S["ground_lock"]
    wish = Wish(
        lambda foot: patch_of(background, standing(background, recipe.thing[0], foot)),
        after=dwell + LATE_S, rows=(0.40, 0.9), area=background.road, leaves=False, contrast=14.0,
    )  # fmt: skip
    for _ in range(60):
        place = find_place(background, view, wish, rng, recipe.name)
        found = next((b for _ in range(6) if (b := bay_around(background, place.foot, rng)) is not None), None)
        if found is not None and all(_in_view(view, p) for p in found[1]):
            break
    else:
        raise NoPlaceError(f"{recipe.name}: no bay fits on the road")
    bay, corners = found
    start, frames = timed(background, place, dwell, rng)
    shown = place.first + len(place.seen)
    event = Event(
        "ground_lock", place.patch.box, (place.put_down - start) / FPS, (shown - start) / FPS, (shown - start) / FPS
    )  # fmt: skip
    items: tuple[Item, ...] = (Painted.of(background, bay), Thing(place.patch, place.foot[1], place.veil(start)))
    note = f"{recipe.thing[0]} appears on a painted bay behind a passer-by"
    return Composition(background, view, start, frames, note, items, (event,), bays=(corners,))


def _in_view(view: View, point: tuple[float, float]) -> bool:
    across, down = view.point(*point)
    return 0.005 <= across <= 0.995 and 0.005 <= down <= 0.995
