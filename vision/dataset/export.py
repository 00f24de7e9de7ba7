"""A set in YOLO's form, as `training/train.py` and Ultralytics read it, alone or added to the set a model was made of.

What is unknown of a picture is written as the trainer expects it (training/prepare.py): a box over it with an id behind
the classes, one id for each list of classes in `groups.json`. Where a class is known to be absent in a part of the
picture, four such boxes lie around that part.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from vision.dataset.pictures import DatasetError, Picture, PictureSet
from vision.sources import Box

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Exported:
    """Pictures written by split, and what stands in the lists in all."""

    train: int
    val: int
    train_in_all: int
    val_in_all: int


def export(
    pictures: PictureSet, classes: Sequence[str], out: Path, *, onto: Path | None = None, repeat: int = 1
) -> Exported:
    """Write `images/`, `labels/` (links and text), `train.txt`, `val.txt`, `groups.json` and `data.yaml`.

    Args:
        pictures: a set that stood its checks.
        classes: names by id.
        out: folder to write; what is in it stays, but for files of the same name.
        onto: a folder that `training/prepare.py` or this function wrote, with the same classes: its pictures are
            listed, too, so that a model does not forget them.
        repeat: how often an epoch shows each picture.

    Raises:
        DatasetError: `onto` is no such folder, or a class is not in `classes`.
        OSError: `out` cannot be written.
    """
    groups, lists = _begin(onto)
    counts = {"train": 0, "val": 0}
    for picture in pictures.pictures:
        rows = _rows(picture, classes, groups)
        image = out / "images" / picture.split / f"{pictures.folder.name}-{Path(picture.file).name}"
        label = out / "labels" / picture.split / f"{image.stem}.txt"
        for folder in (image.parent, label.parent):
            folder.mkdir(parents=True, exist_ok=True)
        image.unlink(missing_ok=True)
        image.symlink_to(pictures.path(picture).resolve())
        label.write_text("".join(" ".join(f"{value:.6g}" for value in row) + "\n" for row in rows), "utf-8")
        lists[picture.split] += [str(image.absolute())] * (repeat if picture.split == "train" else 1)
        counts[picture.split] += 1
    for split, names in lists.items():
        (out / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), "utf-8")
    (out / "groups.json").write_text(json.dumps(groups), "utf-8")
    ids = {**dict(enumerate(classes)), **{len(classes) + k: f"unknown-{k}" for k in range(len(groups))}}
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({"path": str(out.absolute()), "train": "train.txt", "val": "val.txt", "names": ids}, file)
    if onto is not None and (onto / "crops").is_dir() and not (out / "crops").exists():
        (out / "crops").symlink_to((onto / "crops").resolve())
    return Exported(counts["train"], counts["val"], len(lists["train"]), len(lists["val"]))


def _begin(onto: Path | None) -> tuple[list[list[int]], dict[str, list[str]]]:
    if onto is None:
        return [], {"train": [], "val": []}
    try:
        groups = json.loads((onto / "groups.json").read_text("utf-8"))
        lists = {split: (onto / f"{split}.txt").read_text("utf-8").split("\n") for split in ("train", "val")}
    except (OSError, ValueError) as error:
        raise DatasetError(f"{onto}: no set to add to: {error}") from None
    return groups, {split: [name for name in names if name] for split, names in lists.items()}


def _rows(picture: Picture, classes: Sequence[str], groups: list[list[int]]) -> list[tuple[float, ...]]:
    """YOLO rows: class id, centre x, centre y, width, height."""
    ids = {name: number for number, name in enumerate(classes)}
    for one in (*picture.boxes, *picture.absent):
        if one.name not in ids:
            raise DatasetError(f"{picture.file}: no class {one.name!r}; there are {', '.join(classes)}")
    rows = [_row(ids[one.name], one.box) for one in picture.boxes]
    if picture.split == "val":
        return rows  # measuring reads boxes only
    partly = {ids[one.name] for one in picture.absent}
    rows.append(_row(len(classes) + _group(groups, set(ids.values()) - partly), WHOLE))
    for one in picture.absent:
        group = len(classes) + _group(groups, {ids[one.name]})
        rows += [_row(group, strip) for strip in _around(one.box)]
    return rows


def _group(groups: list[list[int]], ids: set[int]) -> int:
    wanted = sorted(ids)
    if wanted not in groups:
        groups.append(wanted)
    return groups.index(wanted)


def _around(box: Box) -> list[Box]:
    """Up to four parts that cover the picture but for the box."""
    x1, y1, x2, y2 = box
    strips: list[Box] = [(0.0, 0.0, 1.0, y1), (0.0, y2, 1.0, 1.0), (0.0, y1, x1, y2), (x2, y1, 1.0, y2)]
    return [strip for strip in strips if strip[2] > strip[0] and strip[3] > strip[1]]


def _row(number: int, box: Box) -> tuple[float, ...]:
    x1, y1, x2, y2 = box
    return (number, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
