"""Ground locks, stalls and cargo tricycles out of polygons, each one different, for classes without real pictures.

Dimensions are those of the things sold: parking locks 35 to 50 cm high, folding tables 0.7 m, market umbrellas 2.1 to
2.6 m, cargo tricycles with a bed of about 1.5 × 1 m.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from training.paste import Sprite, trim
from training.polygons import Colour, Polygon, box, cone, quad, render, tube, wheel

PIXELS_PER_METRE = {"ground_lock": 260.0, "stall": 80.0, "tricycle": 100.0}
_PAINTS: list[tuple[Colour, Colour]] = [
    ((30, 190, 235), (30, 30, 30)),
    ((30, 190, 235), (30, 190, 235)),
    ((40, 40, 200), (235, 235, 235)),
    ((150, 150, 155), (150, 150, 155)),
    ((45, 70, 110), (60, 85, 125)),
    ((60, 60, 60), (60, 60, 60)),
    ((200, 120, 40), (235, 235, 235)),
]
_CLOTHS: list[Colour] = [
    (40, 40, 190), (190, 90, 30), (60, 140, 40), (40, 160, 220), (210, 210, 210), (120, 50, 120), (70, 90, 120),
]  # fmt: skip
_DARK: Colour = (45, 45, 45)


def _some_colour(rng: np.random.Generator) -> Colour:
    return tuple(float(v) for v in rng.uniform(20, 240, 3))  # type: ignore[return-value]


def _pick(rng: np.random.Generator, choices: list[Colour]) -> Colour:
    return choices[int(rng.integers(len(choices)))]


def _plain(colour: Colour) -> Callable[[float], Colour]:
    return lambda _share: colour


def _pole(x: float, y: float, low: float, high: float, colour: Colour, radius: float = 0.02) -> list[Polygon]:
    return tube(np.array([[x, y, low], [x, y, high]]), radius, _plain(colour), 2)


def ground_lock(rng: np.random.Generator) -> list[Polygon]:
    """A parking lock: a raised arch (round, square, triangle), an arch lying nearly flat, or a post on a plate."""
    first, second = _PAINTS[int(rng.integers(len(_PAINTS)))]
    stripes = int(rng.integers(5, 12))

    def paint(share: float) -> Colour:
        return first if int(share * stripes) % 2 == 0 else second

    half, height = float(rng.uniform(0.2, 0.38)), float(rng.uniform(0.3, 0.5))
    radius = float(rng.uniform(0.018, 0.036))
    shape = str(rng.choice(["round", "square", "triangle", "trapeze", "post"], p=[0.3, 0.25, 0.15, 0.2, 0.1]))
    plate = box((-half * 1.15, -0.1, 0), (half * 1.15, 0.1, float(rng.uniform(0.02, 0.06))), _pick(rng, [_DARK, first]))
    if shape == "post":
        plate = box((-0.12, -0.12, 0), (0.12, 0.12, 0.02), _DARK)
        return plate + tube(np.array([[0, 0, 0], [0, 0, height * 1.4]]), radius * 1.6, paint, 24)
    if shape == "round":
        angles = np.linspace(np.pi, 0, 24)
        line = np.column_stack([half * np.cos(angles), np.zeros(24), 0.35 * height + 0.65 * height * np.sin(angles)])
        line = np.vstack([[-half, 0, 0], line, [half, 0, 0]])
    else:
        top = {"square": half, "triangle": 0.03, "trapeze": half * 0.6}[shape]
        line = np.array([[-half, 0, 0], [-top, 0, height], [top, 0, height], [half, 0, 0]], float)
    lean = float(rng.choice([0.0, rng.uniform(-0.5, 0.5), 1.35], p=[0.55, 0.25, 0.2]))
    upright = line[:, 2].copy()
    line[:, 2], line[:, 1] = upright * np.cos(lean) + radius, upright * np.sin(lean)
    parts = plate + tube(line, radius, paint)
    if rng.random() < 0.4:
        parts += tube(np.array([[0, 0, 0.03], [line[len(line) // 2][0], line[len(line) // 2][1], line[:, 2].max()]]),
                      radius * 0.7, _plain(second), 4)  # fmt: skip
    return parts


def _goods(rng: np.random.Generator, low: tuple[float, float], high: tuple[float, float], z: float) -> list[Polygon]:
    """Heaps of small coloured things on a surface."""
    parts: list[Polygon] = []
    for _ in range(int(rng.integers(2, 5))):
        colour, size = _some_colour(rng), float(rng.uniform(0.05, 0.14))
        cx, cy = float(rng.uniform(low[0], high[0] - 0.4)), float(rng.uniform(low[1], high[1] - 0.3))
        for _ in range(int(rng.integers(4, 14))):
            x, y = cx + float(rng.uniform(0, 0.3)), cy + float(rng.uniform(0, 0.2))
            tall = z + size * float(rng.uniform(0.5, 1.6))
            own = tuple(float(np.clip(v * rng.uniform(0.8, 1.2), 0, 255)) for v in colour)
            parts += box((x, y, z), (x + size, y + size, tall), own)  # type: ignore[arg-type]
    return parts


def _cover(rng: np.random.Generator, width: float, depth: float) -> list[Polygon]:
    """An umbrella, or a tent's roof on four poles."""
    first, second = _pick(rng, _CLOTHS), _pick(rng, _CLOTHS)
    colours = [first] if rng.random() < 0.5 else [first, second]
    rim = float(rng.uniform(1.85, 2.2))
    if rng.random() < 0.65:
        x, y = float(rng.uniform(-0.3, 0.3)), float(rng.uniform(0, 0.5))
        radius = float(rng.uniform(0.9, 1.5))
        return _pole(x, y, 0, rim + 0.3, (180, 180, 180)) + cone((x, y, rim), radius, 0.45, colours, 8)
    half_x, half_y = width / 2 + 0.15, depth / 2 + 0.25
    poles = [_pole(x, y, 0, rim, (200, 200, 200)) for x in (-half_x, half_x) for y in (-half_y, half_y)]
    roof = cone((0, 0, rim), 1.0, 0.45, colours, 4)
    stretched = [Polygon(p.points * [half_x * 1.42, half_y * 1.42, 1], p.colour) for p in roof]
    return [part for pole in poles for part in pole] + stretched


def stall(rng: np.random.Generator) -> list[Polygon]:
    """A table with goods under an umbrella or tent, a cart on wheels, or goods spread on a cloth."""
    width, depth = float(rng.uniform(1.1, 2.4)), float(rng.uniform(0.6, 0.9))
    kind = str(rng.choice(["table", "cart", "cloth"], p=[0.5, 0.3, 0.2]))
    low, high = (-width / 2, -depth / 2), (width / 2, depth / 2)
    if kind == "cloth":
        flat = [
            [low[0], low[1] - 0.3, 0.01],
            [high[0], low[1] - 0.3, 0.01],
            [high[0], high[1], 0.01],
            [low[0], high[1], 0.01],
        ]
        parts = [quad(flat, _pick(rng, _CLOTHS))]
        parts += [p for _ in range(3) for p in _goods(rng, (low[0], low[1] - 0.3), high, 0.01)]
        return parts + (_cover(rng, width, depth) if rng.random() < 0.35 else [])
    top = float(rng.uniform(0.65, 0.9))
    if kind == "table" and rng.random() < 0.5:
        parts = box((*low, top - 0.04), (*high, top), _pick(rng, _CLOTHS))
        for x in (low[0] + 0.05, high[0] - 0.05):
            for y in (low[1] + 0.05, high[1] - 0.05):
                parts += _pole(x, y, 0, top, _DARK)
    else:
        parts = box((*low, 0.05 if kind == "table" else 0.3), (*high, top), _pick(rng, _CLOTHS))
    if kind == "cart":
        parts += wheel((low[0] + 0.3, low[1] - 0.02, 0.25), 0.25, _DARK) + wheel(
            (high[0] - 0.3, low[1] - 0.02, 0.25), 0.25, _DARK
        )
        if rng.random() < 0.7:
            parts += box((low[0] + 0.1, low[1] + 0.1, top), (high[0] - 0.1, high[1] - 0.1, top + 0.55), (205, 200, 190))
            parts += box((low[0], low[1], top + 0.55), (high[0], high[1], top + 0.62), _pick(rng, _CLOTHS))
    parts += [p for _ in range(2) for p in _goods(rng, low, high, top)]
    return parts + (_cover(rng, width, depth) if rng.random() < 0.75 else [])


def tricycle(rng: np.random.Generator) -> list[Polygon]:
    """A cargo tricycle: two wheels under a bed, one in front under a bar; loaded, boxed, or empty."""
    colour, length, side = _pick(rng, _CLOTHS), float(rng.uniform(1.1, 1.7)), float(rng.uniform(0.4, 0.5))
    bed, wall = float(rng.uniform(0.45, 0.6)), float(rng.uniform(0.2, 0.4))
    parts = box((0, -side, bed), (length, side, bed + wall), colour)
    radius = float(rng.uniform(0.24, 0.32))
    for y in (-side - 0.05, side + 0.05):
        parts += wheel((length * 0.55, y, radius), radius, _DARK)
    parts += wheel((-1.0, 0, radius), radius, _DARK)
    bars = [
        [[-1.0, 0, radius], [-0.8, 0, 1.0]],
        [[-0.82, -0.3, 1.05], [-0.8, 0, 0.98], [-0.82, 0.3, 1.05]],
        [[-0.85, 0, 0.6], [-0.1, 0, bed]],
        [[-0.3, 0, bed], [-0.3, 0, 0.8]],
    ]
    for line in bars:
        parts += tube(np.array(line, float), 0.03, _plain(_pick(rng, [_DARK, colour])), 4)
    parts += box((-0.45, -0.15, 0.78), (-0.15, 0.15, 0.85), _DARK)
    load = str(rng.choice(["empty", "goods", "box", "boards"]))
    if load == "goods":
        parts += [p for _ in range(3) for p in _goods(rng, (0.05, -side), (length, side), bed + wall)]
    elif load == "box":
        parts += box(
            (0.02, -side, bed + wall), (length, side, bed + wall + float(rng.uniform(0.5, 0.8))), (200, 195, 185)
        )
    elif load == "boards":
        parts += box((-0.1, -side, bed + wall), (length + 0.4, side, bed + wall + 0.25), (90, 140, 190))
    if rng.random() < 0.25:
        parts += _pole(0.2, 0, bed, 2.0, (180, 180, 180)) + cone((0.2, 0, 1.9), 0.9, 0.35, [_pick(rng, _CLOTHS)], 8)
    return parts


_MAKERS: dict[str, Callable[[np.random.Generator], list[Polygon]]] = {
    "ground_lock": ground_lock,
    "stall": stall,
    "tricycle": tricycle,
}


def draw_sketches(rng: np.random.Generator, each: int) -> Iterator[Sprite]:
    """`each` cut-outs of every kind, seen from 10 to 55° above the horizon and from any side."""
    for kind, maker in _MAKERS.items():
        scale = PIXELS_PER_METRE[kind]
        for number in range(each):
            yaw, pitch = float(rng.uniform(-np.pi, np.pi)), float(np.radians(rng.uniform(10, 55)))
            picture = trim(render(maker(rng), yaw, pitch, scale, rng))
            yield Sprite(f"{kind}-sketch-{number:03d}", kind, picture, height_m=picture.shape[0] / scale)
