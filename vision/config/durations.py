"""Durations as people write them: `30s`, `5m`, `1h30m`, `500ms`, `2d`; a plain number is seconds."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"(\d+(?:\.\d+)?)(ms|d|h|m|s)"
_WHOLE = re.compile(rf"(?:{_PART})+")
PATTERN = r"^((\d+(\.\d+)?)(ms|d|h|m|s))+$"
"""For JSON Schema; what `parse_duration` takes as text."""


def parse_duration(value: Any) -> float:
    """Seconds from text or a number.

    >>> parse_duration("1h30m")
    5400.0

    Raises:
        ValueError: not a duration.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a duration is text such as 30s, 5m, 1h30m, 500ms or 2d, or a number of seconds")
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise ValueError("a duration must be finite")
        return float(value)
    text = value.strip().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{value!r} is no duration; write 30s, 5m, 1h30m, 500ms or 2d")
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, text))


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back as the same number of seconds.

    >>> format_duration(5400.0)
    '1h30m'
    """
    if seconds != int(seconds):
        return f"{Decimal(repr(seconds)):f}s"
    rest, text = int(seconds), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": PATTERN}, {"type": "number", "minimum": 0}],
            "description": "30s, 5m, 1h30m, 500ms, 2d, or seconds",
        },
        mode="validation",
    ),
]
"""Seconds, as a float; bounds are set per field."""
