"""Models the sample clips do not need: cars, umbrellas, bins, bulky goods. Runs inside Blender, on `things/`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import cos, pi, sin
from random import Random

from things import materials, shapes

CAR_PAINTS = [(0.42, 0.43, 0.45), (0.015, 0.016, 0.018), (0.30, 0.02, 0.02), (0.62, 0.62, 0.60)]
GLASS: materials.Colour = (0.012, 0.016, 0.02)
SIDE = [(-2.2, 0.62), (-2.22, 0.85), (-1.5, 0.95), (-0.75, 1.42), (0.65, 1.44), (1.45, 0.98), (2.12, 0.86), (2.2, 0.6)]
"""Outline of a hatchback's upper side, metres along and up; a van's is taller (see `cars`)."""


def _skin(half: Callable[[float], float], low: float, top: Callable[[float], float], paint: object) -> None:
    """A body whose half width depends on the height, and whose top line depends on the place along."""

    def place(u: float, v: float) -> shapes.Point:
        x = -2.2 + 4.4 * u
        crest = top(x)
        if v < 0.4:
            z = low + (crest - low) * v / 0.4
            return x, -half(z) * _blunt(x), z
        if v > 0.6:
            z = low + (crest - low) * (1 - v) / 0.4
            return x, half(z) * _blunt(x), z
        return x, half(crest) * _blunt(x) * (v - 0.5) / 0.1, crest + 0.03 * (1 - ((v - 0.5) / 0.1) ** 2)

    shapes.sheet(90, 60, place, paint)


def _blunt(x: float) -> float:
    return (1 - abs(x / 2.24) ** 7) ** 0.5


def _line(points: list[tuple[float, float]]) -> Callable[[float], float]:
    def at(x: float) -> float:
        for (x0, z0), (x1, z1) in pairwise(points):
            if x <= x1:
                return z0 + (z1 - z0) * max(0.0, x - x0) / (x1 - x0)
        return points[-1][1]

    return at


def cars(rng: Random, number: int) -> None:
    """A hatchback or a van (each fourth), 4.4 m long, its nose towards +x."""
    van = number % 4 == 3
    paint = materials.surface(CAR_PAINTS[number % 4], rough=0.22, dirt=0.08, bump=0.0)
    glass = materials.surface(GLASS, rough=0.08, dirt=0.0)
    roof = 1.88 if van else 1.44
    side = [(-2.2, 0.8), (-2.12, roof - 0.1), (-1.9, roof), (0.9, roof), (1.55, 1.1), (2.2, 0.75)] if van else SIDE
    top = _line(side)

    def half(z: float) -> float:
        return 0.88 if z < 0.92 else 0.88 - 0.20 * (z - 0.92) / 0.5 * (0.5 if van else 1.0)

    _skin(half, 0.24, top, paint)
    shapes.box((4.3, 1.6, 0.25), materials.rubber(), (0, 0, 0.3))
    sill, eave = 0.96, roof - 0.1
    for flank in (-1, 1):  # side windows, standing a centimetre proud of the body
        panes = [(0.0, 0.86)] if van else [(-0.95, 0.0), (0.06, 0.95)]
        for low_x, high_x in panes:

            def pane(u: float, v: float, a: float = low_x, b: float = high_x, flank: int = flank) -> shapes.Point:
                z = sill + (eave - sill) * v
                lean = 0.28 * v
                x = a + (b - a) * u + (lean * (1 - u) if a < -0.5 else 0) - (lean * u * 1.4 if b > 0.5 else 0)
                return x, flank * (half(z) * _blunt(x) + 0.012), z

            shapes.sheet(6, 6, pane, glass)
    for low_x, high_x, width in ((0.72, 1.4, 1.32), *(() if van else ((-1.42, -0.8, 1.26),))):

        def screen(u: float, v: float, a: float = low_x, b: float = high_x, width: float = width) -> shapes.Point:
            x = a + (b - a) * u
            return x, width * (v - 0.5), top(x) + 0.045

        shapes.sheet(8, 8, screen, glass)
    for x in (-1.32, 1.32):
        for y in (-0.82, 0.82):
            shapes.cylinder(0.32, 0.2, materials.rubber(), (x, y + 0.1, 0.32), turn=(pi / 2, 0, 0))
            out = y + (0.125 if y > 0 else -0.105)
            shapes.cylinder(0.2, 0.02, materials.metal(), (x, out, 0.32), turn=(pi / 2, 0, 0))
    lamp, rear = (
        materials.surface((0.8, 0.8, 0.75), rough=0.1, dirt=0.0),
        materials.surface((0.4, 0.01, 0.01), rough=0.2),
    )
    for y in (-0.6, 0.6):
        shapes.box((0.1, 0.34, 0.14), lamp, (2.1, y, 0.72))
        shapes.box((0.1, 0.26, 0.2), rear, (-2.13, y, 0.8))


def umbrellas(rng: Random, number: int) -> None:
    """An open umbrella as somebody carries it: the canopy's rim at 1.75 m, the stick down to the hand."""
    colours = [((0.02, 0.05, 0.2), (0.02, 0.05, 0.2)), ((0.4, 0.02, 0.04), (0.5, 0.48, 0.45))][number % 2]
    looks = [materials.cloth(colour, 0.2) for colour in colours]
    radius, rise, ribs = 0.52, 0.24, 8
    for panel in range(ribs):

        def place(u: float, v: float, panel: int = panel) -> shapes.Point:
            a = 2 * pi * (panel + u) / ribs
            reach = v * radius * (1 - 0.1 * 4 * u * (1 - u) * v)
            return reach * cos(a), reach * sin(a), 1.78 + rise * (1 - v**1.7)

        shapes.sheet(10, 10, place, looks[panel % 2], 0.003)
    shapes.tube([(0, 0, 1.2), (0, 0, 2.05)], 0.009, materials.metal())


def bins(rng: Random, number: int) -> None:
    """A 240-litre bin on wheels, or a street bin on a post: what the city put there."""
    if number % 2 == 0:
        green = materials.paint([materials.GREEN, materials.BLUE][number // 2 % 2])
        shapes.cylinder(0.27, 0.95, green, (0, 0, 0.08), top=0.36, sides=4, turn=(0, 0, pi / 4))
        shapes.box((0.58, 0.66, 0.06), green, (0, -0.02, 1.06), (0.05, 0, 0), 0.02)
        for x in (-0.2, 0.2):
            shapes.cylinder(0.1, 0.05, materials.rubber(), (x, 0.24, 0.1), turn=(0, pi / 2, 0))
    else:
        steel = materials.metal()
        for x in (-0.32, 0.32):
            shapes.box((0.5, 0.36, 0.7), steel, (x, 0, 0.6), bevel=0.03)
            shapes.box((0.3, 0.01, 0.14), materials.rubber(), (x, -0.185, 0.82))
        shapes.box((1.2, 0.46, 0.05), materials.paint(materials.GREEN), (0, 0, 1.02))
        for x in (-0.5, 0.5):
            shapes.cylinder(0.03, 0.3, steel, (x, 0, 0))


def bulky(rng: Random, number: int) -> None:
    """A sofa, a mattress against a board, a refrigerator, an office chair's seat on a chest of drawers."""
    kind = number % 3
    if kind == 0:
        cloth = materials.cloth([(0.22, 0.10, 0.05), (0.10, 0.12, 0.15)][number // 3 % 2], 0.0)
        shapes.box((1.7, 0.8, 0.3), cloth, (0, 0, 0.27), bevel=0.06)
        shapes.box((1.7, 0.22, 0.55), cloth, (0, 0.32, 0.55), (-0.12, 0, 0), 0.08)
        for x in (-0.8, 0.8):
            shapes.box((0.2, 0.8, 0.34), cloth, (x, 0, 0.5), bevel=0.07)
        for x in (-0.33, 0.33):
            shapes.box((0.64, 0.6, 0.14), cloth, (x, -0.06, 0.48), (0, rng.uniform(-0.05, 0.05), 0), 0.05)
    elif kind == 1:
        ticking = materials.cloth((0.55, 0.52, 0.46), 0.0)
        shapes.box((1.8, 0.18, 0.9), ticking, (0, 0, 0.47), (-0.25, 0, 0), 0.06)
        shapes.box(
            (1.1, 0.05, 0.7), materials.surface((0.25, 0.15, 0.08), 0.7), (0.2, 0.25, 0.4), (-0.25, 0.1, 0), 0.01
        )
    else:
        white = materials.paint(materials.WHITE, 0.2)
        shapes.box((0.58, 0.6, 1.0), white, (0, 0, 0.54), bevel=0.03)
        shapes.box((0.58, 0.04, 0.42), white, (0, -0.33, 1.27 - 0.42), bevel=0.015)
        shapes.box((0.03, 0.05, 0.3), materials.metal(), (0.22, -0.36, 0.8))


def crates(rng: Random, number: int) -> None:
    """What a shop puts out: fruit crates on a low table, or cartons in a row against the wall."""
    colours = [materials.RED, materials.ORANGE, materials.GREEN, materials.YELLOW]
    wood = materials.surface((0.35, 0.22, 0.11), 0.8)
    for row in range(2):
        for i in range(3):
            at = (0.52 * (i - 1), 0.36 * row, 0.25 + 0.22 * row)
            shapes.box((0.5, 0.34, 0.2), wood, at, (0.25, 0, 0), 0.01)
            look = materials.surface(colours[(i + row + number) % 4], 0.5)
            for _ in range(12):
                x, y = rng.uniform(-0.2, 0.2), rng.uniform(-0.12, 0.12)
                shapes.ball(0.05, look, (at[0] + x, at[1] + y, at[2] + 0.11 + 0.25 * y), detail=2)
    shapes.box((1.6, 0.8, 0.15), wood, (0, 0.18, 0.09))
    _ = sin
