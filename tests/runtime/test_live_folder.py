"""What the console sees of the present: fresh where somebody looks, masked, and nearly free where nobody does."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from vision.config import Camera, Polygon
from vision.detect import Role
from vision.runtime import live_folder
from vision.runtime.live_folder import LiveFolder, Seen, live_picture
from vision.scene import SceneState
from vision.scene.stills import StillKeeper
from vision.scene.tracking import Track
from vision.sources import Frame

LEFT = Polygon([[0, 0], [0.5, 0], [0.5, 1], [0, 1]])


def published(*, online: bool, usable: bool = True) -> dict[str, Any]:
    """What a test needs of a camera's state."""
    view = {"usable": usable, "problem": None if usable else "dark", "preset": None}
    return {
        "online": online, "size": [1920, 1080], "policy": "adaptive", "codec": "h264", "last_error": None,
        "register": [], "view": view,
    }  # fmt: skip


class Street:
    """A worker with cameras whose pictures the test sets, and a clock that it turns."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now = folder, 1000.0
        self.seen: dict[str, Seen] = {}
        self.live = LiveFolder(folder, lambda: self.seen.values(), lambda: {"state": "online", "held": 2})
        monkeypatch.setattr(live_folder.time, "monotonic", lambda: self.now)

    def show(self, camera_id: str = "a", shade: int = 200, at: float = 5.0, **more: Any) -> None:
        picture = np.full((1080, 1920, 3), shade, np.uint8)
        frame = Frame.from_bgr(picture, camera_id=camera_id, time=at)
        track = Track(7, Role.PERSON, "person", (0.1, 0.2, 0.3, 0.4), 0.9, at, at, at, (0.1, 0.2, 0.3, 0.4))
        scene = SceneState(camera_id, at, frame, (track,), (), (), None, StillKeeper(), True, 16 / 9)
        camera = Camera(id=camera_id, source="x.mp4", masks=more.get("masks", ()))
        self.seen[camera_id] = Seen(camera, lambda: published(online=True), scene, more.get("cpu_s", 0.0))

    def watch(self, camera_id: str) -> None:
        (self.folder / "wanted").mkdir(parents=True, exist_ok=True)
        (self.folder / "wanted" / camera_id).touch()

    def json(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / f"{name}.json").read_text("utf-8")))

    def picture(self, camera_id: str = "a") -> npt.NDArray[np.uint8]:
        return np.asarray(cv2.imread(str(self.folder / f"{camera_id}.jpg")), np.uint8)


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Street:
    return Street(tmp_path / "live", monkeypatch)


def test_still_and_state_are_there_once_the_camera_shows_something(street: Street) -> None:
    street.show()
    street.live.write_due()
    assert street.picture().shape == (720, 1280, 3)
    state = street.json("a")
    assert (state["online"], state["size"]) == (True, [1920, 1080])
    assert state["tracks"] == [{"class": "person", "bbox": [0.1, 0.2, 0.3, 0.4], "track_id": 7}]
    assert state["picture_at"] == "1970-01-01T00:00:05.000+00:00"
    assert state["at"] > state["picture_at"]
    assert street.json("@worker")["held"] == 2
    assert not list(street.folder.glob(".*"))


def test_camera_that_has_shown_nothing_has_a_state_and_no_picture(street: Street) -> None:
    street.seen["a"] = Seen(Camera(id="a", source="x.mp4"), lambda: published(online=False), None, 0.0)
    street.live.write_due()
    assert (street.json("a")["picture_at"], street.json("a")["tracks"]) == (None, [])
    assert not (street.folder / "a.jpg").exists()


def test_only_watched_cameras_are_written_more_than_once_a_minute(street: Street) -> None:
    street.show("a")
    street.show("b")
    assert street.live.write_due() == 2
    street.watch("a")
    street.now += 1.0
    assert street.live.write_due() == 0
    street.now += 1.0
    assert street.live.write_due() == 1
    past = time.time() - live_folder.WANTED_S - 1
    os.utime(street.folder / "wanted" / "a", (past, past))
    street.now += 10.0
    assert street.live.write_due() == 0
    street.now += 60.0
    assert street.live.write_due() == 2


def test_camera_whose_state_turns_is_written_at_once(street: Street) -> None:
    camera = Camera(id="a", source="x.mp4")
    street.seen["a"] = Seen(camera, lambda: published(online=False), None, 0.0)
    street.live.write_due()
    street.now += 0.5
    assert street.live.write_due() == 0
    street.seen["a"] = Seen(camera, lambda: published(online=True), None, 0.0)
    assert (street.live.write_due(), street.json("a")["online"]) == (1, True)
    street.now += 0.5
    street.show(at=7.0)
    assert (street.live.write_due(), street.json("a")["picture_at"]) == (1, "1970-01-01T00:00:07.000+00:00")
    street.now += 0.5
    assert street.live.write_due() == 0
    street.seen["a"] = Seen(camera, lambda: published(online=True, usable=False), street.seen["a"].scene, 0.0)
    assert (street.live.write_due(), street.json("a")["view"]["problem"]) == (1, "dark")


def test_camera_may_be_called_worker(street: Street) -> None:
    street.show("worker")
    street.live.write_due()
    assert (street.json("worker")["online"], street.json("@worker")["state"]) == (True, "online")
    street.seen.clear()
    street.live.write_due()
    assert street.json("@worker")["state"] == "online"
    with pytest.raises(ValidationError):
        Camera(id=live_folder.WORKER, source="x.mp4")


def test_masks_are_blackened_and_a_new_one_at_once(street: Street) -> None:
    street.show()
    street.live.write_due()
    assert street.picture().min() > 100
    street.show(masks=(LEFT,))
    street.live.write_due()
    picture = street.picture()
    assert picture[:, :630].max() < 20
    assert picture[:, 650:].min() > 100


def test_cost_is_told_once_it_is_known(street: Street) -> None:
    street.show(cpu_s=1.0)
    street.live.write_due()
    assert "cost_ms_per_s" not in street.json("a")
    street.now += 60.0
    street.show(cpu_s=2.2)
    street.live.write_due()
    assert street.json("a")["cost_ms_per_s"] == 20.0


def test_camera_that_is_gone_leaves_nothing_behind(street: Street) -> None:
    street.show()
    street.live.write_due()
    street.seen.clear()
    street.live.write_due()
    assert {path.name for path in street.folder.iterdir()} == {"wanted", "@worker.json"}


def test_old_notes_of_who_watches_are_removed(street: Street) -> None:
    street.watch("a")
    past = time.time() - live_folder.FORGET_S - 1
    os.utime(street.folder / "wanted" / "a", (past, past))
    street.live.write_due()
    assert not (street.folder / "wanted" / "a").exists()


def test_small_picture_keeps_its_size() -> None:
    frame = Frame.from_bgr(np.zeros((240, 352, 3), np.uint8), camera_id="a", time=0)
    assert cv2.imdecode(np.frombuffer(live_picture(frame, ()), np.uint8), cv2.IMREAD_COLOR).shape == (240, 352, 3)
