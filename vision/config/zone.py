"""A part of a camera's picture and what is looked for in it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SerializeAsAny, model_validator

from vision.config.fixture import Fixture
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
    preset: Id | None = None
    """Which of the camera's `health.presets` it is drawn on; the zone rests while another is shown."""
    tags: tuple[str, ...] = ()
    """What the place is, e.g. fuel_station, school, fire_lane: decides severity and dispatch."""
    rules: tuple[SerializeAsAny[RuleSettings], ...] = Field(default=())
    """What is looked for, each with its settings."""
    fixtures: tuple[Fixture, ...] = ()
    """What always stands here and is no case."""

    @model_validator(mode="after")
    def _fixtures_of_its_rules(self) -> Self:
        names = [rule.rule for rule in self.rules]
        for number, fixture in enumerate(self.fixtures):
            if fixture.category is not None and fixture.category not in names:
                raise ValueError(
                    f"fixtures[{number}].category is {fixture.category!r}, and this zone has no such rule; "
                    f"it has: {', '.join(names) or 'none'}"
                )
        return self
