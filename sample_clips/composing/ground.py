"""The ground plane as the footage's camera sees it."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, sin


@dataclass(frozen=True)
class Ground:
    """A pinhole camera above a plane; no roll, no lens distortion.

    Attributes:
        width, height: pixels of the picture.
        focal: focal length in pixels.
        horizon: row of the horizon; may lie above the picture (negative).
        up: the camera's height in metres.
    """

    width: int
    height: int
    focal: float
    horizon: float
    up: float

    @property
    def pitch(self) -> float:
        """Radians by which the camera looks down."""
        return atan2(self.height / 2 - self.horizon, self.focal)

    def metres(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel lies on the ground: metres to the right of the camera, and ahead of it."""
        right, down = x - self.width / 2, y - self.height / 2
        s, c = sin(self.pitch), cos(self.pitch)
        reach = self.up / (down * c + self.focal * s)
        return right * reach, (self.focal * c - down * s) * reach

    def pixel(self, right: float, ahead: float, above: float = 0.0) -> tuple[float, float]:
        """Where a point that many metres right, ahead and above the ground is in the picture."""
        s, c = sin(self.pitch), cos(self.pitch)
        depth = ahead * c + (self.up - above) * s
        down = (self.up - above) * c - ahead * s
        return self.width / 2 + self.focal * right / depth, self.height / 2 + self.focal * down / depth

    def pixels_per_metre(self, y: float) -> float:
        """Pixels that a metre across takes for a thing standing on row y."""
        _, ahead = self.metres(self.width / 2, y)
        return self.focal / (ahead * cos(self.pitch) + self.up * sin(self.pitch))
