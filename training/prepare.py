"""Build one YOLO data set out of the sources that the recipe names.

    python training/prepare.py --datasets ../shared/datasets --out /tmp/street-n-data

Pictures are linked, not copied; labels are rewritten with our class ids. A picture whose source does not label some of
our classes gets one extra box over all of it, of a class id at or above `len(recipe.classes)`: an *unknown region*.
It passes through every augmentation like a box, and the loss turns it into anchors where the absence of those classes
is not taught.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
from ruamel.yaml import YAML

from training.recipe import DEFAULT_RECIPE, Recipe, RecipeError, load_recipe
from vision.dataset import Labelled, Picture, write_set
from vision.dataset.checks import difference_hash

PICTURES = {".jpg", ".jpeg", ".png"}

Label = tuple[int, float, float, float, float]
"""Class id, then centre x, centre y, width, height as fractions of the picture."""


def parse_labels(text: str, origin: str) -> list[Label]:
    """Read YOLO label lines. Raises RecipeError, naming file and line, for a box that is not inside 0..1."""
    labels: list[Label] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != 5:
            raise RecipeError(f"{origin}:{number}: {len(parts)} values, a box has 5")
        values = [float(part) for part in parts[1:]]
        if not all(0.0 <= value <= 1.0 for value in values) or values[2] == 0 or values[3] == 0:
            raise RecipeError(f"{origin}:{number}: box {values} is empty or not inside 0..1")
        labels.append((int(parts[0]), *values))
    return labels


@cache
def drawn_boxes(path: Path) -> dict[str, list[tuple[float, float, float, float]]]:
    """Boxes that we drew in pictures of others, by folder and picture: centre, width, height as fractions (0..1).

    The file has corners (x1 y1 x2 y2). Raises RecipeError, naming file and picture, for a box that is none.
    """
    found = {}
    for name, boxes in YAML(typ="safe").load(path.read_text("utf-8")).items():
        for box in boxes:
            if len(box) != 4 or not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
                raise RecipeError(f"{path}: {name}: box {box} is empty or not inside 0..1")
        found[name] = [((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes]
    return found


def remap_labels(labels: Iterable[Label], remap: dict[int, int]) -> list[Label]:
    """Give boxes our class ids; boxes of classes that `remap` leaves out are dropped."""
    return [(remap[label[0]], *label[1:]) for label in labels if label[0] in remap]


def unknown_groups(recipe: Recipe) -> list[list[int]]:
    """Class ids that a source leaves unlabelled, one list per distinct set; group k has label id `len(classes) + k`."""
    groups: list[list[int]] = []
    for source in recipe.data["sources"]:
        ids = sorted(recipe.id_of(name) for name in source.get("unknown", ()))
        if ids and ids not in groups:
            groups.append(ids)
    return groups


def near_duplicates(train: dict[str, int], val: dict[str, int], distance: int) -> set[str]:
    """Names in `train` whose hash is within `distance` bits of one in `val`."""
    held = list(val.values())
    return {name for name, code in train.items() if any((code ^ other).bit_count() <= distance for other in held)}


def _repositories(folder: Path) -> dict[str, str]:
    table = folder / "SOURCES.tsv"
    if not table.exists():
        return {}
    with table.open(encoding="utf-8") as handle:
        return {Path(row["file"]).name: row["repository"] for row in csv.DictReader(handle, delimiter="\t")}


def _split(source: dict[str, Any], picture: Path, repositories: dict[str, str], held_out: set[str]) -> str:
    if source["split"] != "by_repository":
        return str(source["split"])
    return "val" if repositories.get(picture.name) in held_out else "train"


def _source_labels(source: dict[str, Any], root: Path, picture: Path, recipe: Recipe) -> list[Label]:
    labels: list[Label] = []
    for name, file in source.get("boxes", {}).items():
        drawn = drawn_boxes(recipe.folder / file).get(f"{source['images']}/{picture.stem}", [])
        labels += [(recipe.id_of(name), *box) for box in drawn]
    path = root / source["labels"] / f"{picture.stem}.txt" if "labels" in source else None
    if path is not None and path.exists():
        remap = {int(key): recipe.id_of(name) for key, name in source["remap"].items()}
        labels += remap_labels(parse_labels(path.read_text("utf-8"), str(path)), remap)
    return labels


def _listed(
    recipe: Recipe, source: dict[str, Any], split: str, origin: str, file: str, content: bytes, labels: list[Label]
) -> Picture:
    """What is known of a picture and where it comes from, as `vision dataset check` reads it."""
    boxes = []
    for key, x, y, w, h in labels:
        if key < len(recipe.classes):
            corners = [min(1.0, max(0.0, side)) for side in (x - w / 2, y - h / 2, x + w / 2, y + h / 2)]
            boxes.append(Labelled(name=recipe.classes[key].name, box=tuple(corners)))
    left_open = set(source.get("unknown", ()))
    taught = [one.name for one in recipe.classes if not one.teachers and one.name not in left_open]
    return Picture(
        file=file,
        sha256=hashlib.sha256(content).hexdigest(),
        source=origin,
        licence=source["licence"],
        split=split,
        boxes=tuple(boxes),
        absent=() if boxes or split == "val" else tuple(Labelled(name=name, box=(0, 0, 1, 1)) for name in taught),
    )


def prepare(recipe: Recipe, datasets: Path, out: Path) -> dict[str, Any]:
    """Write `out`/images, labels, train.txt, val.txt, groups.json, and where each picture comes from with its licence
    (`vision dataset check` reads that, and draws a sheet); return the counts per split."""
    groups, held_out = unknown_groups(recipe), set(recipe.data["val_repositories"])
    rows: list[tuple[str, str, Path, list[Label], int, int]] = []
    listed: dict[str, Picture] = {}
    for source in recipe.data["sources"]:
        root = datasets / source["folder"]
        repositories = _repositories(root)
        unknown = sorted(recipe.id_of(name) for name in source.get("unknown", ()))
        for picture in sorted(path for path in (root / source["images"]).iterdir() if path.suffix.lower() in PICTURES):
            split = _split(source, picture, repositories, held_out)
            if source["split"] == "by_repository" and split == "val" and "labels" not in source:
                continue  # nothing can be measured on it, and its source is not to be learnt
            labels = _source_labels(source, root, picture, recipe)
            if unknown and split == "train":
                labels.append((len(recipe.classes) + groups.index(unknown), 0.5, 0.5, 1.0, 1.0))
            grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
            if grey is None:
                raise RecipeError(f"{picture}: not a picture that OpenCV reads")
            origin = f"{source['folder']}/{repositories.get(picture.name, split)}"
            file = f"{split}/{source['folder']}-{picture.stem}{picture.suffix}"
            listed[str(picture)] = _listed(recipe, source, split, origin, file, picture.read_bytes(), labels)
            rows.append((split, source["folder"], picture, labels, int(source.get("repeat", 1)), difference_hash(grey)))

    hashes = {split: {str(row[2]): row[5] for row in rows if row[0] == split} for split in ("train", "val")}
    dropped = near_duplicates(hashes["train"], hashes["val"], int(recipe.data["duplicate_distance"]))
    report: dict[str, Any] = {"dropped_as_duplicates_of_val": len(dropped), "pictures": Counter(), "boxes": {}}
    lists: dict[str, list[str]] = {"train": [], "val": []}
    pictures: list[Picture] = []
    for split, folder, picture, labels, repeat, _ in rows:
        if str(picture) in dropped and split == "train":
            continue
        name = f"{folder}-{picture.stem}"
        image = out / "images" / split / f"{name}{picture.suffix}"
        label = out / "labels" / split / f"{name}.txt"
        for parent in (image.parent, label.parent):
            parent.mkdir(parents=True, exist_ok=True)
        image.unlink(missing_ok=True)
        image.symlink_to(picture.resolve())
        label.write_text("".join(" ".join(f"{v:.6g}" for v in row) + "\n" for row in labels), "utf-8")
        pictures.append(listed[str(picture)])
        lists[split] += [str(image)] * (repeat if split == "train" else 1)
        report["pictures"][f"{split}/{name.split('-')[0]}"] += 1
        counts = report["boxes"].setdefault(split, Counter())
        counts.update(recipe.names.get(row[0], "unknown region") for row in labels)
    for split, names in lists.items():
        (out / f"{split}.txt").write_text("\n".join(names) + "\n", "utf-8")
    write_set(out, recipe.name, "sources and licences of each picture: see the recipe", tuple(pictures))
    (out / "groups.json").write_text(json.dumps(groups), "utf-8")
    (out / "report.json").write_text(json.dumps(report, indent=1), "utf-8")
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--datasets", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    print(json.dumps(prepare(load_recipe(args.recipe), args.datasets, args.out), indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
