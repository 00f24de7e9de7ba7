"""Every kind of scene, by the name that recipes use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scene_maker import event_kinds, mishaps, quiet_kinds, vehicle_kinds
from scene_maker.backgrounds import Background
from scene_maker.conditions import CONDITIONS
from scene_maker.scenes import Composition, Recipe

Maker = Callable[[Background, Recipe], Composition]

EVENT_KINDS: dict[str, tuple[str, Maker]] = {
    "left": ("illegal_dumping", event_kinds.left),
    "left-hidden": ("illegal_dumping", event_kinds.left_hidden),
    "left-twice": ("illegal_dumping", event_kinds.left_twice),
    "stall": ("street_vending", event_kinds.stall),
    "cart-arrives": ("street_vending", event_kinds.cart_arrives),
    "lock": ("ground_lock", event_kinds.lock),
    "left-by-van": ("illegal_dumping", vehicle_kinds.left_by_van),
}
"""Kind → the category of its events, and its maker."""
QUIET_KINDS: dict[str, Maker] = {
    "taken-up": quiet_kinds.taken_up,
    "taken-away": quiet_kinds.taken_away,
    "stays": quiet_kinds.stays,
    "waits-beside": quiet_kinds.waits_beside,
    "people-wait": quiet_kinds.people_wait,
    "parks": vehicle_kinds.parks,
    "drives-off": vehicle_kinds.drives_off,
    "stops": vehicle_kinds.stops,
    "umbrellas": quiet_kinds.umbrellas,
    "furnished": quiet_kinds.furnished,
    "furnished-bay": quiet_kinds.furnished_bay,
    "cone-on-bay": quiet_kinds.cone_on_bay,
    "courier": quiet_kinds.courier,
    "stored": quiet_kinds.stored,
    "nothing": quiet_kinds.nothing,
    "light-steps": mishaps.light_steps,
    "gain-ramps": mishaps.gain_ramps,
    "dusk-falls": mishaps.dusk_falls,
    "infrared-switch": mishaps.infrared_switch,
    "lights-sweep": mishaps.lights_sweep,
    "branch-sways": mishaps.branch_sways,
    "clock-runs": mishaps.clock_runs,
    "camera-bumped": mishaps.camera_bumped,
    "camera-trembles": mishaps.camera_trembles,
}


def compose(background: Background, recipe: Recipe) -> Composition:
    """The scene of a recipe on a background; the same every time.

    Raises:
        NoPlaceError: this footage has no place for it with this seed.
        KeyError: the recipe names a kind, light or view that there is not.
    """
    maker = EVENT_KINDS[recipe.kind][1] if recipe.kind in EVENT_KINDS else QUIET_KINDS[recipe.kind]
    made = maker(background, recipe)
    light = CONDITIONS[recipe.light](recipe.seed)
    params = made.params or light.params
    return replace(
        made, effects=(*made.effects, *light.effects), quality=max(made.quality, light.quality), params=params
    )
