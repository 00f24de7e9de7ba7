"""The scene maker: the same again from a seed, true to its labels, readable by the scorer, balanced."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np
import pytest

from vision.cli.options import read_site
from vision.config import Zone
from vision.evaluate.scenes import find_scenes

ROOT = Path(__file__).resolve().parents[2]
BENCH, CLIPS = ROOT / "bench", ROOT / "sample_clips"
MODULES = (
    "backgrounds", "cutouts", "kinds", "layers", "placing", "recipes", "scenes", "sheet", "views", "walkers", "weather",
)  # fmt: skip
FPS = 10
CHANGED = 8.0
"""Grey levels; a thing pasted in the day differs by more than this on average over its box, road noise by less."""


@pytest.fixture(scope="module")
def maker() -> Iterator[SimpleNamespace]:
    """The modules of `bench/scene_maker`, which is no installed package."""
    places = [str(BENCH), str(CLIPS)]
    sys.path[:0] = places
    try:
        yield SimpleNamespace(**{name: importlib.import_module(f"scene_maker.{name}") for name in MODULES})
    finally:
        for place in places:
            sys.path.remove(place)


@pytest.fixture(scope="module")
def vtest(maker: SimpleNamespace) -> Any:
    """OpenCV's sample, as a background."""
    try:
        return maker.backgrounds.vtest()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def composed(maker: SimpleNamespace, vtest: Any) -> Callable[[str], tuple[Any, Any]]:
    """Recipe and composition of a scene of the corpus."""
    recipes = {recipe.name: recipe for recipe in maker.recipes.corpus()}
    return cache(lambda name: (recipes[name], maker.kinds.compose(vtest, recipes[name])))


def _box(picture: Any, bbox: list[float]) -> Any:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(bbox, (width, height, width, height), strict=True))
    return picture[y1:y2, x1:x2].astype(int)


def test_corpus_is_balanced_over_the_three_events_and_what_is_none(maker: SimpleNamespace) -> None:
    recipes = maker.recipes.corpus()
    categories = Counter(maker.kinds.EVENT_KINDS.get(r.kind, ("none", None))[0] for r in recipes)
    assert len(recipes) >= 64
    assert categories["illegal_dumping"] >= 14
    assert categories["street_vending"] >= 10
    assert categories["ground_lock"] >= 10
    assert categories["none"] >= 30
    assert 0.35 <= categories["none"] / len(recipes) <= 0.65


def test_corpus_names_each_scene_once_and_only_what_there_is(maker: SimpleNamespace) -> None:
    recipes = maker.recipes.corpus()
    assert len({r.name for r in recipes}) == len(recipes)
    conditions = importlib.import_module("scene_maker.conditions").CONDITIONS
    for recipe in recipes:
        assert recipe.kind in maker.kinds.EVENT_KINDS or recipe.kind in maker.kinds.QUIET_KINDS
        assert recipe.light in conditions
        maker.views.view_of(recipe.view, 768, 576)
    events = [r for r in recipes if r.kind in maker.kinds.EVENT_KINDS]
    assert {"day", "dusk", "night", "rain", "low-bitrate"} <= {r.light for r in events}


def test_every_kind_of_scene_is_in_the_corpus(maker: SimpleNamespace) -> None:
    used = {recipe.kind for recipe in maker.recipes.corpus()}
    assert used == {*maker.kinds.EVENT_KINDS, *maker.kinds.QUIET_KINDS}


def test_drawn_recipes_are_the_same_again_and_a_longer_list_begins_with_a_shorter(maker: SimpleNamespace) -> None:
    assert maker.recipes.drawn(7, 40)[:12] == maker.recipes.drawn(7, 12)
    assert maker.recipes.drawn(7, 12) != maker.recipes.drawn(8, 12)
    half = [r.kind in maker.kinds.EVENT_KINDS for r in maker.recipes.drawn(7, 40)]
    assert sum(half) == 20


@pytest.mark.parametrize("name", ["dump-bag-rain", "lock-arch-night", "neg-bump-stays", "neg-headlights"])
def test_same_recipe_gives_the_same_labels_and_the_same_pictures(maker: SimpleNamespace, vtest: Any, name: str) -> None:
    recipe = next(r for r in maker.recipes.corpus() if r.name == name)
    one, two = (maker.kinds.compose(vtest, recipe) for _ in range(2))
    assert maker.scenes.labels(one, recipe) == maker.scenes.labels(two, recipe)
    assert maker.scenes.site(one, recipe) == maker.scenes.site(two, recipe)
    for number in (0, one.frames // 2, one.frames - 1):
        assert np.array_equal(one.picture(number), two.picture(number))


@pytest.mark.parametrize("name", ["dump-bag-day", "dump-sofa-day", "dump-bags-several", "lock-arch-day"])
def test_thing_is_in_its_labelled_box_from_when_it_is_put_down_and_not_before(
    maker: SimpleNamespace, composed: Callable[[str], tuple[Any, Any]], vtest: Any, name: str
) -> None:
    recipe, scene = composed(name)
    (event,) = maker.scenes.labels(scene, recipe)["events"]
    shown = round(event["actor_out_of_view_s"] * FPS)
    down = scene.items[-1].comes.first
    assert down <= round(event["put_down_s"] * FPS) <= shown
    empty = _box(scene.view.show(vtest.footage.plate, 0.0), event["bbox"])
    before = np.median([_box(scene.picture(n), event["bbox"]) for n in range(0, down, 2)], axis=0)
    after = np.median([_box(scene.picture(n), event["bbox"]) for n in range(shown + 5, scene.frames, 10)], axis=0)
    assert np.abs(before - empty).mean() < CHANGED
    assert np.abs(after - before).mean() > CHANGED
    last = np.median([_box(scene.picture(n), event["bbox"]) for n in range(scene.frames - 60, scene.frames, 6)], axis=0)
    assert np.abs(last - before).mean() > CHANGED, "gone before the end"


def test_nothing_but_the_box_and_its_shadow_is_changed(
    composed: Callable[[str], tuple[Any, Any]], vtest: Any, maker: SimpleNamespace
) -> None:
    recipe, scene = composed("dump-bag-day")
    (event,) = maker.scenes.labels(scene, recipe)["events"]
    number = round(event["actor_out_of_view_s"] * FPS) + 10
    changed = np.abs(scene.picture(number).astype(int) - vtest.footage.frames[scene.start + number]).max(axis=2) > 12
    x1, y1, x2, y2 = event["bbox"]
    height, width = changed.shape
    changed[
        int((y1 - 0.02) * height) : int((y2 + 0.05) * height), int((x1 - 0.06) * width) : int((x2 + 0.06) * width)
    ] = 0
    assert not changed.any()


@pytest.mark.parametrize("name", ["dump-bag-day", "dump-rubble-day", "dump-fridge-noise"])
def test_thing_comes_to_light_only_where_somebody_has_passed_in_front(
    composed: Callable[[str], tuple[Any, Any]], vtest: Any, name: str
) -> None:
    _, scene = composed(name)
    thing = scene.items[0]
    for number in range(thing.comes.first, thing.comes.first + len(thing.comes.seen)):
        patch = thing.patch(number / FPS)
        if patch is None:
            continue
        fresh = patch.opacity > 0.5
        if number > thing.comes.first:
            earlier = thing.patch((number - 1) / FPS)
            fresh = fresh & (earlier.opacity <= 0.5) if earlier is not None else fresh
        hidden = vtest.hidden(scene.start + number, thing.foot_row - 2, patch.area)
        assert (fresh & (hidden < 0.1)).sum() <= 0.1 * (thing.whole.opacity > 0.5).sum()


def test_things_are_larger_the_nearer_they_are(maker: SimpleNamespace, vtest: Any) -> None:
    heights = []
    for row in (220, 320, 420, 520):
        patch = maker.layers.patch_of(vtest, maker.layers.standing(vtest, "bag-00", (300.0, float(row))))
        heights.append(patch.box[3] - patch.box[1])
        person = 1.74 * vtest.ground.pixels_per_metre(row)
        assert 0.15 < heights[-1] / person < 0.45
    assert heights == sorted(heights)


def test_bag_that_is_taken_up_again_is_gone_before_the_dwell_is_over(
    maker: SimpleNamespace, composed: Callable[[str], tuple[Any, Any]]
) -> None:
    for name in ("neg-bag-taken-up", "neg-bag-taken-up-dusk", "neg-bags-taken-up-rain"):
        _, scene = composed(name)
        (thing,) = scene.items
        there = [n for n in range(scene.frames) if thing.patch(n / FPS) is not None]
        assert there
        assert len(there) / FPS < maker.scenes.DWELL_S["illegal_dumping"] + 1
        assert there[-1] < scene.frames - FPS


def test_box_of_a_mirrored_and_cut_view_is_where_the_thing_is_seen(maker: SimpleNamespace) -> None:
    picture = np.zeros((576, 768, 3), np.uint8)
    picture[300:340, 250:320] = 255
    for name in ("full", "full-mirrored", "left", "near-mirrored"):
        view = maker.views.view_of(name, 768, 576)
        shown = view.show(picture, 0.0)
        assert shown.shape[1::-1] == view.size
        rows, columns = np.nonzero(shown[..., 0] > 127)
        height, width = shown.shape[:2]
        seen = [columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height]
        assert view.box((250, 300, 320, 340)) == pytest.approx(seen, abs=0.004)


def test_camera_that_swings_back_shows_the_same_again(composed: Callable[[str], tuple[Any, Any]]) -> None:
    _, scene = composed("neg-bump-returns")
    assert scene.view.shift(5.0) == (0.0, 0.0)
    assert max(map(abs, scene.view.shift(28.0))) > 4
    assert max(map(abs, scene.view.shift(50.0))) < 0.05


def test_ground_is_fitted_to_how_tall_people_are(maker: SimpleNamespace, vtest: Any) -> None:
    people = np.concatenate([walker.boxes for walker in vtest.walkers])
    fitted = maker.backgrounds.fit_ground(768, 576, people)
    assert fitted is not None
    for row in (230.0, 300.0, 400.0):
        ratio = fitted.pixels_per_metre(row) / vtest.ground.pixels_per_metre(row)
        assert 0.8 < ratio < 1.25
    assert maker.backgrounds.fit_ground(768, 576, people[:10]) is None


def test_two_scenes_made_by_the_command_are_read_by_the_scorer(
    maker: SimpleNamespace, vtest: Any, tmp_path: Path
) -> None:
    command = [
        sys.executable, str(BENCH / "scene_maker" / "make_scenes.py"), str(tmp_path), "--corpus", "--seconds", "3",
        "--only", "*-bag-day", "--only", "neg-clock", "--jobs", "2",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    scenes = {scene.name: scene for scene in find_scenes(tmp_path)}
    assert set(scenes) == {"dump-bag-day", "neg-clock"}
    assert [event.category for event in scenes["dump-bag-day"].events] == ["illegal_dumping"]
    assert not scenes["neg-clock"].events
    for name, scene in scenes.items():
        plain = json.loads((tmp_path / name / "labels.json").read_text("utf-8"))
        assert plain["composed"] is True
        assert plain["recipe"]["seed"]
        site = read_site(scene.config)
        assert "composed" in site.site.name
        with av.open(str(scene.clip)) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264"
            keyframes = [n for n, p in enumerate(p for p in container.demux(stream) if p.size) if p.is_keyframe]
        assert keyframes == [0, 20]


def test_labelled_event_lies_in_a_zone_whose_rule_looks_for_it_with_the_labelled_dwell(
    maker: SimpleNamespace, composed: Callable[[str], tuple[Any, Any]], tmp_path: Path
) -> None:
    for name in ("dump-bag-day", "vend-fruit-day", "lock-arch-day"):
        recipe, scene = composed(name)
        path = tmp_path / f"{name}.yaml"
        path.write_text(maker.scenes.site(scene, recipe), "utf-8")
        plain = maker.scenes.labels(scene, recipe)
        (camera,) = read_site(path).cameras
        event = plain["events"][0]
        assert any(_looks_for(zone, event, plain["dwell_s"]) for zone in camera.zones)
        assert event["window_s"][1] <= scene.length


def _looks_for(zone: Zone, event: dict[str, Any], dwell: float) -> bool:
    x1, _, x2, y2 = event["bbox"]
    inside = cv2.pointPolygonTest(np.float32(zone.polygon.array), ((x1 + x2) / 2, y2), False) >= 0
    return inside and any(rule.rule == event["category"] and rule.dwell == dwell for rule in zone.rules)


def test_sheet_shows_each_scene(
    maker: SimpleNamespace, composed: Callable[[str], tuple[Any, Any]], tmp_path: Path
) -> None:
    recipe, scene = composed("neg-clock")
    maker.scenes.write(scene, recipe, tmp_path / "neg-clock", seconds=1.0)
    assert maker.sheet.write_sheet(tmp_path, tmp_path / "sheet.png") == 1
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape[0] == maker.sheet.TILE[1]


def test_seed_without_a_place_says_so(maker: SimpleNamespace, vtest: Any) -> None:
    recipe = maker.scenes.Recipe("impossible", "left", 1, ("bag-00",))
    view = maker.views.view_of("full", 768, 576)
    nowhere = maker.placing.Wish(lambda foot: None)
    with pytest.raises(maker.placing.NoPlaceError, match="impossible"):
        maker.placing.find_place(vtest, view, nowhere, recipe.rng(), recipe.name)


def test_no_car_is_put_where_there_is_no_ground(maker: SimpleNamespace, vtest: Any) -> None:
    middle = replace(vtest, ground=replace(vtest.ground, horizon=0.5 * vtest.footage.height))
    recipe = next(recipe for recipe in maker.recipes.corpus() if recipe.kind == "parks")
    for seed in range(3):
        (car,) = maker.kinds.compose(middle, replace(recipe, seed=seed)).items
        assert car.way(40.0)[1] > middle.ground.horizon
