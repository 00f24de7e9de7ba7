"""Rendered things that stand on the ground, thin or striped as a lock is, and are none. Runs inside Blender.

Table feet, tripods, rows of bicycle stands, trestles, hydrants and folding chairs, wheels, trolleys and legs: each kind
was a false alarm on somebody's footage, or is what the city's rule names as no lock.
"""

from __future__ import annotations

from math import cos, pi, sin
from random import Random

import bpy
from things import carts, materials, shapes

_METALS: list[materials.Colour] = [materials.STEEL, materials.BLACK, materials.WHITE, (0.1, 0.1, 0.11), materials.GREEN]
_LOUD: list[materials.Colour] = [materials.YELLOW, materials.RED, materials.WHITE, materials.ORANGE, materials.BLUE]


def _metal(rng: Random) -> bpy.types.Material:
    return materials.paint(rng.choice(_METALS), rng.uniform(0.1, 0.6))


def table_foot(rng: Random) -> None:
    """A crossed foot and its stem, with or without the table's top."""
    metal, reach, top = _metal(rng), rng.uniform(0.22, 0.4), rng.uniform(0.45, 1.05)
    for turn in (0.0, pi / 2):
        ends = [
            (-reach * cos(turn), -reach * sin(turn), 0.02),
            (0.0, 0.0, 0.07),
            (reach * cos(turn), reach * sin(turn), 0.02),
        ]
        shapes.tube(ends, 0.02, metal)
    shapes.cylinder(0.03, top, metal, (0, 0, 0.03))
    if rng.random() < 0.6:
        shapes.cylinder(rng.uniform(0.25, 0.4), 0.03, materials.paint(rng.choice(_LOUD + _METALS)), (0, 0, top))


def tripod(rng: Random) -> None:
    """Three legs and what they carry."""
    metal, high, spread = _metal(rng), rng.uniform(0.6, 1.5), rng.uniform(0.25, 0.5)
    first = rng.uniform(0, 2)
    for leg in range(3):
        turn = first + leg * 2 * pi / 3
        shapes.tube([(spread * cos(turn), spread * sin(turn), 0.0), (0.0, 0.0, high)], 0.014, metal)
    shapes.box((0.12, 0.12, 0.14), _metal(rng), (0, 0, high + 0.05))


def bicycle_stands(rng: Random) -> None:
    """A row of hoops, higher and closer than locks, or a rail of wheel holders."""
    metal, count = _metal(rng), rng.randint(3, 6)
    gap, high, half = rng.uniform(0.35, 0.8), rng.uniform(0.7, 0.9), rng.uniform(0.25, 0.4)
    for at in range(count):
        y = (at - count / 2) * gap
        shapes.tube(shapes.along([(-half, y, 0), (-half, y, high), (half, y, high), (half, y, 0)], 0.15), 0.024, metal)
    if rng.random() < 0.4:
        shapes.tube([(-half, -gap * count / 2, 0.03), (-half, gap * count / 2, 0.03)], 0.02, metal)


def trestle(rng: Random) -> None:
    """A striped board on two pairs of legs, as road works have it."""
    wide, high = rng.uniform(0.9, 1.6), rng.uniform(0.7, 1.0)
    looks = [materials.paint(rng.choice(_LOUD)), materials.paint(rng.choice([materials.WHITE, materials.BLACK]))]
    for part in range(8):
        shapes.box((wide / 8, 0.02, 0.2), looks[part % 2], (wide * (part - 3.5) / 8, 0, high - 0.1), bevel=0)
    for side in (-0.45, 0.45):
        for lean in (-0.25, 0.25):
            shapes.tube([(side * wide, lean, 0.0), (side * wide, 0.0, high)], 0.018, _metal(rng))


def hydrant(rng: Random) -> None:
    """A hydrant or a squat post with caps."""
    skin, high = (
        materials.paint(rng.choice([materials.RED, materials.YELLOW, materials.GREEN]), 0.5),
        rng.uniform(0.5, 0.8),
    )
    shapes.cylinder(0.11, high, skin, (0, 0, 0), top=0.09)
    shapes.ball(0.1, skin, (0, 0, high), (1, 1, 0.7))
    shapes.cylinder(0.16, 0.04, skin, (0, 0, 0))
    shapes.cylinder(0.05, 0.36, skin, (-0.18, 0, high * 0.65), turn=(0, pi / 2, 0))


def folding_chair(rng: Random) -> None:
    """Crossed tubes under a seat and a back, or a stool."""
    metal, seat = _metal(rng), materials.paint(rng.choice(_LOUD + _METALS))
    for side in (-0.2, 0.2):
        shapes.tube([(side, -0.2, 0.0), (side, 0.2, 0.45)], 0.012, metal)
        shapes.tube([(side, 0.2, 0.0), (side, -0.2, 0.45)], 0.012, metal)
    shapes.box((0.42, 0.4, 0.03), seat, (0, 0, 0.45))
    if rng.random() < 0.6:
        shapes.box((0.42, 0.03, 0.25), seat, (0, 0.2, 0.75))
        for side in (-0.2, 0.2):
            shapes.tube([(side, 0.2, 0.45), (side, 0.2, 0.85)], 0.012, metal)


_KINDS = (table_foot, tripod, bicycle_stands, trestle, hydrant, folding_chair)


def wheels(rng: Random) -> None:
    """One wheel, or two on their axle: what is seen of a cart whose body blends into the street."""
    radius, wide = rng.uniform(0.12, 0.36), rng.uniform(0.5, 1.0)
    sides = (-0.5, 0.5)[: rng.randint(1, 2)]
    for side in sides:
        carts.wheel(radius, (side * wide, 0.0, radius))
    if len(sides) == 2:
        shapes.tube([(-wide / 2, 0, radius), (wide / 2, 0, radius)], 0.02, _metal(rng))
        if rng.random() < 0.6:
            shapes.box(
                (wide * 0.9, rng.uniform(0.1, 0.5), 0.05), materials.paint(rng.choice(_METALS)), (0, 0, radius * 1.4)
            )


def trolley(rng: Random) -> None:
    """A sack truck or a folding trolley: a tall loop on two small wheels with a plate at its foot."""
    metal, half, high = _metal(rng), rng.uniform(0.16, 0.26), rng.uniform(0.7, 1.2)
    loop = shapes.along([(-half, 0, 0.05), (-half, 0.25, high), (half, 0.25, high), (half, 0, 0.05)], 0.12)
    shapes.tube(loop, 0.016, metal)
    for rung in range(rng.randint(1, 4)):
        at = 0.2 + rung * 0.22
        shapes.tube([(-half, 0.25 * at / high, at), (half, 0.25 * at / high, at)], 0.012, metal)
    shapes.box((half * 2, 0.22, 0.015), metal, (0, -0.12, 0.03), bevel=0)
    for side in (-half - 0.05, half + 0.05):
        carts.wheel(0.1, (side, 0.06, 0.1))


def legs(rng: Random) -> None:
    """Two or four legs under the edge of a sofa, a table or a bed, with a rail between some of them."""
    metal, wide, deep, high = _metal(rng), rng.uniform(0.5, 1.6), rng.uniform(0.3, 0.7), rng.uniform(0.12, 0.7)
    for x in (-wide / 2, wide / 2):
        for y in (-deep / 2, deep / 2)[: rng.randint(1, 2)]:
            shapes.tube([(x * 1.05, y * 1.05, 0), (x, y, high)], rng.uniform(0.014, 0.03), metal)
    if rng.random() < 0.5:
        shapes.tube([(-wide / 2, -deep / 2, high * 0.4), (wide / 2, -deep / 2, high * 0.4)], 0.014, metal)
    board = materials.paint(rng.choice(_LOUD + _METALS))
    shapes.box((wide * 1.08, deep * 1.08, rng.choice((0.03, 0.08, 0.2))), board, (0, 0, high))


def standing_things(rng: Random, number: int) -> None:
    """Every kind in turn."""
    _KINDS[number % len(_KINDS)](rng)


_PARTS = (wheels, trolley, legs)


def parts(rng: Random, number: int) -> None:
    """What is left of carts and furniture where the rest goes unseen; every kind in turn."""
    _PARTS[number % len(_PARTS)](rng)
