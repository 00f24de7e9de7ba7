"""Areas drawn on a camera's picture, in fractions of its width and height."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema
from shapely.validation import explain_validity

LEAST_AREA = 1e-5
"""Share of the picture; smaller is a slip of the mouse (20 pixels of 1080p)."""
MOST_POINTS = 200


class Polygon:
    """A simple polygon; points are (x, y) fractions of the picture, 0..1, at least three. Immutable, hashable.

    Raises:
        ValueError: too few points, outside 0..1, self-crossing or without an area; the message says which point.
    """

    def __init__(self, points: Any) -> None:
        self.points: tuple[tuple[float, float], ...] = _checked(points)
        shape = shapely.Polygon(self.points)
        if not shape.is_valid:
            raise ValueError(
                f"the polygon crosses or touches itself ({explain_validity(shape)}); draw its points in order"
            )
        if shape.area < LEAST_AREA:
            raise ValueError("the polygon has no area; its points lie on one line")
        shapely.prepare(shape)
        self._shape = shape

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The box around it: x1, y1, x2, y2."""
        x1, y1, x2, y2 = self._shape.bounds
        return float(x1), float(y1), float(x2), float(y2)

    @cached_property
    def array(self) -> npt.NDArray[np.float32]:
        """(N, 2) points."""
        return np.array(self.points, np.float32)

    @property
    def area(self) -> float:
        """Share of the picture, 0..1."""
        return float(self._shape.area)

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside or on the line."""
        return bool(self._shape.covers(shapely.Point(x, y)))

    def overlap(self, box: tuple[float, float, float, float]) -> float:
        """How much of a box (x1, y1, x2, y2) lies inside, 0..1; 0 for a box without area."""
        other = shapely.box(*box)
        return float(self._shape.intersection(other).area / other.area) if other.area > 0 else 0.0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polygon) and self.points == other.points

    def __hash__(self) -> int:
        return hash(self.points)

    def __repr__(self) -> str:
        return f"Polygon({[list(point) for point in self.points]})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, Polygon) else cls(value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda p: [list(q) for q in p.points]),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = {"type": "number", "minimum": 0, "maximum": 1}
        point = {"type": "array", "prefixItems": [number, number], "minItems": 2, "maxItems": 2}
        return {"type": "array", "items": point, "minItems": 3, "maxItems": MOST_POINTS}


def _checked(points: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(points, list | tuple):
        raise ValueError("a polygon is a list of [x, y] points, fractions of the picture's width and height")
    if not 3 <= len(points) <= MOST_POINTS:
        raise ValueError(f"a polygon has 3 to {MOST_POINTS} points, this one has {len(points)}")
    checked = []
    for number, point in enumerate(points, 1):
        if not isinstance(point, list | tuple) or len(point) != 2 or not all(_is_number(value) for value in point):
            raise ValueError(f"point {number} is {point!r}; a point is [x, y], two numbers from 0 to 1")
        if not all(0 <= value <= 1 for value in point):
            raise ValueError(f"point {number} is {list(point)}; x and y are fractions of the picture, from 0 to 1")
        checked.append((float(point[0]), float(point[1])))
    return tuple(checked)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
