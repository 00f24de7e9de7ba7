"""More that is no lock, stall or tricycle, out of polygons: road marks, tripods, lamp posts, table feet, cases, chairs.

Each was a false alarm of an earlier state of the model. Pasted without a label, as decoys.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.paste import Sprite, trim
from training.polygons import Colour, Polygon, box, quad, render, tube, wheel

PIXELS_PER_METRE = 90.0
_METALS: list[Colour] = [(40, 40, 40), (150, 150, 155), (200, 200, 200), (60, 80, 60), (70, 100, 140)]
_PAINT: list[Colour] = [(235, 235, 235), (240, 240, 240), (60, 200, 235)]
_CASES: list[Colour] = [(30, 30, 30), (45, 40, 40), (80, 40, 30), (40, 40, 140), (110, 110, 110), (60, 90, 120)]


def _pick(rng: np.random.Generator, choices: list[Colour]) -> Colour:
    return choices[int(rng.integers(len(choices)))]


def _line(points: list[list[float]], radius: float, colour: Colour) -> list[Polygon]:
    return tube(np.array(points, float), radius, lambda _share: colour, 6)


def _flat(corners: list[tuple[float, float]], colour: Colour) -> Polygon:
    return quad([[x, y, 0.0] for x, y in corners], colour)


def road_mark(rng: np.random.Generator) -> list[Polygon]:
    """Dashes, an arrow, zebra stripes, or the corner of a painted bay."""
    colour, width = _pick(rng, _PAINT), float(rng.uniform(0.1, 0.2))
    kind = int(rng.integers(4))
    if kind == 0:
        return [_flat([(0, 0), (float(rng.uniform(0.6, 3)), 0), (2, width), (0, width)], colour)]
    if kind == 1:
        shaft = _flat([(0, -width / 2), (1.5, -width / 2), (1.5, width / 2), (0, width / 2)], colour)
        head = Polygon(np.array([[1.5, -0.35, 0], [2.3, 0, 0], [1.5, 0.35, 0]]), colour)
        dash = _flat([(0, 0.9), (1.8, 0.9), (1.8, 0.9 + width), (0, 0.9 + width)], colour)
        return [shaft, head, dash] if rng.random() < 0.5 else [shaft, head]
    if kind == 2:
        count = int(rng.integers(2, 7))
        return [
            _flat([(k * 0.9, 0), (k * 0.9 + 0.45, 0), (k * 0.9 + 0.45, 2), (k * 0.9, 2)], colour) for k in range(count)
        ]
    return [
        _flat([(0, 0), (2.4, 0), (2.4, width), (0, width)], colour),
        _flat([(0, 0), (width, 0), (width, 4), (0, 4)], colour),
    ]


def tripod(rng: np.random.Generator) -> list[Polygon]:
    colour, top = _pick(rng, _METALS), float(rng.uniform(1.0, 1.6))
    angles = rng.uniform(0, 6.3) + np.array([0, 2.1, 4.2])
    legs = [_line([[0, 0, top], [0.5 * np.cos(a), 0.5 * np.sin(a), 0]], 0.02, colour) for a in angles]
    return [part for leg in legs for part in leg] + box((-0.1, -0.1, top), (0.1, 0.1, top + 0.15), colour)


def lamp_post(rng: np.random.Generator) -> list[Polygon]:
    colour, top = _pick(rng, _METALS), float(rng.uniform(2.0, 6.0))
    parts = _line([[0, 0, 0], [0, 0, top]], float(rng.uniform(0.03, 0.08)), colour)
    if rng.random() < 0.5:
        return parts + box((-0.3, -0.02, top - 0.7), (0.3, 0.02, top), _pick(rng, [*_PAINT, (200, 120, 40)]))
    return parts + _line([[0, 0, top], [0.7, 0, top + 0.3]], 0.04, colour)


def pedestal(rng: np.random.Generator) -> list[Polygon]:
    """A table or stand on a crossed foot, or the foot alone."""
    colour, reach = _pick(rng, _METALS), float(rng.uniform(0.25, 0.45))
    top = float(rng.uniform(0.3, 1.1))
    parts = _line([[-reach, 0, 0.03], [0, 0, 0.1], [reach, 0, 0.03]], 0.025, colour)
    parts += _line([[0, -reach, 0.03], [0, 0, 0.1], [0, reach, 0.03]], 0.025, colour)
    parts += _line([[0, 0, 0.1], [0, 0, top]], 0.03, colour)
    if rng.random() < 0.5:
        angles = np.linspace(0, 2 * np.pi, 20)[:-1]
        disc = np.column_stack([0.4 * np.cos(angles), 0.4 * np.sin(angles), np.full(19, top)])
        parts.append(Polygon(disc, _pick(rng, [*_PAINT, *_METALS])))
    return parts


def case(rng: np.random.Generator) -> list[Polygon]:
    """A suitcase, a holdall or a box, upright or lying."""
    size = rng.uniform([0.3, 0.18, 0.25], [0.7, 0.4, 0.7])
    colour = _pick(rng, _CASES)
    parts = box((0, 0, 0.03), tuple(size), colour)
    if rng.random() < 0.6:
        high = float(size[2]) + float(rng.uniform(0.08, 0.4))
        ends = [
            [0.1, 0.1, size[2]],
            [0.1, 0.1, high],
            [float(size[0]) - 0.1, 0.1, high],
            [float(size[0]) - 0.1, 0.1, size[2]],
        ]
        parts += _line(ends, 0.015, (40, 40, 40))
    if rng.random() < 0.3:
        parts += wheel((0.1, 0, 0.05), 0.06, (30, 30, 30)) + wheel((float(size[0]) - 0.1, 0, 0.05), 0.06, (30, 30, 30))
    return parts


def seat(rng: np.random.Generator) -> list[Polygon]:
    """A chair, stool or bench."""
    colour, width, height = _pick(rng, [*_METALS, *_CASES]), float(rng.choice([0.4, 0.45, 1.5])), 0.45
    parts = box((0, 0, height - 0.05), (width, 0.4, height), colour)
    for x in (0.03, width - 0.03):
        for y in (0.03, 0.37):
            parts += _line([[x, y, 0], [x, y, height]], 0.02, colour)
    return parts + (box((0, 0.37, height), (width, 0.4, height + 0.4), colour) if rng.random() < 0.6 else [])


_MAKERS: tuple[Callable[[np.random.Generator], list[Polygon]], ...] = (
    road_mark, road_mark, tripod, lamp_post, pedestal, case, seat,
)  # fmt: skip


def draw_furnishings(rng: np.random.Generator, count: int) -> list[Sprite]:
    """`count` cut-outs without a class, kinds in turn, seen from 15 to 60° above the horizon."""
    sprites = []
    for number in range(count):
        maker = _MAKERS[number % len(_MAKERS)]
        yaw, pitch = float(rng.uniform(-np.pi, np.pi)), float(np.radians(rng.uniform(15, 60)))
        picture = trim(render(maker(rng), yaw, pitch, PIXELS_PER_METRE, rng))
        sprites.append(Sprite(f"{maker.__name__}-{number:03d}", "", picture, picture.shape[0] / PIXELS_PER_METRE))
    return sprites
