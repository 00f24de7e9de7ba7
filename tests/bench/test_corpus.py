"""A part of the composed corpus, from making to scoring: what was once found is found again, what was no case is none.

The whole of it: `make corpus && make eval CLIPS=corpus`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOUND = ("dump-bag-infrared", "vend-fruit-day", "lock-arch-day")
"""One of each kind; the first was missed until things with edges of their own were told from light."""
NO_CASE = ("neg-bump-stays", "neg-ghost-fridge")
"""A knocked camera, and something taken away."""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The score of each scene by its name."""
    folder = tmp_path_factory.mktemp("corpus")
    only = [word for name in (*FOUND, *NO_CASE) for word in ("--only", name)]
    maker = [sys.executable, str(ROOT / "bench" / "scene_maker" / "make_scenes.py"), str(folder), "--corpus", *only]
    made = subprocess.run(maker, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    if "opencv-doc" in made.stderr:
        pytest.skip(made.stderr.strip().splitlines()[-1])
    assert made.returncode == 0, made.stderr
    report = folder / "score.json"
    command = [sys.executable, "-m", "vision.cli", "eval", str(folder), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600, check=False)
    assert report.exists(), done.stderr
    return {row["scene"]: row for row in json.loads(report.read_text())["scenes"]}


@pytest.mark.parametrize("name", FOUND)
def test_event_is_found(scored: Mapping[str, Mapping[str, Any]], name: str) -> None:
    assert scored[name]["hits"] == scored[name]["labels"] == 1


@pytest.mark.parametrize("name", NO_CASE)
def test_nothing_is_reported(scored: Mapping[str, Mapping[str, Any]], name: str) -> None:
    assert scored[name]["false"] == []
