"""Paste cut-out things onto the ground of a real picture: geometry, light and blur matched, the box returned.

The ground is a plane seen by an unknown camera, drawn anew for each picture: a horizon, and the pixels that a metre
takes at the lower edge. A thing that stands at row y then takes `pixels_per_metre(y)`, so near things are large and
far things small, as a street camera sees them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

HEIGHT_M = {"stall": 2.3, "tricycle": 1.5, "ground_lock": 0.42, "rubbish": 0.55, "bag": 0.5}
"""Height of a thing in metres, by class; sprites vary by ±25 % around it. Sources: a 2.4 m market umbrella, a 1.5 m
cargo tricycle with box, arch locks of 35 to 50 cm, a 120 l rubbish bag."""
DECOY_HEIGHT_M = 0.6
HEIGHT_SPREAD = 0.25
MIN_SIDE_PX = 7.0
MAX_COVERED = 0.3
"""A place is refused when the new thing would hide more than this share of a labelled box."""
PERSON_M = 1.7
VENDOR_BEHIND = (0.05, 0.3)
"""How far behind a stall its vendor stands: the feet are so many of the stall's heights further up in the picture."""
VENDOR_BESIDE = 0.15
"""How far beyond its sides, of its width."""
VENDOR_HEIGHT = (0.7, 1.05)
"""Of a standing person's height: vendors also sit."""
LEAST_SEEN = 0.35
"""Of somebody behind a thing less is no box to learn from."""
VISIBLE = 20
"""Alpha (0..255) from which a pixel belongs to the thing."""

HELD_OUT_EVERY = 5
"""Each fifth rendered sprite, by its own number, is kept for measuring and never pasted in training."""

Box = tuple[float, float, float, float]
"""Pixels: x1, y1, x2, y2."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out: BGRA (H, W, 4) uint8, trimmed to what is visible, and what it shows ('' for a decoy)."""

    name: str
    kind: str
    bgra: np.ndarray
    height_m: float | None = None
    """Height of the picture at the thing's scale; None: the usual one of its kind."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The imagined camera of a picture: rows of the horizon and of the lower edge, scale at the lower edge."""

    horizon: float
    bottom: float
    bottom_pixels_per_metre: float

    def pixels_per_metre(self, row: float) -> float:
        """Scale for a thing whose foot is at `row`; 0 at and above the horizon."""
        return max(0.0, (row - self.horizon) / (self.bottom - self.horizon)) * self.bottom_pixels_per_metre


def draw_ground(rng: np.random.Generator, height: int) -> Ground:
    """A camera pose for a picture of `height` rows: horizon above the middle, 45 to 190 px a metre at 416 rows."""
    scale = height / 416
    return Ground(
        horizon=float(rng.uniform(-0.35, 0.38)) * height,
        bottom=float(height),
        bottom_pixels_per_metre=float(np.exp(rng.uniform(np.log(45), np.log(190)))) * scale,
    )


def foot_box(foot_x: float, foot_y: float, height: float, aspect: float) -> Box:
    """The box of a thing that stands with the middle of its lower edge at (foot_x, foot_y); aspect is width/height."""
    half = height * aspect / 2
    return foot_x - half, foot_y - height, foot_x + half, foot_y


def covered_share(box: Box, other: Box) -> float:
    """How much of `other` lies under `box`, 0..1."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    area = (other[2] - other[0]) * (other[3] - other[1])
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0


def trim(bgra: np.ndarray) -> np.ndarray:
    """Cut a BGRA picture down to its visible part. Raises ValueError when nothing is visible."""
    rows, columns = np.where(bgra[..., 3] >= VISIBLE)
    if rows.size == 0:
        raise ValueError("nothing visible in the cut-out")
    return np.ascontiguousarray(bgra[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])


def load_sprites(folder: Path, kinds: dict[str, str]) -> list[Sprite]:
    """Read `<kind>-NN.png` (RGBA); `kinds` maps the file's kind to a class of ours. Other files are left alone.

    Where `views.json` beside them says what a metre takes, each is pasted at its own size.
    """
    listed = folder / "views.json"
    views = json.loads(listed.read_text("utf-8")) if listed.exists() else {}
    sprites = []
    for path in sorted(folder.glob("*.png")):
        kind = kinds.get(path.stem.rsplit("-", 1)[0])
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if kind is None or picture is None or picture.ndim != 3 or picture.shape[2] != 4:
            continue
        bgra = trim(picture)
        scale = views.get(path.stem, {}).get("pixels_per_metre")
        sprites.append(Sprite(path.stem, kind, bgra, bgra.shape[0] / scale if scale else None))
    return sprites


def split_sprites(sprites: list[Sprite], held_out: bool) -> list[Sprite]:
    """The sprites for training, or those kept for measuring (numbers 104, 109, ...: `lock-104`).

    By the number in its name and not by its place in the folder: a thing that was kept for measuring stays so however
    much has been rendered, and a run may go on with more than it began with.
    """
    return [sprite for sprite in sprites if _is_held_out(sprite.name) == held_out]


def _is_held_out(name: str) -> bool:
    number = name.rpartition("-")[2]
    return number.isdigit() and int(number) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def roughness(image: np.ndarray, box: Box) -> float:
    """How little a place looks like open ground: the spread of grey where a thing in `box` would have its foot."""
    x1, y1, x2, y2 = box
    rows, columns = image.shape[:2]
    top, bottom = max(0, int((y1 + y2) / 2)), min(rows, int(y2 + 0.2 * (y2 - y1)) + 2)
    left, right = max(0, int(x1 - 0.2 * (x2 - x1))), min(columns, int(x2 + 0.2 * (x2 - x1)) + 1)
    return float(image[top:bottom, left:right].mean(2).std()) if bottom > top and right > left else np.inf


def _place(
    rng: np.random.Generator, image: np.ndarray, ground: Ground, sprite: Sprite, taken: Sequence[Box], places: int
) -> Box | None:
    """A free place, the smoothest of `places`; None when none was found."""
    found = [box for _ in range(places) if (box := _free_place(rng, image.shape[:2], ground, sprite, taken))]
    return min(found, key=lambda box: roughness(image, box)) if len(found) > 1 else found[0] if found else None


def _free_place(
    rng: np.random.Generator, shape: tuple[int, int], ground: Ground, sprite: Sprite, taken: Sequence[Box]
) -> Box | None:
    rows, columns = shape
    aspect = sprite.bgra.shape[1] / sprite.bgra.shape[0]
    usual = HEIGHT_M.get(sprite.kind, DECOY_HEIGHT_M)
    metres = (sprite.height_m or usual) * float(rng.uniform(1 - HEIGHT_SPREAD, 1 + HEIGHT_SPREAD))
    for _ in range(8):
        foot_y = float(rng.uniform(max(0.35 * rows, ground.horizon + 0.1 * rows), rows - 2))
        height = metres * ground.pixels_per_metre(foot_y)
        if min(height, height * aspect) < MIN_SIDE_PX or height > 0.85 * rows or height * aspect > 0.9 * columns:
            continue
        box = foot_box(float(rng.uniform(0.03, 0.97)) * columns, foot_y, height, aspect)
        if all(
            covered_share(box, other) <= MAX_COVERED and covered_share(other, box) <= MAX_COVERED for other in taken
        ):
            return box
    return None


def _matched(rng: np.random.Generator, bgra: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Give a cut-out (float BGRA) the light of its surroundings: level, contrast, tint, towards night where dark."""
    colour, alpha = bgra[..., :3], bgra[..., 3:] / 255
    level = float((colour * alpha).sum() / (3 * alpha.sum() + 1e-6))
    target = float(around.mean())
    gain = np.clip((0.45 * level + 0.55 * target) / (level + 1e-6), 0.15, 1.7) * float(rng.uniform(0.75, 1.25))
    tint = 1 + 0.5 * (around.reshape(-1, 3).mean(0) / (target + 1e-6) - 1)
    return np.clip(colour * gain * np.clip(tint, 0.7, 1.3), 0, 255)


def _shadow(image: np.ndarray, box: Box, strength: float) -> None:
    """Darken the ground under a thing: contact, without which it floats."""
    x1, _, x2, y2 = box
    width, depth = x2 - x1, max(2.0, 0.12 * (x2 - x1))
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(mask, (int((x1 + x2) / 2), int(y2 - depth * 0.3)), (int(width * 0.55), int(depth)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, depth * 0.4))
    image[:] = (image * (1 - strength * mask[..., None])).astype(np.uint8)


def paste(
    rng: np.random.Generator, image: np.ndarray, ground: Ground, sprite: Sprite, taken: Sequence[Box], places: int = 1
) -> tuple[np.ndarray, Box] | None:
    """Compose one thing into a BGR picture (H, W, 3); returns a new picture and the visible box, or None if no place.

    `taken` are boxes that must not be hidden. Of `places` the smoothest is taken: with one a thing may stand on a
    wall or a tree, with several it mostly stands on open ground, as a lock on its bay does.
    """
    box = _place(rng, image, ground, sprite, taken, places)
    laid = None if box is None else lay(rng, image, sprite, box)
    return None if laid is None else laid[:2]


def paste_with_vendor(
    rng: np.random.Generator,
    image: np.ndarray,
    ground: Ground,
    sprite: Sprite,
    person: Sprite,
    taken: Sequence[Box],
    places: int = 1,
) -> tuple[np.ndarray, Box, Box | None] | None:
    """As `paste`, with somebody who stands behind the thing: also the box of what is seen of them, if enough is."""
    box = _place(rng, image, ground, sprite, taken, places)
    if box is None:
        return None
    x1, y1, x2, y2 = box
    foot_y = y2 - float(rng.uniform(*VENDOR_BEHIND)) * (y2 - y1)
    foot_x = float(rng.uniform(x1 - VENDOR_BESIDE * (x2 - x1), x2 + VENDOR_BESIDE * (x2 - x1)))
    tall = (person.height_m or PERSON_M) * float(rng.uniform(*VENDOR_HEIGHT)) * ground.pixels_per_metre(foot_y)
    stands = None
    if tall >= 2 * MIN_SIDE_PX:
        aspect = person.bgra.shape[1] / person.bgra.shape[0]
        stands = lay(rng, image, person, foot_box(foot_x, foot_y, tall, aspect))
    laid = lay(rng, image if stands is None else stands[0], sprite, box)
    if laid is None:
        return None
    return laid[0], laid[1], None if stands is None else seen_part(stands[2], laid[2])


def seen_part(behind: np.ndarray, before: np.ndarray) -> Box | None:
    """The box of what is seen of a thing behind another, of their opacities (H, W) 0..1; None for less than a part."""
    seen = (behind >= 0.5) & (before < 0.5)
    if not behind.any() or seen.sum() < LEAST_SEEN * (behind >= 0.5).sum():
        return None
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    return box if min(box[2] - box[0], box[3] - box[1]) >= MIN_SIDE_PX else None


def lay(
    rng: np.random.Generator, image: np.ndarray, sprite: Sprite, box: Box
) -> tuple[np.ndarray, Box, np.ndarray] | None:
    """Compose a thing into a box of a BGR picture: a new picture, the visible box, and where it is opaque (H, W) 0..1.

    None where hardly any of it would be inside the picture.
    """
    rows, columns = image.shape[:2]
    x1, y1 = round(box[0]), round(box[1])
    width, height = max(2, round(box[2] - box[0])), max(2, round(box[3] - box[1]))
    bgra = sprite.bgra if rng.random() < 0.5 else sprite.bgra[:, ::-1]
    scaled = cv2.resize(np.ascontiguousarray(bgra), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if rng.random() < 0.6:
        scaled = cv2.GaussianBlur(scaled, (0, 0), float(rng.uniform(0.3, 1.1)))
    left, top, right, bottom = max(0, x1), max(0, y1), min(columns, x1 + width), min(rows, y1 + height)
    if right - left < MIN_SIDE_PX or bottom - top < MIN_SIDE_PX:
        return None
    result = image.copy()
    if rng.random() < 0.85:
        _shadow(result, box, float(rng.uniform(0.15, 0.55)))
    part = scaled[top - y1 : bottom - y1, left - x1 : right - x1]
    under = result[top:bottom, left:right].astype(np.float32)
    colour = _matched(rng, part, under)
    colour += rng.normal(0, rng.uniform(0, 6), colour.shape)
    alpha = part[..., 3:] / 255
    result[top:bottom, left:right] = np.clip(colour * alpha + under * (1 - alpha), 0, 255).astype(np.uint8)
    opaque = np.zeros((rows, columns), np.float32)
    opaque[top:bottom, left:right] = alpha[..., 0]
    return result, (float(left), float(top), float(right), float(bottom)), opaque
