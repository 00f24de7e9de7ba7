"""People of the footage, cut out of it to stand elsewhere."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import cv2
import numpy as np

from scene_maker.backgrounds import Background, Passer
from scene_maker.layers import Patch
from scene_maker.placing import NoPlaceError

NARROW = 0.42
"""Width by height of somebody whose legs are together."""
LEAST_HEIGHT = 72
"""Pixels; smaller people give ragged cut-outs."""
SHADOW_LOW, SHADOW_HIGH = 0.5, 1.0
"""A pixel that keeps its colour and has this share of the ground's light is shadow."""


Standers = list[tuple[int, tuple[int, int, int, int]]]

_known: WeakKeyDictionary[Background, Standers] = WeakKeyDictionary()
"""Found once for each background, and forgotten with it: a background holds a gigabyte of pictures."""


def standing_people(background: Background) -> Standers:
    """Frames and boxes (pixels) in which somebody is seen whole, alone, and with legs together."""
    if background not in _known:
        _known[background] = _find_standing(background)
    return _known[background]


def _find_standing(background: Background) -> Standers:
    found = []
    height, width = background.footage.plate.shape[:2]
    for walker in background.walkers:
        for index in range(0, len(walker.frames), 2):
            frame, box = int(walker.frames[index]), walker.boxes[index]
            x1, y1, x2, y2 = (int(v) for v in box)
            if y2 - y1 < LEAST_HEIGHT or x2 - x1 > NARROW * (y2 - y1):
                continue
            if x1 < 12 or y1 < 12 or x2 > width - 12 or y2 > height - 8:
                continue
            touching = [p for p in background.passers(frame) if _meets(p, (x1, y1, x2, y2))]
            big = [p for p in touching if p.mask.shape[0] > 0.5 * (y2 - y1)]
            if len(big) != 1:
                continue
            tall, wide = big[0].mask.shape
            alone = 0.85 < tall / (y2 - y1) < 1.12 and wide < 1.15 * (x2 - x1)
            if alone and big[0].mask.mean() > 0.45:
                found.append((frame, (big[0].x - 3, big[0].y - 3, big[0].x + wide + 3, big[0].y + tall + 3)))
    return found


def _meets(passer: Passer, box: tuple[int, int, int, int]) -> bool:
    height, width = passer.mask.shape
    x, y = passer.x, passer.y
    return x < box[2] and x + width > box[0] and y < box[3] and y + height > box[1]


def cut_out(
    background: Background, number: int, foot: tuple[float, float], *, squat: bool = False, mirrored: bool = False
) -> Patch:
    """Somebody, as he stood in one picture, at another place and of the right size for it.

    Args:
        number: which of `standing_people`, counted round.
        foot: pixel of the middle of his lower edge.
        squat: legs folded: the lower part pressed together, as somebody who crouches or sits low.

    Raises:
        NoPlaceError: the footage has nobody to cut out.
    """
    people = standing_people(background)
    if not people:
        raise NoPlaceError(f"{background.name}: nobody is seen whole and alone who could be cut out")
    frame, (x1, y1, x2, y2) = people[number % len(people)]
    part = background.footage.frames[frame][y1:y2, x1:x2].astype(np.float32)
    plate = background.footage.plate[y1:y2, x1:x2].astype(np.float32)
    mask = _figure(part, plate)
    opacity = np.clip((cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.9) - 0.35) / 0.4, 0, 1)
    rows = np.nonzero(opacity.max(axis=1) > 0.5)[0]
    opacity, part = opacity[: rows.max() + 1], part[: rows.max() + 1]
    own_foot = y1 + int(rows.max()) + 1
    scale = background.ground.pixels_per_metre(foot[1]) / background.ground.pixels_per_metre(own_foot)
    if squat:
        opacity, part = (_folded(layer) for layer in (opacity, part))
    size = max(2, round(opacity.shape[1] * scale)), max(2, round(opacity.shape[0] * scale))
    colour = cv2.resize(part * opacity[..., None], size, interpolation=cv2.INTER_AREA)
    opacity = cv2.resize(opacity, size, interpolation=cv2.INTER_AREA)
    if mirrored:
        colour, opacity = np.ascontiguousarray(colour[:, ::-1]), np.ascontiguousarray(opacity[:, ::-1])
    x, y = round(foot[0] - size[0] / 2), round(foot[1] - size[1])
    return Patch(x, y, colour, opacity, np.zeros_like(opacity))


def _figure(part: np.ndarray, plate: np.ndarray) -> np.ndarray:
    """0/1: the largest patch that differs from the empty place and is not merely darker."""
    differs = np.abs(part - plate).max(axis=2) > 24
    ratio = part / np.maximum(plate, 1)
    even = ratio.max(axis=2) - ratio.min(axis=2) < 0.14
    mean = ratio.mean(axis=2)
    # Shadow lies at the feet: higher up the same look is dark cloth.
    low = np.arange(part.shape[0])[:, None] > 0.72 * part.shape[0]
    shadow = even & (mean > SHADOW_LOW) & (mean < SHADOW_HIGH) & low
    mask = cv2.morphologyEx((differs & ~shadow).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    largest = (labels == 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))).astype(np.uint8)
    outlines, _ = cv2.findContours(largest, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(largest), outlines, -1, 1, cv2.FILLED)
    return np.where(low, largest, filled)  # between the legs is ground


def _folded(layer: np.ndarray) -> np.ndarray:
    """The lower half pressed to two fifths and spread: knees before the body."""
    height, width = layer.shape[:2]
    hip = round(height * 0.52)
    legs = cv2.resize(layer[hip:], (round(width * 1.3), round((height - hip) * 0.4)), interpolation=cv2.INTER_AREA)
    spread = legs.shape[1] - width
    upper = np.pad(layer[:hip], ((0, 0), (spread // 2, spread - spread // 2), *((0, 0),) * (layer.ndim - 2)))
    return np.concatenate([upper, legs])
