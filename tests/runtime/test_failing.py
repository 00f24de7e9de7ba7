"""A camera whose frames fail one after another begins anew; one that fails now and then does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests.conftest import wait_until
from vision.config import Site
from vision.detect import BatchingDetector, Detections
from vision.rules import Incident
from vision.runtime import failing
from vision.runtime.failing import LEAST_FRAMES, WINDOW_S, FailingFrames
from vision.runtime.live_camera import LiveCamera
from vision.runtime.perception import Perception
from vision.runtime.reporting import Reporter
from vision.sources import Frame

DUMPING = Path(__file__).parents[2] / "sample_clips" / "dumping"
Take = Callable[[Perception, Frame, Detections | None], list[Incident]]


@pytest.mark.parametrize(
    ("every_s", "is_failure", "begins_anew"),
    [
        (0.5, lambda n: True, True),
        (0.5, lambda n: n % 3 > 0, True),
        (0.5, lambda n: n % 3 == 0, False),
        (0.5, lambda n: n < 20, False),
        (WINDOW_S, lambda n: True, False),
    ],
    ids=["all", "two of three", "one of three", "for half a window", "of a camera that gives next to none"],
)
def test_most_frames_of_a_window_must_have_failed(
    every_s: float, is_failure: Callable[[int], bool], begins_anew: bool
) -> None:
    frames = FailingFrames()
    told = [frames.note(n * every_s, failed=is_failure(n)) for n in range(100)]
    assert any(told) is begins_anew
    assert not any(told[: max(LEAST_FRAMES - 1, int(WINDOW_S / every_s))])


def test_after_a_new_beginning_the_window_is_another() -> None:
    frames = FailingFrames()
    assert any(frames.note(n, failed=True) for n in range(30))
    frames.forget()
    assert not any(frames.note(30 + n, failed=True) for n in range(int(WINDOW_S)))


class Nobody:
    """Hears reports and asks for nothing."""

    def note_suppressed(self, suppressed: object) -> None: ...

    def requests(self, camera_id: str, now: float) -> list[object]:
        return []

    def report(self, *what: object) -> None: ...


@pytest.mark.parametrize("hopeless", ["", "frames", "save"], ids=["of its scene", "of its rules", "nor save them"])
def test_camera_that_cannot_go_on_with_what_it_remembers_learns_its_place_again(
    site: Site,
    detector: BatchingDetector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hopeless: str,
) -> None:
    monkeypatch.setattr(failing, "WINDOW_S", 1.0)
    taken: dict[Perception, int] = {}
    loaded: list[Perception] = []
    take: Take = Perception.take

    def poisoned(self: Perception, frame: Frame, detections: Detections | None) -> list[Incident]:
        taken[self] = taken.get(self, 0) + 1
        if len(taken) == 1 or (hopeless == "frames" and self in loaded):
            raise ValueError("what is remembered does not fit")
        return take(self, frame, detections)

    monkeypatch.setattr(Perception, "take", poisoned)
    monkeypatch.setattr(Perception, "load", lambda self, state: loaded.append(self))
    if hopeless == "save":
        monkeypatch.setattr(Perception, "save", lambda self: 1 / 0)
    source = str(DUMPING / "clip.mp4")
    camera = LiveCamera(
        site.cameras[0].model_copy(
            update={"decode": site.cameras[0].decode.model_copy(update={"policy": "all"})}
        ),
        source, None, detector, cast(Reporter, Nobody()), lambda moment: moment, tmp_path,
    )  # fmt: skip
    camera.start()
    try:
        assert wait_until(lambda: camera.scene is not None, 60), camera.last_error
        errors, seen = camera.errors, [*taken.values()][-1]
        assert wait_until(lambda: [*taken.values()][-1] > seen + 5, 60)
    finally:
        monkeypatch.undo()
        camera.stop()
    assert len(taken) == (3 if hopeless == "frames" else 2), "begun anew once, or twice where the rules failed"
    assert len(loaded) == (0 if hopeless == "save" else 1), "the rules' cases went along the first time only"
    assert errors == camera.errors >= LEAST_FRAMES * (len(taken) - 1), "no frame failed after that"
    assert "does not fit" in str(camera.last_error)
