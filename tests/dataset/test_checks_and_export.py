"""A set that cannot be used is told so, row by row; one that can be is written as the trainer reads it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vision.dataset import DatasetError, Labelled, Picture, PictureSet, check, read_set, write_set
from vision.dataset.export import export
from vision.dataset.sheet import ACROSS, TILE, draw_sheet

CLASSES = ("person", "rubbish", "stall")
THING = Labelled(name="rubbish", box=(0.25, 0.5, 0.5, 0.75))


def a_set(folder: Path, *pictures: dict[str, Any]) -> PictureSet:
    """A set of noise; `seed` of a picture: which noise."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for number, values in enumerate(pictures):
        noise = np.random.default_rng(values.get("seed", number)).integers(0, 255, (9, 16, 3), np.uint8)
        content = bytes(cv2.imencode(".png", cv2.resize(noise, (160, 90)))[1])
        (folder / "images" / f"{number}.png").write_bytes(content)
        given = {key: value for key, value in values.items() if key != "seed"}
        plain: dict[str, Any] = {
            "file": f"{number}.png", "sha256": hashlib.sha256(content).hexdigest(), "source": f"s-{number}",
            "licence": "private", "split": "train", "boxes": (THING,),
        }  # fmt: skip
        rows.append(Picture(**(plain | given)))
    return write_set(folder, "tiny", "for a test", tuple(rows))


def errors(pictures: PictureSet) -> list[str]:
    return [f"{one.where.rpartition('/')[2]} {one.text}" for one in check(pictures, CLASSES) if one.level == "error"]


def test_set_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = a_set(tmp_path / "set", {}, {"boxes": (), "absent": (THING,), "verdict": "rejected", "reason": "树影"})
    assert read_set(tmp_path / "set") == written
    assert "树影" in (tmp_path / "set" / "pictures.jsonl").read_text("utf-8")


def test_sound_set_has_no_errors_and_is_warned_of_small_numbers(tmp_path: Path) -> None:
    found = check(a_set(tmp_path / "set", {}, {"split": "val"}), CLASSES)
    assert {(one.level, one.text) for one in found} == {
        ("warning", "train: 1 boxes of rubbish, fewer than 20"), ("warning", "val: 1 boxes of rubbish, fewer than 20"),
    }  # fmt: skip


def test_same_picture_in_both_splits_is_an_error_and_twice_in_one_is_not(tmp_path: Path) -> None:
    assert errors(a_set(tmp_path / "one", {"seed": 5}, {"seed": 5})) == []
    (error,) = errors(a_set(tmp_path / "both", {"seed": 5}, {"seed": 5, "split": "val"}))
    assert error == "pictures.jsonl:1 0.png (train) is all but the same picture as 1.png (val)"


def test_source_in_both_splits_leaks(tmp_path: Path) -> None:
    pictures = a_set(tmp_path / "set", {"source": "bajiao/bj-1"}, {"source": "bajiao/bj-1", "split": "val"})
    assert errors(pictures) == ["pictures.jsonl source bajiao/bj-1: its pictures are in both splits"]


def test_missing_changed_and_broken_pictures_and_unknown_classes_are_named_with_their_line(tmp_path: Path) -> None:
    pictures = a_set(tmp_path / "set", {}, {}, {}, {"boxes": (Labelled(name="dragon", box=THING.box),)})
    images = tmp_path / "set" / "images"
    (images / "0.png").unlink()
    (images / "1.png").write_bytes((images / "2.png").read_bytes())
    (images / "2.png").write_bytes(b"no picture")
    found = errors(pictures)
    assert "pictures.jsonl:1 0.png: No such file or directory" in found
    assert "pictures.jsonl:2 1.png: its content is not what was listed (sha256)" in found
    assert "pictures.jsonl:3 2.png: no picture" in found
    assert "pictures.jsonl:4 3.png: no class 'dragon'" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"boxes": [{"name": "rubbish", "box": [0.5, 0.5, 0.4, 0.6]}]}, r"pictures\.jsonl:1: boxes\.0\.box: .*x1 < x2"),
        ({"boxes": [{"name": "rubbish", "box": [0.5, 0.5, 1.4, 0.6]}]}, r"boxes\.0\.box"),
        ({"file": "../../etc/passwd"}, "file: .*must be the path of a file in images/"),
        ({"split": "test"}, "split"),
        ({"sha256": "x"}, "sha256"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_row_is_refused_with_line_and_key(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    a_set(tmp_path / "set", {})
    listing = tmp_path / "set" / "pictures.jsonl"
    listing.write_text(json.dumps(json.loads(listing.read_text()) | change) + "\n")
    with pytest.raises(DatasetError, match=said):
        read_set(tmp_path / "set")


def test_folder_without_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"dataset\.yaml: No such file"):
        read_set(tmp_path)


def test_export_says_what_is_there_and_where_absence_is_known(tmp_path: Path) -> None:
    pictures = a_set(tmp_path / "set", {}, {"boxes": (), "absent": (THING,)}, {"split": "val"})
    done = export(pictures, CLASSES, tmp_path / "out", repeat=3)
    assert (done.train, done.val, done.train_in_all) == (2, 1, 6)
    groups = json.loads((tmp_path / "out" / "groups.json").read_text())
    assert groups == [[0, 1, 2], [0, 2], [1]]
    labels = tmp_path / "out" / "labels"
    assert (labels / "train" / "set-0.txt").read_text() == "1 0.375 0.625 0.25 0.25\n3 0.5 0.5 1 1\n"
    assert (labels / "val" / "set-2.txt").read_text() == "1 0.375 0.625 0.25 0.25\n"
    rows = [line.split() for line in (labels / "train" / "set-1.txt").read_text().splitlines()]
    assert rows[0] == ["4", "0.5", "0.5", "1", "1"]  # of persons and stalls nothing is known anywhere
    covered = np.zeros((100, 100), bool)
    for number, x, y, width, height in ([int(row[0]), *map(float, row[1:])] for row in rows[1:]):
        assert number == 5  # of rubbish nothing is known, but in the box
        left, top = round(100 * (x - width / 2)), round(100 * (y - height / 2))
        covered[top : top + round(100 * height), left : left + round(100 * width)] = True
    assert not covered[50:75, 25:50].any()
    assert covered.sum() == 100 * 100 - 25 * 25


def test_export_onto_another_set_keeps_its_pictures_and_its_groups(tmp_path: Path) -> None:
    export(a_set(tmp_path / "base", {"boxes": (), "absent": (THING,)}), CLASSES, tmp_path / "first")
    more = a_set(tmp_path / "more", {"seed": 9}, {"seed": 10, "split": "val"})
    done = export(more, CLASSES, tmp_path / "second", onto=tmp_path / "first")
    assert (done.train_in_all, done.val_in_all) == (2, 1)
    assert json.loads((tmp_path / "second" / "groups.json").read_text()) == [[0, 2], [1], [0, 1, 2]]
    listed = (tmp_path / "second" / "train.txt").read_text().split()
    assert [Path(name).name for name in listed] == ["base-0.png", "more-0.png"]
    assert all(Path(name).exists() for name in listed)


def test_export_onto_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no set to add to"):
        export(a_set(tmp_path / "set", {}), CLASSES, tmp_path / "out", onto=tmp_path)


def test_contact_sheet_shows_every_picture(tmp_path: Path) -> None:
    pictures = a_set(tmp_path / "set", *({"seed": seed} for seed in range(ACROSS + 1)))
    assert draw_sheet(pictures, tmp_path / "sheet.png") == ACROSS + 1
    image = cv2.imread(str(tmp_path / "sheet.png"))
    assert image is not None
    assert image.shape[:2] == (2 * TILE[1], ACROSS * TILE[0])
    green = (image[..., 1] > 180) & (image[..., 0] < 90) & (image[..., 2] < 90)
    assert green[: TILE[1], : TILE[0]].any()


def test_empty_set_has_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no pictures"):
        draw_sheet(a_set(tmp_path / "set"), tmp_path / "sheet.png")
