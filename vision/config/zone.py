"""A part of a camera's picture and what is looked for in it."""

from __future__ import annotations

from pydantic import Field, SerializeAsAny

from vision.config.model import ConfigModel, Id
from vision.config.polygon import Polygon
from vision.config.rule import RuleSettings

WHOLE_PICTURE = Polygon([[0, 0], [1, 0], [1, 1], [0, 1]])


class Zone(ConfigModel):
    """A polygon with rules."""

    id: Id
    """Name of the zone, unique within its camera."""
    polygon: Polygon = WHOLE_PICTURE
    """Points [x, y], fractions of the picture's width and height, in order around the zone."""
    tags: tuple[str, ...] = ()
    """What the place is, e.g. fuel_station, school, fire_lane: decides severity and dispatch."""
    rules: tuple[SerializeAsAny[RuleSettings], ...] = Field(default=())
    """What is looked for, each with its settings."""
