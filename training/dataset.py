"""The training set as Ultralytics reads it, with things pasted in before mosaic and scaling."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils import DEFAULT_CFG_DICT, IterableSimpleNamespace
from ultralytics.utils.instance import Instances

from training.decoys import draw_decoys
from training.degrade import degrade
from training.furnishings import draw_furnishings
from training.paste import (
    HELD_OUT_EVERY,
    Box,
    Ground,
    Sprite,
    draw_ground,
    load_sprites,
    paste,
    paste_with_vendor,
    split_sprites,
)
from training.recipe import Recipe
from training.sketches import draw_sketches

PLACES = 5
"""Of so many places the smoothest is taken for a thing that is to stand on open ground (`on_ground` in the recipe)."""
DECOYS = 48
FURNISHINGS = 210
SOLD_FROM = ("stall", "tricycle")
"""Classes behind which a vendor is pasted (`vendors` in the recipe: how often, 0..1)."""


def sprites_of(recipe: Recipe, folder: Path | None, held_out: bool) -> list[Sprite]:
    """Sketched cut-outs, and the rendered ones in `folder` if there is one; other ones for measuring (`held_out`)."""
    seed, each = recipe.seed + int(held_out), int(recipe.data["sketches"]) // (HELD_OUT_EVERY if held_out else 1)
    sprites = list(draw_sketches(np.random.default_rng(seed), each))
    if folder is not None and folder.is_dir():
        sprites += split_sprites(load_sprites(folder, recipe.data["sprites"]), held_out)
    return sprites


def with_cuts(sprites: list[Sprite], cuts: list[Sprite], shares: dict[str, float]) -> list[Sprite]:
    """The sprites and the real things cut out of pictures (crops.py), these as often as `shares` says (0..1 by class).

    A sprite is drawn evenly from those of its class: so a share of a half is each cut-out once for each other sprite.
    """
    found = list(sprites)
    for kind, share in shares.items():
        real = [one for one in cuts if one.kind == kind]
        others = sum(one.kind == kind for one in sprites)
        if real:
            found += real * max(1, round(share / (1 - share) * others / len(real)))
    return found


def look_alikes_of(recipe: Recipe, folder: Path | None) -> list[Sprite]:
    """Rendered things in `folder` that are taken for one of our classes and are none: pasted without a label."""
    if folder is None or not folder.is_dir():
        return []
    return load_sprites(folder, dict.fromkeys(recipe.data.get("decoys", ()), ""))


def add_boxes(label: dict[str, Any], boxes: np.ndarray) -> None:
    """Add boxes (N, 5: class id, x1 y1 x2 y2 as fractions) to a picture's labels as Ultralytics keeps them."""
    corners = boxes[:, 1:].clip(0, 1)
    centres = np.hstack([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]])
    label["cls"] = np.concatenate([label["cls"], boxes[:, :1]]).astype(np.float32)
    label["bboxes"] = np.concatenate([label["bboxes"], centres]).astype(np.float32)


class StreetDataset(YOLODataset):
    """Pictures and boxes of `train.txt`, some with sprites, drawn look-alikes and crops (crops.py) composed in.

    Labels at or above the number of classes are unknown regions (see prepare.py); the id behind the last of them
    (`nothing`) is where a thing without a label was pasted, so that absence is known there after all. `seen` are boxes
    by picture name that the teacher found in a larger look (crops.py); those of the recipe's `seen` classes are labels.
    """

    def __init__(
        self,
        recipe: Recipe,
        listing: Path,
        groups: int,
        sprites: list[Sprite],
        crops: list[Sprite] | None = None,
        look_alikes: list[Sprite] | None = None,
        seen: dict[str, np.ndarray] | None = None,
        **kwargs: Any,
    ) -> None:
        self.recipe = recipe
        self.sprites = sprites
        self.by_kind: dict[str, list[Sprite]] = {}
        for sprite in sprites:
            self.by_kind.setdefault(sprite.kind, []).append(sprite)
        rng = np.random.default_rng(recipe.seed)
        decoys = draw_decoys(rng, DECOYS) + draw_furnishings(rng, FURNISHINGS) + (look_alikes or [])
        self.unlabelled = {"decoy": decoys, "passer_by": crops or []}
        self.people = [crop for crop in crops or () if crop.name.startswith("person-")]
        self.rng = np.random.default_rng(recipe.seed)
        self.nothing = len(recipe.classes) + groups
        names = {**recipe.names, **{len(recipe.classes) + k: f"unknown-{k}" for k in range(groups)}}
        names[self.nothing] = "nothing of ours"
        settings = {**DEFAULT_CFG_DICT, **recipe.train["augment"], "deterministic": False}
        super().__init__(
            str(listing),
            data={"names": names, "nc": len(names), "channels": 3},
            imgsz=int(recipe.train["size"]),
            hyp=IterableSimpleNamespace(**settings),
            augment=True,
            **kwargs,
        )
        wanted = [recipe.id_of(name) for name in recipe.data.get("seen", ())]
        for label in self.labels:
            boxes = (seen or {}).get(Path(label["im_file"]).name)
            if boxes is not None:
                add_boxes(label, boxes[np.isin(boxes[:, 0], wanted)])

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        label = super().get_image_and_label(index)
        options = SimpleNamespace(**self.recipe.data["paste"])
        if self.sprites and self.rng.random() <= options.share:
            self._compose(label, options)
        if self.rng.random() < float(self.recipe.data.get("degrade", 0.0)):
            label["img"] = degrade(self.rng, label["img"])
        return label

    def _compose(self, label: dict[str, Any], options: SimpleNamespace) -> None:
        """Paste things into the picture; those of our classes are added to its labels."""
        image = label["img"].copy()
        rows, columns = image.shape[:2]
        instances: Instances = label["instances"]
        instances.convert_bbox("xyxy")
        boxes = instances.bboxes * np.array([columns, rows, columns, rows]) if len(instances) else np.zeros((0, 4))
        known = label["cls"].reshape(-1) < len(self.recipe.classes)
        taken = [tuple(box) for box in boxes[known]]
        ground = draw_ground(self.rng, rows)
        added, classes = [], []
        kinds, weights = list(options.kinds), np.array(list(options.kinds.values()), float)
        for _ in range(int(self.rng.integers(1, options.most + 1))):
            kind = str(self.rng.choice(kinds, p=weights / weights.sum()))
            pool = self.unlabelled.get(kind) or self.by_kind.get(kind, [])
            if not pool:
                continue
            image, things = self._pasted(image, ground, kind, pool, taken, options)
            taken += things
            added += things
            classes += list(things.values())
        label["img"] = image
        if added:
            boxes = np.concatenate([boxes, np.array(added)]).astype(np.float32) / np.array(
                [columns, rows, columns, rows], np.float32
            )
            label["cls"] = np.concatenate([label["cls"].reshape(-1, 1), np.array(classes, np.float32).reshape(-1, 1)])
            label["instances"] = Instances(
                boxes, np.zeros((0, 1000, 2), np.float32), bbox_format="xyxy", normalized=True
            )

    def _pasted(
        self,
        image: np.ndarray,
        ground: Ground,
        kind: str,
        pool: Sequence[Sprite],
        taken: Sequence[Box],
        options: SimpleNamespace,
    ) -> tuple[np.ndarray, dict[Box, int]]:
        """The picture with one more thing if there was a place for it, and class ids by box: its own, its vendor's."""
        places = PLACES if self.rng.random() < options.on_ground else 1
        sprite = pool[int(self.rng.integers(len(pool)))]
        key = self.nothing if kind in self.unlabelled else self.recipe.id_of(kind)
        if kind not in SOLD_FROM or not self.people or self.rng.random() >= getattr(options, "vendors", 0.0):
            done = paste(self.rng, image, ground, sprite, taken, places)
            return (image, {}) if done is None else (done[0], {done[1]: key})
        person = self.people[int(self.rng.integers(len(self.people)))]
        both = paste_with_vendor(self.rng, image, ground, sprite, person, taken, places)
        if both is None:
            return image, {}
        picture, box, seen = both
        return picture, {box: key} if seen is None else {box: key, seen: self.recipe.id_of("person")}
