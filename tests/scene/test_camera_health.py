"""When a camera can be believed: what is wrong is named, what is only weather is not."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from tests.scene.stage import Actor, Stage, passer_by
from vision.config import HealthSettings
from vision.scene import CameraHealth, CameraProblem, HealthState
from vision.scene.camera_health import ELSEWHERE
from vision.scene.view_match import match, view_of
from vision.sources import Image

Harm = Callable[[Image], Image]


def watch(
    stage: Stage,
    end: float,
    harm: Harm = lambda image: image,
    harmed: tuple[float, float] = (80.0, 1e9),
    fps: float = 0.5,
) -> list[tuple[float, HealthState]]:
    """The camera's health over the stage; from the one time to the other its pictures are harmed."""
    health = CameraHealth(HealthSettings())
    states = []
    for step in range(int(end * fps)):
        time = step / fps
        image = stage.frame(time).bgr()
        if harmed[0] <= time < harmed[1]:
            image = harm(image)
        states.append((time, health.update(image, time, 0.0)))
    return states


def shifted(image: Image) -> Image:
    return np.roll(image, (6, 15), (0, 1))


def blurred(image: Image) -> Image:
    return cv2.GaussianBlur(image, (0, 0), 7)


def covered(image: Image) -> Image:
    return cv2.GaussianBlur(np.full_like(image, 90), (0, 0), 3) + np.random.default_rng(1).integers(
        0, 3, image.shape, dtype=np.uint8
    )


def dark(image: Image) -> Image:
    return (image * 0.04).astype(np.uint8)


def noisy(image: Image) -> Image:
    noise = np.random.default_rng(int(image[0, 0, 0])).normal(0, 70, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def nudged(image: Image) -> Image:
    """Off by 1.3 % of the picture, of 2 % that count as moved."""
    return np.roll(image, (3, 6), (0, 1))


def turned(image: Image) -> Image:
    return np.ascontiguousarray(image[::-1, ::-1])


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (shifted, CameraProblem.MOVED),
        (turned, CameraProblem.MOVED),
        (blurred, CameraProblem.BLURRED),
        (covered, CameraProblem.COVERED),
        (dark, CameraProblem.DARK),
        (noisy, CameraProblem.NOISY),
    ],
)
@pytest.mark.parametrize("fps", [0.5, 2.0])
def test_what_is_wrong_is_not_believed_at_once_told_when_it_lasts_and_forgiven_when_it_is_over(
    harm: Harm, problem: CameraProblem, fps: float
) -> None:
    states = watch(Stage(), 130, harm, (80.0, 110.0), fps)
    assert all(state.usable and state.problem is None for time, state in states if time < 80)
    assert not any(state.usable for time, state in states if 81 <= time < 110)
    told = [(time, state) for time, state in states if state.problem is not None]
    assert {state.problem for _, state in told} == {problem}
    assert told[0][0] == pytest.approx(100, abs=2.1)
    assert told[0][1].since == pytest.approx(80, abs=1.1)
    assert states[-1][1] == HealthState()


def test_shift_is_measured() -> None:
    states = watch(Stage(), 110, shifted)
    assert states[-1][1].shift == pytest.approx((15 / 480, 6 / 270), abs=0.006)


def test_picture_that_stays_the_same_in_every_value_is_frozen() -> None:
    kept: list[Image] = []

    def frozen(image: Image) -> Image:
        kept.append(image)
        return kept[0]

    states = watch(Stage(), 260, frozen, (80.0, 200.0))
    assert all(state.usable for time, state in states if time < 138)
    told = [state for time, state in states if 145 <= time < 200]
    assert {(state.problem, state.since) for state in told} == {(CameraProblem.FROZEN, 80.0)}
    assert states[-1][1].usable


@pytest.mark.parametrize(
    "stage",
    [
        Stage(actors=[passer_by(60, 75), passer_by(70, 90, y=0.6, left_to_right=False)]),
        Stage(gain=[(0.0, 1.0), (80.0, 0.45), (100.0, 1.25)]),
        Stage(noise=14.0),
        Stage(actors=[Actor([(80.0, (0.3, 0.9)), (170.0, (0.3, 0.9))], size=(0.3, 0.5))]),
    ],
    ids=["people", "light that jumps", "noise at night", "a van that parks"],
)
def test_what_happens_in_a_street_is_no_problem_of_the_camera(stage: Stage) -> None:
    assert all(state == HealthState() for _, state in watch(stage, 170))


def test_car_on_a_bare_road_seen_from_above_is_no_other_view() -> None:
    stage, road = Stage(), np.random.default_rng(4).normal(100, 3, (27, 48, 1))
    road = cv2.resize(np.repeat(road, 3, axis=2), (480, 270), interpolation=cv2.INTER_CUBIC)

    def bare(image: Image) -> Image:
        return np.clip(road + (image.astype(np.float64) - stage.frame(0.0).bgr()) + 0.5, 0, 255).astype(np.uint8)

    def with_car(image: Image) -> Image:
        cars = bare(image)
        for left in (60, 300):
            cv2.rectangle(cars, (left, 40), (left + 90, 200), (30, 30, 200), cv2.FILLED)
            cv2.rectangle(cars, (left + 15, 90), (left + 75, 130), (220, 220, 220), cv2.FILLED)
        return cars

    reference = view_of(bare(stage.frame(0.0).bgr()))
    assert reference.is_plain
    assert match(reference, view_of(with_car(stage.frame(2.0).bgr()))).best < ELSEWHERE, "by its edges it is another"
    health = CameraHealth(HealthSettings())
    for step in range(400):
        picture = stage.frame(2.0 * step).bgr()
        state = health.update(with_car(picture) if step % 8 > 3 else bare(picture), 2.0 * step, 0.0)
        assert state == HealthState(), f"at {2 * step} s"
    covering = [health.update(dark(picture), 800.0 + 2 * step, 0.0) for step in range(15)]
    assert covering[-1].problem is CameraProblem.DARK


def test_dusk_is_followed() -> None:
    steps = [(float(t), 1.0 - 0.8 * t / 1800) for t in range(0, 1800, 10)]
    stage = Stage(gain=steps, noise=3.0)
    assert all(state.usable for _, state in watch(stage, 1800, fps=0.1))


def test_bus_before_the_lens_is_waited_for() -> None:
    health, stage = CameraHealth(HealthSettings()), Stage()
    for time in range(0, 80, 2):
        health.update(stage.frame(time).bgr(), float(time), 0.0)
    for time in range(80, 160, 2):
        bus = covered(stage.frame(time).bgr()) + np.uint8(time % 3)
        assert health.update(bus, float(time), 0.7).usable
    assert health.update(stage.frame(160).bgr(), 160.0, 0.0).usable


def test_first_view_that_did_not_hold_is_given_up() -> None:
    health = CameraHealth(HealthSettings())
    lorry, street = Stage(seed=1), Stage(seed=2)
    for time in range(0, 120, 2):
        state = health.update((lorry if time < 20 else street).frame(time).bgr(), float(time), 0.0)
    assert state.usable
    assert health.renewals == 1
    for time in range(120, 200, 2):
        state = health.update(shifted(street.frame(time).bgr()), float(time), 0.0)
    assert (state.problem, health.renewals) == (CameraProblem.MOVED, 1)


def test_view_a_little_off_is_doubted_and_becomes_the_view_when_it_stays() -> None:
    """Knocked by less than counts as moved: the zones hold, but every edge differs from the clean view."""
    health, stage = CameraHealth(HealthSettings()), Stage()
    states = []
    for time in range(0, 120, 2):
        image = stage.frame(time).bgr()
        states.append(health.update(nudged(image) if time >= 80 else image, float(time), 0.0))
    assert all(state.usable and state.problem is None for state in states[:40])
    assert not any(state.usable for state in states[40:45])
    assert health.renewals == 1
    assert all(state == HealthState() for state in states[45:])


def test_camera_that_sinks_little_by_little_has_moved_in_the_end_also_over_a_restart() -> None:
    """Twice 1.3 %: the zones no longer lie where they were drawn, though no knock was large."""
    before, stage = CameraHealth(HealthSettings()), Stage()
    for time in range(0, 160, 2):
        image = stage.frame(time).bgr()
        state = before.update(nudged(image) if time >= 80 else image, float(time), 0.0)
    assert (state, before.renewals) == (HealthState(), 1)
    after = CameraHealth(HealthSettings())
    after.recall(before.remember())
    for time in range(160, 300, 2):
        image = nudged(stage.frame(time).bgr())
        state = after.update(nudged(image) if 200 <= time < 260 else image, float(time), 0.0)
        if time == 250:
            assert (state.problem, state.usable, after.renewals) == (CameraProblem.MOVED, False, 0)
            assert state.value == pytest.approx(2 * np.hypot(6 / 480, 3 / 270), abs=0.008)
    assert state == HealthState()


def test_camera_that_is_put_straight_again_has_not_moved() -> None:
    """Knocked by 1.3 %, then by 2.6 % the other way: 1.3 % from where the zones were drawn, which is what counts."""
    health, stage = CameraHealth(HealthSettings()), Stage()
    problems = set()
    for time in range(0, 280, 2):
        image = stage.frame(time).bgr()
        lies = nudged(image) if 80 <= time < 160 else np.roll(image, (-3, -6), (0, 1)) if time >= 160 else image
        state = health.update(lies, float(time), 0.0)
        problems.add(state.problem)
    assert (problems, state, health.renewals) == ({None}, HealthState(), 2)
    assert health.knocked_by == pytest.approx((-12 / 480, -6 / 270), abs=0.006)


def test_wind_that_takes_the_view_to_and_fro_makes_no_new_one_of_it() -> None:
    health, stage = CameraHealth(HealthSettings()), Stage()
    for time in range(0, 120, 2):
        image = stage.frame(time).bgr()
        sway = (0, 7, 0, -7)[time // 2 % 4] if time >= 80 else 0
        health.update(np.roll(image, (sway, -sway), (0, 1)), float(time), 0.0)
    assert health.renewals == 0


@pytest.mark.parametrize(
    ("pixels", "period_s", "most_renewals", "most_unusable"),
    [(2.0, 9, 0, 15), (2.6, 11, 1, 20), (3.2, 11, 1, 20), (2.6, 17, 3, 220), (3.2, 17, 3, 300)],
)
def test_sway_about_another_view_than_the_first_is_no_row_of_knocks_and_blinds_little(
    pixels: float, period_s: float, most_renewals: int, most_unusable: int
) -> None:
    """The first view was an end of it; of keyframes two seconds apart the other comes several times in a row."""
    health, stage = CameraHealth(HealthSettings()), Stage()
    unusable = 0
    for time in range(0, 600, 2):
        image = stage.frame(time % 60).bgr()
        brighter = cv2.add(image, np.full_like(image, 40 if time % 4 else 0))  # so that each is measured
        sway = round(pixels * np.cos(2 * np.pi * time / period_s))
        unusable += not health.update(np.roll(brighter, (0, sway), (0, 1)), float(time), 0.0).usable
    assert health.renewals <= most_renewals
    assert unusable <= most_unusable


def test_knock_is_one_also_while_it_sways() -> None:
    health, stage = CameraHealth(HealthSettings()), Stage()
    for time in range(0, 240, 2):
        image = stage.frame(time % 60).bgr()
        sway = round(1.5 * np.cos(2 * np.pi * time / 11))
        health.update(np.roll(nudged(image) if time >= 120 else image, (0, sway), (0, 1)), float(time), 0.0)
        assert health.renewals == 0 or time > 120
    assert health.renewals == 1
    assert health.knocked_by == pytest.approx((6 / 480, 3 / 270), abs=0.008)
    assert health.state == HealthState()


def test_camera_that_is_knocked_to_and_fro_within_its_bounds_is_never_told_to_have_moved() -> None:
    """However long a view has to stay off to be believed: less than it has to be doubted to be told."""
    health, stage = CameraHealth(HealthSettings()), Stage()
    for time in range(0, 400, 4):
        image = stage.frame(time % 60).bgr()
        state = health.update(nudged(image) if time > 60 and time // 44 % 2 else image, float(time), 0.0)
        assert state.problem is None
    assert health.renewals >= 6


def test_reference_survives_a_restart() -> None:
    stage, before = Stage(), CameraHealth(HealthSettings())
    for time in range(0, 100, 2):
        before.update(stage.frame(time).bgr(), float(time), 0.0)
    after = CameraHealth(HealthSettings())
    after.recall(before.remember())
    assert not after.update(shifted(stage.frame(200).bgr()), 200.0, 0.0).usable
    assert after.update(stage.frame(202).bgr(), 202.0, 0.0).problem is None


def test_presets_are_told_apart_and_between_them_nothing_is_believed() -> None:
    gate, yard, wall = Stage(seed=1), Stage(seed=2), Stage(seed=3)
    health = CameraHealth(
        HealthSettings(), {"gate": view_of(gate.frame(0).bgr()), "yard": view_of(yard.frame(0).bgr())}
    )
    seen = []
    for time in range(0, 60, 2):
        stage = gate if time < 20 else wall if time < 30 else yard
        state = health.update(stage.frame(time).bgr(), float(time), 0.0)
        seen.append((state.usable, state.preset))
    assert seen[:10] == [(True, "gate")] * 10
    assert not any(usable for usable, _ in seen[10:15])
    assert seen[-1] == (True, "yard")


def test_preset_a_little_off_is_known_as_that_until_it_is_off_otherwise() -> None:
    gate, yard = Stage(seed=1), Stage(seed=2)
    health = CameraHealth(
        HealthSettings(), {"gate": view_of(gate.frame(0).bgr()), "yard": view_of(yard.frame(0).bgr())}
    )
    knocks = []
    for time in range(0, 200, 2):
        image = (yard if 60 <= time < 100 else gate).frame(time).bgr()
        state = health.update(nudged(image) if 20 <= time < 140 else image, float(time), 0.0)
        if len(knocks) < health.renewals:
            knocks.append((time, health.knocked_preset, health.knocked_by))
        if time in (18, 58, 98, 138, 198):
            assert (state.usable, state.preset) == (True, "yard" if time == 98 else "gate")
    assert [preset for _, preset, _ in knocks] == ["gate", "yard", "gate"]
    off = pytest.approx((6 / 480, 3 / 270), abs=0.005)
    assert [by for _, _, by in knocks] == [off, off, pytest.approx((-6 / 480, -3 / 270), abs=0.005)]


def test_match_of_a_view_with_itself_is_whole() -> None:
    view = view_of(Stage().frame(0).bgr())
    same = match(view, view)
    assert (same.agreement, same.best, same.distance, same.detail) == pytest.approx((1.0, 1.0, 0.0, 1.0), abs=1e-3)
