"""Render cut-outs to paste in training: locks, stalls, carts, dumped things, and what is taken for one of them.

    blender --background --factory-startup --python-exit-code 1 --python training/render_things.py -- \\
            --out /tmp/street-n-data/sprites [--only lock,stall] [--share 0.1] [--samples 24] [--threads 1]

Needs Debian's `blender` (3.4, Cycles on the CPU). The models are those of the sample clips and of the scene maker, but
every thing has a number from 100 up and so a seed of its own: what is trained on is in no clip and no scored scene.
They are seen as more cameras see them (3 to 15 m up, 12 to 60 degrees down, from all sides), and locks are painted in
more ways; `lockarm` are kinds of locks that the clips do not have (lock_kinds.py). What is there already is not
rendered again, so a run that was stopped goes on.

Written: `<kind>-NNN.png`, RGBA, and `views.json`: how each was seen, and the pixels that a metre takes in it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from math import pi
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
CLIPS = ROOT / "sample_clips"
sys.path[:0] = [str(ROOT / "bench" / "scene_maker"), str(CLIPS), str(ROOT / "training")]
import furniture  # noqa: E402
import lock_kinds  # noqa: E402
import rendered_decoys  # noqa: E402
from things import carts, locks, materials, rubbish, stalls  # noqa: E402

spec = importlib.util.spec_from_file_location("clip_sprites", CLIPS / "render_sprites.py")
assert spec is not None
assert spec.loader is not None
rendering = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rendering)

RUST: materials.Colour = (0.16, 0.06, 0.03)
BLUE: materials.Colour = (0.02, 0.09, 0.35)
GREEN: materials.Colour = (0.02, 0.20, 0.08)
locks.PAINTS = [
    *locks.PAINTS,
    (materials.STEEL, materials.STEEL),
    (RUST, materials.STEEL),
    (materials.YELLOW, materials.YELLOW),
    (BLUE, materials.WHITE),
    (materials.BLACK, materials.BLACK),
    (RUST, RUST),
    (materials.RED, materials.RED),
    (GREEN, materials.YELLOW),
    (materials.WHITE, materials.BLACK),
]


def selling_carts(rng: Random, number: int) -> None:
    """Cargo tricycles with goods laid out on them or a cooking cabin: every third cart is a closed box (see carts)."""
    carts.carts(rng, (0, 2)[number % 2] + 3 * (number // 2))


def closed_carts(rng: Random, number: int) -> None:
    """Cargo tricycles with a closed box."""
    carts.carts(rng, 1 + 3 * number)


KINDS = {
    "lock": (locks.locks, 220, 160),
    "lockarm": (lock_kinds.more_locks, 270, 160),
    "standing": (rendered_decoys.standing_things, 72, 144),
    "parts": (rendered_decoys.parts, 90, 144),
    "stall": (stalls.stalls, 160, 224),
    "cart": (selling_carts, 80, 208),
    "tricycle": (closed_carts, 40, 208),
    "bag": (rubbish.bags, 100, 144),
    "heap": (rubbish.heaps, 100, 176),
    "bulky": (furniture.bulky, 60, 176),
    "cone": (locks.cones, 24, 128),
    "bollard": (locks.bollards, 48, 128),
    "wheelstop": (locks.wheel_stops, 24, 128),
    "crates": (furniture.crates, 40, 144),
    "bin": (furniture.bins, 24, 144),
    "umbrella": (furniture.umbrellas, 24, 160),
    "car": (furniture.cars, 24, 224),
}
"""Kind → what builds it, how many, side of the picture in pixels."""
FIRST = 100
POSE = rendering.Pose(up=(3, 12), down=(12, 60), round=pi)
HIGH_POSE = rendering.Pose(up=(4, 15), down=(15, 60), round=pi)
"""For what came after the first release, whose renderings must stay what they were for figures to be comparable."""
HIGH_KINDS = {"lockarm", "standing", "parts"}


def names(only: set[str], share: float) -> list[str]:
    """What is to be rendered, mixed, so that a run that is cut short has some of every kind."""
    chosen = [
        ((number + 0.5) / count, f"{kind}-{FIRST + number}")
        for kind, (_, count, _) in KINDS.items()
        if not only or kind in only
        for number in range(count)
    ]
    return [name for at, name in sorted(chosen) if at <= share]


def main() -> None:
    """Command line, behind Blender's own `--`."""
    parser = argparse.ArgumentParser(prog="render_things.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    parser.add_argument("--share", type=float, default=1.0, help="how much of each kind, 0..1")
    parser.add_argument("--samples", type=int, default=24, help="light paths a pixel")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else [])
    args.out.mkdir(parents=True, exist_ok=True)
    listed = args.out / "views.json"
    views = json.loads(listed.read_text()) if listed.exists() else {}
    started, made = time.monotonic(), 0
    for name in names({part for part in args.only.split(",") if part}, args.share):
        there = (args.out / f"{name}.png").exists()
        if there and name in views:
            continue
        build, _, side = KINDS[name.partition("-")[0]]
        samples = 0 if there else args.samples
        pose = HIGH_POSE if name.partition("-")[0] in HIGH_KINDS else POSE
        views[name] = rendering.render(build, name, side, args.out, samples, args.threads, pose=pose, shadow=False)
        listed.write_text(json.dumps(views, indent=0, sort_keys=True) + "\n")
        made += 1
    spent = time.monotonic() - started
    print(f"{made} rendered in {spent:.0f} s, {3600 * made / max(spent, 1e-9):.0f} an hour")  # noqa: T201


if __name__ == "__main__":
    main()
