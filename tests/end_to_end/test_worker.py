"""The worker on a real RTSP server and a real broker, with each of them failing in turn."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import av
import cv2
import numpy as np
import pytest

from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.end_to_end.conftest import (
    ELSEWHERE,
    SAMPLES,
    WorkerProcess,
    camera,
    camera_status,
    case_arrives,
    cases,
    to_h265,
)
from vision.cases import CaseEvent
from vision.simulate.cameras import RtspCameras

pytestmark = [pytest.mark.network, pytest.mark.timeout(240)]

DUMPING = SAMPLES / "dumping" / "clip.mp4"
Serve = Callable[..., RtspCameras]
Centre = Callable[..., CommandCentre]


def stored(item: dict[str, Any]) -> bytes:
    return Path(unquote(urlsplit(item["uri"]).path)).read_bytes()


def test_case_arrives_whole_and_its_evidence_opens(
    worker: WorkerProcess, serve: Serve, mosquitto: Mosquitto, centre_at: Centre
) -> None:
    centre = centre_at(mosquitto.port)
    worker.configure(mosquitto.url, camera("bj-001", serve({"a": DUMPING}).url("a")))
    worker.start()
    event = case_arrives(centre)
    CaseEvent.model_validate_json(json.dumps(event))
    assert centre.heard("vision/test/cases/bj-001/illegal_dumping")[0].qos == 1
    assert (event["schema"], event["source"], event["review"], event["severity"]) == (
        "case-event/1",
        "视频监控发现",
        "not_required",
        "high",
    )
    assert event["location"]["address"] == "八角东街12号"
    assert [code["code"] for code in event["codes"]] == ["06010", "01-10"]
    assert event["occurred_at"].endswith("+08:00")
    occurred, detected, published = (
        datetime.fromisoformat(event[f"{k}_at"]) for k in ("occurred", "detected", "published")
    )
    assert occurred < detected
    # The first two are media time, which may run a little ahead of the wall clock of the third.
    assert timedelta(seconds=-1) < published - detected < timedelta(seconds=10)
    assert event["evidence_missing"] == []
    assert {actor["class"] for actor in event["actors"]} == {"person"}
    evidence = {item["role"]: item for item in event["evidence"]}
    assert set(evidence) == {"before", "act", "after", "crop", "clip"}
    for role, item in evidence.items():
        content = stored(item)
        assert hashlib.sha256(content).hexdigest() == item["sha256"]
        if role != "clip":
            assert cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) is not None
    with av.open(unquote(urlsplit(evidence["clip"]["uri"]).path)) as clip:
        frames = sum(1 for _ in clip.decode(video=0))
    # Pre-roll is as long as the worker has been watching, at most 10 s before the beginning.
    assert frames > 50
    assert worker.end() == 0
    assert json.loads(centre.heard("vision/test/workers/w-1/status")[-1].payload)["state"] == "offline"
    assert "Traceback" not in worker.log


def test_broker_that_comes_late_and_dies_in_the_middle_loses_nothing(
    worker: WorkerProcess, serve: Serve, mosquitto_with: Callable[..., Mosquitto], centre_at: Centre
) -> None:
    broker = mosquitto_with(durable=True).start()
    centre = centre_at(broker.port)
    worker.configure(broker.url, camera("bj-001", serve({"a": DUMPING}).url("a")))
    broker.kill()
    worker.start()
    assert wait_until(lambda: worker.logged("case"), 75), worker.log[-2000:]
    broker.start()
    first = case_arrives(centre, timeout=40)
    broker.kill()
    assert wait_until(lambda: len([c for c in worker.logged("case") if c["kind"] == "cleared"]) >= 1, 60)
    broker.start()
    assert wait_until(lambda: cases(centre, kind="cleared"), 60)
    cleared = cases(centre, kind="cleared")[0]
    assert cleared["case_id"] == first["case_id"]
    assert worker.end() == 0


def test_worker_killed_between_writing_and_sending_delivers_after_restart_once(
    worker: WorkerProcess, serve: Serve, mosquitto_with: Callable[..., Mosquitto], centre_at: Centre
) -> None:
    broker = mosquitto_with()
    worker.configure(broker.url, camera("bj-001", serve({"a": DUMPING}).url("a")))
    worker.start()  # no broker yet: whatever is found is written and waits
    assert wait_until(lambda: worker.logged("case"), 75), worker.log[-2000:]
    written = worker.logged("case")[0]["case"]
    worker.end(signal.SIGKILL)
    broker.start()
    centre = centre_at(broker.port)
    worker.start()
    assert wait_until(lambda: any(case["case_id"] == written for case in cases(centre)), 40)
    for item in next(case for case in cases(centre) if case["case_id"] == written)["evidence"]:
        assert hashlib.sha256(stored(item)).hexdigest() == item["sha256"]
    assert worker.end() == 0
    arrivals = [json.loads(heard.payload) for heard in centre.heard("vision/test/cases/")]
    assert [a["event_id"] for a in arrivals if a["case_id"] == written and a["kind"] == "opened"].count(
        arrivals[0]["event_id"]
    ) == 1


def test_camera_server_that_dies_and_comes_back_is_read_again(
    worker: WorkerProcess, serve: Serve, mosquitto: Mosquitto, centre_at: Centre
) -> None:
    centre = centre_at(mosquitto.port)
    first = serve({"a": DUMPING})
    worker.configure(mosquitto.url, camera("bj-001", first.url("a")))
    worker.start()
    assert wait_until(lambda: camera_status(centre, "bj-001").get("online"), 30)
    port = first.port
    first.stop()
    assert wait_until(lambda: camera_status(centre, "bj-001").get("online") is False, 40)
    serve({"a": DUMPING}, port=port)
    event = case_arrives(centre, timeout=90)
    assert event["camera_id"] == "bj-001"
    assert wait_until(lambda: camera_status(centre, "bj-001").get("reconnects", 0) >= 1, 10)


def test_h265_camera_gives_a_case_with_a_clip(
    worker: WorkerProcess, serve: Serve, mosquitto: Mosquitto, centre_at: Centre, tmp_path: Path
) -> None:
    clip = to_h265(DUMPING, tmp_path / "h265.mp4")
    centre = centre_at(mosquitto.port)
    worker.configure(mosquitto.url, camera("bj-001", serve({"a": clip}).url("a")))
    worker.start()
    event = case_arrives(centre)
    assert camera_status(centre, "bj-001")["codec"] == "hevc"
    (item,) = [item for item in event["evidence"] if item["role"] == "clip"]
    with av.open(unquote(urlsplit(item["uri"]).path)) as stored_clip:
        assert stored_clip.streams.video[0].codec_context.name == "hevc"
        assert sum(1 for _ in stored_clip.decode(video=0)) > 50


def test_bad_cameras_do_not_stop_the_good_one_and_a_redrawn_zone_takes_effect(
    worker: WorkerProcess, serve: Serve, mosquitto: Mosquitto, centre_at: Centre
) -> None:
    server = serve({"a": DUMPING})
    guarded = serve({"b": DUMPING}, username="admin", password="right")
    centre = centre_at(mosquitto.port)
    secret = "wr0ng-pa55"
    others = (
        camera("locked", guarded.url("b", credentials=False), extra=f"    username: admin\n    password: {secret}\n")
        + camera("away", "rtsp://127.0.0.1:9/none")
        + camera("file", "missing.mp4")
    )
    worker.configure(mosquitto.url, camera("good", server.url("a"), ELSEWHERE) + others)
    worker.start()
    assert wait_until(lambda: camera_status(centre, "good").get("online"), 30)
    for name in ("locked", "away", "file"):
        assert wait_until(lambda name=name: camera_status(centre, name).get("last_error"), 30), name
        assert camera_status(centre, name)["online"] is False
    assert "password" in camera_status(centre, "locked")["last_error"]
    connects = camera_status(centre, "good")["reconnects"]
    worker.config.write_text(worker.config.read_text("utf-8").replace("polygon:", "polygn:"), "utf-8")
    assert wait_until(lambda: worker.logged("config_refused"), 10)
    assert "did you mean polygon" in str(worker.logged("config_refused")[0]["problems"])
    worker.configure(mosquitto.url, camera("good", server.url("a")) + others)
    assert wait_until(lambda: worker.logged("config_reloaded"), 10)
    assert worker.logged("config_reloaded")[0]["updated"] == ["good"]
    event = case_arrives(centre, "good")
    assert event["zone_id"] == "grass"
    assert camera_status(centre, "good")["reconnects"] == connects
    assert worker.end() == 0
    everything = worker.log + "".join(heard.payload.decode() for heard in centre.heard())
    assert secret not in everything
    assert "Traceback" not in worker.log


def test_full_disk_takes_the_evidence_but_not_the_case(
    worker: WorkerProcess, serve: Serve, mosquitto: Mosquitto, centre_at: Centre
) -> None:
    centre = centre_at(mosquitto.port)
    # More room than any disk has must stay free: to the worker the disk is full.
    worker.configure(mosquitto.url, camera("bj-001", serve({"a": DUMPING}).url("a")), ", min_free: 900TB")
    worker.start()
    event = case_arrives(centre)
    assert event["evidence"] == []
    assert {(item["role"], item["reason"]) for item in event["evidence_missing"]} >= {
        ("clip", "disk full"),
        ("after", "disk full"),
    }
