"""Rubbish: tied bags, heaps of rubble, cardboard, woven sacks. Runs inside Blender."""

from __future__ import annotations

from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from random import Random

from mathutils import Vector, noise

from . import materials, shapes

BAG_COLOURS = [
    (materials.BLACK, False), ((0.012, 0.013, 0.018), False), ((0.045, 0.10, 0.24), True), ((0.56, 0.56, 0.53), True),
    (materials.BLACK, False), ((0.05, 0.14, 0.085), True), ((0.34, 0.045, 0.05), True), ((0.03, 0.03, 0.033), False),
]  # fmt: skip


def _profile(t: float) -> tuple[float, float]:
    """Radius and height of a tied bag at t in 0..1 from foot to tip, for a body of radius and height 1."""
    knots = [
        (0.0, 0.0, 0.0), (0.07, 0.62, 0.0), (0.15, 0.88, 0.05), (0.32, 1.0, 0.25), (0.50, 0.93, 0.48),
        (0.64, 0.68, 0.66), (0.75, 0.36, 0.78), (0.83, 0.13, 0.85), (0.87, 0.085, 0.89), (0.92, 0.17, 0.97),
        (1.0, 0.30, 1.09),
    ]  # fmt: skip
    for (t0, r0, z0), (t1, r1, z1) in pairwise(knots):
        if t <= t1:
            k = (t - t0) / (t1 - t0)
            k = k * k * (3 - 2 * k) * 0.5 + k * 0.5
            return r0 + (r1 - r0) * k, z0 + (z1 - z0) * k
    return knots[-1][1:]


def tied_bag(rng: Random, radius: float, height: float, colour: materials.Colour, thin: bool, at: shapes.Point) -> None:
    """A full bag with its mouth twisted and tied; it sags, bulges where its contents press, and leans."""
    seed = Vector((rng.uniform(0, 90), rng.uniform(0, 90), rng.uniform(0, 90)))
    slump = rng.choice([0.15, 0.3, 0.6])
    lean = (rng.uniform(-slump, slump), rng.uniform(-slump, slump))
    ends = rng.uniform(0.45, 1.0)  # how much film stands above the knot
    pleats, loose = rng.randint(11, 17), rng.uniform(0.8, 1.3)
    phase = rng.uniform(0, 6.3)

    def place(u: float, v: float) -> shapes.Point:
        angle = 2 * pi * u
        r, z = _profile(v)
        unit = Vector((cos(angle), sin(angle), 2.2 * z))
        bulge = 0.20 * noise.noise(unit * 1.1 + seed) + 0.09 * noise.noise(unit * 2.6 + seed)
        crease = 1 - 2 * abs(noise.noise(unit * 3.4 + seed * 1.3))
        fine = 1 - 2 * abs(noise.noise(unit * 7.5 + seed * 0.7))
        near_neck = min(1.0, max(0.0, (v - 0.35) / 0.4))
        pleat = abs(sin(angle * pleats / 2 + phase + 2.2 * noise.noise(Vector((angle, v * 1.5, seed.x)))))
        r *= 1 + bulge + loose * (0.055 * crease + 0.022 * fine) - 0.26 * near_neck * (0.6 - pleat)
        if v > 0.87:  # the ends of the film above the knot stand apart
            r *= ends * (0.55 + 1.1 * abs(sin(angle * 1.5 + phase)) + 0.3 * fine)
            z = 0.89 + (z - 0.89) * ends
            z += 0.07 * (v - 0.87) / 0.13 * (cos(angle * 2 + phase) + fine)
        x, y = r * radius * cos(angle), r * radius * sin(angle)
        z = max(0.0, z + 0.10 * bulge) * height
        return at[0] + x + lean[0] * z, at[1] + y + lean[1] * z, at[2] + z

    shapes.sheet(220, 170, place, materials.film(colour, thin), round_trip=True)
    tie = rng.choice([materials.RED, materials.YELLOW, colour, materials.WHITE])
    neck = 0.885 * height
    shapes.ring(
        radius * 0.10, radius * 0.03, materials.film(tie),
        (at[0] + lean[0] * neck, at[1] + lean[1] * neck, at[2] + neck), (lean[1], -lean[0], 0.0),
    )  # fmt: skip


def bags(rng: Random, number: int) -> None:
    """One bag, or two or three that lean on each other."""
    count = [1, 1, 2, 1, 3, 1, 2, 1, 1, 3][number % 10]
    first = number % len(BAG_COLOURS)
    for i in range(count):
        colour, thin = BAG_COLOURS[(first + (rng.choice([0, 0, 3, 2]) if i else 0)) % len(BAG_COLOURS)]
        radius = rng.uniform(0.20, 0.29) * (1.0 if i == 0 else rng.uniform(0.65, 0.95))
        height = radius * rng.uniform(1.45, 2.25)
        angle = 2.1 * i + rng.uniform(-0.4, 0.4)
        away = 0.0 if i == 0 else rng.uniform(0.36, 0.46)
        tied_bag(rng, radius, height, colour, thin, (away * cos(angle), away * sin(angle), 0.0))


def _mound(rng: Random, radius: float, height: float, colour: materials.Colour) -> None:
    seed = rng.uniform(0, 99)

    def place(u: float, v: float) -> shapes.Point:
        x, y = (2 * u - 1) * radius * 1.2, (2 * v - 1) * radius * 1.2
        edge = 1 + 0.35 * noise.noise(Vector((3 * cos(atan2(y, x)), 3 * sin(atan2(y, x)), seed)))
        fall = max(0.0, 1 - hypot(x, y) / (radius * edge))
        grit = noise.fractal(Vector((x * 6, y * 6, seed)), 1.0, 2.2, 6)
        return x, y, height * fall**0.9 + 0.055 * grit * min(1.0, 3 * fall) - 0.03 * (fall == 0)

    shapes.sheet(140, 140, place, materials.stone(colour))


def rubble(rng: Random) -> None:
    """Building rubble: a mound of fines with broken concrete, brick, and a board."""
    radius, height = rng.uniform(0.7, 0.95), rng.uniform(0.32, 0.48)
    _mound(rng, radius, height, (0.27, 0.25, 0.22))
    looks = [
        materials.stone(c) for c in ((0.42, 0.41, 0.39), (0.34, 0.10, 0.06), (0.55, 0.54, 0.51), (0.22, 0.21, 0.2))
    ]
    for _ in range(90):
        angle, far = rng.uniform(0, 2 * pi), radius * rng.uniform(0.0, 1.05)
        up = height * max(0.0, 1 - far / radius) ** 0.9
        size = rng.choice([0.06, 0.08, 0.10, 0.13, 0.2]) * rng.uniform(0.8, 1.3)
        shapes.chunk(
            size, rng.choice(looks), (far * cos(angle), far * sin(angle), up + size * 0.15),
            (rng.uniform(0, 3), rng.uniform(0, 3), rng.uniform(0, 3)), rng.uniform(0, 50),
        )  # fmt: skip
    for _ in range(2):
        turn = (rng.uniform(-0.15, 0.15), rng.uniform(0.25, 0.5), rng.uniform(0, 6))
        shapes.box((rng.uniform(0.8, 1.2), 0.09, 0.03), materials.surface((0.30, 0.18, 0.09), 0.8, bump=0.4, grain=14),
                   (rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2), height * 0.75), turn, 0.004)  # fmt: skip


def carton(rng: Random, size: shapes.Point, at: shapes.Point, turn: float, opened: bool) -> None:
    """A cardboard box, taped shut or with its flaps up."""
    x, y, z = size
    walls = materials.card()
    things = []
    if not opened:
        things.append(shapes.box(size, walls, (0, 0, z / 2), bevel=0.006))
        things.append(
            shapes.box((x * 1.002, 0.05, 0.004), materials.surface((0.5, 0.36, 0.2), 0.25), (0, 0, z), bevel=0)
        )
    else:
        for side, depth, span, direction in ((0, x, y, 1), (0, x, y, -1), (1, y, x, 1), (1, y, x, -1)):
            wall = (0.008, span, z) if side == 0 else (span, 0.008, z)
            offset = direction * depth / 2
            middle = (offset, 0, z / 2) if side == 0 else (0, offset, z / 2)
            things.append(shapes.box(wall, walls, middle, bevel=0.002))
            tilt = rng.uniform(0.3, 1.7)
            flap = depth * 0.45
            centre = offset + direction * flap / 2 * sin(tilt)
            lift = z + flap / 2 * cos(tilt)
            if side == 0:
                things.append(
                    shapes.box((0.006, span, flap), walls, (centre, 0, lift), (0, direction * tilt, 0), 0.002)
                )
            else:
                things.append(
                    shapes.box((span, 0.006, flap), walls, (0, centre, lift), (-direction * tilt, 0, 0), 0.002)
                )
        things.append(shapes.box((x, y, 0.01), walls, (0, 0, 0.01), bevel=0))
    shapes.group(things, at, (rng.uniform(-0.04, 0.04), rng.uniform(-0.04, 0.04), turn))


def cardboard(rng: Random) -> None:
    """Cartons thrown on a heap, some open, with flattened sheets that lean on them."""
    for i in range(rng.randint(4, 6)):
        size = (rng.uniform(0.3, 0.55), rng.uniform(0.25, 0.4), rng.uniform(0.2, 0.42))
        angle = 1.4 * i + rng.uniform(-0.3, 0.3)
        away = 0.0 if i == 0 else rng.uniform(0.38, 0.55)
        up = 0.0 if i < 4 else rng.uniform(0.28, 0.34)
        far = away if up == 0 else 0.12
        carton(rng, size, (far * cos(angle), far * sin(angle), up), rng.uniform(0, 3), opened=rng.random() < 0.45)
    for _ in range(3):
        angle, tilt = rng.uniform(0, 6.3), rng.uniform(0.05, 0.5)
        shapes.box((rng.uniform(0.6, 0.9), rng.uniform(0.45, 0.6), 0.012), materials.card(),
                   (0.45 * cos(angle), 0.45 * sin(angle), 0.06 + 0.3 * sin(tilt)), (0, tilt, angle), 0.002)  # fmt: skip


def woven_sack(rng: Random, at: shapes.Point, turn: float, colour: materials.Colour) -> None:
    """A full woven sack lying on its side, as building waste is carried down in."""
    seed = Vector((rng.uniform(0, 90), rng.uniform(0, 90), rng.uniform(0, 90)))
    long, wide, high = rng.uniform(0.32, 0.40), rng.uniform(0.20, 0.25), rng.uniform(0.13, 0.17)

    def place(u: float, v: float) -> shapes.Point:
        a, s = 2 * pi * u, 2 * v - 1
        body = max(0.0, 1 - abs(s) ** 5) ** 0.5 + 0.16 * (abs(s) > 0.5) * (s > 0)
        unit = Vector((cos(a), sin(a), 1.6 * s))
        lump = 1 + 0.13 * noise.noise(unit * 1.6 + seed) + 0.05 * (1 - 2 * abs(noise.noise(unit * 4 + seed)))
        gather = 1 + 0.22 * max(0.0, s - 0.55) * sin(9 * a)
        x, y = long * s * 1.08, wide * body * lump * gather * cos(a)
        z = max(0.0, high * (1 + body * lump * gather * sin(a)) * 0.95)
        return at[0] + x * cos(turn) - y * sin(turn), at[1] + x * sin(turn) + y * cos(turn), at[2] + z

    shapes.sheet(
        120, 90, place, materials.surface(colour, 0.6, dirt=0.35, bump=0.5, grain=20, stretch=1.0), round_trip=True
    )


def sacks(rng: Random) -> None:
    """A pile of woven sacks with rubble that has fallen out."""
    colour = rng.choice([(0.40, 0.38, 0.30), (0.20, 0.25, 0.13), (0.34, 0.33, 0.30)])
    spots = [(-0.25, -0.25, 0.0), (0.3, -0.2, 0.0), (0.0, 0.28, 0.0), (0.5, 0.28, 0.0), (0.05, -0.05, 0.24)]
    for x, y, z in spots[: rng.choice([4, 5, 5])] + spots[4:]:
        woven_sack(rng, (x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.05, 0.05), z), rng.uniform(-0.5, 0.9), colour)
    for _ in range(14):
        size, at = rng.uniform(0.04, 0.1), (rng.uniform(-0.7, 0.8), rng.uniform(-0.65, -0.35), 0.02)
        turn = (rng.uniform(0, 3), 0, rng.uniform(0, 3))
        shapes.chunk(size, materials.stone((0.45, 0.44, 0.42)), at, turn, rng.uniform(0, 40))


def heaps(rng: Random, number: int) -> None:
    """Rubble, cardboard, sacks, or bags thrown before cartons."""
    kind = number % 4
    if kind == 0:
        rubble(rng)
    elif kind == 1:
        cardboard(rng)
    elif kind == 2:
        sacks(rng)
    else:
        carton(rng, (0.5, 0.4, 0.42), (0.0, 0.28, 0.0), 0.2, opened=True)
        carton(rng, (0.4, 0.3, 0.3), (0.5, 0.2, 0.0), 0.7, opened=False)
        for x, y in ((-0.38, -0.1), (0.12, -0.22), (0.55, -0.28)):
            colour, thin = rng.choice(BAG_COLOURS)
            radius = rng.uniform(0.19, 0.26)
            tied_bag(rng, radius, radius * rng.uniform(1.8, 2.2), colour, thin, (x, y, 0.0))
