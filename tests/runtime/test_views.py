"""While a camera does not show its place its zones rest; what was known of the place stays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, Thing
from vision.config import Camera, ConfigError, Site, load_site
from vision.detect import Detections
from vision.rules import RULE_SETTINGS, Incident
from vision.runtime.perception import Perception
from vision.runtime.saved_state import SavedState
from vision.sources import Frame

BAG = (0.48, 0.74, 0.53, 0.82)
WALKER = Actor([(76.0, (-0.1, 0.8)), (80.0, (0.5, 0.8)), (83.0, (0.5, 0.8)), (87.0, (1.1, 0.8))])
SITE = """
site: {id: t}
cameras:
  - id: a
    source: a.mp4
    HEALTH
    zones:
      - {id: z, PRESETrules: [{rule: illegal_dumping, dwell: 20s}]}
"""


def local(moment: datetime) -> datetime:
    return moment


def site(folder: Path, health: str = "loop: false", preset: str = "", zones: str = "") -> Site:
    path = folder / "site.yaml"
    path.write_text(SITE.replace("HEALTH", health).replace("PRESET", preset).rstrip() + zones + "\n")
    return load_site(path, RULE_SETTINGS)


def perception(camera: Camera) -> Perception:
    return Perception(camera, local, (640, 384))


def shifted(frame: Frame, down: int = 6, right: int = 15) -> Frame:
    image = np.roll(frame.bgr(), (down, right), (0, 1))
    return Frame.from_bgr(image, camera_id="a", time=frame.time, media_s=frame.time)


def play(
    one: Perception,
    stage: Stage,
    start: float,
    end: float,
    knocked: tuple[float, float] = (1e9, 1e9),
    fps: float = 2.0,
    by: tuple[int, int] = (6, 15),
) -> tuple[list[Incident], list[tuple[float, bool]]]:
    """Incidents, and when the detector was asked."""
    incidents, asked = [], []
    for step in range(int(start * fps), int(end * fps)):
        time = step / fps
        frame = stage.frame(time)
        if knocked[0] <= time < knocked[1]:
            frame = shifted(frame, *by)
        look = one.look(frame)
        asked.append((time, look is not None))
        seen: Detections | None = stage.detections(time) if look is not None else None
        incidents += one.take(frame, seen)
    return incidents, asked


def test_knocked_camera_raises_no_case_asks_for_no_look_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    one = perception(site(tmp_path).cameras[0])
    stage = Stage(actors=[WALKER], things=[Thing(BAG, 81.0)])
    incidents, asked = play(one, stage, 0, 200, knocked=(95.0, 150.0))
    assert [look for time, look in asked if 96 <= time < 150] == [False] * 108
    (case,) = incidents
    assert (case.kind, case.category) == ("opened", "illegal_dumping")
    assert case.detected > 150
    assert case.box == pytest.approx(BAG, abs=0.02)
    assert case.started == pytest.approx(81, abs=2)


def test_small_knock_takes_along_what_has_been_put_down(tmp_path: Path) -> None:
    """By less than counts as moved: the view is another for good, and the bag has not become a part of it."""
    one = perception(site(tmp_path).cameras[0])
    stage = Stage(actors=[WALKER], things=[Thing(BAG, 81.0, 130.0)])
    incidents, _ = play(one, stage, 0, 160, knocked=(92.0, 1e9), by=(3, 6))
    assert one.health.usable
    opened, cleared = incidents
    assert (opened.kind, cleared.kind) == ("opened", "cleared")
    assert opened.started == pytest.approx(81, abs=2)
    assert opened.detected < 108
    right, down = 6 / 480, 3 / 270
    assert opened.box == pytest.approx((BAG[0] + right, BAG[1] + down, BAG[2] + right, BAG[3] + down), abs=0.01)
    assert cleared.ended == pytest.approx(130, abs=2)


def test_knocked_camera_is_known_after_a_restart(tmp_path: Path) -> None:
    camera = site(tmp_path).cameras[0]
    before, after = perception(camera), perception(camera)
    play(before, Stage(), 0, 100)
    SavedState(tmp_path / "state", "a").save(before)
    SavedState(tmp_path / "state", "a").load_into(after)
    play(after, Stage(), 200, 230, knocked=(0, 1e9))
    assert after.health.problem == "moved"


def test_redrawn_zone_means_the_view_of_today(tmp_path: Path) -> None:
    one = perception(site(tmp_path).cameras[0])
    play(one, Stage(), 0, 130, knocked=(80, 1e9))
    assert not one.health.usable
    one.configure(site(tmp_path, zones="\n      - {id: new, polygon: [[0, 0], [1, 0], [1, 1]]}").cameras[0])
    play(one, Stage(), 130, 150, knocked=(80, 1e9))
    assert one.health.usable


def turning(folder: Path, gate: Stage, yard: Stage, preset: str = "gate") -> Camera:
    """A camera with two presets, whose zone lies at one of them."""
    for name, stage in (("gate", gate), ("yard", yard)):
        cv2.imwrite(str(folder / f"{name}.png"), stage.frame(0).bgr())
    presets = "health: {presets: [{id: gate, view: gate.png}, {id: yard, view: yard.png}]}"
    return site(folder, presets, f"preset: {preset}, ").cameras[0]


def test_zone_rests_while_another_preset_is_shown(tmp_path: Path) -> None:
    gate, yard = Stage(seed=1, actors=[WALKER], things=[Thing(BAG, 81.0)]), Stage(seed=2)
    for preset, cases in (("gate", 1), ("yard", 0)):
        one = perception(turning(tmp_path, gate, yard, preset))
        incidents, _ = play(one, gate, 0, 130)
        assert len(incidents) == cases
        assert one.health.preset == "gate"


def test_what_a_preset_knows_waits_until_the_camera_is_back_at_it(tmp_path: Path) -> None:
    gate, yard = Stage(seed=1, actors=[WALKER], things=[Thing(BAG, 81.0)]), Stage(seed=2)
    one = perception(turning(tmp_path, gate, yard))
    assert play(one, gate, 0, 95)[0] == []
    assert play(one, yard, 95, 160)[0] == []
    (case,) = play(one, gate, 160, 180)[0]
    assert case.started == pytest.approx(81, abs=2)


def test_camera_that_comes_back_to_a_preset_not_quite_in_the_same_place_knows_it_still(tmp_path: Path) -> None:
    """No motor stops twice at the same pixel: without it everything with an edge would be new."""
    gate, yard = Stage(seed=1, actors=[WALKER], things=[Thing(BAG, 81.0)]), Stage(seed=2)
    one = perception(turning(tmp_path, gate, yard))
    assert play(one, gate, 0, 95)[0] == []
    assert play(one, yard, 95, 160)[0] == []
    (case,) = play(one, gate, 160, 240, knocked=(0, 1e9), by=(3, 6))[0]
    assert case.started == pytest.approx(81, abs=2)
    assert case.box == pytest.approx((BAG[0] + 6 / 480, BAG[1] + 3 / 270, BAG[2] + 6 / 480, BAG[3] + 3 / 270), abs=0.01)
    assert (one.health.usable, one.health.preset) == (True, "gate")


@pytest.mark.parametrize(
    ("health", "preset", "message"),
    [
        ("health: {presets: [{id: gate, view: gone.png}]}", "preset: gate, ", "cameras[0].health.presets[0].view"),
        ("health: {presets: [{id: gate, view: site.yaml}]}", "preset: gate, ", "is not a picture that can be read"),
        ("health: {presets: [{id: gate, view: a.png}]}", "", "zones[0].preset is missing"),
        ("loop: false", "preset: gate, ", "zones[0].preset is 'gate', and there are: none"),
        ("health: {watch: false, presets: [{id: gate, view: a.png}]}", "preset: gate, ", "presets need watch: true"),
        (
            "health: {presets: [{id: g, view: a.png}, {id: g, view: a.png}]}", "preset: g, ",
            "health.presets: two have one id",
        ),
    ],
)  # fmt: skip
def test_preset_that_cannot_be_is_refused_in_words(tmp_path: Path, health: str, preset: str, message: str) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 16, 3), np.uint8))
    with pytest.raises(ConfigError) as caught:
        site(tmp_path, health, preset)
    assert message in str(caught.value)


@pytest.mark.parametrize(("knocked_at", "cases"), [(40.0, 1), (68.0, 0)], ids=["long after", "right after"])
def test_what_nobody_knows_is_an_edge_of_the_place_where_it_comes_right_after_a_small_knock(
    tmp_path: Path, knocked_at: float, cases: int
) -> None:
    one = perception(site(tmp_path).cameras[0])
    stage = Stage(actors=[WALKER], things=[Thing(BAG, 81.0)])
    incidents, _ = play(one, stage, 0, 130, knocked=(knocked_at, 1e9), by=(3, 6))
    assert len(incidents) == cases
