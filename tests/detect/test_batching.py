from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from vision.detect import WHOLE, BatchingDetector, Detections, DetectorStoppedError, DetectorStuckError, Superseded
from vision.detect.request_queue import Request, RequestQueue
from vision.sources import Image

WAIT_S = 20.0
PART = (0.0, 0.0, 0.5, 0.5)


def grey(level: int) -> Image:
    return np.full((4, 8, 3), level, np.uint8)


class Gate:
    """Holds the detector inside a batch until it is opened."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, images: Sequence[Image]) -> None:
        self.entered.set()
        assert self.opened.wait(WAIT_S)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


def score(future: Future[Detections]) -> float:
    return float(future.result(WAIT_S).scores[0])


def test_each_camera_gets_its_own_answer(brightness: Any) -> None:
    with BatchingDetector(brightness()) as loop:
        futures = {level: loop.submit(f"c{level}", [grey(level)], [WHOLE]) for level in (51, 102, 204)}
        assert {level: round(score(future), 3) for level, future in futures.items()} == {51: 0.2, 102: 0.4, 204: 0.8}
        counters = loop.counters()
        assert (counters.requests, counters.pictures, counters.superseded) == (3, 3, 0)


def test_what_waits_during_a_batch_goes_into_the_next_one_together(brightness: Any, gate: Gate) -> None:
    detector = brightness(gate)
    with BatchingDetector(detector, window_s=0) as loop:
        first = loop.submit("a", [grey(1)], [WHOLE])
        assert gate.entered.wait(WAIT_S)
        others = [loop.submit(camera, [grey(level)], [WHOLE]) for camera, level in (("b", 2), ("c", 3), ("d", 4))]
        gate.opened.set()
        for future in [first, *others]:
            future.result(WAIT_S)
        assert detector.batches == [[1], [2, 3, 4]]
        assert loop.counters().largest_batch == 3


def test_newer_look_takes_the_place_of_the_one_that_waits(brightness: Any, gate: Gate) -> None:
    detector = brightness(gate)
    with BatchingDetector(detector) as loop:
        running = loop.submit("a", [grey(10)], [WHOLE])
        assert gate.entered.wait(WAIT_S)
        older = loop.submit("a", [grey(20)], [WHOLE])
        newer = loop.submit("a", [grey(30)], [WHOLE])
        with pytest.raises(Superseded, match="camera a"):
            older.result(WAIT_S)
        assert loop.counters().waiting == 2
        gate.opened.set()
        assert score(running) == pytest.approx(10 / 255)
        assert score(newer) == pytest.approx(30 / 255)
        assert detector.batches == [[10], [30]]
        assert loop.counters().superseded == 1


def test_batch_is_never_larger_than_allowed(brightness: Any, gate: Gate) -> None:
    detector = brightness(gate)
    with BatchingDetector(detector, max_batch=2) as loop:
        futures = [loop.submit("z", [grey(9)], [WHOLE])]
        assert gate.entered.wait(WAIT_S)
        futures += [loop.submit(f"c{i}", [grey(i)], [WHOLE]) for i in range(5)]
        gate.opened.set()
        for future in futures:
            future.result(WAIT_S)
        assert detector.batches == [[9], [0, 1], [2, 3], [4]]


def test_camera_with_many_tiles_does_not_starve_the_others(brightness: Any, gate: Gate) -> None:
    detector = brightness(gate)
    with BatchingDetector(detector, max_batch=4) as loop:
        loop.submit("z", [grey(99)], [WHOLE])
        assert gate.entered.wait(WAIT_S)
        greedy = loop.submit("greedy", [grey(50 + i) for i in range(9)], [WHOLE] * 9)
        modest = [loop.submit(f"c{i}", [grey(i)], [WHOLE]) for i in range(2)]
        gate.opened.set()
        for future in [greedy, *modest]:
            future.result(WAIT_S)
        assert detector.batches == [[99], [50, 0, 1, 51], [52, 53, 54, 55], [56, 57, 58]]


def test_parts_of_a_look_come_back_as_one_answer(brightness: Any) -> None:
    with BatchingDetector(brightness(), max_batch=1) as loop:
        answer = loop.submit("a", [grey(204), grey(102)], [(0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1)]).result(WAIT_S)
    np.testing.assert_allclose(answer.boxes, [[0.125, 0.125, 0.375, 0.375], [0.625, 0.625, 0.875, 0.875]])


def test_replay_gets_what_the_loop_gives(brightness: Any) -> None:
    pictures, regions = [grey(204), grey(102), grey(51)], [WHOLE, (0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0)]
    with BatchingDetector(brightness(), max_batch=2) as loop:
        live = loop.submit("a", pictures, regions).result(WAIT_S)
        replayed = loop.detect_now(pictures, regions)
    assert live.boxes.tobytes() == replayed.boxes.tobytes()
    assert live.scores.tobytes() == replayed.scores.tobytes()


def test_replay_starts_no_thread(brightness: Any) -> None:
    before = threading.active_count()
    loop = BatchingDetector(brightness())
    loop.detect_now([grey(1)], [WHOLE])
    assert threading.active_count() == before


def test_error_of_the_detector_goes_to_those_who_wait_and_the_loop_goes_on(brightness: Any) -> None:
    def fail_on_dark(images: Sequence[Image]) -> None:
        if images[0][0, 0, 0] == 0:
            raise RuntimeError("out of memory")

    with BatchingDetector(brightness(fail_on_dark)) as loop:
        with pytest.raises(RuntimeError, match="out of memory"):
            loop.submit("a", [grey(0)], [WHOLE]).result(WAIT_S)
        assert score(loop.submit("a", [grey(255)], [WHOLE])) == 1.0
        assert loop.counters().failed == 1
        assert loop.health().ok
        assert loop.health().last_error == "RuntimeError: out of memory"


def test_detector_that_forgets_a_picture_is_an_error(brightness: Any) -> None:
    class Forgetful(brightness):  # type: ignore[misc]
        def detect(self, images: Sequence[Image], whole: Sequence[bool] | None = None) -> list[Detections]:
            return super().detect(images, whole)[1:]

    with BatchingDetector(Forgetful()) as loop, pytest.raises(RuntimeError, match="answered 0 of 1"):
        loop.submit("a", [grey(1)], [WHOLE]).result(WAIT_S)


def test_bad_picture_fails_its_own_camera_only(brightness: Any) -> None:
    with BatchingDetector(brightness()) as loop:
        with pytest.raises(ValueError, match="uint8 BGR"):
            loop.submit("bad", [np.zeros((4, 4), np.uint8)], [WHOLE])
        with pytest.raises(ValueError, match="a region for each"):
            loop.submit("bad", [grey(1)], [])
        assert score(loop.submit("good", [grey(255)], [WHOLE])) == 1.0


def test_stuck_detector_fails_who_waits_and_health_says_so(brightness: Any, gate: Gate) -> None:
    with BatchingDetector(brightness(gate), stuck_after_s=0.2) as loop:
        running = loop.submit("a", [grey(1)], [WHOLE])
        assert gate.entered.wait(WAIT_S)
        with pytest.raises(DetectorStuckError, match=r"more than 0\.2 s"):
            running.result(WAIT_S)
        assert not loop.health().ok
        assert loop.health().busy_s > 0.2
        with pytest.raises(DetectorStuckError):
            loop.submit("b", [grey(1)], [WHOLE]).result(WAIT_S)
        with pytest.raises(DetectorStuckError):
            loop.detect_now([grey(1)], [WHOLE])
        gate.opened.set()
        recovered = _until_served(loop)
        assert score(recovered) == 1.0
        assert loop.health().ok
        assert loop.counters().late == 1


def _until_served(loop: BatchingDetector) -> Future[Detections]:
    """Ask again and again, as a camera does, until the detector is back."""
    for _ in range(1000):
        future = loop.submit("a", [grey(255)], [WHOLE])
        try:
            future.result(WAIT_S)
        except DetectorStuckError:
            continue
        return future
    raise AssertionError("the detector never came back")


def test_stop_finishes_the_batch_and_refuses_the_rest(brightness: Any, gate: Gate) -> None:
    loop = BatchingDetector(brightness(gate))
    running = loop.submit("a", [grey(255)], [WHOLE])
    assert gate.entered.wait(WAIT_S)
    waiting = loop.submit("b", [grey(1)], [WHOLE])
    stopper = threading.Thread(target=loop.stop)
    stopper.start()
    deadline = time.monotonic() + WAIT_S
    while loop.health().ok and time.monotonic() < deadline:
        time.sleep(0.001)
    assert loop.health().reason == "the detection loop is stopped"
    gate.opened.set()
    stopper.join(WAIT_S)
    assert score(running) == 1.0
    with pytest.raises(DetectorStoppedError):
        waiting.result(WAIT_S)
    with pytest.raises(DetectorStoppedError):
        loop.submit("a", [grey(1)], [WHOLE]).result(WAIT_S)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("detect")]


def test_stop_does_not_wait_for_a_stuck_detector(brightness: Any, gate: Gate) -> None:
    loop = BatchingDetector(brightness(gate))
    running = loop.submit("a", [grey(1)], [WHOLE])
    assert gate.entered.wait(WAIT_S)
    assert loop.stop(timeout_s=0.05) is False
    with pytest.raises(DetectorStoppedError):
        running.result(WAIT_S)


def test_look_that_its_camera_cancelled_is_not_run(brightness: Any, gate: Gate) -> None:
    detector = brightness(gate)
    with BatchingDetector(detector) as loop:
        loop.submit("a", [grey(1)], [WHOLE])
        assert gate.entered.wait(WAIT_S)
        assert loop.submit("b", [grey(2)], [WHOLE]).cancel()
        last = loop.submit("c", [grey(3)], [WHOLE])
        gate.opened.set()
        last.result(WAIT_S)
    assert detector.batches == [[1], [3]]


def test_many_threads_are_served_and_every_request_is_accounted_for(brightness: Any) -> None:
    outcomes: list[str] = []

    def camera(name: str) -> None:
        futures = [loop.submit(name, [grey(i)], [WHOLE]) for i in range(50)]
        for future in futures:
            error = future.exception(WAIT_S)
            outcomes.append(type(error).__name__ if error else "answered")

    with BatchingDetector(brightness(), window_s=0.001) as loop:
        threads = [threading.Thread(target=camera, args=(f"c{i}",)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        loop.stop()
        counters = loop.counters()
    assert len(outcomes) == counters.requests == 400
    assert set(outcomes) <= {"answered", "Superseded"}
    assert counters.answered == outcomes.count("answered")
    assert counters.superseded == outcomes.count("Superseded")
    assert counters.waiting == 0


@pytest.mark.parametrize("wrong", [{"max_batch": 0}, {"window_s": -1.0}, {"stuck_after_s": 0.0}])
def test_senseless_limits_are_refused(brightness: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="max_batch"):
        BatchingDetector(brightness(), **wrong)


def request(camera: str, pictures: int = 1) -> Request:
    return Request(camera, tuple(grey(1) for _ in range(pictures)), (WHOLE,) * pictures, 0.0)


def names(batch: Sequence[tuple[Request, int]]) -> list[str]:
    return [taken.camera_id for taken, _ in batch]


def test_replacing_keeps_the_cameras_turn() -> None:
    queue = RequestQueue()
    queue.put(request("a"))
    queue.put(request("b"))
    assert queue.put(request("a")) is not None
    assert names(queue.take(1)) == ["a"]


def test_cameras_take_turns(found: Callable[..., Detections]) -> None:
    queue = RequestQueue()
    served: list[str] = []
    for _ in range(9):
        for camera in ("a", "b", "c"):
            queue.put(request(camera))
        batch = queue.take(1)
        queue.finish([taken for taken, _ in batch])
        served += names(batch)
    assert {camera: served.count(camera) for camera in "abc"} == {"a": 3, "b": 3, "c": 3}


def test_queue_forgets_cameras_that_are_served() -> None:
    queue = RequestQueue()
    for i in range(100):
        queue.put(request(f"c{i}"))
    batch = queue.take(100)
    queue.finish([taken for taken, _ in batch])
    assert (len(queue), queue.cameras, queue.pictures) == (0, 0, 0)
    assert not queue._slots


def test_detector_is_told_which_pictures_show_a_whole_view(brightness: Any) -> None:
    detector = brightness()
    with BatchingDetector(detector, max_batch=2) as loop:
        loop.submit("a", [grey(1), grey(2), grey(3)], [WHOLE, PART, WHOLE]).result(WAIT_S)
        assert detector.whole == [True, False, True]
        loop.detect_now([grey(1), grey(2), grey(3)], [PART, WHOLE, PART])
        assert detector.whole[3:] == [False, True, False]
