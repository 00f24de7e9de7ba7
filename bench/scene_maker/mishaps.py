"""What happens to the camera or the light in the middle of a scene in which nothing is to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import exp, sin

from scene_maker.backgrounds import Background
from scene_maker.quiet_kinds import nothing
from scene_maker.scenes import Composition, Recipe
from scene_maker.views import view_of
from scene_maker.weather import (
    Effect,
    clock,
    exposure,
    foliage,
    headlights,
    infrared,
    recovering,
    sensor_noise,
    steps,
    tint,
)


def _with(background: Background, recipe: Recipe, note: str, *effects: Effect) -> Composition:
    return replace(nothing(background, recipe), note=note, effects=effects)


def light_steps(background: Background, recipe: Recipe) -> Composition:
    """The light is switched, twice and back."""
    rng = recipe.rng()
    down, up = float(rng.uniform(0.55, 0.75)), float(rng.uniform(1.15, 1.4))
    curve = steps((14.0, down), (27.0, 1.0), (38.0, up))
    return _with(background, recipe, f"light switched to {down:.0%}, back, to {up:.0%}", exposure(curve))


def gain_ramps(background: Background, recipe: Recipe) -> Composition:
    """Automatic gain: bright and dark phases that the camera takes back in seconds."""
    rng = recipe.rng()
    jumps = [(float(t), float(rng.choice((0.55, 0.7, 1.4, 1.7)))) for t in (10, 18, 27, 36, 45)]
    return _with(background, recipe, "automatic gain pumps", exposure(recovering(*jumps)))


def dusk_falls(background: Background, recipe: Recipe) -> Composition:
    """It gets dark within the clip, and the camera gets noisy."""
    seed = recipe.seed

    def light(time: float) -> float:
        return 0.32 + 0.68 * exp(-((max(0.0, time - 6) / 28) ** 2))

    noise = sensor_noise(lambda time: 1 + 6 * (1 - light(time)), seed)
    return _with(background, recipe, "dusk falls", exposure(light), tint(1.04, 1.0, 0.97, 0.85), noise)


def infrared_switch(background: Background, recipe: Recipe) -> Composition:
    """The camera changes to infrared, with `back` as recipe.thing also back."""
    back = 38.0 if "back" in recipe.thing else 1e9
    note = "the camera changes to infrared" + (" and back" if back < 1e9 else "")
    return _with(background, recipe, note, exposure(lambda _: 0.7), infrared(18.0, recipe.seed, back))


def lights_sweep(background: Background, recipe: Recipe) -> Composition:
    """Headlights sweep over the ground at night."""
    return _with(
        background, recipe, "headlights sweep at night",
        exposure(lambda _: 0.42, 1.2), tint(0.86, 1.0, 1.10, 0.45), headlights(recipe.seed, 5.0),
        sensor_noise(5.0, recipe.seed),
    )  # fmt: skip


def branch_sways(background: Background, recipe: Recipe) -> Composition:
    """A branch sways in front of the camera."""
    side = "left" if recipe.seed % 2 else "right"
    return _with(background, recipe, "a branch sways in front of the camera", foliage(recipe.seed, side))


def clock_runs(background: Background, recipe: Recipe) -> Composition:
    """A burnt-in clock runs."""
    return _with(background, recipe, "a burnt-in clock runs", clock())


def _bump(at: float, to: tuple[float, float], back: float) -> Callable[[float], tuple[float, float]]:
    def shift(time: float) -> tuple[float, float]:
        if time < at:
            return 0.0, 0.0
        left = exp(-(time - back) / 0.25) if time >= back else 1.0
        shake = 7 * exp(-(time - at) / 0.35) * sin(14 * (time - at))
        return to[0] * left + shake, to[1] * left + 0.6 * shake

    return shift


def camera_bumped(background: Background, recipe: Recipe) -> Composition:
    """The camera is knocked, and stays turned, or swings back (recipe.thing: `stays` or `returns`)."""
    rng = recipe.rng()
    to = float(rng.choice((-1, 1)) * rng.uniform(8, 24)), float(rng.choice((-1, 1)) * rng.uniform(5, 16))
    returns = "returns" in recipe.thing
    shift = _bump(float(rng.uniform(14, 20)), to, 32.0 if returns else 1e9)
    made = nothing(background, recipe)
    view = view_of(recipe.view, background.footage.width, background.footage.height, shift)
    note = f"the camera is knocked by {to[0]:.0f}, {to[1]:.0f} pixels and " + ("swings back" if returns else "stays so")
    return replace(made, view=view, note=note)


def camera_trembles(background: Background, recipe: Recipe) -> Composition:
    """The pole trembles in the wind."""

    def shift(time: float) -> tuple[float, float]:
        gust = 0.5 + 0.5 * sin(time / 3.1)
        return 2.4 * gust * sin(9.1 * time), 1.6 * gust * sin(12.7 * time + 1)

    view = view_of(recipe.view, background.footage.width, background.footage.height, shift)
    return replace(nothing(background, recipe), view=view, note="the pole trembles in the wind")
