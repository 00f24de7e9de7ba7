"""Cut-outs of what the teacher knows have soft edges, a size, and no class."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from training.crops import cut_labelled, feathered, load_crops, load_seen
from training.recipe import load_recipe


def test_a_crop_is_solid_in_the_middle_and_fades_to_its_edges() -> None:
    cut = feathered(np.full((100, 40, 3), 90, np.uint8))
    assert cut.shape == (100, 40, 4)
    assert cut[50, 20, 3] == 255
    assert cut[0, 0, 3] == 0
    assert 0 < cut[50, 1, 3] < 255


def test_crops_are_sized_by_what_they_show_and_strangers_left_out(tmp_path: Path) -> None:
    picture = feathered(np.full((60, 30, 3), 90, np.uint8))
    for name in ("person-00000.png", "bus-00003.png", "dragon-00001.png"):
        cv2.imwrite(str(tmp_path / name), picture)
    crops = load_crops(tmp_path)
    assert [(crop.name, crop.height_m, crop.kind) for crop in crops] == [
        ("bus-00003", 3.0, ""),
        ("person-00000", 1.7, ""),
    ]
    assert load_crops(tmp_path / "absent") == []


def test_labelled_things_are_cut_out_of_training_pictures_in_the_classes_of_the_recipe(tmp_path: Path) -> None:
    recipe = load_recipe()
    stall, rubbish = recipe.id_of("stall"), recipe.id_of("rubbish")
    assert list(recipe.data["cut"]) == ["stall"]
    (tmp_path / "labels/train").mkdir(parents=True)
    picture = np.zeros((100, 400, 3), np.uint8)
    picture[20:60, 100:200] = 200
    cv2.imwrite(str(tmp_path / "street.png"), picture)
    (tmp_path / "labels/train/street.txt").write_text(f"{stall} 0.375 0.4 0.25 0.4\n{rubbish} 0.5 0.5 0.1 0.1\n")
    (tmp_path / "train.txt").write_text(f"{tmp_path}/street.png\n{tmp_path}/street.png\n")
    assert cut_labelled(recipe, tmp_path) == {"stall": 1}
    (cut,) = (tmp_path / "crops").glob("*.png")
    shown = cv2.imread(str(cut), cv2.IMREAD_UNCHANGED)
    assert cut.name == "stall-00000.png"
    assert shown.shape == (40, 100, 4)
    assert shown[..., :3].min() == 200, "the box, and nothing beside it"


def test_boxes_of_the_larger_look_are_kept_by_picture(tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text(json.dumps({"a.jpg": [[0, 0.1, 0.2, 0.3, 0.4]], "b.jpg": []}))
    seen = load_seen(tmp_path)
    np.testing.assert_allclose(seen["a.jpg"], [[0, 0.1, 0.2, 0.3, 0.4]])
    assert seen["b.jpg"].shape == (0, 5)
    assert load_seen(tmp_path / "absent") == {}
