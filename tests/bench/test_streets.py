"""Footage made of stills: people walk where the list says, as tall as the ground has them, and scenes compose on it."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
BENCH, CLIPS = ROOT / "bench", ROOT / "sample_clips"
SECONDS = 30.0
ROW = "- {name: square, picture: square.png, horizon: 0.3, free: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}\n"


@pytest.fixture(scope="module")
def maker() -> Iterator[SimpleNamespace]:
    """The modules of `bench/scene_maker`, which is no installed package."""
    places = [str(BENCH), str(CLIPS)]
    sys.path[:0] = places
    try:
        names = ("backgrounds", "streets")
        yield SimpleNamespace(**{name: importlib.import_module(f"scene_maker.{name}") for name in names})
    finally:
        for place in places:
            sys.path.remove(place)


@pytest.fixture(scope="module")
def made(maker: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A street of one grey picture, and the folder where its footage is."""
    try:
        people = maker.streets.strides(maker.backgrounds.vtest())
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("streets")
    street = _listed(maker, folder, ROW)[0]
    maker.streets.write_street(street, people, folder / "out", 1, SECONDS)
    return street, folder / "out"


def _listed(maker: SimpleNamespace, folder: Path, rows: str) -> Any:
    cv2.imwrite(str(folder / "square.png"), np.full((300, 400, 3), 120, np.uint8))
    (folder / "list.yaml").write_text(rows, "utf-8")
    return maker.streets.read_streets(folder / "list.yaml", folder)


def test_people_walk_where_the_list_has_free_ground(maker: SimpleNamespace, made: tuple[Any, Path]) -> None:
    street, out = made
    walkers = maker.backgrounds.read_walkers(out / ".walkers" / "square.json")
    assert len(walkers) >= maker.backgrounds.LEAST_WALKERS
    feet = np.concatenate([walker.boxes[:, 3] for walker in walkers])
    assert feet.min() >= street.free[:, 1].min() - 2
    assert max(len(walker.frames) for walker in walkers) > 20


def test_the_picture_changes_in_the_walkers_boxes_and_hardly_elsewhere(
    maker: SimpleNamespace, made: tuple[Any, Path]
) -> None:
    street, out = made
    frames = maker.backgrounds.read_frames(out / "square" / "clip.mp4")
    assert len(frames) == SECONDS * 10
    walkers = maker.backgrounds.read_walkers(out / ".walkers" / "square.json")
    inside, outside = [], []
    for number in range(0, len(frames), 10):
        differs = cv2.absdiff(frames[number], street.picture).max(axis=2).astype(np.float32)
        covered = np.zeros(differs.shape, bool)
        near = np.zeros(differs.shape, bool)
        for box in (walker.at(number) for walker in walkers):
            if box is not None:
                x1, y1, x2, y2 = box.astype(int)
                wide = x2 - x1
                covered[y1:y2, x1:x2] = True
                near[max(0, y1 - 8) : y2 + wide, max(0, x1 - wide) : x2 + wide] = True  # with the shadow at his feet
        inside += [differs[covered].mean()] if covered.any() else []
        outside.append(differs[~near].mean())
    assert np.mean(inside) > 30
    assert max(outside) < 6


def test_scenes_take_ground_and_walkers_from_the_footage(
    maker: SimpleNamespace, made: tuple[Any, Path], tmp_path: Path
) -> None:
    street, out = made
    (background,) = maker.backgrounds.from_scenes(out, tmp_path)
    assert background.ground == street.ground
    assert background.road == [tuple(corner) for corner in street.free.tolist()]
    assert list(tmp_path.iterdir()) == []  # nobody was looked for
    assert json.loads((out / "square" / "labels.json").read_text("utf-8"))["composed"] is True
    tall = np.concatenate([walker.boxes[:, 3] - walker.boxes[:, 1] for walker in background.walkers])
    feet = np.concatenate([walker.boxes[:, 3] for walker in background.walkers])
    whole = feet < street.ground.height - 2
    metres = tall[whole] / [street.ground.pixels_per_metre(row) for row in feet[whole]]
    assert np.percentile(metres, 5) > 1.4
    assert np.percentile(metres, 95) < 2.0


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ROW + ROW.replace("square.png", "gone.png"), "row 2: no picture"),
        (ROW.replace("horizon: 0.3, ", ""), "row 1: KeyError: 'horizon'"),
        (ROW.replace("[0, 1]]", "[0]]"), "row 1: ValueError"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(maker: SimpleNamespace, tmp_path: Path, rows: str, says: str) -> None:
    with pytest.raises(ValueError, match=rf"list\.yaml: {says}"):
        _listed(maker, tmp_path, rows)


def test_the_list_names_each_place_once_and_has_ground_below_the_horizon(maker: SimpleNamespace) -> None:
    rows = maker.streets.YAML(typ="safe").load(maker.streets.LIST.read_text("utf-8"))
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert min(y for _, y in row["free"]) > row["horizon"], row["name"]
