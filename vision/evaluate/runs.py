"""Scenes replayed side by side, each in a process with one detector thread: the same result on any machine."""

from __future__ import annotations

import multiprocessing
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from vision.config import Camera, ConfigError, Problem, Site, load_site
from vision.detect import BatchingDetector, ModelError
from vision.evaluate.annotate import Annotator
from vision.evaluate.parent_watch import end_with_parent
from vision.evaluate.replay import ReplayResult, Restart, length_s, replay
from vision.evaluate.scenes import Scene, cut_short, with_dwell
from vision.evaluate.scoring import Scores, Verdict, judge_scene, score_scene
from vision.evaluate.variants import stretched, tried_camera
from vision.rules import RULE_SETTINGS
from vision.runtime.logs import configure_logging
from vision.runtime.site_detector import load_site_detector, model_asked
from vision.sources import Box, SourceError

Attention = Literal["adaptive", "full"]
"""adaptive: as on a live camera; full: every picture is decoded and looked at, whatever the scene."""
DOWN_S = 5.0
"""How long a worker that was killed is away: the model loads in 2 s, a camera answers in 1 to 3."""
_EVERY_PICTURE = {"policy": "all", "active_fps": 1000.0}


@dataclass(frozen=True, slots=True)
class Found:
    """A case that was opened. Times are seconds of the clip; `label`: number of the label that it hit."""

    category: str
    started_s: float
    detected_s: float
    confidence: float
    box: Box
    verdict: Verdict
    label: int | None


@dataclass(frozen=True, slots=True)
class SceneRun:
    """One scene replayed, as it was scored.

    Attributes:
        error: why it could not be replayed; then there are no scores.
        cpu_s: processor time of the replay, seconds.
    """

    scene: Scene
    scores: Scores | None
    found: tuple[Found, ...] = ()
    cpu_s: float = 0.0
    error: str | None = None

    @property
    def at_fault(self) -> bool:
        """A label was missed, or a report was false."""
        return self.scores is not None and bool(
            self.scores.false
            or self.scores.hits < self.scores.labels
            or self.scores.hard_hits < self.scores.hard_labels
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        plain = self.scores.as_dict() if self.scores is not None else {"scene": self.scene.name, "error": self.error}
        return plain | {"cpu_s": round(self.cpu_s, 2), "events": [asdict(found) for found in self.found]}


@dataclass(frozen=True, slots=True)
class Task:
    """How scenes are replayed.

    Attributes:
        attention: see there.
        events: folder for the events of each scene, one JSON line each.
        video: folder for annotated videos.
        restart_at: share of the video at which the worker is killed, to start again `DOWN_S` later; None: not at all.
        dwell_factor: what the dwell of every rule is multiplied by; the labels' windows move with it.
        model: name or path of the model to replay with, instead of the one that each scene's configuration names.
        config: configuration whose `camera` is tried on the clips, instead of each scene's own.
        camera: id of that camera.
        rule: the rule that is tried; its dwell is the one from which the labels' windows are counted.
        settings: values, by name, that replace those of that rule, as they would be written in the configuration.
    """

    attention: Attention = "adaptive"
    events: Path | None = None
    video: Path | None = None
    restart_at: float | None = None
    dwell_factor: float = 1.0
    model: str | None = None
    config: Path | None = None
    camera: str | None = None
    rule: str | None = None
    settings: tuple[tuple[str, Any], ...] = ()


def run_scenes(scenes: Sequence[Scene], task: Task, jobs: int | None = None) -> Iterator[SceneRun]:
    """Replay scenes, `jobs` at a time (as many as there are processors unless given); results come in their order."""
    jobs = min(jobs or os.cpu_count() or 1, len(scenes))
    if jobs <= 1:
        yield from (run_scene(scene, task) for scene in scenes)
        return
    # A process that inherits OpenVINO's threads hangs: each starts afresh.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin) as pool:
        yield from pool.map(partial(run_scene, task=task), scenes)


def _begin() -> None:
    """At the start of each of the pool's processes."""
    end_with_parent()
    configure_logging("error")


def run_scene(scene: Scene, task: Task) -> SceneRun:
    """Replay and score one scene; whatever is wrong with it is said in its result."""
    try:
        site, camera = _camera(scene, task)
        detector = _detector(site)
        started = time.process_time()
        result = _replay(scene, camera, site, detector, task)
        spent = time.process_time() - started
    except (ConfigError, ModelError, SourceError) as error:
        return SceneRun(scene, None, error=str(error))
    except Exception:  # noqa: BLE001 - the others go on; what is wrong with the program is told whole
        return SceneRun(scene, None, error=traceback.format_exc())
    if result.broken is not None:
        return SceneRun(scene, None, error=f"{scene.clip}: {result.broken}")
    if task.events is not None:
        lines = "".join(event.line() + "\n" for event in result.events)
        (task.events / f"{scene.name}.jsonl").write_text(lines, "utf-8")
    scene = _as_scored(scene, camera, task, result.media_s)
    found = tuple(
        Found(
            category=one.report.event.category,
            started_s=round(one.report.started_s, 2),
            detected_s=round(one.report.detected_s, 2),
            confidence=one.report.event.confidence,
            box=one.report.event.bbox,
            verdict=one.verdict,
            label=one.label,
        )
        for one in judge_scene(scene, result)
    )
    return SceneRun(scene, score_scene(scene, result), found, spent)


def _camera(scene: Scene, task: Task) -> tuple[Site, Camera]:
    """The site and the camera that the task replays the scene with."""
    if task.config is not None and task.rule is not None:
        site, camera = tried_camera(task.config, task.camera, task.rule, dict(task.settings))
    else:
        site = load_site(scene.config, RULE_SETTINGS)
        if len(site.cameras) != 1:
            many = f"a scene has one camera, not {len(site.cameras)}"
            raise ConfigError([Problem(str(scene.config), None, "cameras", many)])
        camera = site.cameras[0]
    if task.model is not None:
        site = site.model_copy(update={"detector": site.detector.model_copy(update={"model": task.model})})
    if task.attention == "full":
        camera = camera.model_copy(update={"decode": camera.decode.model_copy(update=_EVERY_PICTURE)})
    return site, stretched(camera, task.dwell_factor)


def _as_scored(scene: Scene, camera: Camera, task: Task, ends_s: float) -> Scene:
    """The scene with windows that fit the dwell it was replayed with."""
    dwell = scene.dwell_s * task.dwell_factor
    if task.rule is not None:
        dwell = max(rule.dwell for zone in camera.zones for rule in zone.rules if rule.rule == task.rule)
    return scene if dwell == scene.dwell_s else cut_short(with_dwell(scene, dwell), ends_s)


def _replay(scene: Scene, camera: Camera, site: Site, detector: BatchingDetector, task: Task) -> ReplayResult:
    with ExitStack() as stack:
        restart = watch = None
        if task.restart_at is not None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="vision-restart-")))
            restart = Restart(task.restart_at * length_s(scene.clip, camera), DOWN_S, folder)
        if task.video is not None:
            watch = stack.enter_context(Annotator(task.video / f"{scene.name}.mp4")).draw
        every_frame = task.attention == "full"
        return replay(scene.clip, camera, site, detector, every_frame=every_frame, restart=restart, watch=watch)


_detectors: dict[tuple[str, str], BatchingDetector] = {}


def _detector(site: Site) -> BatchingDetector:
    """One detector, on one thread, for all scenes of this process that ask for the same."""
    # By the model it means: scenes in folders of their own ask for one of the models folder by the same name.
    asked = site.detector.model_dump_json(), str(model_asked(site, site.detector.model))
    if asked not in _detectors:
        _detectors[asked] = load_site_detector(site, threads=1)
    return _detectors[asked]
