"""What shades a stall: parasols and folding tents. Runs inside Blender."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

from . import materials, shapes

Colours = tuple[materials.Colour, materials.Colour]
Corner = tuple[float, float]
Surface = Callable[[float, float], shapes.Point]
CANOPIES = [
    ((0.50, 0.03, 0.03), (0.50, 0.03, 0.03)), ((0.02, 0.12, 0.45), (0.62, 0.62, 0.60)),
    ((0.02, 0.26, 0.10), (0.02, 0.26, 0.10)), ((0.60, 0.10, 0.02), (0.62, 0.58, 0.5)),
    ((0.03, 0.14, 0.42), (0.03, 0.14, 0.42)), ((0.55, 0.36, 0.03), (0.5, 0.04, 0.03)),
    ((0.55, 0.53, 0.48), (0.55, 0.53, 0.48)),
]  # fmt: skip


def parasol(rng: Random, radius: float, height: float, at: shapes.Point, colours: Colours) -> None:
    """A market parasol: eight panels that sag between their ribs, a valance, a pole on a foot."""
    ribs, rise = 8, radius * rng.uniform(0.26, 0.34)
    looks = [materials.cloth(colour, 0.25) for colour in colours]
    tilt, turn = rng.uniform(-0.06, 0.06), rng.uniform(0, 1)
    things = []
    for panel in range(ribs):

        def place(u: float, v: float, panel: int = panel) -> shapes.Point:
            a = 2 * pi * (panel + u) / ribs
            chord = cos(pi / ribs) / cos(pi / ribs * (2 * u - 1))
            reach = v * radius * (chord + (1 - chord) * 0.25)
            sag = 0.10 * radius * v * (4 * u * (1 - u)) * 0.45
            return reach * cos(a), reach * sin(a), rise * (1 - v**1.25) - sag

        def hem(u: float, v: float, panel: int = panel, place: Surface = place) -> shapes.Point:
            x, y, z = place(u, 1.0)
            flap = 0.15 * v * (1 + 0.12 * sin(9 * u))
            return x * (1 - 0.02 * v), y * (1 - 0.02 * v), z - flap

        things.append(shapes.sheet(12, 14, place, looks[panel % 2], 0.003))
        things.append(shapes.sheet(12, 3, hem, looks[panel % 2], 0.003))
        a = 2 * pi * panel / ribs
        things.append(
            shapes.tube(
                [(0, 0, -0.25), (0.55 * radius * cos(a), 0.55 * radius * sin(a), rise * 0.42)], 0.006, materials.metal()
            )
        )
    things.append(shapes.ball(0.025, materials.metal(), (0, 0, rise + 0.02)))
    shapes.group(things, (at[0], at[1], height - rise), (tilt, tilt * 0.7, turn))
    shapes.tube([(at[0], at[1], 0.0), (at[0], at[1], height - 0.02)], 0.019, materials.metal())
    shapes.cylinder(0.22, 0.09, materials.stone((0.33, 0.33, 0.32)), (at[0], at[1], 0.0))


def gazebo(rng: Random, width: float, depth: float, colours: Colours) -> None:
    """A folding tent: four legs, a pyramid of cloth, a valance of the second colour."""
    eaves, peak = rng.uniform(1.95, 2.1), rng.uniform(2.6, 2.8)
    top, hem = materials.cloth(colours[0], 0.25), materials.cloth(colours[1], 0.25)
    corners = [(-width / 2, -depth / 2), (width / 2, -depth / 2), (width / 2, depth / 2), (-width / 2, depth / 2)]
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):

        def roof(u: float, v: float, a: Corner = (x1, y1), b: Corner = (x2, y2)) -> shapes.Point:
            x, y = (a[i] + (b[i] - a[i]) * u for i in (0, 1))
            droop = 0.09 * 4 * u * (1 - u) * v + 0.10 * sin(pi * v)
            return x * v, y * v, peak + (eaves - peak) * v - droop

        def valance(u: float, v: float, a: Corner = (x1, y1), b: Corner = (x2, y2)) -> shapes.Point:
            x, y = (a[i] + (b[i] - a[i]) * u for i in (0, 1))
            wave = 0.012 * sin(22 * u) * v
            return x + wave, y + wave, eaves - 0.09 * 4 * u * (1 - u) - 0.22 * v * (0.85 + 0.15 * abs(sin(14 * u)))

        shapes.sheet(16, 16, roof, top, 0.003)
        shapes.sheet(48, 4, valance, hem, 0.003)
        shapes.box((0.035, 0.035, eaves), materials.metal(), (x1 * 0.985, y1 * 0.985, eaves / 2), bevel=0.004)
        shapes.tube([(x1 * 0.985, y1 * 0.985, eaves - 0.45), (0.0, 0.0, eaves + 0.1)], 0.01, materials.metal())
