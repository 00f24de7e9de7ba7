"""`vision models`: a candidate is put in force only if it finds more on labelled scenes; one step takes it back."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENES = ROOT / "sample_clips"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`seeing` is the shipped model; `blind`, which is in force, the same one with scores that nothing reaches."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "registry.yaml").write_text("schema: model-registry/1\ndefault: blind\n")
    for name in ("seeing", "blind"):
        shutil.copytree(ROOT / "models" / "street-n", folder / name, ignore=shutil.ignore_patterns("training", "*.md"))
    manifest = folder / "blind" / "manifest.yaml"
    manifest.write_text(re.sub(r"min_score: [\d.]+", "min_score: 1.0", manifest.read_text("utf-8")), "utf-8")
    return folder


def vision(models: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vision.cli", "models", *map(str, arguments)]
    environ = {**os.environ, "VISION_MODELS": str(models)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=170, check=False, env=environ)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def in_force(models: Path) -> str:
    listed = json.loads(vision(models, "list", "--json").stdout)
    (name,) = [one["name"] for one in listed if one["in_force"]]
    return str(name)


def test_better_candidate_is_put_in_force_and_taken_back_and_a_worse_one_is_not(models: Path) -> None:
    deciding = ("--scenes", SCENES, "--only", "dumping")
    done = vision(models, "use", "seeing", *deciding)
    assert done.returncode == 0, done.stderr
    assert "found 1 / 0 of 1" in done.stdout
    assert in_force(models) == "seeing"
    worse = vision(models, "evaluate", "blind", *deciding, "--json", models / "trial.json")
    assert worse.returncode == 1
    trial = json.loads((models / "trial.json").read_text())
    assert (trial["lost"], trial["gained"], trial["better"]) == (1, 0, False)
    assert vision(models, "use", "--back").stdout.split()[-1] == "blind"
    assert in_force(models) == "blind"


def test_changed_file_is_named_in_the_list_and_not_put_in_force(models: Path, tmp_path: Path) -> None:
    changed = tmp_path / "models"
    shutil.copytree(models, changed)
    with (changed / "seeing" / "street-n.onnx").open("ab") as file:
        file.write(b"\0")
    (one,) = [one for one in json.loads(vision(changed, "list", "--json").stdout) if one["name"] == "seeing"]
    assert "street-n.onnx" in one["wrong"]
    done = vision(changed, "use", "seeing", "--force")
    assert done.returncode == 2
    assert "street-n.onnx" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("use",), "name the model"),
        (("use", "seeing"), "--scenes"),
        (("use", "seeing", "--back"), "takes no name"),
        (("use", "nobody", "--force"), "no model 'nobody'"),
        (("evaluate", "nobody", "--scenes", SCENES), "no model 'nobody'"),
        (("evaluate", "seeing", "--scenes", ROOT / "docs"), "docs"),
    ],
)
def test_wrong_input_is_one_message(models: Path, arguments: tuple[object, ...], said: str) -> None:
    done = vision(models, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
