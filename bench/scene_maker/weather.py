"""Light, weather and sensor, for a whole clip: pure functions of a picture and the time, each from a seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, pi, sin

import cv2
import numpy as np
import numpy.typing as npt
from composing import FPS, Picture

Effect = Callable[[Picture, float], Picture]
"""(picture, time of the clip in seconds) → picture of the same size."""
Curve = Callable[[float], float]
"""A quantity over time."""

BANK = 1300
"""Side of the noise that pictures take their part of; each picture another part."""


@lru_cache(maxsize=4)
def _bank(seed: int) -> npt.NDArray[np.float32]:
    fine = np.random.default_rng(seed).normal(0, 1, (BANK, BANK, 3)).astype(np.float32)
    # Sensor noise is smoothed a little by the camera's own processing, and is mostly the same in all three colours.
    grey = cv2.GaussianBlur(fine[..., :1], (0, 0), 0.6)[..., None]
    mixed = 0.75 * grey / grey.std() + 0.5 * fine
    return mixed / mixed.std()


def _noise(shape: tuple[int, ...], time: float, seed: int) -> npt.NDArray[np.float32]:
    height, width = shape[:2]
    number = round(time * FPS)
    y, x = (number * 613 + seed) % (BANK - height), (number * 389 + 7 * seed) % (BANK - width)
    return _bank(seed % 3)[y : y + height, x : x + width]


def sensor_noise(sigma: float | Curve, seed: int) -> Effect:
    """Noise of that many grey levels, over time if `sigma` is a curve; new in every picture."""

    def effect(picture: Picture, time: float) -> Picture:
        level = sigma(time) if callable(sigma) else sigma
        if level < 0.2:
            return picture
        return cv2.add(picture, _noise(picture.shape, time, seed) * np.float32(level), dtype=cv2.CV_8U)

    return effect


def exposure(gain: Curve, gamma: float = 1.0) -> Effect:
    """Light (or the camera's gain) over time: 1 is the footage; what is too bright saturates."""

    def effect(picture: Picture, time: float) -> Picture:
        ramp = np.arange(256) / 255
        table = np.clip(255 * (ramp**gamma) * gain(time), 0, 255).astype(np.uint8)
        return cv2.LUT(picture, table)

    return effect


def tint(blue: float, green: float, red: float, saturation: float) -> Effect:
    """Colour of the light, and how much colour is left."""

    def effect(picture: Picture, time: float) -> Picture:
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        mixed = cv2.addWeighted(picture, saturation, grey, 1 - saturation, 0)
        return cv2.multiply(mixed, (blue, green, red, 1.0))

    return effect


def soft(sigma: float) -> Effect:
    """A lens out of focus, wet or cheap."""
    return lambda picture, time: cv2.GaussianBlur(picture, (0, 0), sigma)


def rain(seed: int, drops: int = 260, wind: float = 0.12) -> Effect:
    """Streaks, new in every picture, and the grey they make of the distance."""

    def effect(picture: Picture, time: float) -> Picture:
        height, width = picture.shape[:2]
        rng = np.random.default_rng([seed, round(time * FPS)])
        streaks = np.zeros((height, width), np.uint8)
        x, y = rng.uniform(-20, width, drops), rng.uniform(-40, height, drops)
        long, light = rng.uniform(9, 34, drops), rng.uniform(20, 75, drops)
        for x0, y0, reach, bright in zip(x, y, long, light, strict=True):
            cv2.line(
                streaks, (int(x0), int(y0)), (int(x0 + wind * reach), int(y0 + reach)), int(bright), 1, cv2.LINE_AA
            )
        streaks = cv2.GaussianBlur(streaks, (0, 0), 0.7)
        flat = cv2.addWeighted(picture, 0.80, np.full_like(picture, 150), 0.20, -8)
        return cv2.add(flat, cv2.cvtColor(streaks, cv2.COLOR_GRAY2BGR))

    return effect


def headlights(seed: int, every: float = 7.0) -> Effect:
    """Light pools of cars that turn outside the picture: they sweep over the ground every few seconds."""
    rng = np.random.default_rng(seed)
    sweeps = [
        (4 + every * n + rng.uniform(-1.5, 1.5), rng.uniform(1.6, 3.4), rng.choice((-1, 1)), rng.uniform(0.45, 0.85))
        for n in range(14)
    ]  # fmt: skip

    def effect(picture: Picture, time: float) -> Picture:
        height, width = picture.shape[:2]
        light = np.zeros((height // 4, width // 4), np.float32)
        rows, columns = np.mgrid[0 : height // 4, 0 : width // 4].astype(np.float32)
        for start, takes, way, row in sweeps:
            t = (time - start) / takes
            if -0.4 < t < 1.4:
                x = (t if way > 0 else 1 - t) * 1.6 - 0.3
                for apart in (-0.06, 0.06):
                    dx, dy = columns / (width / 4) - x - apart, rows / (height / 4) - row + 0.12 * (t - 0.5)
                    light += np.exp(-((dx / 0.13) ** 2) - (dy / 0.10) ** 2)
        if light.max() < 0.01:
            return picture
        light = cv2.resize(light, (width, height))[..., None]
        shown = picture.astype(np.float32) * (1 + 2.6 * light) + 34 * light
        return np.clip(shown, 0, 255).astype(np.uint8)

    return effect


def infrared(at: float, seed: int, back: float = 1e9) -> Effect:
    """The camera changes to infrared at a moment (and back): grey, brightest where its lamp shines, noisy; while it
    changes, half a second of wrong exposure."""
    noise = sensor_noise(5.0, seed)

    def effect(picture: Picture, time: float) -> Picture:
        if not at <= time < back:
            late = time - back
            return cv2.convertScaleAbs(picture, alpha=0.35 + late) if 0 <= late < 0.6 else picture
        height, width = picture.shape[:2]
        red = picture[..., 2].astype(np.float32) * 0.55 + picture[..., 1].astype(np.float32) * 0.45
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        lamp = np.exp(-(((columns / width - 0.5) / 0.55) ** 2) - ((rows / height - 0.62) / 0.5) ** 2)
        grey = np.clip((red * 0.9 + 18) * (0.35 + 0.85 * lamp), 0, 255)
        if time - at < 0.6:
            grey = np.clip(grey * (2.4 - 2.3 * (time - at)), 0, 255)
        return noise(cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2BGR), time)

    return effect


def foliage(seed: int, side: str = "left") -> Effect:
    """A branch that hangs into the picture from above and sways."""
    drawn: list[npt.NDArray[np.float32]] = []

    def draw(height: int, width: int) -> npt.NDArray[np.float32]:
        rng = np.random.default_rng(seed)
        leaves = np.zeros((height, width, 4), np.float32)
        for _ in range(900):
            fall = rng.beta(1.2, 2.2)
            x = (0.02 + 0.42 * rng.beta(1.3, 2.4)) * width
            y = fall * (0.62 - 0.9 * x / width) * height
            axes = (int(rng.uniform(5, 12)), int(rng.uniform(2, 5)))
            green = rng.uniform(0.4, 1.1)
            colour = (30 * green, 78 * green, 52 * green, 1.0)
            cv2.ellipse(leaves, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
        leaves = cv2.GaussianBlur(leaves, (0, 0), 0.8)
        return np.ascontiguousarray(leaves[:, ::-1]) if side == "right" else leaves

    def effect(picture: Picture, time: float) -> Picture:
        height, width = picture.shape[:2]
        if not drawn:
            drawn.append(draw(height, width))
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        gust = 0.5 + 0.5 * sin(2 * pi * time / 11)
        bend = gust * rows / height
        x = (
            columns
            + 26 * bend * np.sin(2 * pi * time / 2.3 + rows / 90)
            + 3 * np.sin(2 * pi * time / 0.9 + columns / 25)
        )
        y = rows + 8 * bend * np.sin(2 * pi * time / 1.7 + columns / 60)
        moved = cv2.remap(drawn[0], x, y, cv2.INTER_LINEAR)
        cover = moved[..., 3:]
        return np.clip(picture * (1 - cover) + moved[..., :3], 0, 255).astype(np.uint8)

    return effect


def clock(size: float = 0.8) -> Effect:
    """A burnt-in running clock and a name, as cameras write them."""

    def effect(picture: Picture, time: float) -> Picture:
        height = picture.shape[0]
        text = f"2026-05-14 {14:02d}:{7 + int(time) // 60:02d}:{int(time) % 60:02d}.{round(time * FPS) % 10}"
        for place, line in (((12, 30), text), ((12, height - 14), "CAM 03 JIAODAOKOU")):
            cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 4, cv2.LINE_AA)
            cv2.putText(picture, line, place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 2, cv2.LINE_AA)
        return picture

    return effect


def steps(*changes: tuple[float, float], takes: float = 0.3) -> Curve:
    """1 at first, then from each (time, level) on that level, reached within `takes` seconds."""

    def curve(time: float) -> float:
        level = 1.0
        for at, target in changes:
            level += (target - level) * min(1.0, max(0.0, (time - at) / takes))
        return level

    return curve


def recovering(*changes: tuple[float, float], tau: float = 2.5) -> Curve:
    """Automatic gain: at each time the light jumps by a factor, and the camera brings the picture back."""
    return lambda time: 1.0 + sum((factor - 1) * exp(-(time - at) / tau) for at, factor in changes if time >= at)
