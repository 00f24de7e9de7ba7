"""Cameras: the wall, one camera, its still, what is followed, what happened."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.console.conftest import Served

pytestmark = pytest.mark.network


def test_wall_shows_each_camera_with_its_state_and_cases(served: Served) -> None:
    wall = {camera["id"]: camera for camera in served.client("viewer").get("/api/cameras").json()}
    assert list(wall) == ["bj-001", "bj-002", "bj-003", "bj-004"]
    first = wall["bj-001"]
    assert (first["online"], first["policy"], first["size"]) == (True, "keyframes", [1024, 768])
    assert first["zones"][0]["rules"] == ["illegal_dumping", "street_vending"]
    assert first["open_cases"] + wall["bj-002"]["open_cases"] + wall["bj-003"]["open_cases"] > 0
    assert not wall["bj-004"]["online"]


def test_wall_asks_the_worker_for_nothing(served: Served) -> None:
    served.client("viewer").get("/api/cameras")
    assert not (served.site.storage / "live" / "wanted").exists()


def test_camera_whose_worker_does_not_run_is_not_called_online(served: Served) -> None:
    state = served.site.storage / "live" / "bj-001.json"
    os.utime(state, (time.time() - 600, time.time() - 600))
    assert not served.client("viewer").get("/api/cameras/bj-001").json()["online"]


def test_camera_is_told_without_its_secrets(served: Served) -> None:
    camera = served.client("admin").get("/api/cameras/bj-001")
    assert "id: road" in camera.json()["config"]
    assert camera.json()["cost_ms_per_s"] == 18
    assert "hunter2" not in camera.text


def test_still_is_fresh_and_a_page_that_watches_is_told_to_the_worker(served: Served) -> None:
    client = served.client("viewer")
    wanted = served.site.storage / "live" / "wanted" / "bj-001"
    answer = client.get("/api/cameras/bj-001/still.jpg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert not wanted.exists()
    client.get("/api/cameras/bj-001/still.jpg?watch=1")
    assert time.time() - wanted.stat().st_mtime < 15


def test_without_a_live_still_the_last_evidence_stands_in(served: Served) -> None:
    client = served.client("viewer")
    (served.site.storage / "live" / "bj-001.jpg").unlink()
    assert client.get("/api/cameras/bj-001/still.jpg").content.startswith(b"\xff\xd8")
    assert client.get("/api/cameras/bj-004/still.jpg").json()["error"] == "no_still"


def test_pages_are_told_of_a_camera_called_worker_and_not_of_the_worker_itself(served: Served) -> None:
    bus, live = served.console.bus, served.site.storage / "live"
    for online in (False, True):
        for name in ("@worker", "worker"):
            (live / f"{name}.json").write_text(json.dumps({"online": online}))
        served.console.follower.turn()
    assert [event.data for event in bus.since(0) if event.kind == "camera"] == [{"camera_id": "worker"}]


def test_no_camera_id_leads_out_of_the_folder(served: Served) -> None:
    client = served.client("admin")
    for name in ("..%2f..%2fconsole.sqlite", "..", "%2e%2e", "worker", "none"):
        assert client.get(f"/api/cameras/{name}/still.jpg?watch=1").status_code == 404
    assert not (served.site.storage / "live" / "wanted").exists()


def test_what_is_followed_now_is_told(served: Served) -> None:
    boxes = served.client("viewer").get("/api/cameras/bj-001/boxes").json()
    assert boxes["tracks"] == [{"class": "person", "bbox": [0.2, 0.4, 0.25, 0.6], "track_id": 7}]


def test_history_of_a_zone_is_its_cases(served: Served) -> None:
    client = served.client("viewer")
    assert {case["zone_id"] for case in client.get("/api/cameras/bj-002/history?zone=verge").json()} == {"verge"}
    assert client.get("/api/cameras/bj-002/history?zone=none").json() == []


def test_recordings_are_listed_with_their_start(served: Served) -> None:
    folder = served.site.storage / "recordings" / "bj-001"
    folder.mkdir(parents=True)
    for name in ("20261125T093000.000Z.mkv", "notes.mkv"):
        Path(folder / name).write_bytes(b"x" * 100)
    found = served.client("viewer").get("/api/cameras/bj-001").json()["recordings"]
    assert [(one["start"], one["bytes"]) for one in found] == [("2026-11-25T17:30:00.000+08:00", 100)]
