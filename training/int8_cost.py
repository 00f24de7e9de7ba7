"""What int8 costs and brings: AP of the float and the int8 file on the same pictures, and milliseconds a picture.

    python training/int8_cost.py --data DIR --referee-boxes DIR/referee-streets.json [--sprites DIR]
           [--models models/street-n]

Ships or not: int8 is kept when the means of AP50-95 and of AP50 over the classes with at least 20 boxes fall by at most
one point. With `--sprites` the held-out renderings, composed as evaluate.py does it, are among them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from training.dataset import sprites_of
from training.detector import ExportedDetector
from training.evaluate import detections, table
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe
from training.test_sets import BAY_PLACES, TestPicture, composed, labelled

FEWEST_BOXES = 20
ALLOWED_LOSS = 1.0
"""Points of AP50-95."""


def pictures_with_references(data: Path, referee_boxes: Path) -> list[TestPicture]:
    """The measuring pictures with real labels and the referee's boxes that evaluate.py kept."""
    kept = json.loads(referee_boxes.read_text("utf-8"))
    pictures = list(labelled(data, "rubbish_cn"))
    for picture in pictures:
        for key, boxes in kept.get(picture.name, {}).items():
            picture.boxes[int(key)] = np.array(boxes, float).reshape(-1, 4)
    return pictures


def sets_of(recipe: Recipe, data: Path, referee_boxes: Path, sprites: Path | None) -> dict[str, list[TestPicture]]:
    """The sets to compare on: streets, and with renderings the composed pictures and the bays of evaluate.py."""
    sets = {"streets": pictures_with_references(data, referee_boxes)}
    if sprites is not None:
        held_out = sprites_of(recipe, sprites, held_out=True)
        locks = [sprite for sprite in held_out if sprite.kind == "ground_lock"]
        sets["composed"] = composed(sets["streets"], held_out, recipe, recipe.seed + 1)
        sets["bays"] = composed(sets["streets"], locks, recipe, recipe.seed + 3, BAY_PLACES)
    return sets


def compare(recipe: Recipe, models: Path, sets: dict[str, list[TestPicture]]) -> dict[str, Any]:
    """AP per set and class for both files, their mean, and whether int8 may ship."""
    files = {"f32": models / f"{recipe.name}.onnx", "int8": models / f"{recipe.name}-int8.xml"}
    detectors = {name: ExportedDetector(path, recipe.width, recipe.height) for name, path in files.items()}
    rows = []
    for title, pictures in sets.items():
        found = {name: detections(detector, pictures) for name, detector in detectors.items()}
        rows += [{"set": title, **row} for row in table(recipe, pictures, found) if row["boxes"] >= FEWEST_BOXES]
    means = {name: round(float(np.mean([row[name]["ap"] for row in rows])), 2) for name in files}
    means50 = {name: round(float(np.mean([row[name]["ap50"] for row in rows])), 2) for name in files}
    good = means["f32"] - means["int8"] <= ALLOWED_LOSS and means50["f32"] - means50["int8"] <= ALLOWED_LOSS
    return {"classes": rows, "mean_ap": means, "mean_ap50": means50, "int8_ships": good}


def speed(recipe: Recipe, models: Path) -> dict[str, float]:
    """Median milliseconds of one picture on one core, per file and precision."""
    onnx, small = models / f"{recipe.name}.onnx", models / f"{recipe.name}-int8.xml"
    wanted = {"f32": (onnx, "f32"), "bf16": (onnx, "bf16"), "int8": (small, "f32"), "int8 with bf16": (small, "bf16")}
    return {
        name: round(ExportedDetector(path, recipe.width, recipe.height, precision=precision).milliseconds(), 1)
        for name, (path, precision) in wanted.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--models", type=Path, default=Path("models/street-n"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--referee-boxes", type=Path, required=True)
    parser.add_argument("--sprites", type=Path, help="rendered cut-outs: what is held out of them is measured too")
    args = parser.parse_args()
    recipe = load_recipe(args.recipe)
    result = compare(recipe, args.models, sets_of(recipe, args.data, args.referee_boxes, args.sprites))
    print(json.dumps({**result, "milliseconds_one_core": speed(recipe, args.models)}, indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
