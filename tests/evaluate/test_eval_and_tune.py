"""The commands `vision eval` and `vision tune` on the sample clips: report, comparison, sweep, clear refusals."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import av
import cv2
import pytest

from tests.clips import shortened

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "sample_clips"
SITE = CLIPS / "dumping" / "site.yaml"
WAITS_S = 600
"""For a command; only a machine that does much else needs a tenth of it."""

pytestmark = pytest.mark.timeout(WAITS_S + 60)


def vision(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vision.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=WAITS_S, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def scene_of(folder: Path, name: str, labels: dict[str, object] | None = None, clip: Path | None = None) -> Path:
    scene = folder / name
    scene.mkdir(parents=True)
    plain = labels if labels is not None else json.loads((CLIPS / "dumping" / "labels.json").read_text())
    (scene / "labels.json").write_text(json.dumps(plain))
    (scene / "site.yaml").symlink_to(SITE)
    (scene / "clip.mp4").symlink_to(clip or CLIPS / "dumping" / "clip.mp4")
    return scene


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The dumping clip twice, once with a label that it does not hold, and the quiet clip; every picture beside it.

    The bag is put down at 10 s, the worker killed at 13.5 s, the walker gone at 18.6 s; nothing happens after 30 s. The
    quiet clip is long enough for the start, when every scene is looked at more often, not to weigh.
    """
    folder = tmp_path_factory.mktemp("eval")
    true = json.loads((CLIPS / "dumping" / "labels.json").read_text())
    wrong = {**true, "events": [{**true["events"][0], "bbox": [0.8, 0.7, 0.9, 0.8]}]}
    bag = shortened(CLIPS / "dumping" / "clip.mp4", folder / "bag.mp4", 30)
    still = shortened(CLIPS / "quiet" / "clip.mp4", folder / "still.mp4", 24)
    scene_of(folder / "scenes", "found", clip=bag)
    scene_of(folder / "scenes", "missed", wrong, bag)
    scene_of(folder / "scenes", "quiet", {**true, "events": []}, still)
    done = vision(
        "eval", folder / "scenes", "--report", folder / "report", "--compare-full", "--dwells", "1,2",
        "--restarts", "0.55", "--json", folder / "score.json", "--reports", folder / "events",
    )  # fmt: skip
    return done, folder


def test_report_links_a_video_of_each_fault_and_of_nothing_else(
    report: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, folder = report
    assert done.returncode == 0, done.stderr
    text = (folder / "report" / "report.md").read_text("utf-8")
    assert [path.name for path in (folder / "report" / "videos").iterdir()] == ["missed.mp4"]
    faults = re.findall(r"\| missed \| (\w+) \| illegal_dumping \| [\d.]+ \| \[video\]\(videos/missed\.mp4\) \|", text)
    assert faults == ["missed", "false"]
    with av.open(str(folder / "report" / "videos" / "missed.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) > 20
    pictures = re.findall(r"!\[[\w-]+\]\((plots/[\w-]+\.png)\)", text)
    assert {Path(name).stem for name in pictures} == {"timeline-1", "confidence", "dwell", "delays", "cost"}
    assert all(cv2.imread(str(folder / "report" / name)).std() > 5 for name in pictures)


def test_numbers_are_told_with_how_sure_they_are(report: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    _, folder = report
    score = json.loads((folder / "score.json").read_text())
    assert (score["total"]["precision"], score["total"]["recall"], score["total"]["false"]) == (0.5, 0.5, 1)
    assert [row["hits"] for row in score["scenes"]] == [1, 0, 0]
    text = (folder / "report" / "report.md").read_text("utf-8")
    assert "| illegal_dumping | 1 of 2 | 50 % (9 to 91) | 1 | 50 % (9 to 91) | 0.50 |" in text
    assert "0 false in 1 scenes without an event" in text
    assert len((folder / "events" / "found.jsonl").read_text().splitlines()) >= 1


def test_every_picture_is_looked_at_in_the_full_run(report: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    compared = json.loads((report[1] / "score.json").read_text())["compared"]
    assert [one["scene"] for one in compared] == ["found", "missed", "quiet"]
    for one in compared:
        assert one["lost"] == []
        assert one["reference_cost"]["looks"] == pytest.approx(10.0, rel=0.1), "the clip has ten pictures a second"
        assert one["cost"]["looks"] < one["reference_cost"]["looks"] / 4


def test_a_worker_that_is_killed_in_the_middle_finds_the_same(
    report: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    ways = json.loads((report[1] / "score.json").read_text())["restarted"]["0.55"]
    assert [(one["scene"], one["lost"], one["false"]) for one in ways] == [
        ("found", [], 0),
        ("missed", [], 1),
        ("quiet", [], 0),
    ]
    assert "| 55% | 3 of 3 | – | – |" in (report[1] / "report" / "report.md").read_text("utf-8")


def test_a_scene_that_cannot_be_replayed_is_named_and_the_others_are_scored(tmp_path: Path) -> None:
    scene_of(tmp_path, "sound", {"dwell_s": 5, "events": [], "ignore": []}, CLIPS / "quiet" / "clip.mp4")
    broken = tmp_path / "no-video.mp4"
    broken.write_text("this is no video")
    scene_of(tmp_path, "broken", clip=broken)
    done = vision("eval", tmp_path, "--json", tmp_path / "score.json", "--jobs", 1)
    assert done.returncode == 1
    assert "broken" in done.stderr
    rows = {row["scene"]: row for row in json.loads((tmp_path / "score.json").read_text())["scenes"]}
    assert rows["sound"]["false"] == []
    assert "clip.mp4" in rows["broken"]["error"]


def test_only_the_named_scenes_are_replayed(tmp_path: Path) -> None:
    done = vision("eval", CLIPS, "--only", "nothing-*")
    assert done.returncode == 2
    assert "dumping, ground_lock, quiet, vending" in done.stderr
    assert vision("eval", CLIPS, "--dwells", "0,1").returncode == 2


def test_tune_recommends_the_size_that_does_not_lose_the_bag(tmp_path: Path) -> None:
    scene_of(tmp_path / "scenes", "bag", clip=shortened(CLIPS / "dumping" / "clip.mp4", tmp_path / "bag.mp4", 30))
    site = tmp_path / "site.yaml"
    site.write_text(SITE.read_text().replace("dwell: 5s}", "dwell: 5s, min_area: 0.05}", 1))
    done = vision(
        "tune", "dumping", "-c", site, "--scenes", tmp_path / "scenes", "--rule", "illegal_dumping",
        "--sweep", "min_area=0.05,0.0005", "--json", tmp_path / "t.json", "--plot", tmp_path / "t.png",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "t.json").read_text())
    assert [(one["settings"], one["hits"]) for one in result["tried"]] == [
        ({}, 0),
        ({"min_area": "0.05"}, 0),
        ({"min_area": "0.0005"}, 1),
    ]
    assert result["take"] == {"min_area": "0.0005"}
    assert "min_area=0.0005" in done.stdout
    assert "a guess" in done.stdout
    assert cv2.imread(str(tmp_path / "t.png")).std() > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dumping", "--rule", "illegal_dumping", "--sweep", "dwel=5s"), "illegal_dumping.dwel"),
        (("dumping", "--rule", "illegal_dumping", "--sweep", "dwell=5q"), "'5q' is no duration"),
        (("dumping", "--rule", "illegal_dumping", "--sweep", "dwell"), "dwell=15s,30s,60s"),
        (("dumping", "--rule", "illegal_dumping", "--sweep", "dwell=5s", "--sweep", "dwell=6s"), "given twice"),
        (("dumping", "--rule", "fire", "--sweep", "dwell=5s"), "it has: ground_lock, illegal_dumping, street_vending"),
        (("other", "--rule", "illegal_dumping", "--sweep", "dwell=5s"), "there are: dumping"),
    ],
)
def test_what_cannot_be_tried_is_said_before_anything_is_replayed(arguments: tuple[str, ...], message: str) -> None:
    done = vision("tune", *arguments, "-c", SITE, "--scenes", CLIPS)
    assert done.returncode == 2
    assert message in done.stderr
