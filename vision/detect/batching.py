"""One loop that runs the detector for all cameras of a process.

Cameras ask from their own threads and get a future. One worker thread gathers what waits into batches and runs them;
a camera that asks faster than it is served gets its newest look answered and the older one refused (and counted), so
the queue is as long as there are cameras and no longer. Replay asks through `detect_now`, which is the same code
without the thread: what is found does not depend on what else was in the batch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Self

import structlog

from vision.detect.detections import Detections
from vision.detect.detector import Detector
from vision.detect.errors import DetectorStoppedError, DetectorStuckError, Superseded
from vision.detect.kinds import KindClassifier
from vision.detect.letterbox import size_of
from vision.detect.looks import WHOLE, merge_looks
from vision.detect.loop_status import BatchingCounters, DetectorHealth
from vision.detect.request_queue import Picture, Request, RequestQueue
from vision.sources import Box, Image

log = structlog.get_logger(__name__)


class BatchingDetector:
    """Serves many cameras with one detector. Safe to call from any thread."""

    def __init__(
        self,
        detector: Detector,
        classifier: KindClassifier | None = None,
        *,
        max_batch: int = 8,
        window_s: float = 0.005,
        stuck_after_s: float = 30.0,
    ) -> None:
        """Nothing runs yet: the worker thread starts with the first `submit`.

        Args:
            detector: used by one thread at a time.
            classifier: tells kinds of things from close looks; None: nobody does.
            max_batch: pictures in one batch at most.
            window_s: how long a batch that is not full waits for more while several cameras are asking, in seconds.
            stuck_after_s: a batch that takes longer fails everybody who waits, and health says so, in seconds.
        """
        if max_batch < 1 or window_s < 0 or stuck_after_s <= 0:
            raise ValueError("max_batch must be at least 1, window_s at least 0, stuck_after_s above 0")
        self._detector, self._classifier = detector, classifier
        self._max_batch, self._window_s = max_batch, window_s
        self._stuck_after_s = stuck_after_s
        self._queue = RequestQueue()
        self._wake = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._busy_since: float | None = None
        self._last_error: str | None = None
        self._counters = BatchingCounters()

    @property
    def detector(self) -> Detector:
        """The detector that is served."""
        return self._detector

    @property
    def classifier(self) -> KindClassifier | None:
        """What answers close looks, if anything does."""
        return self._classifier

    @property
    def classify(self) -> Callable[[Image, Sequence[Box]], Sequence[Mapping[str, float]]] | None:
        """Close looks, in the caller's own thread (`KindClassifier.classify`); None without a classifier."""
        return self._classifier.classify if self._classifier is not None else None

    def submit(self, camera_id: str, images: Sequence[Image], regions: Sequence[Box]) -> Future[Detections]:
        """Ask for one look, as `prepare_look` makes it; returns at once.

        Args:
            camera_id: whose look; an older look of this camera that is not begun yet is given up.
            images: (h, w, 3) uint8 BGR pictures, at least one.
            regions: what each picture shows, as fractions of the whole picture.

        Raises:
            ValueError: no picture, another number of regions, or not a BGR picture.

        Returns:
            The detections as fractions of the whole picture, or: `Superseded`, `DetectorStuckError`,
            `DetectorStoppedError`, or what the detector raised.
        """
        request = Request(camera_id, tuple(images), tuple(regions), time.monotonic())
        _check_look(request.images, request.regions)
        replaced: Request | None = None
        with self._wake:
            self._count(requests=1)
            refused = self._refusal()
            if refused is None:
                replaced = self._queue.put(request)
                self._start_threads()
                self._wake.notify_all()
            self._count(superseded=int(replaced is not None), failed=int(refused is not None))
        if refused is not None:
            request.future.set_exception(refused)
        if replaced is not None:
            replaced.fail(Superseded(f"camera {camera_id}: a newer look took its place"))
        return request.future

    def detect_now(self, images: Sequence[Image], regions: Sequence[Box]) -> Detections:
        """The same as `submit(…).result()` in the caller's thread, without queue and window: for replay.

        Raises:
            DetectorStuckError: another thread's batch does not end.
            Exception: what the detector raises.
        """
        _check_look(images, regions)
        found: list[Detections] = []
        for start in range(0, len(images), self._max_batch):
            part = slice(start, start + self._max_batch)
            found += self._run(images[part], regions[part])
        with self._wake:
            self._count(requests=1, answered=1)
        return merge_looks(list(zip(regions, found, strict=True)))

    def counters(self) -> BatchingCounters:
        """A snapshot."""
        with self._wake:
            return replace(self._counters, waiting=len(self._queue), invalid_rows=self._detector.invalid_rows)

    def health(self) -> DetectorHealth:
        """Whether looks are being answered."""
        with self._wake:
            busy_s = self._busy_s()
            refusal = self._refusal()
            return DetectorHealth(refusal is None, str(refusal or "ok"), busy_s, self._last_error)

    def stop(self, timeout_s: float = 10.0) -> bool:
        """Finish the batch under way, fail what waits; returns whether the worker ended within `timeout_s` seconds."""
        with self._wake:
            self._stopping.set()
            self._wake.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._fail_all(DetectorStoppedError("the detection loop was stopped"))
        return not any(thread.is_alive() for thread in self._threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_threads(self) -> None:
        if not self._threads:
            # Daemons: a batch that hangs in a driver must not keep the process from ending.
            self._threads = [
                threading.Thread(target=self._work, name="detect", daemon=True),
                threading.Thread(target=self._guard, name="detect-guard", daemon=True),
            ]
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        while batch := self._next_batch():
            self._serve(batch)

    def _next_batch(self) -> list[Picture]:
        """Wait for work; an empty batch means stop."""
        with self._wake:
            while not self._stopping.is_set():
                self._wake.wait_for(self._has_work)
                if self._queue.cameras > 1 and self._window_s > 0:
                    self._wake.wait_for(self._is_full, self._window_s)
                if self._stopping.is_set():
                    break
                if batch := self._queue.take(self._max_batch):
                    now = time.monotonic()
                    waits = [now - request.submitted for request, position in batch if position == 0]
                    self._count(queue_wait_ms=sum(waits) * 1e3)
                    return batch
        return []

    def _has_work(self) -> bool:
        return self._stopping.is_set() or self._queue.pictures > 0

    def _is_full(self) -> bool:
        return self._stopping.is_set() or self._queue.pictures >= self._max_batch

    def _serve(self, batch: list[Picture]) -> None:
        requests = list(dict.fromkeys(request for request, _ in batch))
        try:
            images = [request.images[position] for request, position in batch]
            found = self._run(images, [request.regions[position] for request, position in batch])
            for (request, position), detections in zip(batch, found, strict=True):
                request.found[position] = detections
            done = [request for request in requests if request.complete]
            answers = [merge_looks(request.parts()) for request in done]
        except Exception as error:  # noqa: BLE001  whatever a backend raises belongs to those who wait, not to the loop
            log.error("detect_failed", error=str(error), cameras=[request.camera_id for request in requests])
            with self._wake:
                self._last_error = f"{type(error).__name__}: {error}"
                self._queue.finish(requests)
            self._fail_each(requests, error)
            return
        with self._wake:
            self._queue.finish(done)
        late = sum(not request.answer(answer) for request, answer in zip(done, answers, strict=True))
        with self._wake:
            self._count(answered=len(done) - late, late=late)

    def _run(self, images: Sequence[Image], regions: Sequence[Box]) -> list[Detections]:
        if not self._one_at_a_time.acquire(timeout=self._stuck_after_s):
            raise self._stuck()
        try:
            started = self._busy_since = time.monotonic()
            found = self._detector.detect(images, [region == WHOLE for region in regions])
            elapsed_ms = (time.monotonic() - started) * 1e3
        finally:
            self._busy_since = None
            self._one_at_a_time.release()
        if len(found) != len(images):
            raise RuntimeError(f"the detector answered {len(found)} of {len(images)} pictures")
        with self._wake:
            self._count(batches=1, pictures=len(images), detect_ms=elapsed_ms)
            self._counters = replace(self._counters, largest_batch=max(self._counters.largest_batch, len(images)))
        return found

    def _guard(self) -> None:
        """Fail everybody who waits for a batch that does not come back, so that no camera waits for ever."""
        while not self._stopping.wait(self._stuck_after_s / 4):
            if self._busy_s() > self._stuck_after_s:
                failed = self._fail_all(self._stuck())
                if failed:
                    log.error("detector_stuck", busy_s=round(self._busy_s(), 1), failed=failed)

    def _fail_all(self, error: Exception) -> int:
        with self._wake:
            requests = self._queue.clear()
        return self._fail_each(requests, error)

    def _fail_each(self, requests: Sequence[Request], error: Exception) -> int:
        """Without the lock: a future's callbacks run here, and may wait for whoever holds it elsewhere."""
        failed = sum(request.fail(error) for request in requests)
        with self._wake:
            self._count(failed=failed)
        return failed

    def _busy_s(self) -> float:
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def _refusal(self) -> Exception | None:
        if self._stopping.is_set():
            return DetectorStoppedError("the detection loop is stopped")
        return self._stuck() if self._busy_s() > self._stuck_after_s else None

    def _stuck(self) -> DetectorStuckError:
        return DetectorStuckError(f"the detector has been busy with one batch for more than {self._stuck_after_s:g} s")

    def _count(self, **more: float) -> None:
        """Add to the counters; the caller holds the lock."""
        added = {name: getattr(self._counters, name) + value for name, value in more.items()}
        self._counters = replace(self._counters, **added)


def _check_look(images: Sequence[Image], regions: Sequence[Box]) -> None:
    if not images or len(images) != len(regions):
        raise ValueError(f"a look needs at least one picture and a region for each: {len(images)} and {len(regions)}")
    for image in images:  # refused here, a bad picture fails its own camera only and not the whole batch
        size_of(image)
