"""Settings that every rule has. Each rule adds its own in its file in `vision/rules`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vision.config.durations import Duration
from vision.config.model import ConfigModel
from vision.config.schedule import Schedule


class RuleSettings(ConfigModel):
    """One rule in one zone."""

    rule: str
    """Name of the rule."""
    dwell: Duration = Field(30.0, ge=0, le=86400, description="How long the deciding condition must hold.")
    schedule: Schedule = Field(
        default=Schedule(), description="When the rule is in force, local time; empty is always."
    )
    size_of: Literal["picture", "zone"] = Field("picture", description="What min_area and max_area are shares of.")
    min_area: float = Field(0.0, ge=0, le=1, description="Smallest thing, share of the picture (see size_of).")
    max_area: float = Field(1.0, ge=0, le=1, description="Largest thing, share of the picture (see size_of).")
    min_score: float = Field(0.0, ge=0, le=1, description="Least score of the detector's opinion.")
    review: Literal["required", "not_required"] = Field(
        "required", description="Whether a person must confirm a case before it is filed."
    )
    aggregate: Duration = Field(
        0.0,
        ge=0,
        le=86400,
        description="A further find in the zone this long after a case's first is taken for the same case; 0s: never.",
    )
    alarm: Literal["single", "periodic"] = Field(
        "single", description="periodic: while a case stands, it is told again every alarm_every."
    )
    alarm_every: Duration = Field(600.0, ge=10, le=86400, description="How often, with alarm: periodic.")
