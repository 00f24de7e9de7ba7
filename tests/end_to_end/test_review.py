"""A case that must be reviewed reaches the centre when an operator has confirmed it, not before."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import pytest

from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.end_to_end.conftest import SAMPLES, WorkerProcess, camera, case_arrives, cases
from vision.cases import OperatorVerdict, VerdictInbox
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
