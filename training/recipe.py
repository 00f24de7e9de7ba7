"""The training recipe (street_n.yaml) as typed values. No torch in here: the tests of the pure parts read it too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from vision.detect.manifest import Overview

HERE = Path(__file__).resolve().parent
DEFAULT_RECIPE = HERE / "street_n.yaml"


class RecipeError(Exception):
    """The recipe cannot be used; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class StreetClass:
    """One class of our model: what it means to the rules and which of the teacher's classes it grows from."""

    id: int
    name: str
    role: str
    teachers: tuple[str, ...]
    """COCO classes that are this class. Empty for a class that the teacher does not know."""
    like: tuple[str, ...]
    """COCO classes that only look alike; their weights are a starting point, never a target."""


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    version: str
    seed: int
    classes: tuple[StreetClass, ...]
    width: int
    height: int
    overview: Overview | None
    """The second, smaller look that the manifest is to have (vision/detect/overview.py)."""
    train: dict[str, Any]
    data: dict[str, Any]
    folder: Path = HERE
    """Where the recipe lies; files that it names are beside it."""

    @property
    def names(self) -> dict[int, str]:
        return {one.id: one.name for one in self.classes}

    def id_of(self, name: str) -> int:
        for one in self.classes:
            if one.name == name:
                return one.id
        raise RecipeError(f"no class {name!r} in the recipe; it has {', '.join(c.name for c in self.classes)}")


def load_recipe(path: Path = DEFAULT_RECIPE) -> Recipe:
    """Read and check a recipe. Raises RecipeError for a class without an origin or named twice."""
    raw = YAML(typ="safe").load(path.read_text("utf-8"))
    classes = []
    for index, entry in enumerate(raw["classes"]):
        teachers, like = tuple(entry.get("from", ())), tuple(entry.get("like", ()))
        if bool(teachers) == bool(like):
            raise RecipeError(f"{path}: classes[{index}] {entry['name']}: give exactly one of 'from' and 'like'")
        classes.append(StreetClass(index, entry["name"], entry["role"], teachers, like))
    names = [one.name for one in classes]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise RecipeError(f"{path}: classes: named twice: {', '.join(sorted(twice))}")
    return Recipe(
        name=raw["name"],
        version=str(raw["version"]),
        seed=int(raw["seed"]),
        classes=tuple(classes),
        width=int(raw["input"]["width"]),
        height=int(raw["input"]["height"]),
        overview=Overview(**raw["overview"]) if raw.get("overview") else None,
        train=raw.get("train", {}),
        data=raw.get("data", {}),
        folder=path.parent,
    )
