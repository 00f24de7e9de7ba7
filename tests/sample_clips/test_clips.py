"""What the shipped clips promise: small, like a camera's stream, and showing what their labels say and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from shapely.geometry import Polygon, box

from vision.cli.options import read_site
from vision.evaluate.scenes import find_scenes

Decoded = Callable[[str], npt.NDArray[np.uint8]]
Labels = Callable[[str], dict[str, Any]]

NAMES = ("dumping", "vending", "ground_lock", "quiet")
EVENTS = {"dumping": "illegal_dumping", "vending": "street_vending", "ground_lock": "ground_lock"}
FPS = 10
MOST_BYTES = 2_000_000
"""What we allow ourselves to ship for one clip."""
NOTHING, SOMETHING = 6.0, 20.0
"""Grey levels: coding noise of unchanged road stays below the first, a bag, stall or lock lies above the second."""


def _pixels(pictures: npt.NDArray[np.uint8], bbox: list[float]) -> npt.NDArray[np.uint8]:
    """The labelled box of all pictures."""
    height, width = pictures.shape[1:3]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(bbox, (width, height, width, height), strict=True))
    return pictures[:, y1:y2, x1:x2]


def _still(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """What stands there, without who passes by."""
    return np.median(pictures, axis=0)


@pytest.mark.parametrize("name", NAMES)
def test_clip_is_a_small_h264_stream_with_a_keyframe_every_two_seconds(folder: Path, name: str) -> None:
    path = folder / name / "clip.mp4"
    assert path.stat().st_size <= MOST_BYTES
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == FPS
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == list(range(0, len(packets), 2 * FPS))
    assert 40 <= len(packets) / FPS <= 60


@pytest.mark.parametrize("name", NAMES)
def test_clip_starts_before_it_is_read_to_the_end(folder: Path, name: str) -> None:
    data = (folder / name / "clip.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")


def test_labels_are_read_by_our_own_scorer(folder: Path) -> None:
    scenes = {scene.name: scene for scene in find_scenes(folder)}
    assert set(scenes) == set(NAMES)
    assert {name: [e.category for e in scene.events] for name, scene in scenes.items()} == {
        **{name: [category] for name, category in EVENTS.items()},
        "quiet": [],
    }


@pytest.mark.parametrize("name", EVENTS)
def test_labelled_times_lie_in_the_clip_and_in_their_order(labels: Labels, decoded: Decoded, name: str) -> None:
    found = labels(name)
    event = found["events"][0]
    begin, end = event["window_s"]
    assert found["composed"] is True
    assert 0 <= event["put_down_s"] <= event["actor_turns_away_s"] <= event["actor_out_of_view_s"]
    assert event["put_down_s"] <= begin < end <= len(decoded(name)) / FPS


@pytest.mark.parametrize("name", EVENTS)
def test_labelled_box_lies_in_a_zone_whose_rule_looks_for_it(folder: Path, labels: Labels, name: str) -> None:
    (camera,) = read_site(folder / name / "site.yaml").cameras
    event = labels(name)["events"][0]
    zones = [
        zone
        for zone in camera.zones
        if Polygon(zone.polygon.array).contains(box(*event["bbox"]))
        and any(rule.rule == event["category"] for rule in zone.rules)
    ]
    assert zones
    assert labels(name)["dwell_s"] == next(r.dwell for r in zones[0].rules if r.rule == event["category"])


@pytest.mark.parametrize("name", ["dumping", "ground_lock"])
def test_thing_is_there_from_the_time_it_is_put_down_and_not_before(
    labels: Labels, decoded: Decoded, name: str
) -> None:
    event = labels(name)["events"][0]
    place = _pixels(decoded(name), event["bbox"])
    put_down = round(event["put_down_s"] * FPS)
    empty = _still(place[:put_down])
    middle = _still(place[put_down // 2 : put_down])
    assert np.abs(middle - empty).mean() < NOTHING
    for since in range(put_down + FPS, len(place) - 5 * FPS, 5 * FPS):
        stands = _still(place[since : since + 5 * FPS])
        assert np.abs(stands - empty).mean() > SOMETHING / 2, f"gone at {since / FPS} s"
    assert np.abs(_still(place[put_down + FPS :]) - empty).max(axis=2).mean() > SOMETHING


def test_stall_stands_in_the_same_footage_as_the_quiet_clip_all_the_time(labels: Labels, decoded: Decoded) -> None:
    bbox = labels("vending")["events"][0]["bbox"]
    with_stall, without = decoded("vending"), decoded("quiet")
    difference = np.abs(_pixels(with_stall, bbox).astype(int) - _pixels(without, bbox)).max(axis=3).mean(axis=(1, 2))
    assert difference.min() > SOMETHING
    far = [0.6, 0.1, 1.0, 1.0]
    assert np.abs(_pixels(with_stall, far).astype(int) - _pixels(without, far)).mean() < NOTHING


def test_demo_shows_each_clip_by_a_camera_with_a_chinese_address(folder: Path) -> None:
    site = read_site(folder / "demo.yaml")
    assert [camera.source for camera in site.cameras] == [f"{name}/clip.mp4" for name in NAMES]
    for camera in site.cameras:
        assert camera.location is not None
        assert camera.location.address is not None
        assert camera.location.address.startswith("示例街道")
        marked = "合成" if labels_composed(folder, camera.source) else "实拍"
        assert marked in camera.location.address


def labels_composed(folder: Path, source: str) -> bool:
    """Whether a camera's clip says that it is composed."""
    return '"composed": true' in (folder / source).with_name("labels.json").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_demo_watches_the_same_zones_as_the_clip_s_own_site(folder: Path, name: str) -> None:
    (own,) = read_site(folder / name / "site.yaml").cameras
    shown = next(c for c in read_site(folder / "demo.yaml").cameras if c.source == f"{name}/clip.mp4")
    assert [zone.model_dump() for zone in shown.zones] == [zone.model_dump() for zone in own.zones]
