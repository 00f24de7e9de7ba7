"""The light and weather a whole scene is in, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scene_maker.scenes import LOW_QUALITY, PUMPING, QUALITY
from scene_maker.weather import Effect, exposure, headlights, infrared, rain, sensor_noise, soft, tint


@dataclass(frozen=True)
class Condition:
    """Effects in their order, and how the stream is coded."""

    effects: tuple[Effect, ...] = ()
    quality: int = QUALITY
    params: str = ""


def _day(seed: int) -> Condition:
    return Condition()


def _dusk(seed: int) -> Condition:
    return Condition(
        (exposure(lambda _: 0.62, 1.15), tint(1.10, 0.97, 0.92, 0.75), sensor_noise(2.5, seed))
    )  # fmt: skip


def _night(seed: int) -> Condition:
    return Condition((exposure(lambda _: 0.5, 1.15), tint(0.86, 1.0, 1.10, 0.45), sensor_noise(6.0, seed)), QUALITY + 3)


def _night_traffic(seed: int) -> Condition:
    night = _night(seed)
    return Condition((*night.effects[:2], headlights(seed), night.effects[2]), night.quality)


def _infrared(seed: int) -> Condition:
    return Condition((infrared(-10.0, seed),), QUALITY + 2)


def _rain(seed: int) -> Condition:
    return Condition((exposure(lambda _: 0.85), rain(seed), soft(0.5), sensor_noise(1.5, seed)))


def _low(seed: int) -> Condition:
    return Condition((), LOW_QUALITY)


def _pumping(seed: int) -> Condition:
    return Condition((sensor_noise(2.0, seed),), LOW_QUALITY - 4, PUMPING)


def _noise(seed: int) -> Condition:
    return Condition((sensor_noise(9.0, seed),), QUALITY + 2)


def _soft(seed: int) -> Condition:
    return Condition((soft(1.3), sensor_noise(1.5, seed)))


CONDITIONS: dict[str, Callable[[int], Condition]] = {
    "day": _day, "dusk": _dusk, "night": _night, "night-traffic": _night_traffic, "infrared": _infrared,
    "rain": _rain, "low-bitrate": _low, "pumping": _pumping, "noise": _noise, "soft": _soft,
}  # fmt: skip
"""Name → condition for a seed."""
