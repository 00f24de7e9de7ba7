"""Amounts of data as people write them: `10GB`, `500MB`, `1.5 GiB`; a plain number is bytes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b)", re.IGNORECASE)
PATTERN = r"^\d+(\.\d+)? ?([kKmMgGtT]?i?[bB])$"


def parse_size(value: Any) -> int:
    """Bytes from text or a whole number.

    >>> parse_size("10GB")
    10000000000

    Raises:
        ValueError: not an amount of data.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no amount of data; write 10GB, 500MB or 1.5GiB")
    return round(float(found[1]) * _UNITS[found[2].lower()])


def format_size(size: int) -> str:
    """Text that `parse_size` reads back as the same number.

    >>> format_size(500_000_000)
    '500MB'
    """
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{unit}"
    return f"{size}B"


ByteSize = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str, when_used="json"),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": PATTERN}, {"type": "integer", "minimum": 0}]}, mode="validation"
    ),
]
"""Bytes, as an int."""
