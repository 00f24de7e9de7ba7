"""What is put into the footage: rendered sprites, somebody who stands, a painted parking bay."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import cos, radians, sin
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from composing.footage import FPS, Footage, Mask, Picture, Seconds, foreground
from composing.ground import Ground

VISIBLE = 0.15
"""Opacity from which a pixel belongs to a thing's box."""
SOFTNESS = 0.42
"""Pixels of the footage by which a cut-out is blurred: as soft as the footage, and without aliasing."""
DARKER = 60
"""Grey levels from the road for a cut-out: somebody in black, without the shadow he throws on the road."""
GRAIN = 1.6
"""Grey levels of noise, as the footage has on even surfaces."""


@dataclass(frozen=True)
class Layer:
    """Something of the picture's size to lay over it: colour already multiplied by opacity, opacity, shadow, 0..1."""

    colour: npt.NDArray[np.float32]
    opacity: Mask
    shadow: Mask


class Insert(Protocol):
    """Something put into the footage."""

    @property
    def start(self) -> Seconds:
        """From when on it is there, in seconds of the clip."""

    @property
    def foot(self) -> tuple[float, float]:
        """Pixel of the middle of its lower edge: who stands lower in the picture passes in front of it."""

    def layer(self, footage: Footage, time: Seconds) -> Layer:
        """What to lay over the picture at a time of the clip."""


@dataclass(frozen=True)
class Standing:
    """A sprite standing on the ground at true scale.

    Attributes:
        name: sprite, e.g. `bag-08`.
        foot: pixel of the middle of its lower edge.
        gain, black: contrast against the sprite, and grey level of it that becomes black: the light of the footage.
        shade: how deep its shadow is, 0..1.
        size: factor on the true scale.
    """

    folder: Path
    ground: Ground
    name: str
    foot: tuple[float, float]
    start: Seconds = 0.0
    gain: float = 1.15
    black: float = 14.0
    shade: float = 0.85
    size: float = 1.0
    _made: list[Layer] = field(default_factory=list, repr=False, compare=False)

    def layer(self, footage: Footage, time: Seconds) -> Layer:
        """The same at all times: it stands."""
        if not self._made:
            self._made.append(self._make(footage))
        return self._made[0]

    def _make(self, footage: Footage) -> Layer:
        view = json.loads((self.folder / "views.json").read_text())[self.name]
        sprite = _read(self.folder / f"{self.name}.png").astype(np.float32)
        shadow = _shadow(self.folder / "shadows" / f"{self.name}.png", sprite.shape[0])
        opacity = sprite[..., 3] / 255
        colour = np.clip((sprite[..., :3] - self.black) * self.gain, 0, 255) * opacity[..., None]
        rows, columns = np.nonzero(opacity > VISIBLE)
        scale = self.ground.pixels_per_metre(self.foot[1]) / view["pixels_per_metre"] * self.size
        middle = ((columns.min() + columns.max() + 1) / 2, rows.max() + 1)
        place = np.array(
            [[scale, 0, self.foot[0] - scale * middle[0]], [0, scale, self.foot[1] - scale * middle[1]]], np.float64
        )
        soft = SOFTNESS / scale
        size = (footage.width, footage.height)
        warped = [
            cv2.warpAffine(cv2.GaussianBlur(part, (0, 0), soft), place, size, flags=cv2.INTER_LINEAR)
            for part in (colour, opacity, shadow)
        ]
        return Layer(warped[0], warped[1], np.clip(warped[2] * self.shade, 0, 1))


@dataclass(frozen=True)
class Stander:
    """Somebody of the footage who stands there for a while, cut out and shown to and fro at another place.

    Attributes:
        region: pixels (x1, y1, x2, y2) he stays inside of.
        since, until: seconds of the footage between which he stands.
        own_foot: pixel of his feet in the footage.
        foot: pixel where they are to be.
    """

    ground: Ground
    region: tuple[int, int, int, int]
    since: Seconds
    until: Seconds
    own_foot: tuple[float, float]
    foot: tuple[float, float]
    start: Seconds = 0.0
    _cut: list[tuple[npt.NDArray[np.float32], Mask]] = field(default_factory=list, repr=False, compare=False)

    def layer(self, footage: Footage, time: Seconds) -> Layer:
        """He as he stood, forwards and backwards in turn."""
        if not self._cut:
            self._cut.extend(self._cut_out(footage))
        count = len(self._cut)
        step = round(time * FPS) % (2 * count - 2)
        colour, opacity = self._cut[step if step < count else 2 * count - 2 - step]
        scale = self.ground.pixels_per_metre(self.foot[1]) / self.ground.pixels_per_metre(self.own_foot[1])
        x1, y1 = self.region[:2]
        place = np.array(
            [
                [scale, 0, self.foot[0] - scale * (self.own_foot[0] - x1)],
                [0, scale, self.foot[1] - scale * (self.own_foot[1] - y1)],
            ]
        )
        size = (footage.width, footage.height)
        shown = [cv2.warpAffine(part, place, size, flags=cv2.INTER_LINEAR) for part in (colour, opacity)]
        return Layer(shown[0], shown[1], self._contact(footage, scale))

    def _contact(self, footage: Footage, scale: float) -> Mask:
        """The dark under his shoes: without it he floats."""
        shadow = np.zeros((footage.height, footage.width), np.float32)
        x, y = self.foot
        cv2.ellipse(
            shadow, (round(x), round(y - 3 * scale)), (round(17 * scale), round(5 * scale)), 0, 0, 360, 0.75, -1
        )
        return cv2.GaussianBlur(shadow, (0, 0), 3.0 * scale)

    def _cut_out(self, footage: Footage) -> list[tuple[npt.NDArray[np.float32], Mask]]:
        x1, y1, x2, y2 = self.region
        frames = [footage.at(self.since + n / FPS) for n in range(round((self.until - self.since) * FPS))]
        masks = [foreground(f, footage.plate, DARKER)[y1:y2, x1:x2] for f in frames]
        cuts = []
        for number, frame in enumerate(frames):
            near = np.stack(masks[max(0, number - 2) : number + 3])  # an outline that flickers gives the cut away
            steady = _largest((near.mean(axis=0) > 0.5).astype(np.uint8))
            # Drawn in by a pixel, so that no rim of road comes with him.
            opacity = np.clip((cv2.GaussianBlur(steady.astype(np.float32), (0, 0), 1.0) - 0.6) / 0.35, 0, 1)
            cuts.append((frame[y1:y2, x1:x2].astype(np.float32) * opacity[..., None], opacity))
        return cuts


@dataclass(frozen=True)
class PaintedBay:
    """White, worn lines of a parking bay; a layer of the ground, so everybody is in front of it.

    Attributes:
        corner: pixel of its left corner at the kerb.
        heading: degrees by which its kerb side turns from straight across the picture, on the ground.
        wide, long: metres.
    """

    ground: Ground
    corner: tuple[float, float]
    heading: float
    wide: float = 2.5
    long: float = 4.6
    line: float = 0.15
    start: Seconds = 0.0
    foot: tuple[float, float] = (0.0, 0.0)

    def spot(self, across: float, away: float) -> tuple[float, float]:
        """Pixel of a point of the bay: metres along the kerb, and away from it."""
        right, ahead = self.ground.metres(*self.corner)
        turn = radians(self.heading)
        return self.ground.pixel(
            right + across * cos(turn) - away * sin(turn), ahead + across * sin(turn) + away * cos(turn)
        )

    def layer(self, footage: Footage, time: Seconds) -> Layer:
        """Three sides: the fourth is the kerb."""
        sharp, half = 4, self.line / 2
        opacity = np.zeros((footage.height * sharp, footage.width * sharp), np.uint8)
        for a, b, c, d in (
            (-half, half, 0.0, self.long), (self.wide - half, self.wide + half, 0.0, self.long),
            (-half, self.wide + half, self.long - half, self.long + half),
        ):  # fmt: skip
            corners = np.array([self.spot(*p) for p in ((a, c), (b, c), (b, d), (a, d))])
            cv2.fillPoly(opacity, [np.round(corners * sharp).astype(np.int32)], 255)
        mask = cv2.resize(opacity, (footage.width, footage.height), interpolation=cv2.INTER_AREA) / np.float32(255)
        noise = np.random.default_rng(3).random((footage.height, footage.width)).astype(np.float32)
        wear = sum(cv2.GaussianBlur(noise, (0, 0), s) * s for s in (0.8, 2.0, 5.0))
        wear = np.clip(0.80 + 0.14 * (wear - wear.mean()) / wear.std(), 0.3, 0.95)
        mask = (mask * wear).astype(np.float32)
        return Layer(np.full((footage.height, footage.width, 3), 250.0, np.float32) * mask[..., None], mask, mask * 0)


def lay_in(footage: Footage, frame: Picture, inserts: list[Insert], time: Seconds) -> Picture:
    """The picture with everything in it that is there by then; the farther first."""
    shown = frame.astype(np.float32)
    grain = np.random.default_rng(round(time * FPS)).normal(0, GRAIN, frame.shape).astype(np.float32)
    for insert in inserts:
        if time < insert.start - 1e-6:
            continue
        layer = insert.layer(footage, time)
        free = 1 - footage.people(frame, below=insert.foot[1] - 2)
        opacity = (layer.opacity * free)[..., None]
        shown *= 1 - (layer.shadow * free)[..., None] * (1 - layer.opacity[..., None])
        shown = shown * (1 - opacity) + layer.colour * free[..., None] + grain * opacity
    return np.clip(np.round(shown), 0, 255).astype(np.uint8)


def box_of(footage: Footage, insert: Insert) -> tuple[float, float, float, float]:
    """The box of a thing, fractions of the picture."""
    rows, columns = np.nonzero(insert.layer(footage, insert.start).opacity > VISIBLE)
    x1, x2 = columns.min() / footage.width, (columns.max() + 1) / footage.width
    y1, y2 = rows.min() / footage.height, (rows.max() + 1) / footage.height
    return tuple(round(float(v), 4) for v in (x1, y1, x2, y2))


def _read(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise FileNotFoundError(f"{path} is not there; render it: see sample_clips/render_sprites.py")
    return picture


def _shadow(path: Path, side: int) -> Mask:
    """A sprite's shadow at the sprite's size, without noise, faded out towards the edges of its canvas."""
    shadow = cv2.resize(_read(path)[..., 3].astype(np.float32) / 255, (side, side), interpolation=cv2.INTER_LINEAR)
    shadow = np.clip((cv2.GaussianBlur(shadow, (0, 0), 2.0) - 0.05) / 0.95, 0, 1)
    ramp = np.clip(np.minimum(np.arange(side), np.arange(side)[::-1]) / (0.12 * side), 0, 1).astype(np.float32)
    return shadow * np.minimum(ramp[:, None], ramp[None, :])


def _largest(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    return (labels == 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))).astype(np.uint8)
