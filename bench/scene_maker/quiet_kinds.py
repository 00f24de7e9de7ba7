"""Scenes in which nothing is to be found, though something happens: hard negatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from composing import FPS

from scene_maker.backgrounds import Background
from scene_maker.cutouts import cut_out
from scene_maker.event_kinds import bay_around, lock, stall, stall_spot, things_at, timed, vendor_at, window
from scene_maker.layers import (
    Item,
    Moving,
    Painted,
    Patch,
    Person,
    Thing,
    Veil,
    patch_of,
    standing,
)
from scene_maker.placing import NoPlaceError, Wish, find_place, inside, lingers, passings, touches_posts
from scene_maker.scenes import Composition, Recipe
from scene_maker.views import View, view_of
from scene_maker.walkers import Walker

SHORT_S = (2.5, 11.0)
"""Seconds that a thing which is taken up again stays: the dwell is 15 s."""
LENGTH_S = 55.0
STAND_S = 30.0


def _view(background: Background, recipe: Recipe) -> View:
    return view_of(recipe.view, background.footage.width, background.footage.height)


def taken_up(background: Background, recipe: Recipe) -> Composition:
    """Something put down as somebody passes, and taken up again, before the dwell is over, as somebody passes."""
    rng, view = recipe.rng(), _view(background, recipe)
    for _ in range(60):
        wish = Wish(
            lambda foot: things_at(background, recipe.thing, foot, 0.3), after=22.0, open_share=(0.0, 1.0), leaves=False
        )  # fmt: skip
        place = find_place(background, view, wish, rng, recipe.name)
        shown = place.first + len(place.seen)
        frames = range(shown + round(SHORT_S[0] * FPS), shown + round(SHORT_S[1] * FPS))
        gone = next(passings(background, place.patch, place.foot[1], frames), None)
        if gone is not None and gone[0] > shown and gone[0] + len(gone[1]) - place.put_down < 13 * FPS:
            break
    else:
        raise NoPlaceError(f"{recipe.name}: nobody comes back in time")
    start = max(0, place.first - round(float(rng.uniform(9, 16)) * FPS))
    frames_count = min(len(background.footage.frames) - start, gone[0] - start + 30 * FPS)
    item = Thing(place.patch, place.foot[1], place.veil(start), Veil(gone[0] - start, gone[1]))
    stays = (gone[0] - shown) / FPS
    note = f"{', '.join(recipe.thing)} put down and taken up again after {stays:.0f} s"
    return Composition(background, view, start, frames_count, note, (item,))


def taken_away(background: Background, recipe: Recipe) -> Composition:
    """Something that stood there from the start is taken away: its ghost is no thing."""
    rng, view = recipe.rng(), _view(background, recipe)
    wish = Wish(
        lambda foot: things_at(background, recipe.thing, foot, 0.3), after=30.0, before=14.0, leaves=False,
        open_share=(0.4, 1.0),
    )  # fmt: skip
    place = find_place(background, view, wish, rng, recipe.name)
    start = max(0, place.first - round(float(rng.uniform(13, 20)) * FPS))
    frames = min(len(background.footage.frames) - start, 60 * FPS)
    item = Thing(place.patch, place.foot[1], None, place.veil(start))
    return Composition(background, view, start, frames, f"{', '.join(recipe.thing)} taken away", (item,))


def stays(background: Background, recipe: Recipe) -> Composition:
    """Somebody who comes and then stands there, or crouches, to the end."""
    rng, view = recipe.rng(), _view(background, recipe)
    number, squat = int(rng.integers(10_000)), "squat" in recipe.thing
    wish = Wish(
        lambda foot: cut_out(background, number, foot, squat=squat), after=STAND_S, open_share=(0.5, 1.0),
        leaves=False, area=background.road,
    )  # fmt: skip
    place = find_place(background, view, wish, rng, recipe.name)
    start, frames = timed(background, place, STAND_S, rng)
    item = Person(place.patch, place.foot, int(rng.integers(10_000)), veil=place.veil(start))
    note = "somebody comes and crouches" if squat else "somebody comes and stands there"
    return Composition(background, view, start, frames, note, (item,))


def waits_beside(background: Background, recipe: Recipe) -> Composition:
    """A bag put down by somebody who stays beside it."""
    rng, view = recipe.rng(), _view(background, recipe)
    number = int(rng.integers(10_000))

    def both(foot: tuple[float, float]) -> Patch:
        return things_at(background, recipe.thing, foot, 0.0)

    for _ in range(60):
        wish = Wish(both, after=STAND_S, leaves=False, area=background.road)
        place = find_place(background, view, wish, rng, recipe.name)
        reach = 0.55 * background.ground.pixels_per_metre(place.foot[1]) * (1 if rng.random() < 0.5 else -1)
        foot = place.foot[0] + reach, place.foot[1] - 3
        cut = cut_out(background, number, foot)
        over = place.first + len(place.seen)
        coming = next(passings(background, cut, foot[1], range(place.first - 12, over + 12)), None)
        if coming is not None and view.holds(cut.box) and abs(coming[0] - place.first) < 25:
            break
    else:
        raise NoPlaceError(f"{recipe.name}: nobody behind whom both could come")
    start, frames = timed(background, place, STAND_S, rng)
    person = Person(cut, foot, int(rng.integers(10_000)), veil=Veil(coming[0] - start, coming[1]))
    items: tuple[Item, ...] = (person, Thing(place.patch, place.foot[1], place.veil(start)))
    return Composition(background, view, start, frames, "a bag put down by somebody who stays by it", items)


def courier(background: Background, recipe: Recipe) -> Composition:
    """A closed cargo tricycle with its rider beside it: nothing is laid out, nothing says that he sells."""
    made = stall(background, recipe)
    return replace(made, note=f"{recipe.thing[0]}, closed, with somebody beside it", events=())


def stored(background: Background, recipe: Recipe) -> Composition:
    """A stall or cart that nobody stays at, people pass: it is stored there, or its vendor has gone home."""
    made = stall(background, recipe)
    left = tuple(item for item in made.items if isinstance(item, Thing))
    return replace(made, note=f"{recipe.thing[0]} without anybody who stays at it", items=left, events=())


def umbrellas(background: Background, recipe: Recipe) -> Composition:
    """Walkers who carry open umbrellas."""
    rng, view = recipe.rng(), _view(background, recipe)
    start, frames = window(background, rng, LENGTH_S)
    items: list[Item] = []
    for walker in background.walkers:
        here = (walker.frames >= start) & (walker.frames < start + frames)
        if here.sum() > 40 and rng.random() < 0.6:
            items.append(Moving(background, recipe.thing[len(items) % len(recipe.thing)], _above(walker, start)))
    return Composition(background, view, start, frames, f"{len(items)} walkers with umbrellas", tuple(items))


def _above(walker: Walker, start: int) -> Callable[[float], tuple[float, float] | None]:
    boxes, first = walker.boxes, int(walker.frames[0])
    # Boxes tremble; an umbrella does not.
    kernel = np.ones(9) / 9
    smooth = np.stack([np.convolve(np.pad(boxes[:, i], 4, mode="edge"), kernel, "valid") for i in range(4)], axis=1)

    def way(time: float) -> tuple[float, float] | None:
        index = round(time * FPS) + start - first
        if not 0 <= index < len(smooth):
            return None
        x1, y1, x2, y2 = smooth[index]
        # The sprite's lowest point is its stick's end, in the hand: a third of his height below the head.
        return float(round((x1 + x2) / 2 + 0.1 * (x2 - x1))), float(round(y1 + 0.33 * (y2 - y1)))

    return way


def furnished(background: Background, recipe: Recipe) -> Composition:
    """Things that stood there from the start: fixtures, cones, legal bollards, a shop's goods, a parked cart."""
    rng, view = recipe.rng(), _view(background, recipe)
    start, frames = window(background, rng, LENGTH_S)
    items: list[Item] = []
    for name in recipe.thing:
        during = range(start, start + frames)
        for _ in range(40):
            foot, _ = stall_spot(background, view, name, rng, during, recipe.name)
            if not lingers(background, foot, during, share=0.15):
                break
        else:
            raise NoPlaceError(f"{recipe.name}: everywhere somebody stays beside {name}, as a vendor would")
        items.append(Thing(patch_of(background, standing(background, name, foot)), foot[1]))
    return Composition(background, view, start, frames, f"{', '.join(recipe.thing)} from the start", tuple(items))


def furnished_bay(background: Background, recipe: Recipe) -> Composition:
    """A painted bay with what is no new lock on it: cones, legal bollards, wheel stops, or a lock of the inventory."""
    rng, view = recipe.rng(), _view(background, recipe)
    start, frames = window(background, rng, LENGTH_S)
    for _ in range(800):
        foot = (
            float(rng.uniform(0.1, 0.9)) * background.footage.width,
            float(rng.uniform(0.38, 0.8)) * (background.footage.height),
        )
        if not inside(background.road, foot):
            continue
        patch = things_at(background, recipe.thing, foot, 0.2)
        found = bay_around(background, foot, rng)
        held = found is not None and all(view.holds((*p, *p), 2.0) for p in found[1])
        if found is not None and held and view.holds(patch.box) and not touches_posts(background, patch, foot[1]):
            break
    else:
        raise NoPlaceError(f"{recipe.name}: no bay fits on the road")
    items: tuple[Item, ...] = (Painted.of(background, found[0]), Thing(patch, foot[1]))
    note = f"{', '.join(recipe.thing)} on a bay from the start"
    return Composition(background, view, start, frames, note, items, bays=(found[1],))


def cone_on_bay(background: Background, recipe: Recipe) -> Composition:
    """A cone or a legal bollard that is put on a bay while the camera looks: no lock. Dumping is not asked for."""
    made = lock(background, recipe)
    note = f"{recipe.thing[0]} put on a bay: no lock"
    return replace(made, note=note, events=(), dumping=False)


def people_wait(background: Background, recipe: Recipe) -> Composition:
    """People who stand in a row from the start, as at a bus stop."""
    rng, view = recipe.rng(), _view(background, recipe)
    start, frames = window(background, rng, LENGTH_S)
    items: list[Item] = []
    middle, _ = stall_spot(background, view, "bin-00", rng, range(start, start + frames), recipe.name)
    right, ahead = background.ground.metres(*middle)
    for number in range(int(rng.integers(2, 5))):
        foot = background.ground.pixel(right + 0.8 * number, ahead + float(rng.uniform(-0.4, 0.4)))
        items.append(vendor_at(background, foot, rng))
    return Composition(background, view, start, frames, f"{len(items)} people who wait", tuple(items))


def nothing(background: Background, recipe: Recipe) -> Composition:
    """The footage as it is, under the recipe's light or with the recipe's mishap."""
    rng, view = recipe.rng(), _view(background, recipe)
    start, frames = window(background, rng, LENGTH_S)
    return Composition(background, view, start, frames, "nobody leaves anything", ())
