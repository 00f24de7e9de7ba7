"""A replay is the same every time; scores agree with the judge."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest

from vision.cases import CaseEvent
from vision.config import Site, load_site
from vision.detect import BatchingDetector, load_classifier
from vision.evaluate.annotate import Annotator
from vision.evaluate.replay import ReplayedEvent, ReplayResult, replay
from vision.evaluate.scenes import LabelError, find_scenes
from vision.evaluate.scoring import score_scene, totals
from vision.rules import RULE_SETTINGS

ROOT = Path(__file__).parents[2]
DUMPING = ROOT / "sample_clips" / "dumping"
JUDGE = ROOT / "../shared/bench/score_events.py"


@pytest.fixture(scope="module")
def first(
    detector: BatchingDetector, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ReplayResult, Path]:
    folder = tmp_path_factory.mktemp("replay")
    with Annotator(folder / "seen.mp4") as drawing:
        result = replay(
            DUMPING / "clip.mp4", site.cameras[0], site, detector, evidence=folder / "e", watch=drawing.draw
        )
    return result, folder


def bare(result: ReplayResult) -> list[dict[str, Any]]:
    lines = [json.loads(event.line()) for event in result.events]
    return [{k: v for k, v in line.items() if k not in ("event_id", "evidence", "evidence_missing")} for line in lines]


def test_replay_finds_the_case_with_its_evidence(first: tuple[ReplayResult, Path]) -> None:
    (event,) = [e for e in first[0].events if e.event.kind == "opened"]
    assert event.event.category == "illegal_dumping"
    assert {item.role for item in event.event.evidence} == {"before", "act", "after", "crop", "clip"}
    assert first[0].broken is None


def test_replay_twice_gives_the_same_lines_apart_from_ids(
    first: tuple[ReplayResult, Path], detector: BatchingDetector, site: Site
) -> None:
    again = replay(DUMPING / "clip.mp4", site.cameras[0], site, detector)
    assert bare(again) == bare(first[0])
    assert (again.frames, again.looks) == (first[0].frames, first[0].looks)


@pytest.mark.parametrize("clip", ["dumping", "vending", "ground_lock"])
def test_close_looks_speak_for_the_events_of_the_samples(detector: BatchingDetector, clip: str) -> None:
    folder = ROOT / "sample_clips" / clip
    site = load_site(folder / "site.yaml", RULE_SETTINGS)
    with BatchingDetector(detector.detector, load_classifier()) as with_close_looks:
        result = replay(folder / "clip.mp4", site.cameras[0], site, with_close_looks)
    (opened,) = [event.event for event in result.events if event.event.kind == "opened"]
    (close,) = [why for why in opened.why if why.condition.startswith("close_look_")]
    assert close.value >= 2 * close.threshold or close.value > 0.8


def test_without_a_classifier_nobody_looks_closely(first: tuple[ReplayResult, Path]) -> None:
    (opened,) = [event.event for event in first[0].events if event.event.kind == "opened"]
    assert not [why for why in opened.why if why.condition.startswith("close_look_")]


def test_annotated_video_plays_at_the_clips_pace(first: tuple[ReplayResult, Path]) -> None:
    with av.open(str(first[1] / "seen.mp4")) as video:
        times = [float(frame.pts * frame.time_base) for frame in video.decode(video=0)]
    assert len(times) == first[0].frames
    assert times[-1] == pytest.approx(first[0].media_s, abs=0.1)


def reports(result: ReplayResult) -> list[ReplayedEvent]:
    """A hit, and copies that each miss in a way of their own."""
    (hit,) = [e for e in result.events if e.event.kind == "opened"]

    def other(number: int, **change: Any) -> CaseEvent:
        return hit.event.model_copy(update={"event_id": f"e-{number}", **change})

    return [
        hit,
        replace(hit, event=other(1), detected_s=hit.detected_s + 1),
        replace(hit, event=other(2, category="ground_lock")),
        replace(hit, event=other(3, bbox=(0.8, 0.1, 0.9, 0.2))),
        replace(hit, event=other(4), detected_s=1.0),
        replace(hit, event=other(5, bbox=(0.0, 0.9, 0.1, 1.0)), detected_s=30.0),
    ]


def judge() -> ModuleType:
    if not JUDGE.exists():
        pytest.skip("the judge is on the development machines only")
    spec = importlib.util.spec_from_file_location("score_events", JUDGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scene_folder(folder: Path) -> Path:
    labels = json.loads((DUMPING / "labels.json").read_text("utf-8"))
    labels["ignore"] = [{"bbox": [0.0, 0.85, 0.2, 1.0], "window_s": [25.0, 40.0]}]
    labels["events"].append({**labels["events"][0], "bbox": [0.5, 0.5, 0.6, 0.6], "hard": True})
    scene = folder / "scenes" / "dumping"
    scene.mkdir(parents=True)
    (scene / "labels.json").write_text(json.dumps(labels))
    for name in ("clip.mp4", "site.yaml"):
        (scene / name).symlink_to(DUMPING / name)
    return scene


@pytest.mark.shared
def test_scores_agree_with_the_judge(first: tuple[ReplayResult, Path], tmp_path: Path) -> None:
    scene_path = scene_folder(tmp_path)
    (scene,) = find_scenes(scene_path.parent)
    given = replace_events(first[0], reports(first[0]))
    ours = score_scene(scene, given)
    (tmp_path / "dumping.jsonl").write_text("".join(e.line() + "\n" for e in given.events))
    theirs = judge().score_scene(scene_path, tmp_path)
    assert (ours.labels, ours.hits, ours.hard_labels, ours.hard_hits) == (
        theirs["labels"], theirs["hits"], theirs["hard_labels"], theirs["hard_hits"],
    )  # fmt: skip
    assert list(ours.false) == theirs["false"]
    assert list(ours.delays_s) == pytest.approx(theirs["delays_s"], abs=0.02)


def replace_events(result: ReplayResult, events: list[ReplayedEvent]) -> ReplayResult:
    return ReplayResult(events, result.frames, result.looks, result.media_s, result.source)


def test_totals_count_false_alarms_against_precision_and_hard_labels_apart(
    first: tuple[ReplayResult, Path], tmp_path: Path
) -> None:
    (scene,) = find_scenes(scene_folder(tmp_path).parent)
    total = totals([score_scene(scene, replace_events(first[0], reports(first[0])))])
    assert (total["precision"], total["recall"], total["false"], total["hard"]) == (0.2, 1.0, 4, "0/1")


@pytest.mark.parametrize("labels", ["{}", "no json", '{"dwell_s": 5, "events": [{}], "ignore": []}'])
def test_labels_that_are_not_whole_are_named(tmp_path: Path, labels: str) -> None:
    scene = scene_folder(tmp_path)
    (scene / "labels.json").write_text(labels)
    with pytest.raises(LabelError, match=r"labels\.json"):
        find_scenes(scene.parent)
    with pytest.raises(LabelError, match="no scenes"):
        find_scenes(tmp_path / "nowhere")


def test_label_without_a_time_is_named_by_its_key(tmp_path: Path) -> None:
    scene = scene_folder(tmp_path)
    event = {"category": "street_vending", "bbox": [0, 0, 1, 1], "window_s": [24, 45], "actor_out_of_view_s": None}
    (scene / "labels.json").write_text(json.dumps({"dwell_s": 25, "events": [event], "ignore": []}))
    with pytest.raises(LabelError, match=r"labels\.json: .*events\[0\]\.actor_out_of_view_s must be seconds, not None"):
        find_scenes(scene.parent)
