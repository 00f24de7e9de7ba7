"""Ground locks, and what is often taken for one: cones, bollards, wheel stops. Runs inside Blender."""

from __future__ import annotations

from math import cos, radians, sin
from random import Random

from . import materials, shapes

PAINTS = [
    (materials.YELLOW, materials.BLACK), (materials.RED, materials.WHITE), (materials.YELLOW, materials.BLACK),
    (materials.STEEL, materials.YELLOW),
]  # fmt: skip


def _outline(shape: str, width: float, height: float) -> list[shapes.Point]:
    """The raised arch in the xz plane, feet at z = 0."""
    half = width / 2
    if shape == "u":
        return shapes.along([(-half, 0, 0), (-half, 0, height), (half, 0, height), (half, 0, 0)], 0.13)
    if shape == "triangle":
        return shapes.along([(-half, 0, 0), (-0.03, 0, height), (0.03, 0, height), (half, 0, 0)], 0.06)
    if shape == "trapeze":
        return shapes.along([(-half, 0, 0), (-half * 0.6, 0, height), (half * 0.6, 0, height), (half, 0, 0)], 0.07)
    points = []
    for i in range(121):  # "o": an oval standing on the ground
        angle = radians(-60 + 300 * i / 120)
        points.append((half * cos(angle), 0.0, height * 0.5 * (1.0 + sin(angle))))
    low = min(p[2] for p in points)
    return [(x, y, z - low) for x, y, z in points]


def _base(rng: Random, width: float) -> None:
    steel = materials.paint(rng.choice([materials.YELLOW, materials.BLACK, (0.12, 0.12, 0.13)]), 0.45)
    depth = rng.uniform(0.16, 0.3)
    for side in (-1, 1):
        shapes.box((0.09, depth, 0.012), steel, (side * width / 2, 0, 0.006), bevel=0.003)
        shapes.cylinder(0.026, 0.055, steel, (side * width / 2, 0, 0.005))
        for bolt in (-0.36, 0.36):
            shapes.cylinder(0.011, 0.012, materials.metal(), (side * width / 2, bolt * depth, 0.012), sides=6)
    shapes.box((width, 0.05, 0.03), steel, (0, 0, 0.018), bevel=0.006)
    shapes.box((0.09, 0.075, 0.085), materials.metal(), (rng.uniform(-0.05, 0.05), 0.0, 0.045), bevel=0.012)


def arch_lock(rng: Random, shape: str, paints: tuple[materials.Colour, materials.Colour], folded: bool) -> None:
    """A folding arch on a base that is bolted to the bay; folded it lies almost flat."""
    width, height = rng.uniform(0.46, 0.64), rng.uniform(0.34, 0.46)
    if shape in ("triangle", "o"):
        width, height = rng.uniform(0.42, 0.52), rng.uniform(0.36, 0.46)
    looks = [materials.paint(colour, 0.35) for colour in paints]
    points = _outline(shape, width, height)
    arch = shapes.banded_tube(points, rng.uniform(0.021, 0.03), looks, rng.choice([7, 9, 11]))
    if shape in ("u", "trapeze") and rng.random() < 0.6:
        bar = rng.uniform(0.45, 0.6) * height
        half = width / 2 * (1.0 if shape == "u" else 0.78)
        arch.append(shapes.tube([(-half, 0, bar), (half, 0, bar)], 0.016, looks[0]))
        if rng.random() < 0.5:
            arch.append(shapes.box((0.17, 0.012, 0.13), looks[1], (0, -0.012, bar), bevel=0.004))
            arch.append(
                shapes.box((0.12, 0.004, 0.085), materials.paint(materials.WHITE), (0, -0.021, bar), bevel=0.002)
            )
    if shape == "triangle":
        arch.append(shapes.tube([(0, 0, 0.02), (0, 0, height)], 0.016, looks[1]))
    _base(rng, width)
    shapes.group(arch, (0, 0, 0.035), (radians(rng.uniform(83, 87)) if folded else rng.uniform(-0.12, 0.12), 0, 0))


def post_lock(rng: Random, paints: tuple[materials.Colour, materials.Colour], folded: bool) -> None:
    """A folding post on a hinged foot, with a padlock."""
    height, radius = rng.uniform(0.55, 0.72), rng.uniform(0.03, 0.042)
    looks = [materials.paint(colour, 0.35) for colour in paints]
    points = [(0.0, 0.0, 0.05 + height * i / 60) for i in range(61)]
    post = shapes.banded_tube(points, radius, looks, 6)
    post.append(shapes.ball(radius * 1.02, looks[1], (0, 0, 0.05 + height)))
    post.append(
        shapes.box((0.055, 0.025, 0.05), materials.surface((0.5, 0.32, 0.08), 0.3, 1.0), (0, -radius - 0.014, 0.13))
    )
    steel = materials.paint((0.12, 0.12, 0.13), 0.4)
    shapes.box((0.2, 0.16, 0.012), steel, (0, 0, 0.006), bevel=0.003)
    for side in (-1, 1):
        shapes.box((0.008, 0.1, 0.1), steel, (side * (radius + 0.008), 0, 0.06), bevel=0.003)
    if folded:
        shapes.group(post, (0, 0, 0.03), (radians(86), 0, 0))


def locks(rng: Random, number: int) -> None:
    """Every shape and paint in turn; each fourth is folded."""
    shape = ("u", "o", "u", "triangle", "trapeze", "post")[number % 6]
    paints, folded = PAINTS[(number + number // 6) % len(PAINTS)], number % 4 == 3
    if shape == "post":
        post_lock(rng, paints, folded)
    else:
        arch_lock(rng, shape, paints, folded)


def cones(rng: Random, number: int) -> None:
    """A traffic cone with one or two reflecting sleeves."""
    height = rng.uniform(0.45, 0.75)
    skin = materials.surface(materials.ORANGE if number % 3 else materials.RED, 0.5, dirt=0.3, bump=0.1, grain=12)
    sleeve = materials.paint((0.75, 0.75, 0.74), 0.25)
    wide, top = height * 0.19, 0.028
    shapes.cylinder(wide, height, skin, (0, 0, 0.03), top=top)
    for low, high in ((0.42, 0.62), (0.74, 0.86))[: 1 + number % 2]:
        radius = [(wide + (top - wide) * k) * 1.015 + 0.001 for k in (low, high)]
        shapes.cylinder(radius[0], height * (high - low), sleeve, (0, 0, 0.03 + height * low), top=radius[1])
    side = height * 0.54
    foot = materials.rubber() if number % 2 else skin
    shapes.box((side, side, 0.04), foot, (0, 0, 0.02), (0, 0, rng.uniform(0, 1.5)), bevel=0.012)


def bollards(rng: Random, number: int) -> None:
    """Steel post with reflecting bands, stone ball, dark cast post, ribbed plastic post."""
    kind = number % 4
    if kind == 0:
        height = rng.uniform(0.75, 1.0)
        shapes.cylinder(0.057, height, materials.metal(), (0, 0, 0))
        for at in (0.6, 0.78):
            shapes.cylinder(0.058, height * 0.1, materials.paint(materials.RED), (0, 0, height * at))
        shapes.ball(0.057, materials.metal(), (0, 0, height), (1, 1, 0.5))
        shapes.cylinder(0.1, 0.015, materials.metal(), (0, 0, 0))
    elif kind == 1:
        grey = materials.stone((0.40, 0.39, 0.37))
        shapes.cylinder(0.2, 0.08, grey, (0, 0, 0))
        shapes.ball(0.25, grey, (0, 0, 0.28), rough=0.01, detail=5)
    elif kind == 2:
        dark = materials.paint((0.03, 0.035, 0.035), 0.2)
        shapes.cylinder(0.085, 0.75, dark, (0, 0, 0), top=0.065)
        shapes.cylinder(0.09, 0.05, dark, (0, 0, 0.6))
        shapes.ball(0.075, dark, (0, 0, 0.79), (1, 1, 0.8))
        shapes.cylinder(0.12, 0.1, dark, (0, 0, 0))
    else:
        skin = materials.surface(materials.ORANGE, 0.5, dirt=0.25)
        shapes.cylinder(0.04, 0.75, skin, (0, 0, 0.04))
        for at in (0.35, 0.52, 0.68):
            shapes.cylinder(0.0415, 0.09, materials.paint(materials.WHITE), (0, 0, at))
        shapes.cylinder(0.11, 0.05, materials.rubber(), (0, 0, 0), top=0.06)


def wheel_stops(rng: Random, number: int) -> None:
    """A rubber kerb at the end of a bay, black and yellow; or a steel hoop lying low."""
    if number % 2 == 0:
        black, yellow = materials.rubber(), materials.paint(materials.YELLOW, 0.4)
        for i in range(6):
            shapes.box((0.29, 0.15, 0.10), yellow if i % 2 else black, (-0.725 + 0.29 * i, 0, 0.05), bevel=0.028)
    else:
        looks = [materials.paint(materials.YELLOW, 0.4), materials.paint(materials.BLACK, 0.3)]
        for side in (-1, 1):
            points = shapes.along([(-0.28 + side * 0.45, 0, 0), (-0.28 + side * 0.45, 0, 0.11),
                                   (0.28 + side * 0.45, 0, 0.11), (0.28 + side * 0.45, 0, 0)], 0.05)  # fmt: skip
            shapes.banded_tube(points, 0.035, looks, 5)
            for foot in (-0.28, 0.28):
                shapes.cylinder(0.06, 0.01, materials.metal(), (foot + side * 0.45, 0, 0), sides=24)
