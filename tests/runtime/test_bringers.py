"""Who brought a thing is found in the packets that were not decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vision.config import Camera, Site
from vision.detect import BatchingDetector, Detections, Look, Role, prepare_look
from vision.evaluate.replay import opened, replay
from vision.runtime.bringers import BringerSearch
from vision.scene.geometry import iou
from vision.sources import FileReplay, PacketRing

DUMPING = Path(__file__).parents[2] / "sample_clips" / "dumping"
BAG, PUT_DOWN_S = (0.2865, 0.4097, 0.3281, 0.4618), 10.0
"""From the clip's labels."""

Detect = Callable[[Look], Detections | None]


@pytest.fixture
def detect(detector: BatchingDetector) -> Detect:
    def look(at: Look) -> Detections:
        prepared = prepare_look(at, detector.detector.input_size)
        return detector.detect_now(prepared.images, prepared.regions)

    return look


def played(site: Site, seconds: float, **decode: object) -> FileReplay:
    """The clip, drained up to `seconds`; times begin at 0."""
    settings = site.cameras[0].decode.model_copy(update={"policy": "keyframes", **decode})
    source = FileReplay(DUMPING / "clip.mp4", site.cameras[0].model_copy(update={"decode": settings}), 0.0)
    for frame in source:
        if frame.time >= seconds:
            break
    return source


def test_bringer_is_found_between_two_keyframes_with_a_picture_of_the_act(site: Site, detect: Detect) -> None:
    search = BringerSearch(played(site, 16).ring, detect)
    found = search.search(BAG, 12.0, 12.0, 4 / 3)
    assert found is not None
    assert any(track.role.value == "person" and len(track.path) >= 8 for track in found.tracks)
    assert found.act is not None
    assert found.act.role == "act"
    assert abs(found.act.taken_at - PUT_DOWN_S) < 2.5
    assert found.act.jpeg[:2] == b"\xff\xd8"


def test_bins_side_by_side_that_are_a_truck_to_the_detector_brought_nothing(site: Site, detect: Detect) -> None:
    truck, bin_ = (0.2, 0.35, 0.45, 0.6), (0.2, 0.35, 0.32, 0.6)

    def look(at: Look) -> Detections:
        people = detect(at)
        boxes = np.concatenate([people.boxes, np.array([truck, bin_], np.float32)])
        scores = np.concatenate([people.scores, np.array([0.5, 0.9], np.float32)])
        classes = np.concatenate([people.class_ids, np.zeros(2, np.int32)])
        roles = (*people.roles, Role.VEHICLE, Role.FIXTURE)
        return Detections(boxes, scores, classes, roles, (*people.names, "truck", "bin"))

    found = BringerSearch(played(site, 16).ring, look).search(BAG, 12.0, 12.0, 4 / 3)
    assert found is not None
    assert any(track.role is Role.PERSON for track in found.tracks)
    assert not any(iou(track.box, truck) > 0.9 for track in found.tracks)


def test_budget_bounds_the_searches_but_not_those_for_a_case(site: Site, detect: Detect) -> None:
    search = BringerSearch(played(site, 16).ring, lambda _look: Detections.empty())
    answers = [search.search(BAG, 12.0, 12.0, 4 / 3) is not None for _ in range(6)]
    assert answers[:2] == [True, True], "two bags in one minute"
    assert not answers[-1]
    assert not search.affordable
    assert search.search(BAG, 12.0, 12.0, 4 / 3, case=True) is not None
    for second in range(0, 200, 50):
        search.pass_time(float(second))
    assert search.affordable
    assert search.search(BAG, 12.0, 12.0, 4 / 3) is not None


def test_packets_that_are_gone_are_said_to_be(site: Site, detect: Detect) -> None:
    source = played(site, 30, ring=5.0, pre_roll=1.0)
    assert BringerSearch(source.ring, detect).search(BAG, 12.0, 12.0, 4 / 3) is None


def test_keyframes_alone_find_the_case_and_its_actor(site: Site, detector: BatchingDetector) -> None:
    camera: Camera = site.cameras[0]
    decode = camera.decode.model_copy(update={"policy": "keyframes"})
    result = replay(DUMPING / "clip.mp4", camera.model_copy(update={"decode": decode}), site, detector)
    (case,) = list(opened(result))
    assert [actor.class_name for actor in case.event.actors] == ["person"]
    assert result.source is not None
    assert result.source.frames_decoded < 30


def test_a_search_that_the_budget_does_not_pay_yet_is_done_later(
    site: Site, detector: BatchingDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("vision.scene.company.BROUGHT_S", -1000.0)  # nobody is seen with the bag, so he is searched for

    def affordable(_search: BringerSearch) -> bool:
        asked.append(len(asked) >= 3)
        return asked[-1]

    monkeypatch.setattr(BringerSearch, "affordable", property(affordable))
    searched: list[float] = []
    monkeypatch.setattr(BringerSearch, "search", lambda _search, _box, appeared, *_rest: searched.append(appeared))
    rings: list[PacketRing] = []
    pin = PacketRing.pin

    def pinned(ring: PacketRing, key: str, begin: float, end: float) -> None:
        rings.append(ring)
        pin(ring, key, begin, end)

    monkeypatch.setattr(PacketRing, "pin", pinned)
    pins: list[int] = []

    def watch(*_of_a_frame: object) -> None:
        pins.extend(ring.stats().pins for ring in rings[:1] if len(pins) < 2 or searched)

    replay(DUMPING / "clip.mp4", site.cameras[0], site, detector, watch=watch)
    assert asked == [False, False, False, True], "asked again at each look until it can be paid"
    assert len(searched) == 1
    assert pins[:3] == [1, 1, 0], "kept until it was searched; in vain, so they make room for others"
