"""The short reasons for which an operator rejects a case: data, by category."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, TypeAdapter
from ruamel.yaml import YAML


class Reason(BaseModel):
    """One reason in both languages; `id` is what is stored and counted."""

    id: str
    zh: str
    en: str


@cache
def shipped_reasons() -> dict[str, list[Reason]]:
    """The list that comes with the program; every category also has what stands under `*`."""
    plain = YAML(typ="safe").load((files("vision.console.cases") / "reasons.yaml").read_text("utf-8"))
    table = TypeAdapter(dict[str, list[Reason]]).validate_python(plain)
    return {category: rows if category == "*" else [*rows, *table["*"]] for category, rows in table.items()}
