"""Stalls: tables under a parasol or tent, goods on a cloth on the ground. Runs inside Blender."""

from __future__ import annotations

from math import cos, hypot, pi, sin
from random import Random

from mathutils import Vector, noise

from . import canopies, goods, materials, shapes


def table(rng: Random, width: float, depth: float, draped: bool) -> float:
    """A folding table, bare or under a cloth that hangs down; returns the height of its top."""
    top = rng.uniform(0.68, 0.76)
    for x in (-1, 1):
        for y in (-1, 1):
            shapes.tube(
                [(x * width * 0.46, y * depth * 0.42, 0), (x * width * 0.36, y * depth * 0.42, top)],
                0.014,
                materials.metal(),
            )
    shapes.box((width, depth, 0.03), materials.surface((0.5, 0.48, 0.44), 0.5), (0, 0, top - 0.015))
    if not draped:
        return top
    colour = rng.choice([(0.5, 0.04, 0.05), (0.05, 0.16, 0.4), (0.55, 0.5, 0.4), (0.03, 0.2, 0.14), (0.35, 0.05, 0.2)])
    drop, seed = rng.uniform(0.3, 0.6), rng.uniform(0, 90)

    def place(u: float, v: float) -> shapes.Point:
        a = 2 * pi * u
        k = 1 / max(abs(cos(a)) / (width / 2 + 0.01), abs(sin(a)) / (depth / 2 + 0.01))
        x, y = k * cos(a), k * sin(a)
        wave = 0.05 * v * noise.noise(Vector((x * 7, y * 7, seed))) + 0.022 * v * sin(
            30 * a + 4 * noise.noise(Vector((x * 3, y * 3, seed)))
        )
        far = 1 + (wave + 0.02 * v) / max(0.3, hypot(x, y))
        return x * far, y * far, top + 0.004 - drop * v * (1 + 0.05 * noise.noise(Vector((x, y, seed))))

    look = materials.cloth(colour, 0.05)
    shapes.sheet(240, 12, place, look, 0.003, round_trip=True)
    shapes.box((width + 0.02, depth + 0.02, 0.006), look, (0, 0, top + 0.003), bevel=0.002)
    return top + 0.006


def ground_cloth(rng: Random) -> None:
    """Goods laid out on a cloth on the ground."""
    wide, deep, seed = rng.uniform(1.5, 1.9), rng.uniform(1.0, 1.3), rng.uniform(0, 90)
    colour = rng.choice([(0.05, 0.12, 0.35), (0.42, 0.08, 0.06), (0.5, 0.48, 0.42)])

    def place(u: float, v: float) -> shapes.Point:
        x, y = (u - 0.5) * wide, (v - 0.5) * deep
        edge = 0.03 * noise.noise(Vector((u * 6, v * 6, seed)))
        return x + edge, y + edge, 0.008 + 0.03 * max(0.0, noise.noise(Vector((x * 4, y * 4, seed))))

    shapes.sheet(90, 70, place, materials.cloth(colour, 0.0), 0.003)
    goods.small_wares(rng, wide * 0.9, deep * 0.5, (0, -deep * 0.2, 0.015))
    for i in range(int(wide / 0.3)):
        goods.folded_clothes(rng, (-wide / 2 + 0.18 + 0.3 * i, deep * 0.27, 0.015), rng.uniform(-0.2, 0.2))
    shapes.box((0.3, 0.3, 0.26), materials.card(), (wide / 2 + 0.25, deep * 0.2, 0.13), (0, 0, 0.3))


def stool(at: shapes.Point, colour: materials.Colour) -> None:
    """A plastic stool."""
    look = materials.surface(colour, 0.4, dirt=0.2)
    shapes.cylinder(0.15, 0.03, look, (at[0], at[1], 0.42))
    for a in range(4):
        x, y = cos(a * pi / 2 + 0.8), sin(a * pi / 2 + 0.8)
        shapes.tube([(at[0] + 0.16 * x, at[1] + 0.16 * y, 0), (at[0] + 0.11 * x, at[1] + 0.11 * y, 0.43)], 0.018, look)


def stalls(rng: Random, number: int) -> None:
    """Parasol over a table, gazebo over two, cloth on the ground, bare table."""
    kind, colours = number % 4, canopies.CANOPIES[number % len(canopies.CANOPIES)]
    width, depth = rng.uniform(1.2, 1.8), rng.uniform(0.6, 0.8)
    if kind == 2 and number % 8 == 2:
        ground_cloth(rng)
        return
    up = table(rng, width, depth, draped=number % 3 != 1)
    goods.lay_out(rng, width, depth, up, (number + 2) % 3 if kind != 0 else 0)
    stool((width / 2 + 0.35, rng.uniform(0.0, 0.4), 0.0), rng.choice([(0.5, 0.04, 0.03), (0.03, 0.15, 0.4)]))
    if kind == 1:
        canopies.gazebo(rng, rng.uniform(2.0, 2.5), rng.uniform(1.9, 2.2), colours)
    else:
        canopies.parasol(
            rng, rng.uniform(1.1, 1.35), rng.uniform(2.15, 2.4), (rng.uniform(-0.2, 0.2), depth * 0.75, 0.0), colours
        )
    for _ in range(rng.randint(1, 3)):
        x = rng.uniform(-width / 2, width / 2)
        shapes.box(
            (0.4, 0.3, rng.uniform(0.2, 0.3)), materials.card(), (x, depth * 0.1, 0.13), (0, 0, rng.uniform(-0.3, 0.3))
        )
