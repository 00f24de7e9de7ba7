"""More kinds of ground locks than the sample clips show, each worn and bent in its own way. Runs inside Blender.

Built after what is sold for parking bays: flat remote-controlled locks with an arm, arches of flat bar, M-shaped and
crossed arms, sheet-metal signs on a hinge, thick hoops, T-bars, two arches in one another. Nothing here is in a clip or
a scored scene: what a network learns of locks should not be the few shapes of the sample clips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, radians, sin
from random import Random

import bpy
from things import locks, materials, shapes

RUST: materials.Colour = (0.16, 0.06, 0.03)
GREY: materials.Colour = (0.10, 0.10, 0.11)
_PAINTS: list[tuple[materials.Colour, materials.Colour]] = [
    (materials.YELLOW, materials.BLACK),
    (materials.YELLOW, materials.BLACK),
    (materials.RED, materials.WHITE),
    (materials.YELLOW, materials.YELLOW),
    (materials.STEEL, materials.STEEL),
    (materials.STEEL, materials.RED),
    (materials.WHITE, materials.BLUE),
    (materials.BLACK, materials.WHITE),
    (GREY, materials.YELLOW),
    (materials.ORANGE, materials.BLACK),
    (materials.GREEN, materials.WHITE),
    (RUST, RUST),
]
FOLDED_SHARE = 0.2
BENT_SHARE = 0.25

Paints = tuple[materials.Colour, materials.Colour]
Things = list[bpy.types.Object]


def _aged(rng: Random, colour: materials.Colour, age: float) -> materials.Colour:
    """A colour that has faded and rusted, `age` 0..1."""
    grey = sum(colour) / 3
    faded = [c + (grey * 1.2 + 0.03 - c) * 0.5 * age for c in colour]
    share = age * rng.uniform(0.0, 0.6)
    return tuple(c + (r - c) * share for c, r in zip(faded, RUST, strict=True))  # type: ignore[return-value]


def _bent(rng: Random, points: Sequence[shapes.Point]) -> list[shapes.Point]:
    """An arch that a car has pushed: sheared to one side and leaning."""
    if rng.random() > BENT_SHARE:
        return list(points)
    side, lean, wave = rng.uniform(-0.35, 0.35), rng.uniform(-0.5, 0.5), rng.uniform(0, 0.02)
    return [(x + side * z + wave * sin(25 * z), y + lean * z, z) for x, y, z in points]


def _rod(rng: Random, corners: list[shapes.Point], looks: Sequence[bpy.types.Material], radius: float) -> Things:
    points = _bent(rng, shapes.along(corners, rng.uniform(0.01, 0.12)))
    return shapes.banded_tube(points, radius, looks, rng.choice([1, 5, 7, 9, 13]))


def _flat_bar(corners: list[shapes.Point], looks: Sequence[bpy.types.Material], width: float, bands: int) -> Things:
    """Flat bar bent through the corners, painted in bands."""
    points, things = shapes.along(corners, 0.02), []
    for band in range(bands):
        first, last = (round(i * (len(points) - 1) / bands) for i in (band, band + 1))
        piece = points[first : last + 1]

        def place(u: float, v: float, piece: list[shapes.Point] = piece) -> shapes.Point:
            x, y, z = piece[round(v * (len(piece) - 1))]
            return x, y + (u - 0.5) * width, z

        things.append(shapes.sheet(1, max(1, len(piece) - 1), place, looks[band % len(looks)], thickness=0.012))
    return things


def remote_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """A flat box that holds motor and battery, with an arm that swings up from its sides."""
    width, depth, high = rng.uniform(0.38, 0.5), rng.uniform(0.3, 0.46), rng.uniform(0.05, 0.09)
    case = materials.paint(rng.choice([GREY, materials.BLACK, materials.YELLOW, materials.WHITE, RUST]), 0.4)
    shapes.box((width, depth, high), case, (0, 0, high / 2), bevel=0.03)
    if rng.random() < 0.5:
        for at in (-0.3, 0.0, 0.3):
            shapes.box((0.05, depth * 0.96, 0.004), looks[0], (at * width, 0, high), (0, 0, 0.5), bevel=0)
    half, tall = width / 2 + 0.02, rng.uniform(0.3, 0.44)
    corners = [(-half, 0.0, 0.03), (-half * rng.uniform(0.7, 1), 0.0, tall), (half * 0.9, 0.0, tall), (half, 0.0, 0.03)]
    if rng.random() < 0.5:
        return _flat_bar(corners, looks, rng.uniform(0.03, 0.06), rng.choice([1, 5, 9]))
    return _rod(rng, corners, looks, rng.uniform(0.012, 0.022))


def octagon_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """Flat bar in half an octagon, with a plate across."""
    half, tall = rng.uniform(0.2, 0.3), rng.uniform(0.34, 0.48)
    corners = [(-half, 0.0, 0.0), (-half, 0.0, tall * 0.6), (-half * 0.5, 0.0, tall), (half * 0.5, 0.0, tall),
               (half, 0.0, tall * 0.6), (half, 0.0, 0.0)]  # fmt: skip
    arm = _flat_bar(corners, looks, rng.uniform(0.05, 0.09), rng.choice([5, 7, 11]))
    if rng.random() < 0.6:
        at = tall * rng.uniform(0.4, 0.7)
        arm.append(shapes.box((half * 2, 0.012, rng.uniform(0.06, 0.16)), looks[-1], (0, 0, at), bevel=0.004))
    return arm


def m_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """An arm bent like an M, or like an A with its bar."""
    half, tall = rng.uniform(0.2, 0.32), rng.uniform(0.34, 0.5)
    dip = rng.uniform(0.35, 0.75)
    corners = [(-half, 0.0, 0.0), (-half * 0.8, 0.0, tall), (0.0, 0.0, tall * dip), (half * 0.8, 0.0, tall),
               (half, 0.0, 0.0)]  # fmt: skip
    arm = _rod(rng, corners, looks, rng.uniform(0.016, 0.028))
    if rng.random() < 0.4:
        arm.append(shapes.tube([(0, 0, 0.02), (0, 0, tall * dip)], 0.016, looks[0]))
    return arm


def crossed_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """Two bars that cross when they are raised, or a K of a post and its strut."""
    half, tall = rng.uniform(0.2, 0.32), rng.uniform(0.34, 0.5)
    radius = rng.uniform(0.016, 0.028)
    if rng.random() < 0.5:
        one = _rod(rng, [(-half, 0.0, 0.0), (half, 0.0, tall)], looks, radius)
        return one + _rod(rng, [(half, 0.04, 0.0), (-half, 0.04, tall)], looks, radius)
    post = _rod(rng, [(0.0, 0.0, 0.0), (0.0, 0.0, tall * 1.2)], looks, radius)
    return post + _rod(rng, [(0.0, half * 1.3, 0.0), (0.0, 0.0, tall)], looks, radius * 0.8)


def sign_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """A sheet-metal sign on a hinge: 'private bay' in a few dark strokes, a border of stripes."""
    wide, tall = rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.45)
    plate = [shapes.box((wide, 0.015, tall), looks[0], (0, 0, tall / 2 + 0.03), bevel=0.006)]
    for row in range(rng.choice([1, 2, 3])):
        size = (wide * rng.uniform(0.3, 0.75), 0.004, tall * 0.1)
        plate.append(shapes.box(size, looks[-1], (0, -0.011, 0.03 + tall * (0.35 + 0.2 * row)), bevel=0))
    frame = [(-wide / 2, 0.0, 0.0), (-wide / 2, 0.0, tall + 0.04), (wide / 2, 0.0, tall + 0.04), (wide / 2, 0.0, 0.0)]
    return plate + (_rod(rng, frame, looks, 0.014) if rng.random() < 0.6 else [])


def thick_hoop(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """A hoop of thick pipe, one to a bay."""
    half, tall, radius = rng.uniform(0.22, 0.42), rng.uniform(0.32, 0.55), rng.uniform(0.03, 0.045)
    corners = [(-half, 0.0, 0.0), (-half, 0.0, tall), (half, 0.0, tall), (half, 0.0, 0.0)]
    return _rod(rng, corners, looks, radius)


def t_lock(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """One stem with a bar across its head."""
    half, tall, radius = rng.uniform(0.14, 0.3), rng.uniform(0.34, 0.5), rng.uniform(0.018, 0.03)
    stem = _rod(rng, [(0.0, 0.0, 0.0), (0.0, 0.0, tall)], looks, radius)
    return stem + _rod(rng, [(-half, 0.0, tall), (half, 0.0, tall)], looks, radius)


def double_arch(rng: Random, looks: Sequence[bpy.types.Material]) -> Things:
    """A round arch with a smaller one in it."""
    half, tall, radius = rng.uniform(0.2, 0.32), rng.uniform(0.34, 0.48), rng.uniform(0.014, 0.024)
    things: Things = []
    for size in (1.0, rng.uniform(0.45, 0.7)):
        points = [
            (half * size * cos(radians(180 - 3 * i)), 0.0, tall * size * sin(radians(3 * i)) ** 0.7) for i in range(61)
        ]
        things += shapes.banded_tube(_bent(rng, points), radius, looks, rng.choice([1, 5, 7, 9]))
    return things


_KINDS: tuple[tuple[Callable[[Random, Sequence[bpy.types.Material]], Things], bool], ...] = (
    (remote_lock, False), (octagon_lock, True), (m_lock, True), (thick_hoop, True), (crossed_lock, True),
    (sign_lock, True), (remote_lock, False), (double_arch, True), (t_lock, True),
)  # fmt: skip
"""What builds the arm, and whether it needs the usual bolted base under it."""


def more_locks(rng: Random, number: int) -> None:
    """Every kind in turn, in any paint, raised more often than folded."""
    build, on_base = _KINDS[number % len(_KINDS)]
    paints, age = rng.choice(_PAINTS), rng.choice([0.0, 0.3, 0.6, 1.0])
    looks = [materials.paint(_aged(rng, colour, age), 0.25 + 0.6 * age) for colour in paints]
    arm = build(rng, looks)
    if on_base and rng.random() < 0.7:
        locks._base(rng, rng.uniform(0.3, 0.6))
    if rng.random() < FOLDED_SHARE:
        shapes.group(arm, (0, 0, 0.04), (radians(rng.choice([-1, 1]) * rng.uniform(78, 88)), 0, 0))
    else:
        shapes.group(arm, (0, 0, 0.02), (rng.gauss(0, 0.12), 0, 0))
