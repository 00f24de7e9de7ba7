"""What always stands in a place and is no case there: a bin, a planter, a legal bollard. Data, with an end."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from vision.config.model import ConfigModel
from vision.config.polygon import MOST_POINTS, Polygon

WITHIN = 0.5
"""A find belongs to a spot when this share of it lies there: shadow and a loose box make it larger than the thing."""
_HINT = "write a box [x1, y1, x2, y2], a point [x, y] or a polygon [[x, y], …], fractions of the picture"


class Spot:
    """Where a fixture stands: a box, a polygon or a point, fractions of the picture. Immutable, hashable.

    Raises:
        ValueError: it is none of them; the message says what is wrong.
    """

    def __init__(self, at: Any) -> None:
        if not isinstance(at, list | tuple) or not at:
            raise ValueError(_HINT)
        self.point: tuple[float, float] | None = None
        self.area: Polygon | None = None
        self._at: tuple[Any, ...] = tuple(tuple(part) if isinstance(part, list | tuple) else part for part in at)
        if isinstance(at[0], list | tuple):
            self.area = Polygon(at)
            return
        if len(at) not in (2, 4) or not all(_is_fraction(value) for value in at):
            raise ValueError(f"{list(at)} is no spot; {_HINT}")
        if len(at) == 2:
            self.point = (float(at[0]), float(at[1]))
            return
        x1, y1, x2, y2 = (float(value) for value in at)
        if x1 >= x2 or y1 >= y2:
            raise ValueError(f"{list(at)} is no box: x1 must be less than x2, and y1 less than y2")
        self.area = Polygon([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The box around it: x1, y1, x2, y2; a point has no size."""
        if self.area is not None:
            return self.area.bounds
        assert self.point is not None
        return (*self.point, *self.point)

    def holds(self, box: tuple[float, float, float, float]) -> bool:
        """Whether a find (x1, y1, x2, y2) stands here: most of it lies in the area, or the point lies in it."""
        if self.area is not None:
            return self.area.overlap(box) >= WITHIN
        assert self.point is not None
        return box[0] <= self.point[0] <= box[2] and box[1] <= self.point[1] <= box[3]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spot) and self._at == other._at

    def __hash__(self) -> int:
        return hash(self._at)

    def __repr__(self) -> str:
        return f"Spot({_plain(self._at)})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Spot) else cls(value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda spot: _plain(spot._at)),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "number", "minimum": 0, "maximum": 1}
        point = {"type": "array", "prefixItems": [number, number], "minItems": 2, "maxItems": 2}
        box = {"type": "array", "items": number, "minItems": 4, "maxItems": 4}
        polygon = {"type": "array", "items": point, "minItems": 3, "maxItems": MOST_POINTS}
        return {"anyOf": [box, point, polygon], "description": _HINT}


class Fixture(ConfigModel):
    """One thing that belongs where it stands. What it keeps from becoming a case is logged and counted."""

    at: Spot
    """Where: a box [x1, y1, x2, y2], a point [x, y] or a polygon, fractions of the picture."""
    class_name: str | None = Field(None, alias="class", min_length=1)
    """What it is, as the model calls it (bin, plant, ground_lock); anything that fits the spot unless given."""
    category: str | None = None
    """For which of the zone's rules it holds; for all unless given."""
    until: date | None = None
    """Last day on which it holds, e.g. 2027-03-31, in the site's timezone; for good unless given."""
    note: str = ""
    """For people: why, and who allowed it."""

    @property
    def label(self) -> str:
        """What it is called in logs and counts: the same settings, the same text."""
        place = ",".join(f"{value:g}" for value in self.at.bounds)
        return f"{self.class_name or 'anything'} at {place}" + (f" for {self.category}" if self.category else "")

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day at the site."""
        return self.until is None or day <= self.until


def _is_fraction(value: Any) -> bool:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return numeric and math.isfinite(value) and 0 <= value <= 1


def _plain(at: tuple[Any, ...]) -> list[Any]:
    return [list(part) if isinstance(part, tuple) else part for part in at]
