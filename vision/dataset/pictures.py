"""A set of pictures on disk: `dataset.yaml` (what it is), `pictures.jsonl` (one picture a line), `images/`.

A picture says what is known of it and no more: boxes of things that are there, and boxes in which there is none of a
class. Everything else in it is unknown, and training does not take the unknown for absent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.sources import Box

SCHEMA = "picture-set/1"
ABOUT, LISTING, IMAGES = "dataset.yaml", "pictures.jsonl", "images"
Split = Literal["train", "val"]


class DatasetError(Exception):
    """A set that cannot be used; the text names file, line and key."""


def _inside(box: Box) -> Box:
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise ValueError("a box is x1, y1, x2, y2 inside 0..1, with x1 < x2 and y1 < y2")
    return box


def _below_images(file: str) -> str:
    path = PurePosixPath(file)
    if not file or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{file!r} must be the path of a file in {IMAGES}/")
    return file


class Labelled(BaseModel):
    """A class and a part of the picture (fractions of it): a thing that is there, or nothing of that class is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    box: Annotated[Box, AfterValidator(_inside)]


class Picture(BaseModel):
    """One picture and what is known of it.

    Attributes:
        file: path in `images/`; `sha256`: of its content.
        source: where it comes from, e.g. site and camera: pictures of one source are all in one split.
        licence: of this picture.
        boxes: things that are there; of other things nothing is said.
        absent: where nothing of a class is.
        verdict, reason, by, case_id, taken_at: what it rests on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, AfterValidator(_below_images)]
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    source: str
    licence: str
    split: Split
    boxes: tuple[Labelled, ...] = ()
    absent: tuple[Labelled, ...] = ()
    verdict: Literal["confirmed", "rejected"] | None = None
    reason: str | None = None
    by: str | None = None
    case_id: str | None = None
    taken_at: AwareDatetime | None = None


@dataclass(frozen=True, slots=True)
class PictureSet:
    """A set: its folder, its name, the pictures in the order of the listing."""

    folder: Path
    name: str
    pictures: tuple[Picture, ...]

    def path(self, picture: Picture) -> Path:
        """The picture's file."""
        return self.folder / IMAGES / picture.file


def read_set(folder: Path) -> PictureSet:
    """Read a set; the pictures themselves are not opened.

    Raises:
        DatasetError: what is missing or wrong, with file, line and key.
    """
    about = folder / ABOUT
    try:
        head = YAML(typ="safe").load(about.read_text("utf-8"))
        if not isinstance(head, dict) or head.get("schema") != SCHEMA:
            raise DatasetError(f"{about}: schema: must be {SCHEMA}")
        lines = (folder / LISTING).read_text("utf-8").splitlines()
    except OSError as error:
        raise DatasetError(f"{error.filename}: {error.strerror}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise DatasetError(f"{about}: {error}") from None
    pictures = []
    for number, line in enumerate(lines, 1):
        try:
            pictures.append(Picture.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "line"
            raise DatasetError(f"{folder / LISTING}:{number}: {key}: {first['msg']}") from None
    return PictureSet(folder, str(head.get("name", folder.name)), tuple(pictures))


def write_set(folder: Path, name: str, note: str, pictures: tuple[Picture, ...]) -> PictureSet:
    """Write `dataset.yaml` and the listing; the pictures are there already. What was listed before is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ABOUT).open("w", encoding="utf-8") as file:
        YAML().dump({"schema": SCHEMA, "name": name, "note": note}, file)
    rows = [json.dumps(one.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for one in pictures]
    part = folder / f"{LISTING}.part"
    part.write_text("".join(row + "\n" for row in rows), "utf-8")
    part.replace(folder / LISTING)
    return PictureSet(folder, name, pictures)
