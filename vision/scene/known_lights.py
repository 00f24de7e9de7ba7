"""How a place looked in the lights it was seen in before: by day, under the street lamps, by infrared.

A place does not change because a lamp is lit. What stood there before must be told from the ground under it in the new
light, too, so the clean view of each light is kept, and found again when that light comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.scene.light import Mask, differing_share
from vision.sources import Image

MOST_LIGHTS = 2
"""Beside the present one: a street has its day, its lamps, and at some cameras infrared."""
SAME_LIGHT = 0.2
"""Share of the picture that may differ between two views of a place in one light: cars come and go in between."""


class KnownLights:
    """Clean views of one place in other light, the latest last."""

    def __init__(self) -> None:
        self.views: list[tuple[Image, Mask]] = []

    def keep(self, clean: Image, known: Mask) -> None:
        """Keep a clean view (h, w, 3) that is known at `known` (h, w), in place of an older one of the same light."""
        others = [view for view in self.views if differing_share(*view, clean) > SAME_LIGHT]
        self.views = [*others, (clean, known)][-MOST_LIGHTS:]

    def take(self, image: Image) -> tuple[Image, Mask] | None:
        """Take out the view in whose light a blurred picture was taken, since that is now; None when there is none."""
        differing = [(differing_share(*view, image), index) for index, view in enumerate(self.views)]
        share, index = min(differing, default=(1.0, -1))
        return self.views.pop(index) if share <= SAME_LIGHT else None

    def recall(self, views: Sequence[tuple[Image, Mask]]) -> None:
        """Go on with views from before a restart."""
        self.views = list(views)[-MOST_LIGHTS:]
