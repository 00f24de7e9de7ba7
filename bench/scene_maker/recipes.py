"""Recipes: the fixed list of `corpus.yaml`, and hundreds more from a seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from scene_maker.kinds import EVENT_KINDS, QUIET_KINDS
from scene_maker.scenes import Recipe

CORPUS = Path(__file__).parent / "corpus.yaml"

BAGS = tuple(f"bag-{n:02d}" for n in range(10))
HEAPS = (*(f"heap-{n:02d}" for n in range(6)), "bulky-00", "bulky-01", "bulky-02")
STALLS = tuple(f"stall-{n:02d}" for n in (0, 1, 3, 4, 5, 6, 7))
CARTS = tuple(f"cart-{n:02d}" for n in (0, 2, 3, 5))
CLOSED_CARTS = ("cart-01", "cart-04")
"""Nothing on them says that anything is sold: a parcel's rider looks the same, and beside him they are no event."""
LOCKS = tuple(f"lock-{n:02d}" for n in (0, 1, 2, 4, 5, 6, 8, 9, 10))
"""Raised ones; a folded lock is 9 cm high."""
CONES = (*(f"cone-{n:02d}" for n in range(3)), *(f"bollard-{n:02d}" for n in range(4)))
CARS = tuple(f"car-{n:02d}" for n in range(4))

THINGS: dict[str, tuple[str, ...]] = {
    "left": (*BAGS, *HEAPS), "left-hidden": (*BAGS, *HEAPS), "left-twice": BAGS, "stall": (*STALLS, *CARTS),
    "cart-arrives": CARTS, "lock": LOCKS, "taken-up": BAGS, "taken-away": (*BAGS, "bulky-02"),
    "stays": ("stand", "stand", "squat"), "waits-beside": BAGS, "parks": CARS,
    "umbrellas": ("umbrella-00", "umbrella-01"),
    "furnished": ("bin-00", "bin-01", "crates-00", "crates-01", *CONES, *HEAPS[:3]),
    "furnished-bay": (*CONES, *LOCKS, "wheelstop-00", "wheelstop-01"), "cone-on-bay": CONES, "courier": CLOSED_CARTS,
    "camera-bumped": ("stays", "returns"), "infrared-switch": ("for good", "back"),
}  # fmt: skip
LIGHTS = ("day", "day", "dusk", "night", "night-traffic", "infrared", "rain", "low-bitrate", "pumping", "noise", "soft")
VIEWS = ("full", "full-mirrored", "left", "right-mirrored", "right", "near", "near-mirrored")


BY_LIST_ONLY = ("stored", "drives-off", "stops", "left-by-van")
"""Kinds that are not drawn by lot: with them each seed's scenes would be others than those that were reported on."""


def corpus(path: Path = CORPUS) -> list[Recipe]:
    """The fixed list, in its order.

    Raises:
        ValueError: a row cannot be used; the text names it.
    """
    recipes = []
    for row in YAML(typ="safe").load(path.read_text("utf-8")):
        try:
            plain = dict(row)
            thing = plain.pop("thing", [])
            recipes.append(Recipe(thing=tuple([thing] if isinstance(thing, str) else thing), **plain))
        except TypeError as error:
            raise ValueError(f"{path}: {row}: {error}") from None
    return recipes


def cut_outs(folder: Path) -> list[str]:
    """Names of the cut-outs in a folder of the user's.

    Raises:
        ValueError: there are none, or one has no line in `views.json`; the text names it.
    """
    listed = folder / "views.json"
    known = json.loads(listed.read_text("utf-8")) if listed.exists() else {}
    names = sorted(path.stem for path in folder.glob("*.png"))
    missing = [name for name in names if name not in known or not (folder / "shadows" / f"{name}.png").exists()]
    if missing or not names:
        why = f"{missing[0]}: no shadow, or not in views.json" if missing else "no cut-outs (*.png)"
        raise ValueError(f"{folder}: {why}")
    return names


def drawn(seed: int, count: int, own: Sequence[str] = ()) -> list[Recipe]:
    """That many recipes by lot, half with events; the same seed gives the same, and a longer list begins with it.

    Args:
        own: cut-outs of the user's, such as `heap-03`, taken where a kind of scene takes things of such a name.
    """
    rng = np.random.default_rng(seed)
    events, quiet = ([k for k in kinds if k not in BY_LIST_ONLY] for kinds in (EVENT_KINDS, QUIET_KINDS))
    recipes = []
    for number in range(count):
        kind = events[number // 2 % len(events)] if number % 2 == 0 else quiet[number // 2 % len(quiet)]
        light = "day" if kind in ("infrared-switch", "lights-sweep", "dusk-falls") else str(rng.choice(LIGHTS))
        view, choice = str(rng.choice(VIEWS)), _choice(THINGS.get(kind, ()), own)
        most = min(_how_many(kind, rng), len(choice)) if choice else 0
        thing = tuple(str(t) for t in rng.choice(choice, most, replace=False)) if choice else ()
        lot = int(rng.integers(1_000_000))
        recipes.append(Recipe(f"s{seed}-{number:04d}-{kind}", kind, lot, thing, light, view))
    return recipes


def _choice(shipped: tuple[str, ...], own: Sequence[str]) -> tuple[str, ...]:
    """The things of a kind of scene: those of the user's that are called as the shipped ones are, if there are any."""
    words = {name.partition("-")[0] for name in shipped}
    return tuple(name for name in own if name.partition("-")[0] in words) or shipped


def _how_many(kind: str, rng: np.random.Generator) -> int:
    """How many things a scene of a kind takes."""
    if kind in ("left-twice", "umbrellas"):
        return 2
    if kind in ("left", "left-hidden", "taken-up"):
        return int(rng.choice((1, 1, 1, 2)))
    return int(rng.choice((1, 2, 3))) if kind == "furnished" else 1
