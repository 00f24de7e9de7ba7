"""What is laid into a picture, part by part, and the laying.

A `Patch` is a small cut-out at its place; an `Item` gives one for each moment. Who passes in front of an item in the
footage covers it, as do posts that stand in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from math import pi, sin
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
from composing import FPS, Footage, Insert, PaintedBay, Picture, Stander, Standing
from composing.inserts import GRAIN, VISIBLE, Layer

from scene_maker.backgrounds import Background, Mask

Area = tuple[int, int, int, int]
CLIP_SPRITES = Path(__file__).resolve().parents[2] / "sample_clips" / "sprites"
OWN_SPRITES = Path(__file__).resolve().parent / "sprites"
BEHIND = 2
"""Rows: somebody whose feet are that little lower than the thing's foot is as near as the thing."""


@dataclass(frozen=True)
class Patch:
    """A cut-out: its upper left pixel, colour already multiplied by opacity, opacity and shadow 0..1."""

    x: int
    y: int
    colour: npt.NDArray[np.float32]
    opacity: Mask
    shadow: Mask

    @property
    def area(self) -> Area:
        """x1, y1, x2, y2 in pixels."""
        height, width = self.opacity.shape
        return self.x, self.y, self.x + width, self.y + height

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Pixels around what is visible, without the shadow."""
        rows, columns = np.nonzero(self.opacity > VISIBLE)
        x1, x2, y1, y2 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
        return float(self.x + x1), float(self.y + y1), float(self.x + x2), float(self.y + y2)


def cropped(layer: Layer) -> Patch:
    """The part of a layer that has something in it."""
    rows, columns = np.nonzero((layer.opacity > 0.004) | (layer.shadow > 0.01))
    if len(rows) == 0:
        nothing = np.zeros((1, 1), np.float32)
        return Patch(0, 0, np.zeros((1, 1, 3), np.float32), nothing, nothing)
    x1, x2, y1, y2 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    part = slice(y1, y2), slice(x1, x2)
    return Patch(int(x1), int(y1), layer.colour[part].copy(), layer.opacity[part].copy(), layer.shadow[part].copy())


def standing(background: Background, name: str, foot: tuple[float, float], size: float = 1.0) -> Standing:
    """A sprite of the background's folder, of our own or of the sample clips, on its ground."""
    folders = [*([background.things] if background.things else ()), OWN_SPRITES]
    folder = next((folder for folder in folders if (folder / f"{name}.png").exists()), CLIP_SPRITES)
    return Standing(folder, background.ground, name, foot, size=size)


def patch_of(background: Background, insert: Insert, time: float = 0.0) -> Patch:
    """What an insert of the sample clips looks like at a moment."""
    return cropped(insert.layer(background.footage, time))


def joined(patches: Sequence[Patch]) -> Patch:
    """Several cut-outs as one, the farther first."""
    x1, y1 = min(p.area[0] for p in patches), min(p.area[1] for p in patches)
    x2, y2 = max(p.area[2] for p in patches), max(p.area[3] for p in patches)
    colour = np.zeros((y2 - y1, x2 - x1, 3), np.float32)
    opacity, shadow = np.zeros(colour.shape[:2], np.float32), np.zeros(colour.shape[:2], np.float32)
    for p in sorted(patches, key=lambda patch: patch.area[3]):
        part = slice(p.y - y1, p.area[3] - y1), slice(p.x - x1, p.area[2] - x1)
        colour[part] = colour[part] * (1 - p.opacity[..., None]) + p.colour
        opacity[part] = opacity[part] * (1 - p.opacity) + p.opacity
        shadow[part] = 1 - (1 - shadow[part]) * (1 - p.shadow)
    return Patch(x1, y1, colour, opacity, shadow)


class Item(Protocol):
    """Something laid in. `foot_row`: pixel row on which it stands."""

    @property
    def foot_row(self) -> float: ...

    def patch(self, time: float) -> Patch | None:
        """The cut-out at a time of the clip, None while there is none."""


@dataclass(frozen=True)
class Veil:
    """How a thing comes to light, or goes, behind people who pass: once they have covered a part of it, that part is
    there (or gone).

    Attributes:
        first: frame of the clip with which `seen` begins.
        seen: (n, h, w) 0/1, what has been covered by then; all of it after the last.
    """

    first: int
    seen: npt.NDArray[np.uint8]

    def share(self, time: float) -> Mask | float:
        """0..1 of what has been covered by a time of the clip."""
        index = round(time * FPS) - self.first
        if index < 0:
            return 0.0
        if index >= len(self.seen):
            return 1.0
        return cv2.GaussianBlur(self.seen[index].astype(np.float32), (3, 3), 0.6)


@dataclass(frozen=True)
class Thing:
    """A cut-out that does not move, from a veil's passing (None: the start) to another's (None: the end)."""

    whole: Patch
    foot_row: float
    comes: Veil | None = None
    goes: Veil | None = None

    def patch(self, time: float) -> Patch | None:
        share: Mask | float = 1.0 if self.comes is None else self.comes.share(time)
        if self.goes is not None:
            share = share * (1.0 - self.goes.share(time))
        return _shown(self.whole, share)


def _shown(patch: Patch, share: Mask | float) -> Patch | None:
    if isinstance(share, float):
        return None if share == 0.0 else patch if share == 1.0 else _shown(patch, np.full(patch.opacity.shape, share))
    there = float((share * patch.opacity).sum() / max(patch.opacity.sum(), 1e-6))
    if there == 0.0:
        return None
    share = share.astype(np.float32)
    shade = max(0.0, 2 * there - 1)  # no shadow before there is something to throw it
    return replace(
        patch, colour=patch.colour * share[..., None], opacity=patch.opacity * share, shadow=patch.shadow * shade
    )


@dataclass(frozen=True)
class Person:
    """Somebody of the footage, cut out of one picture, who stands there and sways a little.

    Attributes:
        cut: the cut-out, feet at the middle of the lower edge.
        sway: share of his height by which his head moves to each side.
        veil: how he comes to light; None: he is there from the start.
    """

    cut: Patch
    foot: tuple[float, float]
    seed: int = 0
    sway: float = 0.02
    veil: Veil | None = None
    since: float = 0.0
    until: float = 1e9
    glide: Callable[[float], tuple[float, float]] | None = None

    @property
    def foot_row(self) -> float:
        return self.foot[1]

    def patch(self, time: float) -> Patch | None:
        if not self.since <= time <= self.until:
            return None
        height, width = self.cut.opacity.shape
        phase = np.random.default_rng(self.seed).uniform(0, 2 * pi, 3)
        lean = self.sway * (sin(2 * pi * time / 5.3 + phase[0]) + 0.6 * sin(2 * pi * time / 2.1 + phase[1]))
        nod = 1 + 0.006 * sin(2 * pi * time / 3.4 + phase[2])
        warp = np.array([[1, lean, -lean * (height - 1) + 4], [0, nod, (1 - nod) * (height - 1)]], np.float64)
        parts = [
            cv2.warpAffine(part, warp, (width + 8, height)) for part in (self.cut.colour, self.cut.opacity)
        ]  # fmt: skip
        moved = Patch(self.cut.x - 4, self.cut.y, parts[0], parts[1], np.zeros_like(parts[1]))
        whole = joined([_contact(self.foot, width), moved])
        if self.glide is not None:
            x, y = self.glide(time)
            return replace(whole, x=whole.x + round(x - self.foot[0]), y=whole.y + round(y - self.foot[1]))
        if self.veil is None:
            return whole
        share = self.veil.share(time)
        return _shown(whole, share if isinstance(share, float) else _fitted(share, whole.opacity.shape))


def _fitted(share: Mask, shape: tuple[int, ...]) -> Mask:
    return cv2.resize(share, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def _contact(foot: tuple[float, float], width: int) -> Patch:
    """The dark under the shoes: without it somebody floats."""
    half, low = round(width * 0.75), max(3, round(width * 0.22))
    shadow = np.zeros((4 * low + 1, 2 * half + 1), np.float32)
    cv2.ellipse(shadow, (half, 2 * low), (round(width * 0.42), max(2, low // 2)), 0, 0, 360, 0.42, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(1.0, low * 0.45))
    empty = np.zeros_like(shadow)
    return Patch(
        round(foot[0]) - half, round(foot[1]) - 3 * low, np.zeros((*shadow.shape, 3), np.float32), empty, shadow
    )


@dataclass(frozen=True)
class Moving:
    """A sprite on a way over the ground: `way(time)` is the pixel of its foot, None while it is not there."""

    background: Background
    name: str
    way: Callable[[float], tuple[float, float] | None]
    _last: dict[tuple[float, float], Patch] = field(default_factory=dict, repr=False, compare=False)

    @property
    def foot_row(self) -> float:
        return next((foot[1] for foot in self._last), 0.0)

    def patch(self, time: float) -> Patch | None:
        foot = self.way(time)
        if foot is None:
            return None
        if foot not in self._last:
            self._last.clear()
            self._last[foot] = patch_of(self.background, standing(self.background, self.name, foot))
        return self._last[foot]


@dataclass(frozen=True)
class Kept:
    """A `Stander` of the sample clips: somebody who really stands in the footage, shown to and fro elsewhere."""

    background: Background
    stander: Stander

    @property
    def foot_row(self) -> float:
        return self.stander.foot[1]

    def patch(self, time: float) -> Patch | None:
        return patch_of(self.background, self.stander, time)


@dataclass(frozen=True)
class Painted:
    """A painted bay: a part of the ground, so everybody is in front of it."""

    whole: Patch
    foot_row: float = 0.0

    @classmethod
    def of(cls, background: Background, bay: PaintedBay) -> Painted:
        return cls(patch_of(background, bay))

    def patch(self, time: float) -> Patch | None:
        return self.whole


@lru_cache(maxsize=1)
def _grain() -> npt.NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, GRAIN, (1400, 1400, 3)).astype(np.float32)


def lay(background: Background, frame: int, items: Sequence[Item], time: float) -> Picture:
    """A picture of the footage with everything in it that is there at that time of the clip; the farther first."""
    picture = background.footage.frames[frame].copy()
    patches = [(patch, item.foot_row) for item in items if (patch := item.patch(time)) is not None]
    for patch, foot_row in sorted(patches, key=lambda pair: pair[1]):
        _lay_one(background, picture, frame, patch, foot_row)
    return picture


def _lay_one(background: Background, picture: Picture, frame: int, patch: Patch, foot_row: float) -> None:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = patch.area
    a, b, c, d = max(0, x1), max(0, y1), min(width, x2), min(height, y2)
    if a >= c or b >= d:
        return
    inner = slice(b - y1, d - y1), slice(a - x1, c - x1)
    opacity, shadow, colour = patch.opacity[inner], patch.shadow[inner], patch.colour[inner]
    area = (a, b, c, d)
    free = (1 - background.hidden(frame, foot_row - BEHIND, area)) * (1 - background.fixed_in_front(foot_row, area))
    part = picture[b:d, a:c].astype(np.float32)
    part *= 1 - (shadow * free * (1 - opacity))[..., None]
    cover = (opacity * free)[..., None]
    dx, dy = (frame * 131) % 600, (frame * 277) % 600
    part = part * (1 - cover) + colour * free[..., None] + _grain()[dy + b : dy + d, dx + a : dx + c] * cover
    picture[b:d, a:c] = np.clip(np.round(part), 0, 255).astype(np.uint8)


def blank(footage: Footage) -> npt.NDArray[np.uint8]:
    """A mask of the footage's size."""
    return np.zeros((footage.height, footage.width), np.uint8)
