"""Cargo tricycles, the commonest shop on wheels. Runs inside Blender."""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

from . import canopies, goods, materials, shapes


def wheel(radius: float, at: shapes.Point) -> None:
    """A spoked wheel that runs along y."""
    turn = (0.0, pi / 2, 0.0)
    shapes.ring(radius - 0.022, 0.022, materials.rubber(), at, turn)
    shapes.ring(radius - 0.05, 0.009, materials.metal(), at, turn)
    shapes.cylinder(0.028, 0.1, materials.metal(), (at[0] - 0.05, at[1], at[2]), turn=turn)
    for i in range(14):
        a = 2 * pi * i / 14
        rim = (at[0], at[1] + (radius - 0.05) * cos(a), at[2] + (radius - 0.05) * sin(a))
        shapes.tube([at, rim], 0.0025, materials.metal())


def carts(rng: Random, number: int) -> None:
    """A cargo tricycle: open bed with goods, closed box, or a cooking cabin; some under a parasol."""
    colour = [(0.02, 0.12, 0.32), (0.40, 0.03, 0.03), (0.03, 0.20, 0.10), (0.30, 0.31, 0.32), (0.5, 0.3, 0.03)][
        number % 5
    ]
    frame, body = materials.paint(colour, 0.4), materials.paint(colour, 0.5)
    wide, long, bed, r = rng.uniform(0.85, 1.0), rng.uniform(1.2, 1.45), 0.55, 0.29
    front = -long / 2 - 0.95
    for side in (-1, 1):
        wheel(r, (side * (wide / 2 + 0.05), 0.15, r))
    wheel(r, (0.0, front, r))
    for line in (
        [(0, -long / 2, bed - 0.08), (0, front + 0.55, 0.36), (0, front + 0.2, 0.75)],
        [(0, front, r), (0, front + 0.14, 0.62), (0, front + 0.22, 0.98)],
        [(0, front + 0.55, 0.36), (0, front + 0.72, 0.78)],
        [(0, front + 0.2, 0.72), (0, front + 0.68, 0.62)],
        [(-0.3, front + 0.4, 0.99), (-0.22, front + 0.24, 0.99), (0.22, front + 0.24, 0.99), (0.3, front + 0.4, 0.99)],
        [(-wide / 2, 0.15, r), (wide / 2, 0.15, r)],
    ):
        shapes.tube(line, 0.019, frame)
    shapes.box((0.2, 0.27, 0.07), materials.surface(materials.BLACK, 0.5), (0, front + 0.75, 0.82), bevel=0.03)
    shapes.box((wide, long, 0.04), body, (0, 0, bed), bevel=0.008)
    kind = number % 3
    wall = 0.24 if kind == 0 else 0.6
    for side in (-1, 1):
        shapes.box((0.025, long, wall), body, (side * wide / 2, 0, bed + wall / 2), bevel=0.006)
        shapes.box((wide, 0.025, wall), body, (0, side * long / 2, bed + wall / 2), bevel=0.006)
    if kind == 0:
        for i in range(3):
            goods.pile_of_fruit(
                rng,
                wide * 0.86,
                long * 0.29,
                (0, (i - 1) * long * 0.31, bed + 0.1),
                rng.uniform(0.04, 0.055),
                rng.choice(goods.FRUIT),
            )
    elif kind == 1:
        shapes.box((wide + 0.03, long + 0.03, 0.04), body, (0, 0, bed + wall), bevel=0.015)
        carton_at = (0.05, 0.1, bed + wall + 0.15)
        shapes.box((0.5, 0.4, 0.26), materials.card(), carton_at, (0, 0, 0.2))
    else:
        shapes.box((wide, long, 0.02), materials.metal(), (0, 0, bed + wall), bevel=0.004)
        goods.small_wares(rng, wide * 0.8, long * 0.85, (0, 0, bed + wall + 0.01))
        for x in (-1, 1):
            for y in (-1, 1):
                shapes.tube(
                    [(x * wide * 0.48, y * long * 0.48, bed + wall), (x * wide * 0.48, y * long * 0.48, 1.85)],
                    0.012,
                    materials.metal(),
                )
        shapes.box(
            (wide + 0.2, long + 0.2, 0.03),
            materials.paint(canopies.CANOPIES[number % len(canopies.CANOPIES)][0]),
            (0, 0, 1.86),
            (0.03, 0.02, 0),
        )
    if kind == 0 and number % 2 == 1:
        canopies.parasol(rng, 1.0, 2.2, (0.0, 0.0, 0.0), canopies.CANOPIES[(number + 2) % len(canopies.CANOPIES)])
