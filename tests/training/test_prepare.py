"""Labels of many sources become one data set."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.prepare import (
    drawn_boxes,
    near_duplicates,
    parse_labels,
    prepare,
    remap_labels,
    unknown_groups,
)
from training.recipe import Recipe, RecipeError, load_recipe
from vision.dataset import check, read_set
from vision.dataset.checks import difference_hash

RECIPE = """
name: tiny
version: "1"
seed: 1
classes:
  - {name: person, role: person, from: [person]}
  - {name: rubbish, role: waste, like: [suitcase]}
  - {name: bin, role: fixture, like: [suitcase]}
input: {width: 64, height: 32}
data:
  sources:
    - {folder: a, licence: MIT, images: images, labels: labels, remap: {0: rubbish, 1: bin, 2: bin}, split: train,
       repeat: 2}
    - {folder: b, licence: MIT, images: images, unknown: [rubbish], split: train}
    - {folder: c, licence: MIT, images: images, split: val}
  val_repositories: []
  duplicate_distance: 3
"""


def recipe_in(folder: Path, text: str = RECIPE) -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(text, "utf-8")
    return load_recipe(path)


def picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (48, 48, 3), np.uint8))


def test_two_source_classes_become_one_of_ours_and_others_are_dropped() -> None:
    labels = parse_labels("0 .5 .5 .2 .2\n2 .1 .1 .1 .1\n7 .3 .3 .1 .1\n", "x.txt")
    assert [label[0] for label in remap_labels(labels, {0: 15, 1: 16, 2: 16})] == [15, 16]


@pytest.mark.parametrize("line", ["0 .5 .5 .2", "0 1.5 .5 .2 .2", "0 .5 .5 0 .2"])
def test_a_bad_box_is_refused_with_file_and_line(line: str) -> None:
    with pytest.raises(RecipeError, match=r"street\.txt:2"):
        parse_labels(f"0 .5 .5 .2 .2\n{line}\n", "street.txt")


def test_a_class_needs_exactly_one_origin(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="person: give exactly one"):
        recipe_in(tmp_path, RECIPE.replace("from: [person]", "from: [person], like: [dog]"))


def test_a_copy_of_a_measuring_picture_is_found_and_another_is_not() -> None:
    grey = np.random.default_rng(3).integers(0, 255, (90, 120), np.uint8)
    other = np.random.default_rng(4).integers(0, 255, (90, 120), np.uint8)
    train = {"copy": difference_hash(cv2.resize(grey, (60, 45))), "other": difference_hash(other)}
    assert near_duplicates(train, {"original": difference_hash(grey)}, 6) == {"copy"}


def test_prepared_set_has_our_ids_unknown_regions_and_no_leak(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    for name, seed in (("a/images/1.png", 1), ("a/images/2.png", 2), ("b/images/1.png", 3), ("c/images/1.png", 2)):
        picture(tmp_path / name, seed)
    (tmp_path / "a/labels").mkdir()
    (tmp_path / "a/labels/1.txt").write_text("1 .5 .5 .2 .2\n", "utf-8")
    out = tmp_path / "out"
    report = prepare(recipe, tmp_path, out)

    assert report["dropped_as_duplicates_of_val"] == 1, "a/2 is the same picture as c/1"
    assert (out / "labels/train/a-1.txt").read_text("utf-8") == "2 0.5 0.5 0.2 0.2\n"
    assert (out / "labels/train/b-1.txt").read_text("utf-8") == "3 0.5 0.5 1 1\n", "id 3 is unknown group 0"
    assert json.loads((out / "groups.json").read_text("utf-8")) == unknown_groups(recipe) == [[1]]
    assert len((out / "train.txt").read_text("utf-8").split()) == 3, "source a is shown twice"
    assert len((out / "val.txt").read_text("utf-8").split()) == 1


def test_prepared_set_says_where_each_picture_comes_from_and_stands_its_own_checks(tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    for name, seed in (("a/images/1.png", 1), ("a/images/2.png", 2), ("b/images/1.png", 3), ("c/images/1.png", 2)):
        picture(tmp_path / name, seed)
    (tmp_path / "a/labels").mkdir()
    (tmp_path / "a/labels/1.txt").write_text("1 .5 .5 .2 .2\n", "utf-8")
    prepare(recipe, tmp_path, tmp_path / "out")
    pictures = read_set(tmp_path / "out")
    by_file = {one.file: one for one in pictures.pictures}
    assert sorted(by_file) == ["train/a-1.png", "train/b-1.png", "val/c-1.png"], "a/2 is a twin of c/1"
    assert (by_file["train/a-1.png"].source, by_file["train/a-1.png"].licence) == ("a/train", "MIT")
    assert [(one.name, one.box) for one in by_file["train/a-1.png"].boxes] == [("bin", (0.4, 0.4, 0.6, 0.6))]
    assert [one.name for one in by_file["train/b-1.png"].absent] == ["bin"], "rubbish is unknown there"
    assert [one for one in check(pictures, list(recipe.names.values())) if one.level == "error"] == []


def test_boxes_of_ours_add_to_those_of_a_source_and_teach_no_absence_elsewhere(tmp_path: Path) -> None:
    more = "{folder: b, licence: MIT, images: images, boxes: {rubbish: ours.yaml}, unknown: [rubbish], split: train}"
    recipe = recipe_in(
        tmp_path, RECIPE.replace("{folder: b, licence: MIT, images: images, unknown: [rubbish], split: train}", more)
    )
    (tmp_path / "ours.yaml").write_text("images/1: [[0.1, 0.2, 0.3, 0.6]]\n", "utf-8")
    for name, seed in (("a/images/1.png", 1), ("b/images/1.png", 3), ("b/images/2.png", 4), ("c/images/1.png", 2)):
        picture(tmp_path / name, seed)
    prepare(recipe, tmp_path, tmp_path / "out")
    labels = tmp_path / "out/labels/train"
    assert (labels / "b-1.txt").read_text("utf-8") == "1 0.2 0.4 0.2 0.4\n3 0.5 0.5 1 1\n", "3 is the unknown region"
    assert (labels / "b-2.txt").read_text("utf-8") == "3 0.5 0.5 1 1\n"


@pytest.mark.parametrize("box", ["[0.3, 0.2, 0.1, 0.6]", "[0, 0, 1.2, 1]", "[0, 0, 1]"])
def test_a_box_of_ours_that_is_none_is_refused_with_file_and_picture(tmp_path: Path, box: str) -> None:
    (tmp_path / "ours.yaml").write_text(f"images/7: [{box}]\n", "utf-8")
    with pytest.raises(RecipeError, match=r"ours\.yaml: images/7: box"):
        drawn_boxes(tmp_path / "ours.yaml")


def test_the_shipped_recipe_is_sound() -> None:
    recipe = load_recipe()
    roles = pytest.importorskip("vision.detect.roles").Role
    assert all(one.role in set(roles) for one in recipe.classes)
    assert recipe.id_of("person") == 0
    assert recipe.names[recipe.id_of("ground_lock")] == "ground_lock"
    with pytest.raises(RecipeError, match="no class 'tank'"):
        recipe.id_of("tank")
