"""What all parts of the configuration have in common."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_ID = re.compile(r"[\w.:-]{1,64}")


class ConfigModel(BaseModel):
    """A part of the configuration: unknown keys are refused, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, validate_default=True)


def _checked_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(
            f"{value!r} is no id: letters, digits, '-', '_', '.' and ':', at most 64 (it is part of topics and paths)"
        )
    if value.strip(".") == "":
        raise ValueError(f"{value!r} is no id: it needs more than dots")
    return value


Id = Annotated[str, AfterValidator(_checked_id)]
"""A name that is safe in an MQTT topic level, a file path and a metric label."""
