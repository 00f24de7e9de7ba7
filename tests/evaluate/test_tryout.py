"""Zones tried on what has happened: a zone that covers the thing gains its case, one that avoids it loses it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import pytest

from tests.clips import shortened
from vision.config import Camera, Polygon, RecordingSettings, Schedule, Site, Zone, load_site
from vision.evaluate import trying
from vision.evaluate.tryout import (
    KnownCase,
    Media,
    Tryout,
    TryoutCancelled,
    TryoutError,
    sweep_parameter,
    try_zones,
)
from vision.evidence import RecordingStore, recordings_of
from vision.rules import RULE_SETTINGS
from vision.sources import PacketStream, Timeline

SAMPLES = Path(__file__).parents[2] / "sample_clips"
CLIP = SAMPLES / "dumping" / "clip.mp4"
BAG = (0.2865, 0.4097, 0.3281, 0.4618)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=SHANGHAI).timestamp()
SKY = Polygon([[0.6, 0.02], [0.95, 0.02], [0.95, 0.15], [0.6, 0.15]])
PUT_DOWN_S = 10.0
ENOUGH_S = 30.0
"""The bag is told before."""
pytestmark = pytest.mark.timeout(600)
"""Its replays are niced: beside other work that fills the machine they get a tenth of it."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The site of the sample clip, with its storage in a folder of the test, and only the rule in question."""
    text = (SAMPLES / "dumping" / "site.yaml").read_text("utf-8")
    text = text.replace(", {rule: street_vending, dwell: 15s}, {rule: ground_lock}", "")
    return load_site(tmp_path / "site.yaml", RULE_SETTINGS, environ={}, text=text)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shortened(CLIP, tmp_path_factory.mktemp("clips") / "bag.mp4", ENOUGH_S)


def zones_at(camera: Camera, polygon: Polygon) -> tuple[Zone, ...]:
    return tuple(zone.model_copy(update={"polygon": polygon}) for zone in camera.zones)


@pytest.fixture
def children() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == [], "a try-out left its process behind"


def test_zone_over_the_thing_gains_its_case_and_one_beside_it_loses_it(site: Site, clip: Path, children: None) -> None:
    (camera,) = site.cameras
    beside = camera.model_copy(update={"zones": zones_at(camera, SKY)})
    media = [Media("recording:1", clip, NIGHT, ENOUGH_S)]
    shares: list[float] = []
    result = try_zones(site, beside, camera.zones, media, shares.append)
    assert shares == sorted(shares)
    assert (shares[-1], len(shares) > 10) == (1.0, True)
    assert (result.lost, result.unchanged, result.skipped, result.too_short) == ((), (), {}, ())
    (case,) = result.gained
    assert (case.category, case.zone_id, case.medium) == ("illegal_dumping", "road", "recording:1")
    assert case.started == pytest.approx(NIGHT + PUT_DOWN_S, abs=3)
    assert case.detected == pytest.approx(NIGHT + case.media_s, abs=0.01)
    assert case.bbox[0] < BAG[2]
    assert case.bbox[2] > BAG[0]
    assert {"condition", "value", "threshold"} == set(case.why[0])
    assert case.picture is not None
    assert cv2.imread(str(case.picture)) is not None
    # What was replayed is kept: the same the other way round costs no replay.
    kept = {path: path.stat().st_mtime_ns for path in (site.folder / "var" / "tryouts").glob("*/*/cases.json")}
    turned = try_zones(site, camera, beside.zones, media)
    assert turned == Tryout(lost=(case,), skipped={})
    assert try_zones(site, camera, camera.zones, media) == Tryout(unchanged=(case,), skipped={})
    assert kept == {path: path.stat().st_mtime_ns for path in (site.folder / "var" / "tryouts").glob("*/*/cases.json")}


def test_schedule_is_judged_by_the_time_of_the_record(site: Site, clip: Path) -> None:
    (camera,) = site.cameras
    (zone,) = camera.zones
    day = zone.rules[0].model_copy(update={"schedule": Schedule.parse(["06:00-22:00"])})
    nothing = camera.model_copy(update={"zones": ()})
    media = [Media("night", clip, NIGHT), Media("noon", clip, NIGHT + 10 * 3600)]
    result = try_zones(site, nothing, [zone.model_copy(update={"rules": (day,)})], media)
    assert [case.medium for case in result.gained] == ["noon"]


def test_sweep_tells_what_each_value_finds_and_misses(site: Site, clip: Path) -> None:
    (camera,) = site.cameras
    media = [Media("a", clip, NIGHT, ENOUGH_S)]
    known = [
        KnownCase("illegal_dumping", BAG, NIGHT + PUT_DOWN_S, True),
        KnownCase("illegal_dumping", (0.8, 0.1, 0.9, 0.2), NIGHT + PUT_DOWN_S, False),
        KnownCase("illegal_dumping", BAG, NIGHT + 9000, True),
    ]
    points = sweep_parameter(site, camera, "road", "illegal_dumping", "dwell", ["5s", "1h"], media, known)
    assert [(point.value, point.found, point.false, point.missed) for point in points] == [
        ("5s", 1, 0, 0),
        ("1h", 0, 0, 1),
    ]
    wrong = [KnownCase("illegal_dumping", BAG, NIGHT + PUT_DOWN_S, False)]
    (point,) = sweep_parameter(site, camera, "road", "illegal_dumping", "dwell", ["5s"], media, wrong)
    assert (point.found, point.false, point.missed) == (1, 1, 0)


def test_keyframe_record_of_a_camera_is_found_and_can_be_tried(site: Site, tmp_path: Path) -> None:
    (camera,) = site.cameras
    storage = tmp_path / "var"
    store = RecordingStore(storage / "recordings", RecordingSettings())
    store.start()
    record = store.camera(camera.id, on=True)
    with PacketStream(Camera(id="x", source=str(CLIP)), str(CLIP), Timeline(NIGHT)) as stream:
        record.set_codec(stream.codec)
        for packet in stream.packets():
            record.append(packet)
    store.stop()
    (kept,) = recordings_of(storage / "recordings" / camera.id, camera.id)
    assert (kept.start, kept.path.name) == (NIGHT, "20261121T180000.000Z.mkv")
    medium = Media("recording", kept.path, kept.start, kept.seconds)
    nothing = camera.model_copy(update={"zones": ()})
    (case,) = try_zones(site, nothing, camera.zones, [medium]).gained
    assert case.bbox[0] < BAG[2]
    assert case.bbox[2] > BAG[0]


def test_cancelled_try_out_ends_and_leaves_no_process(site: Site, children: None) -> None:
    (camera,) = site.cameras
    begun: list[float] = []
    with pytest.raises(TryoutCancelled):
        try_zones(site, camera, camera.zones, [Media("a", CLIP, NIGHT + 77)], begun.append, lambda: bool(begun))
    assert begun[0] < 1.0


def test_medium_that_is_gone_or_damaged_is_named_and_the_others_are_tried(site: Site, tmp_path: Path) -> None:
    (camera,) = site.cameras
    (tmp_path / "damaged.mkv").write_bytes(b"no video")
    media = [Media("gone", tmp_path / "gone.mkv", NIGHT), Media("damaged", tmp_path / "damaged.mkv", NIGHT)]
    result = try_zones(site, camera, camera.zones, media)
    assert result.skipped is not None
    assert set(result.skipped) == {"gone", "damaged"}
    assert str(tmp_path / "gone.mkv") in result.skipped["gone"]


def test_clip_that_ends_before_the_dwell_is_named(site: Site, tmp_path: Path) -> None:
    (camera,) = site.cameras
    result = try_zones(site, camera, camera.zones, [Media("clip", tmp_path / "gone.mp4", NIGHT, 4.0)])
    assert result.too_short == ("clip",)


def test_wrong_values_are_named(site: Site) -> None:
    (camera,) = site.cameras
    media = [Media("a", CLIP, NIGHT)]
    for zone, rule, parameter, value, expected in (
        ("nowhere", "illegal_dumping", "dwell", 1, "no rule illegal_dumping in a zone nowhere"),
        ("road", "illegal_dumping", "dwel", 1, "no parameter 'dwel'; it has: aggregate"),
        ("road", "illegal_dumping", "dwell", "soon", "dwell: .*no duration"),
    ):
        with pytest.raises(TryoutError, match=expected):
            sweep_parameter(site, camera, zone, rule, parameter, [value], media)
    with pytest.raises(TryoutError, match="0 recordings"):
        try_zones(site, camera, (), [])
    missing = site.model_copy(update={"detector": site.detector.model_copy(update={"model": "no-such-model"})})
    with pytest.raises(TryoutError, match="no-such-model"):
        try_zones(missing, camera, camera.zones, media)


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MOST_KEPT", 2)
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "cases.json").write_text("[]", "utf-8")
    trying._prune(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
