"""Drawn look-alikes of ground locks that are none: cones, posts, wheel stops, boards. Pasted without a label.

Simple drawings on purpose: they only have to break the shortcut 'small, upright, striped and standing on the ground'.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.paste import Sprite, trim

SIZE = 160
_COLOURS = {
    "orange": (20, 90, 230),
    "red": (40, 40, 200),
    "white": (235, 235, 235),
    "yellow": (30, 200, 235),
    "black": (30, 30, 30),
    "grey": (140, 140, 140),
    "green": (70, 120, 50),
}


def _stripes(first: str, second: str, count: int, slope: float) -> np.ndarray:
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    odd = (np.floor((rows + slope * columns) / (SIZE / count)) % 2).astype(bool)
    return np.where(odd[..., None], np.array(_COLOURS[first]), np.array(_COLOURS[second])).astype(np.float32)


def _cut(texture: np.ndarray, outline: list[tuple[float, float]], shade: bool) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.array([(x * SIZE, y * SIZE) for x, y in outline], np.int32)], 255, cv2.LINE_AA)
    light = np.interp(np.linspace(0, 1, SIZE), [0, 0.35, 1], [0.75, 1.1, 0.55])[None, :, None] if shade else 1.0
    return np.dstack([np.clip(texture * light, 0, 255), mask]).astype(np.uint8)


def draw_decoys(rng: np.random.Generator, count: int) -> list[Sprite]:
    """`count` drawn look-alikes, kinds in turn."""
    kinds = ("cone", "post", "wheel_stop", "board")
    sprites = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        if kind == "cone":
            bands = _stripes(str(rng.choice(["orange", "red"])), "white", int(rng.integers(3, 7)), 0.0)
            outline = [
                (0.44, 0.0),
                (0.56, 0.0),
                (0.74, 0.9),
                (0.95, 0.92),
                (0.95, 1.0),
                (0.05, 1.0),
                (0.05, 0.92),
                (0.26, 0.9),
            ]
            picture = _cut(bands, outline, True)
        elif kind == "post":
            # In no lock's paint: a post in yellow and black, or in red and white, may be one (locks.post_lock).
            plain = str(rng.choice(["grey", "green", "white", "black", "orange"]))
            first, second = (plain, str(rng.choice(["orange", "grey"]))) if plain == "white" else (plain, plain)
            half = float(rng.uniform(0.05, 0.13))
            picture = _cut(
                _stripes(first, second, int(rng.integers(3, 9)), float(rng.choice([0, 1]))),
                [(0.5 - half, 0.02), (0.5 + half, 0.02), (0.5 + half, 1.0), (0.5 - half, 1.0)],
                True,
            )
        elif kind == "wheel_stop":
            first, second = [("yellow", "black"), ("grey", "grey"), ("white", "red")][int(rng.integers(3))]
            picture = _cut(_stripes(first, second, 2, 3.0), [(0.04, 0.8), (0.96, 0.8), (1.0, 1.0), (0.0, 1.0)], False)
        else:
            first = str(rng.choice(["white", "red", "yellow", "green"]))
            picture = _cut(_stripes(first, first, 2, 0.0), [(0.2, 0.1), (0.8, 0.1), (0.9, 1.0), (0.1, 1.0)], False)
        sprites.append(Sprite(f"{kind}-{number:02d}", "", trim(picture)))
    return sprites
