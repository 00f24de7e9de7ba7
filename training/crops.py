"""What the teacher sees when it looks larger: cut out to be pasted into other pictures, and noted as boxes to learn.

    python training/crops.py --teacher yolo26n-coco.pt --data DIR

They carry no label. The teacher scores the composed picture as any other, so it learns people and vehicles in the small
sizes of a street camera; and for the drawn classes they are what a pasted thing is not: a soft-edged, small, upright
thing on the ground that is neither a lock nor a stall nor a tricycle. Written to DIR/crops/<class>-NNNNN.png.

At 640 pixels the teacher sees people in these pictures that it misses at the size of training. Those boxes are written
to DIR/seen.json, and dataset.py adds them to the labels: the student may become better than its teacher at that size.
Boxes only add: what the larger look misses is not taught as absent (loss.py).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np

from training.detector import ExportedDetector
from training.paste import Sprite
from training.prepare import parse_labels
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe

LOOK_SIZE = 640
LEAST_SCORE = 0.5
LEAST_SIDE_PX = 28
MOST_SIDE_PX = 200
MOST_PER_CLASS = 500
MARGIN = 0.04
HEIGHT_M = {
    "person": 1.7, "bicycle": 1.1, "motorcycle": 1.2, "car": 1.5, "bus": 3.0, "truck": 2.6, "animal": 0.5,
    "bag": 0.45, "umbrella": 0.7, "chair": 0.85, "table": 0.8, "bench": 0.8, "plant": 0.8, "furniture": 1.0,
}  # fmt: skip


def feathered(crop: np.ndarray) -> np.ndarray:
    """A BGR crop (H, W, 3) with alpha that falls off in the outer 8 %, rounded at the corners."""
    rows, columns = crop.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns]
    inside = np.minimum(np.minimum(x + 1, columns - x) / columns, np.minimum(y + 1, rows - y) / rows)
    far = np.hypot((x - columns / 2) / columns, (y - rows / 2) / rows)
    alpha = np.clip(inside / 0.08, 0, 1) * np.clip((0.68 - far) / 0.1, 0, 1)
    return np.dstack([crop, (255 * alpha).astype(np.uint8)])


def teacher_detector(recipe: Recipe, weights: Path, out: Path, width: int, height: int) -> ExportedDetector:
    """The teacher in OpenVINO, answering with our classes; its file is kept in `out`."""
    from training.export import export_onnx
    from training.surgery import load_teacher, teacher_columns

    path, teacher = out / "teacher.onnx", load_teacher(weights)
    if not path.exists():
        export_onnx(teacher, recipe, path)
    classes = {member: ours for ours, members in teacher_columns(teacher.names, recipe) for member in members}
    return ExportedDetector(path, width, height, classes)


def look(recipe: Recipe, teacher: Path, data: Path) -> Counter[str]:
    """Write the crops of all training pictures, and seen.json; returns how many crops of each class."""
    detector = teacher_detector(recipe, teacher, data, LOOK_SIZE, LOOK_SIZE)
    out, counts = data / "crops", Counter[str]()
    seen: dict[str, list[list[float]]] = {}
    out.mkdir(parents=True, exist_ok=True)
    for path in dict.fromkeys((data / "train.txt").read_text("utf-8").split()):
        picture = cv2.imread(path)
        rows, columns = picture.shape[:2]
        found = detector.find(picture, LEAST_SCORE)
        seen[Path(path).name] = _fractions(found, rows, columns)
        for x1, y1, x2, y2, _, number in found:
            name = recipe.classes[int(number)].name
            width, height = x2 - x1, y2 - y1
            if min(width, height) < LEAST_SIDE_PX or counts[name] >= MOST_PER_CLASS:
                continue
            if x1 < 2 or x2 > columns - 2 or y1 < 2:
                continue
            left, top = int(max(0, x1 - MARGIN * width)), int(max(0, y1 - MARGIN * height))
            right, bottom = int(min(columns, x2 + MARGIN * width)), int(min(rows, y2 + MARGIN * height))
            crop = feathered(_shrunk(picture[top:bottom, left:right]))
            cv2.imwrite(str(out / f"{name}-{counts[name]:05d}.png"), crop)
            counts[name] += 1
    (data / "seen.json").write_text(json.dumps(seen), "utf-8")
    return counts


def cut_labelled(recipe: Recipe, data: Path) -> Counter[str]:
    """Write a cut-out of each training label of the classes in the recipe's `cut`; returns how many of each.

    They are pasted with their label, so that a class with few real pictures is seen in other places and smaller. What
    is measured on was split off before (prepare.py): only pictures of train.txt are cut.
    """
    wanted, counts = {recipe.id_of(name): name for name in recipe.data.get("cut", {})}, Counter[str]()
    out = data / "crops"
    out.mkdir(parents=True, exist_ok=True)
    for path in dict.fromkeys((data / "train.txt").read_text("utf-8").split()):
        label = data / "labels" / "train" / f"{Path(path).stem}.txt"
        boxes = [one for one in parse_labels(label.read_text("utf-8"), str(label)) if one[0] in wanted]
        picture = cv2.imread(path) if boxes else None
        for key, x, y, width, height in boxes if picture is not None else ():
            size = np.array(picture.shape[1::-1])
            left, top = ((np.array([x, y]) - np.array([width, height]) / 2).clip(0, 1) * size).astype(int)
            right, bottom = ((np.array([x, y]) + np.array([width, height]) / 2).clip(0, 1) * size).astype(int)
            name = wanted[key]
            cv2.imwrite(
                str(out / f"{name}-{counts[name]:05d}.png"), feathered(_shrunk(picture[top:bottom, left:right]))
            )
            counts[name] += 1
    return counts


def _shrunk(crop: np.ndarray) -> np.ndarray:
    shrink = min(1.0, MOST_SIDE_PX / max(crop.shape[:2]))
    return cv2.resize(crop, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)


def _fractions(found: np.ndarray, rows: int, columns: int) -> list[list[float]]:
    """Class id, and x1 y1 x2 y2 as fractions of the picture, of detections (N, 6)."""
    boxes = (found[:, :4] / [columns, rows, columns, rows]).round(5)
    return [[int(key), *box] for key, box in zip(found[:, 5], boxes.tolist(), strict=True)]


def load_seen(data: Path) -> dict[str, np.ndarray]:
    """Boxes of the larger look by picture name: (N, 5) class id, x1 y1 x2 y2 as fractions; nothing without the file."""
    path = data / "seen.json"
    listed = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return {name: np.array(rows, np.float32).reshape(-1, 5) for name, rows in listed.items()}


def load_crops(folder: Path) -> list[Sprite]:
    """The crops in `folder` as sprites without a class, in the size of what they show; none without a folder."""
    sprites = []
    for path in sorted(folder.glob("*.png")) if folder.is_dir() else ():
        name = path.stem.rsplit("-", 1)[0]
        if name in HEIGHT_M:
            sprites.append(Sprite(path.stem, "", cv2.imread(str(path), cv2.IMREAD_UNCHANGED), HEIGHT_M[name]))
    return sprites


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    recipe = load_recipe(args.recipe)
    print(dict(look(recipe, args.teacher, args.data) + cut_labelled(recipe, args.data)))  # noqa: T201


if __name__ == "__main__":
    main()
