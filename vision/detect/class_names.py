"""The class list that exporters write into a model file."""

from __future__ import annotations

import ast


def parse_names(text: str) -> dict[int, str] | None:
    """The class list of an exported file, `{0: 'person', …}` as Ultralytics writes it; None if it is something else."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict) or not value:
        return None
    try:
        return {int(key): str(name) for key, name in value.items()}
    except (TypeError, ValueError):
        return None
