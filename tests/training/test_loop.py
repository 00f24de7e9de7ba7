"""The loop: verdicts → set → a few steps of training → candidate → comparison → back, each by its command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dataset.test_checks_and_export import THING, a_set
from vision.detect import load_manifest

pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
pytest.importorskip("ultralytics", reason="needs ultralytics: pip install street-vision[training]")
pytest.importorskip("onnx", reason="needs onnx: pip install street-vision[training]")

ROOT = Path(__file__).parents[2]


def vision(models: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vision.cli", *map(str, arguments)]
    environ = {**os.environ, "VISION_MODELS": str(models), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=280, check=False, env=environ)
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return done


@pytest.mark.timeout(600)
def test_verdicts_train_a_candidate_that_is_compared_put_in_force_and_taken_back(
    tmp_path: Path, teacher_file: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(
        ROOT / "models" / "street-n", models / "street-n", ignore=shutil.ignore_patterns("training", "*.md")
    )
    (models / "registry.yaml").write_text("schema: model-registry/1\ndefault: street-n\n")
    recipe = tmp_path / "recipe.yaml"
    text = (ROOT / "training" / "street_n.yaml").read_text("utf-8")
    recipe.write_text(
        re.sub(r"(?m)^  size: \d+", "  size: 64", re.sub(r"(?m)^  batch: \d+", "  batch: 2", text)), "utf-8"
    )
    a_set(tmp_path / "set", {}, {}, {"boxes": (), "absent": (THING,)}, {}, {"split": "val"})

    assert vision(models, "dataset", "check", tmp_path / "set").returncode == 0
    assert vision(models, "dataset", "export", tmp_path / "set", "--out", tmp_path / "prepared").returncode == 0
    trained = vision(
        models, "models", "train", "street-n2", "--data", tmp_path / "prepared", "--teacher", teacher_file,
        "--run", tmp_path / "run", "--recipe", recipe, "--epochs", 2, "--workers", 0, "--models", models,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr[-2000:]
    candidate = load_manifest(models / "street-n2")
    assert candidate.name == "street-n2"
    assert candidate.class_names == load_manifest(models / "street-n").class_names
    assert candidate.verified_file("onnx")[1] != load_manifest(models / "street-n").verified_file("onnx")[1]
    assert json.loads((tmp_path / "run" / "compute.json").read_text())["steps"] == 4

    scenes = ("--scenes", ROOT / "sample_clips", "--only", "dumping")
    compared = vision(models, "models", "evaluate", models / "street-n2", *scenes, "--json", tmp_path / "trial.json")
    assert "候选" in compared.stdout
    assert json.loads((tmp_path / "trial.json").read_text())["labels"] == 1
    assert vision(models, "models", "use", "street-n2", "--force").returncode == 0
    assert vision(models, "models", "use", "--back").stdout.split()[-1] == "street-n"
