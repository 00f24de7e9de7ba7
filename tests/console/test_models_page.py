"""The models page: what is in force, its card, a candidate in shadow; and who may change it."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.console.conftest import Served

pytestmark = pytest.mark.network

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture
def two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder with a second model, of which nothing but its name is new."""
    folder = tmp_path / "models"
    for name in ("street-n", "street-n2"):
        shutil.copytree(MODELS / "street-n", folder / name, ignore=shutil.ignore_patterns("training", "*.pt"))
        manifest = folder / name / "manifest.yaml"
        text = manifest.read_text("utf-8").replace("name: street-n\n", f"name: {name}\n")
        lines = text.split("\n")
        start = next((n for n, line in enumerate(lines) if line.strip().startswith("pytorch:")), None)
        if start is not None:
            end = start + 1
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            del lines[start:end]
        manifest.write_text("\n".join(lines), "utf-8")
    registry = (MODELS / "registry.yaml").read_text("utf-8").split("\n")
    kept = [line for line in registry if not line.startswith("former:")]  # nothing was in force before
    (folder / "registry.yaml").write_text("\n".join(kept), "utf-8")
    monkeypatch.setenv("VISION_MODELS", str(folder))
    return folder


def test_model_in_force_is_told_with_its_card(served: Served) -> None:
    page = served.client("viewer").get("/api/models").json()
    assert page["in_force"] == "street-n"
    assert page["card"].startswith("#")
    assert [model["name"] for model in page["models"] if model["in_force"]] == ["street-n"]
    assert page["shadow"] is None


def test_model_is_put_in_force_and_taken_back(two_models: Path, served: Served) -> None:
    client = served.client("admin")
    assert client.post("/api/models/use", json={"model": "street-n2"}).json() == {
        "before": "street-n",
        "now": "street-n2",
    }
    assert "default: street-n2" in (two_models / "registry.yaml").read_text("utf-8")
    assert client.post("/api/models/use", json={"model": "former"}).json()["now"] == "street-n"
    nothing = client.post("/api/models/use", json={"model": "former"})
    assert (nothing.status_code, nothing.json()["error"]) == (409, "model")
    assert [line["action"] for line in client.get("/api/audit").json()["items"]][:2] == ["model.used", "model.used"]


def test_path_is_no_model(served: Served) -> None:
    client = served.client("admin")
    for name in ("../street-n", "/etc/passwd", "default", ""):
        assert client.post("/api/models/use", json={"model": name}).status_code == 404


def test_candidate_in_shadow_is_compared_with_what_was_found(served: Served) -> None:
    began = time.time() - 365 * 86400
    base = {"model": "street-n2", "camera_id": "bj-001"}
    find = {
        "kind": "opened", "zone_id": "road", "category": "illegal_dumping", "started": time.time(), "confidence": 0.7,
        "box": [0.1, 0.4, 0.2, 0.5], "incident_id": "i", "pictures": [],
    }  # fmt: skip
    lines = [json.dumps({**base, "began": began}), json.dumps({**base, **find})]
    (served.site.storage / "shadow.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    shadow = served.client("viewer").get("/api/models").json()["shadow"]
    assert (shadow["model"], shadow["both"], shadow["candidate_only"], shadow["in_force_only"]) == (
        "street-n2",
        0,
        1,
        2,
    )
