"""A camera that does not see its place is a case, where a zone asks for it."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from vision.config import Zone
from vision.rules import Incident
from vision.rules.camera_health import CameraHealthRule, CameraHealthSettings
from vision.scene import CameraProblem, HealthState, SceneState
from vision.scene.stills import StillKeeper
from vision.sources import Frame


def local(moment: datetime) -> datetime:
    return moment


def rule(**settings: object) -> CameraHealthRule:
    return CameraHealthRule(Zone(id="view"), CameraHealthSettings(dwell="60s", clear_after="20s", **settings), local)  # type: ignore[arg-type]


def at(
    time: float, problem: CameraProblem | None = None, since: float | None = None, usable: bool = True
) -> SceneState:
    frame = Frame.from_bgr(np.full((36, 64, 3), 99, np.uint8), camera_id="a", time=time)
    health = HealthState(problem, since, 0.2, 0.5, usable)
    return SceneState("a", time, frame, (), (), (), None, StillKeeper(), False, 16 / 9, health)


def play(
    one: CameraHealthRule, start: int, end: int, problem: CameraProblem | None, since: float | None
) -> list[Incident]:
    states = [at(float(time), problem, since, problem is None) for time in range(start, end, 2)]
    return [report for state in states for report in one.update(state)]


def test_problem_that_lasts_is_a_case_and_cleared_when_the_view_is_back() -> None:
    one = rule()
    (opened,) = play(one, 20, 120, CameraProblem.COVERED, 10.0)
    assert (opened.kind, opened.subcategory, opened.started, opened.detected) == ("opened", "covered", 10.0, 70.0)
    assert [(r.condition, r.value, r.threshold) for r in opened.why] == [
        ("camera_covered", 0.2, 0.5),
        ("problem_lasted_s", 60.0, 60.0),
    ]
    (cleared,) = play(one, 120, 180, None, None)
    assert (cleared.kind, cleared.incident_id, cleared.ended) == ("cleared", opened.incident_id, 118.0)


def test_problem_that_passes_is_none() -> None:
    one = rule()
    assert play(one, 20, 60, CameraProblem.MOVED, 10.0) + play(one, 60, 200, None, None) == []


def test_doubt_keeps_a_case_open() -> None:
    one = rule()
    play(one, 20, 120, CameraProblem.DARK, 10.0)
    assert [r for time in range(120, 200, 2) for r in one.update(at(float(time), usable=False))] == []


def test_case_survives_a_restart() -> None:
    one, again = rule(), rule()
    (opened,) = play(one, 20, 120, CameraProblem.FROZEN, 10.0)
    again.load(one.save())
    (cleared,) = play(again, 120, 180, None, None)
    assert cleared.incident_id == opened.incident_id
