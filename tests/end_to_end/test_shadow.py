"""A candidate beside the model in force on a live camera: what it would have reported is listed, not published."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.end_to_end.conftest import SAMPLES, WorkerProcess, camera, case_arrives, cases
from vision.simulate.cameras import RtspCameras

pytestmark = [pytest.mark.network, pytest.mark.timeout(240)]

MODEL = SAMPLES.parent / "models" / "street-n"


def candidate(folder: Path, least_score: str | None = None) -> Path:
    """A copy of the shipped model, with other least scores if asked for."""
    shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns("training", "*.md", "*.pt"))
    manifest = folder / "manifest.yaml"
    text = re.sub(r"(?m)^  pytorch:.*\n", "", manifest.read_text("utf-8"))
    text = re.sub(r"(?m)^name: .*", f"name: {folder.name}", text)
    manifest.write_text(
        re.sub(r"min_score: [\d.]+", f"min_score: {least_score}", text) if least_score else text, "utf-8"
    )
    return folder


@pytest.mark.parametrize(("least_score", "same"), [(None, True), ("1.0", False)], ids=["sees the same", "blind"])
def test_what_a_candidate_would_have_reported_is_listed_beside_the_cases(
    worker: WorkerProcess,
    serve: Callable[..., RtspCameras],
    mosquitto: Mosquitto,
    centre_at: Callable[..., CommandCentre],
    least_score: str | None,
    same: bool,
) -> None:
    centre = centre_at(mosquitto.port)
    folder = candidate(worker.folder / "street-x", least_score)
    source = serve({"a": SAMPLES / "dumping" / "clip.mp4"}).url("a")
    shadow = f", shadow: {{model: ./{folder.name}, cameras: [bj-001]}}"
    worker.configure(mosquitto.url, camera("bj-001", source), detector=shadow)
    worker.start()
    case_arrives(centre)
    log = worker.folder / "var" / "shadow.jsonl"
    if same:
        assert wait_until(lambda: '"opened"' in log.read_text("utf-8"), 20)
    assert worker.end(signal.SIGTERM) == 0

    command = [sys.executable, "-m", "vision.cli", "models", "shadow", "-c", str(worker.config), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    listed = json.loads(done.stdout)
    found = {side: len(listed[side]) for side in ("both", "candidate_only", "in_force_only")}
    opened = len([event for event in cases(centre) if event["kind"] == "opened"])
    assert found["candidate_only"] == 0
    assert found["both"] == (opened if same else 0)
    assert found["in_force_only"] == (0 if same else opened)
    assert listed["model"].startswith("street-x@")
    if same:
        pictures = [Path(path) for path in listed["both"][0]["pictures"]]
        assert {path.stem.rpartition("-")[2] for path in pictures} >= {"before", "after", "crop"}
        assert all(path.is_file() for path in pictures)
    assert "shadow_failed" not in worker.log
