"""The commands as a person or a program meets them: exit codes, one message, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from vision.cli.simulate import named_clips
from vision.runtime.storage_lock import storage_lock

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "sample_clips" / "quiet" / "clip.mp4"


def vision(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vision.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def site(folder: Path, cameras: str = "", extra: str = "") -> Path:
    path = folder / "site.yaml"
    path.write_text(
        f"site: {{id: t}}\nruntime: {{listen: ''}}\n{extra}cameras:\n  - {{id: a, source: a.mp4}}\n{cameras}"
    )
    return path


def test_help_lists_every_command_and_version_is_told() -> None:
    text = vision("--help").stdout
    assert all(name in text for name in ("run", "check", "replay", "eval", "tune", "simulate", "demo", "schema"))
    assert vision("--version").stdout.startswith("vision ")


@pytest.mark.parametrize(("contract", "key"), [("case-event", "event_id"), ("config", "cameras")])
def test_schema_is_json(contract: str, key: str) -> None:
    assert key in json.loads(vision("schema", contract).stdout)["properties"]


def test_bad_configuration_is_one_message_and_exit_code_2(tmp_path: Path) -> None:
    path = site(tmp_path, "  - {id: a, sauce: b.mp4}\n")
    for command in (("check", "-c", path), ("run", "-c", path), ("replay", CLIP, "-c", path)):
        done = vision(*command)
        assert done.returncode == 2
        assert f"{path}:5: cameras[1].sauce: unknown key; did you mean source?" in done.stderr


def test_second_worker_in_a_storage_folder_is_refused_with_the_firsts_process(tmp_path: Path) -> None:
    with storage_lock(tmp_path / "var"):
        done = vision("run", "-c", site(tmp_path))
    assert done.returncode == 2
    assert "Storage is in use" in done.stderr
    assert f"{tmp_path / 'var'}: process {os.getpid()} works in it" in done.stderr


@pytest.mark.parametrize("model", ["nothing", "./broken.onnx"])
def test_model_that_cannot_be_used_is_exit_code_2(tmp_path: Path, model: str) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    done = vision("replay", CLIP, "-c", site(tmp_path, extra=f"detector: {{model: {model}}}\n"))
    assert done.returncode == 2
    assert "Model cannot be used" in done.stderr


def test_several_cameras_need_a_choice(tmp_path: Path) -> None:
    done = vision("replay", CLIP, "-c", site(tmp_path, "  - {id: b, source: b.mp4}\n"))
    assert (done.returncode, "--camera: a, b" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "does not exist"),
        (b"", "empty"),
        (b"no video\n" * 50, "not a video"),
        (CLIP.read_bytes()[:60_000], "cut short"),
        (CLIP.read_bytes()[60_000:200_000], ""),
    ],
    ids=["missing", "empty", "text", "cut short", "without its index"],
)
def test_damaged_video_is_exit_code_1_and_named(tmp_path: Path, content: bytes | None, what: str) -> None:
    video = tmp_path / "video.mp4"
    if content is not None:
        video.write_bytes(content)
    done = vision("replay", video, "-c", site(tmp_path))
    assert done.returncode == 1
    assert "video.mp4" in done.stderr
    assert what in done.stderr


@pytest.mark.network
def test_check_tells_what_is_there_and_what_is_not(tmp_path: Path, mosquitto: Mosquitto) -> None:
    (tmp_path / "a.mp4").symlink_to(CLIP)
    broker = f"mqtt: {{url: '{mosquitto.url}'}}\n"
    good = vision("check", "-c", site(tmp_path, extra=broker), "--json")
    assert good.returncode == 0, good.stdout
    assert all(finding["ok"] for finding in json.loads(good.stdout))
    away = "  - {id: b, source: 'rtsp://admin:s3cret@127.0.0.1:9/x'}\n"
    bad = vision("check", "-c", site(tmp_path, away, broker), "--timeout", "3")
    assert bad.returncode == 1
    assert "connection refused" in bad.stdout
    assert "s3cret" not in bad.stdout + bad.stderr


@pytest.mark.network
def test_check_names_a_fixture_that_the_model_can_never_see(tmp_path: Path, mosquitto: Mosquitto) -> None:
    (tmp_path / "a.mp4").symlink_to(CLIP)
    zones = (
        "    zones:\n      - id: z\n        polygon: [[0, 0], [1, 0], [1, 1]]\n"
        "        rules: [{rule: ground_lock}]\n        fixtures: [{at: [0.5, 0.2], class: parking_lock}]\n"
    )
    path = site(tmp_path, "    loop: false\n" + zones, f"mqtt: {{url: '{mosquitto.url}'}}\n")
    path.write_text(path.read_text().replace("- {id: a, source: a.mp4}", "- id: a\n    source: a.mp4"))
    done = vision("check", "-c", path, "--json")
    assert done.returncode == 1
    (wrong,) = [finding["detail"] for finding in json.loads(done.stdout) if not finding["ok"]]
    assert "camera a, zone z, fixtures[0]: the model has no class 'parking_lock'; it knows" in wrong


def test_clips_get_names_of_their_own() -> None:
    names = named_clips([Path("a/clip.mp4"), Path("b/x.mp4")], 5)
    assert list(names) == ["a", "x", "a-2", "x-2", "a-3"]
