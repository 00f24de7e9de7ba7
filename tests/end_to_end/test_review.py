"""A case that must be reviewed reaches the centre when an operator has confirmed it, not before."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import cv2
import pytest

from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.end_to_end.conftest import SAMPLES, WorkerProcess, camera, case_arrives, cases
from vision.cases import OperatorVerdict, VerdictInbox
from vision.evidence import recordings_of
from vision.simulate.cameras import RtspCameras

pytestmark = [pytest.mark.network, pytest.mark.timeout(240)]


def test_case_waits_for_its_operator_over_a_kill_and_the_verdict_reaches_the_centre(
    worker: WorkerProcess,
    serve: Callable[..., RtspCameras],
    mosquitto: Mosquitto,
    centre_at: Callable[..., CommandCentre],
) -> None:
    centre = centre_at(mosquitto.port)
    stream = serve({"a": SAMPLES / "dumping" / "clip.mp4"}).url("a")
    worker.configure(mosquitto.url, camera("bj-001", stream).replace("not_required", "required"))
    worker.config.write_text(worker.config.read_text("utf-8") + "console: {hold_for_review: true}\n", "utf-8")
    worker.start()
    assert wait_until(lambda: worker.logged("case"), 75), worker.log[-2000:]
    found = worker.logged("case")[0]["case"]
    worker.end(signal.SIGKILL)
    worker.start()

    def status() -> dict[str, object]:
        heard = centre.heard("vision/test/workers/w-1/status")
        return json.loads(heard[-1].payload) if heard else {}

    assert wait_until(lambda: status().get("state") == "online" and status().get("held"), 40), status()
    assert cases(centre) == []
    inbox = VerdictInbox(worker.folder / "var" / "cases.sqlite")
    assert inbox.held() >= {found}
    inbox.add(OperatorVerdict("v1", found, "true", None, None, None, None, None, "li", time.time()))
    assert case_arrives(centre, timeout=20)["case_id"] == found
    assert wait_until(lambda: centre.heard(f"vision/test/verdicts/{found}"), 10)
    heard = centre.heard(f"vision/test/verdicts/{found}")[0]
    assert (heard.qos, heard.retained, json.loads(heard.payload)["verdict"]) == (1, False, "true")
    assert wait_until(lambda: inbox.waiting() == 0, 5)
    assert worker.end() == 0


def test_running_worker_shows_the_present_and_records_the_past(
    worker: WorkerProcess, serve: Callable[..., RtspCameras], mosquitto: Mosquitto
) -> None:
    stream = serve({"a": SAMPLES / "dumping" / "clip.mp4"}).url("a")
    masked = "    masks: [[[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]]\n"
    worker.configure(mosquitto.url, camera("open", stream) + camera("private", stream, extra=masked))
    worker.config.write_text(worker.config.read_text("utf-8") + "recording: {enabled: true, segment: 4s}\n", "utf-8")
    storage = worker.folder / "var"
    wanted = storage / "live" / "wanted"
    wanted.mkdir(parents=True)
    worker.start()

    def watched(camera_id: str) -> dict[str, object]:
        """What the console reads while somebody has the camera's page open."""
        (wanted / camera_id).touch()
        try:
            return json.loads((storage / "live" / f"{camera_id}.json").read_text("utf-8"))
        except FileNotFoundError:
            return {}

    assert wait_until(lambda: watched("open").get("picture_at"), 40), worker.log[-2000:]
    first = watched("open")
    assert (first["online"], first["codec"]) == (True, "h264")
    assert wait_until(lambda: watched("open")["picture_at"] != first["picture_at"], 20)
    assert wait_until(lambda: watched("private").get("picture_at"), 20)
    picture = cv2.imread(str(storage / "live" / "private.jpg"))
    assert picture[: picture.shape[0] // 2 - 8, : picture.shape[1] // 2 - 8].max() < 30
    assert wait_until(lambda: len(recordings_of(storage / "recordings" / "open", "open")) >= 2, 30)
    assert worker.end() == 0
    assert not list((storage / "recordings").glob("*/*.part"))
    assert not (storage / "recordings" / "private").exists()
    assert json.loads((storage / "live" / "@worker.json").read_text("utf-8"))["state"] == "offline"
