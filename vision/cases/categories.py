"""The city's table of categories: codes, names, limits and who handles what. Data, not code."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vision.cases.event import Code
from vision.config import ConfigError, Problem
from vision.config.yaml_file import YamlFile, key_text, read_yaml

Severity = Literal["low", "normal", "high"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeEntry(_Row):
    """One code; `standard` is a key of the table's `standards`."""

    standard: str
    code: str
    name: str
    kind: Literal["event", "component"] = "event"
    extension: bool = False


class Subcategory(_Row):
    """A kind of the event, as the city files it."""

    codes: tuple[CodeEntry, ...]
    department: str | None = None
    filing: str = ""
    limit: str = ""
    closing: str = ""


class Category(_Row):
    """An event; `default` is the subcategory where the rule cannot tell."""

    name: str
    department: str
    subcategories: dict[str, Subcategory] = Field(min_length=1)
    default: str

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default not in self.subcategories:
            raise ValueError(f"default {self.default!r} is none of: {', '.join(self.subcategories)}")
        return self

    def subcategory(self, name: str | None) -> Subcategory:
        """The subcategory of that name, or the default."""
        return self.subcategories.get(name or self.default, self.subcategories[self.default])


class CategoryTable(_Row):
    """All categories."""

    standards: dict[str, str]
    severity_by_tag: dict[str, Severity] = {}
    categories: dict[str, Category]

    @model_validator(mode="after")
    def _standards_exist(self) -> Self:
        for name, category in self.categories.items():
            for entry in (e for sub in category.subcategories.values() for e in sub.codes):
                if entry.standard not in self.standards:
                    raise ValueError(f"{name}: standard {entry.standard!r} is none of: {', '.join(self.standards)}")
        return self

    def codes(self, category: str, subcategory: str | None) -> tuple[Code, ...]:
        """Every code of the event, newest standard first; none for a category that is not in the table."""
        known = self.categories.get(category)
        if known is None:
            return ()
        return tuple(
            Code(standard=self.standards[e.standard], kind=e.kind, code=e.code, name=e.name)
            for e in known.subcategory(subcategory).codes
        )

    def department(self, category: str, subcategory: str | None) -> str | None:
        """Who handles it, as a hint."""
        known = self.categories.get(category)
        return (known.subcategory(subcategory).department or known.department) if known else None

    def severity(self, tags: tuple[str, ...]) -> Severity:
        """The highest severity that any of the zone's tags brings; `normal` without any."""
        found = [self.severity_by_tag[tag] for tag in tags if tag in self.severity_by_tag]
        return "high" if "high" in found else "normal" if not found or "normal" in found else "low"


@cache
def shipped_categories() -> CategoryTable:
    """The table that comes with the program."""
    return _checked(read_yaml(Path(str(files("vision.cases") / "categories.yaml")), {}))


def load_categories(path: Path | None) -> CategoryTable:
    """The shipped table with a city's own file laid over it; without a file the shipped one.

    Raises:
        ConfigError: the file cannot be used; names file, line and key.
    """
    if path is None:
        return shipped_categories()
    own = read_yaml(path)
    if not isinstance(own.data, dict):
        raise ConfigError([Problem(str(path), 1, "", "the file must hold keys such as categories:")])
    own.data = _overlaid(shipped_categories().model_dump(), own.data)
    return _checked(own)


def _checked(file: YamlFile) -> CategoryTable:
    try:
        return CategoryTable.model_validate(file.data)
    except ValidationError as error:
        raise ConfigError(
            [
                Problem(str(file.path), file.line(e["loc"]), key_text(e["loc"]), e["msg"].removeprefix("Value error, "))
                for e in error.errors()
            ]
        ) from None


def _overlaid(under: Any, over: Any) -> Any:
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _overlaid(under.get(key), value) for key, value in over.items()}}
    return over
