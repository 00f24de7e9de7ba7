"""People, vehicles and other things the teacher knows, cut out of the training pictures to be pasted into others.

    python training/crops.py --teacher yolo26n-coco.pt --data DIR

They carry no label. The teacher scores the composed picture as any other, so it learns people and vehicles in the small
sizes of a street camera; and for the drawn classes they are what a pasted thing is not: a soft-edged, small, upright
thing on the ground that is neither a lock nor a stall nor a tricycle. Written to DIR/crops/<class>-NNNNN.png.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np

from training.paste import Sprite
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


def cut_crops(recipe: Recipe, teacher: Path, data: Path) -> Counter[str]:
    """Write the crops of all training pictures; returns how many of each class."""
    from ultralytics import YOLO

    model = YOLO(str(teacher))
    ours = {name: one.name for one in recipe.classes for name in one.teachers}
    out, counts = data / "crops", Counter[str]()
    out.mkdir(parents=True, exist_ok=True)
    for path in dict.fromkeys((data / "train.txt").read_text("utf-8").split()):
        picture = cv2.imread(path)
        rows, columns = picture.shape[:2]
        found = model.predict(picture, imgsz=LOOK_SIZE, conf=LEAST_SCORE, verbose=False)[0].boxes.data.cpu().numpy()
        for x1, y1, x2, y2, _, number in found:
            name = ours.get(model.names[int(number)])
            width, height = x2 - x1, y2 - y1
            if name is None or min(width, height) < LEAST_SIDE_PX or counts[name] >= MOST_PER_CLASS:
                continue
            if x1 < 2 or x2 > columns - 2 or y1 < 2:
                continue
            left, top = int(max(0, x1 - MARGIN * width)), int(max(0, y1 - MARGIN * height))
            right, bottom = int(min(columns, x2 + MARGIN * width)), int(min(rows, y2 + MARGIN * height))
            crop = picture[top:bottom, left:right]
            shrink = min(1.0, MOST_SIDE_PX / max(crop.shape[:2]))
            crop = cv2.resize(crop, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(out / f"{name}-{counts[name]:05d}.png"), feathered(crop))
            counts[name] += 1
    return counts


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
    print(dict(cut_crops(load_recipe(args.recipe), args.teacher, args.data)))  # noqa: T201


if __name__ == "__main__":
    main()
