"""What maps a new model's scores to those of another that mean the same: for thresholds that were set on the other's.

    python training/same_scores.py NEW.onnx FORMER.onnx --data DIR [--sprites DIR]

Both look at the measuring pictures, and at composed ones; of each thing that both box (IoU above 0.6) the two scores
are set side by side. Printed by class: how many, and the scale and offset of
logit(former) = scale * logit(new) + offset, by which both have one mean and spread. Put before the former's own
`calibration` in the manifest, they leave every threshold where it was. Nothing here says that a score is true: that is
`reliability.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from training.average_precision import iou_matrix
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe

SAME_IOU = 0.6
LEAST_SCORE = 0.03
FEWEST = 50
"""Pairs below which a class is left as it is."""
CLIP = (0.01, 0.99)


def pairs(new: Sequence[np.ndarray], former: Sequence[np.ndarray], key: int) -> np.ndarray:
    """(N, 2) scores, of the new model and the former one, of things of a class that both box; of detections (M, 6)."""
    found = []
    for mine, theirs in zip(new, former, strict=True):
        mine, theirs = mine[mine[:, 5] == key], theirs[theirs[:, 5] == key]
        if not len(mine):
            continue
        overlaps = iou_matrix(theirs[:, :4], mine[:, :4])
        for row, score in enumerate(theirs[:, 4]):
            best = int(overlaps[row].argmax())
            if overlaps[row, best] > SAME_IOU:
                found.append((mine[best, 4], score))
    return np.array(found, float).reshape(-1, 2)


def mapping(scores: np.ndarray) -> tuple[float, float]:
    """Scale and offset that give the logits of the first column (N, 2) the mean and the spread of the second's."""
    clipped = scores.clip(*CLIP)
    new, former = np.log(clipped / (1 - clipped)).T
    scale = float(former.std() / new.std())
    return scale, float(former.mean() - scale * new.mean())


def measure(recipe: Recipe, args: argparse.Namespace) -> None:
    from training.dataset import sprites_of
    from training.detector import ExportedDetector
    from training.test_sets import composed, labelled

    streets = list(labelled(args.data, "rubbish_cn"))
    pictures = streets + composed(streets, sprites_of(recipe, args.sprites, held_out=True), recipe, recipe.seed + 1)
    models = [ExportedDetector(path, recipe.width, recipe.height) for path in (args.new, args.former)]
    new, former = ([model.find(one.image, LEAST_SCORE) for one in pictures] for model in models)
    for one in recipe.classes:
        both = pairs(new, former, one.id)
        if len(both) >= FEWEST:
            scale, offset = mapping(both)
            print(f"{one.name:12} {len(both):5} scale {scale:.2f} offset {offset:+.2f}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", type=Path)
    parser.add_argument("former", type=Path)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--data", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--sprites", type=Path)
    args = parser.parse_args()
    measure(load_recipe(args.recipe), args)


if __name__ == "__main__":
    main()
