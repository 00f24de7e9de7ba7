"""Close-ups by kind, for the classifier: cut from the training pictures and from what is pasted into them.

    python training/closeups.py --data DIR --sprites DIR/sprites --out DIR/closeups/a --passes 5 --seed 1
    python training/closeups.py --data DIR --sprites DIR/sprites --out DIR/closeups/held --held-out

The boxes are as the search for changes gives them: a little beside the thing, with its shadow, or a piece of it. DIR is
what `prepare.py` and `crops.py` made. Written: OUT-x.npy (N, side, side, 3) uint8 BGR, OUT-y.npy (N, 2): kind, pasted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
from ruamel.yaml import YAML

from training.crops import load_crops, load_seen
from training.decoys import draw_decoys
from training.degrade import degrade
from training.furnishings import draw_furnishings
from training.paste import HELD_OUT_EVERY, Box, Sprite, draw_ground, load_sprites, paste, split_sprites
from training.recipe import DEFAULT_RECIPE, Recipe, RecipeError, load_recipe
from training.sketches import draw_sketches
from vision.detect.close_up import close_up

KINDS_RECIPE = Path(__file__).resolve().parent / "street_kinds.yaml"
NOTHING = "nothing"
LEAST_SIDE_PX = 7.0
PLACES = 5
SIZES = {"stall": "stall", "lock": "ground_lock", "tricycle": "tricycle", "rubbish": "rubbish"}
"""Under which of `paste.HEIGHT_M` a thing of a kind is as high as usual, where its sprite does not say."""


@dataclass(frozen=True, slots=True)
class KindsRecipe:
    """street_kinds.yaml: kinds in the order of the network's answers, and what the examples and the training take."""

    name: str
    version: str
    seed: int
    side: int
    context: float
    least: float
    kinds: tuple[str, ...]
    entries: dict[str, dict[str, Any]]
    examples: dict[str, Any]
    train: dict[str, Any]

    def kind_of(self, what: str, name: str) -> str | None:
        """The kind that lists `name` under `what` (boxes, sprites, drawn)."""
        return next((kind for kind in self.kinds if name in self.entries[kind].get(what, ())), None)


def load_kinds_recipe(path: Path = KINDS_RECIPE) -> KindsRecipe:
    """Read and check the recipe. Raises RecipeError where a kind or what belongs to it is named twice."""
    raw = YAML(typ="safe").load(path.read_text("utf-8"))
    names = [entry["name"] for entry in raw["kinds"]]
    listed = [
        (what, name) for entry in raw["kinds"] for what in ("boxes", "sprites", "drawn") for name in entry.get(what, ())
    ]
    for one, count in [*Counter(names).items(), *Counter(listed).items()]:
        if count > 1:
            raise RecipeError(f"{path}: kinds: {one if isinstance(one, str) else ': '.join(one)} is named twice")
    if names[0] != NOTHING:
        raise RecipeError(f"{path}: kinds[0]: must be {NOTHING!r}")
    return KindsRecipe(
        raw["name"], str(raw["version"]), int(raw["seed"]), int(raw["input"]["side"]), float(raw["input"]["context"]),
        float(raw["input"]["least"]), tuple(names), {entry["name"]: entry for entry in raw["kinds"]},
        raw["examples"], raw["train"],
    )  # fmt: skip


def things_to_paste(
    recipe: KindsRecipe, street: Recipe, data: Path, sprites: Path, held_out: bool
) -> dict[str, list[Sprite]]:
    """Cut-outs by kind: rendered, drawn, and people, vehicles and stalls from other pictures; others for measuring."""
    pools: dict[str, list[Sprite]] = {}

    def add(kind: str | None, sprite: Sprite) -> None:
        if kind is not None:
            pools.setdefault(kind, []).append(replace(sprite, kind=SIZES.get(kind, "")))

    rendered = {name: name for kind in recipe.kinds for name in recipe.entries[kind].get("sprites", ())}
    for sprite in split_sprites(load_sprites(sprites, rendered), held_out):
        add(recipe.kind_of("sprites", sprite.kind), sprite)
    rng = np.random.default_rng([street.seed, int(held_out)])
    for sprite in draw_sketches(rng, int(street.data["sketches"]) // (HELD_OUT_EVERY if held_out else 1)):
        add(recipe.kind_of("drawn", sprite.kind), sprite)
    for sprite in draw_decoys(rng, 48):
        add(recipe.kind_of("drawn", "decoys"), sprite)
    for sprite in draw_furnishings(rng, 210):
        add(recipe.kind_of("drawn", "furnishings"), sprite)
    for number, sprite in enumerate(load_crops(data / "crops")):
        if (number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1) == held_out:
            add(recipe.kind_of("boxes", sprite.name.rsplit("-", 1)[0]), sprite)
    return pools


class CloseupMaker:
    """Makes examples of pictures. `rng` decides everything."""

    def __init__(
        self, recipe: KindsRecipe, street: Recipe, pools: dict[str, list[Sprite]], rng: np.random.Generator
    ) -> None:
        self._recipe, self._street, self._pools, self._rng = recipe, street, pools, rng
        self._pasted = [kind for kind in recipe.kinds if pools.get(kind)]
        weights = np.array([float(recipe.entries[kind].get("weight", 1)) for kind in self._pasted])
        self._weights = weights / weights.sum() if weights.size else weights

    def examples(
        self, image: np.ndarray, boxes: list[tuple[str, Box]], bare: int
    ) -> Iterator[tuple[np.ndarray, str, bool]]:
        """Close-ups of a BGR picture: of its `boxes` (kind, fractions), of what is pasted in, and of bare places.

        Yields:
            (side, side, 3) BGR, kind, whether it was pasted.
        """
        options, rng = self._recipe.examples, self._rng
        image = _at_some_size(rng, image, options["sides"])
        rows, columns = image.shape[:2]
        scale = np.array([columns, rows, columns, rows])
        real = [(kind, tuple(np.array(box) * scale)) for kind, box in boxes]
        real = [(kind, box) for kind, box in real if min(box[2] - box[0], box[3] - box[1]) > LEAST_SIDE_PX]
        if rng.random() < options["shades"]:
            image = shaded(rng, image)
        taken = [box for _, box in real]
        pasted: list[tuple[str, Box]] = []
        if self._pasted and rng.random() < options["paste"]:
            ground = draw_ground(rng, rows)
            for _ in range(int(rng.integers(2, options["most"] + 1))):
                kind = str(rng.choice(self._pasted, p=self._weights))
                sprite = self._pools[kind][int(rng.integers(len(self._pools[kind])))]
                done = paste(rng, image, ground, sprite, taken, PLACES if rng.random() < 0.5 else 1)
                if done is not None:
                    image, box = done
                    taken.append(box)
                    pasted.append((kind, box))
        empty = [self._bare_place(rows, columns, taken) for _ in range(bare)]
        if rng.random() < options["degrade"]:
            image = degrade(rng, image)
        order = rng.permutation(len(real))[: options["kept"]]
        for kind, box in [real[k] for k in order]:
            yield self._cut(image, self._as_found(kind, box)), kind, False
        for kind, box in pasted:
            yield self._cut(image, self._as_found(kind, box)), kind, True
        for place in empty:
            if place is not None:
                yield self._cut(image, place), NOTHING, False

    def _cut(self, image: np.ndarray, box: Box) -> np.ndarray:
        rows, columns = image.shape[:2]
        part = (box[0] / columns, box[1] / rows, box[2] / columns, box[3] / rows)
        return close_up(image, part, self._recipe.side, self._recipe.context, self._recipe.least)

    def _as_found(self, kind: str, box: Box) -> Box:
        """A box as the search for changes gives it: a piece of the thing, or the thing with its shadow."""
        rng, options = self._rng, self._recipe.examples
        x1, y1, x2, y2 = box
        width, height = x2 - x1, y2 - y1
        if kind not in options["whole_only"] and rng.random() < options["pieces"]:
            share = rng.uniform(0.45, 0.85, 2)
            left, top = rng.uniform(0, 1 - share) * (width, height)
            return x1 + left, y1 + top, x1 + left + share[0] * width, y1 + top + share[1] * height
        longer = rng.uniform(0.75, 1.35, 2) * (width, height) / 2
        middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2]) + rng.normal(0, 0.08, 2) * (width, height)
        return middle[0] - longer[0], middle[1] - longer[1], middle[0] + longer[0], middle[1] + longer[1]

    def _bare_place(self, rows: int, columns: int, taken: list[Box]) -> Box | None:
        rng = self._rng
        for _ in range(6):
            height = float(np.exp(rng.uniform(np.log(10), np.log(110))))
            width = height * float(np.exp(rng.normal(0, 0.5)))
            x, y = rng.uniform(0.1, 0.95, 2) * (columns, rows)
            box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if all(min(box[2], b[2]) <= max(box[0], b[0]) or min(box[3], b[3]) <= max(box[1], b[1]) for b in taken):
                return box
        return None


def shaded(rng: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A BGR picture with one to three patches of light or shadow, sharp or soft: bare ground that has changed."""
    rows, columns = image.shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        middle, spread = rng.uniform(0, 1, 2) * (columns, rows), rng.uniform(10, 70)
        points = (middle + rng.normal(0, spread, (int(rng.integers(3, 7)), 2))).astype(np.int32)
        cv2.fillPoly(mask, [cv2.convexHull(points)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 5)))
    gain = float(rng.choice([-0.5, -0.3, 0.3, 0.6]))
    return np.clip(image * (1 + gain * mask[..., None]), 0, 255).astype(np.uint8)


def _at_some_size(rng: np.random.Generator, image: np.ndarray, sides: list[float]) -> np.ndarray:
    if rng.random() >= 0.7:
        return image
    scale = rng.uniform(*sides) / max(image.shape[:2])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)


def pictures(
    recipe: KindsRecipe, street: Recipe, data: Path, split: str
) -> list[tuple[Path, list[tuple[str, Box]], bool]]:
    """Each picture with its boxes (kind, fractions) and whether a place without one is bare."""
    seen = load_seen(data) if split == "train" else {}
    wanted = set(street.data.get("seen", ()))
    listed = []
    for line in (data / "pictures.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["split"] != split:
            continue
        boxes = [(box["name"], tuple(box["box"])) for box in entry.get("boxes", ())]
        for row in seen.get(Path(entry["file"]).name, ()):
            name = street.classes[int(row[0])].name
            if name in wanted:
                boxes.append((name, tuple(float(value) for value in row[1:])))
        kinds = [(kind, box) for name, box in boxes if (kind := recipe.kind_of("boxes", name)) is not None]
        bare = entry["source"].split("/")[0] not in recipe.examples["unboxed"]
        listed.append((data / "images" / entry["file"], kinds, bare))
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=KINDS_RECIPE)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sprites", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", action="store_true", help="measuring pictures, and things kept for measuring")
    options = parser.parse_args()
    recipe, street = load_kinds_recipe(options.recipe), load_recipe(DEFAULT_RECIPE)
    cv2.setNumThreads(1)
    pools = things_to_paste(recipe, street, options.data, options.sprites, options.held_out)
    maker = CloseupMaker(
        recipe, street, pools, np.random.default_rng([recipe.seed, options.seed, int(options.held_out)])
    )
    cuts, answers = [], []
    listed = pictures(recipe, street, options.data, "val" if options.held_out else "train")
    for path, boxes, bare in listed * options.passes:
        for cut, kind, pasted in maker.examples(
            cv2.imread(str(path)), boxes, int(recipe.examples["bare"]) if bare else 0
        ):
            cuts.append(cut)
            answers.append((recipe.kinds.index(kind), int(pasted)))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(f"{options.out}-x.npy", np.stack(cuts))
    np.save(f"{options.out}-y.npy", np.array(answers, np.int32))
    sys.stdout.write(f"{dict(Counter(recipe.kinds[kind] for kind, _ in answers))}\n")


if __name__ == "__main__":
    main()
