"""`training/` is no installed package: it is imported from the checkout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def teacher() -> Any:
    """A network as YOLO26n on COCO is, for where its weights are not to be had: trunk, neck and boxes of the shipped
    model, and a row of our class head for each of the COCO classes that ours come from. The others say nothing."""
    torch = pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
    pytest.importorskip("ultralytics", reason="needs Ultralytics: pip install street-vision[training]")
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel
    from ultralytics.utils import YAML
    from ultralytics.utils.checks import check_yaml

    from training.recipe import load_recipe
    from training.surgery import load_teacher, teacher_columns

    torch.manual_seed(0)
    model = DetectionModel("yolo26n.yaml", nc=80, verbose=False).eval()
    model.names = dict(YAML.load(check_yaml("coco8.yaml"))["names"])
    model.args = get_cfg()
    ours, theirs = load_teacher(ROOT / "models" / "street-n" / "street-n.pt").state_dict(), model.state_dict()
    for name, value in ours.items():
        if value.shape == theirs[name].shape:
            theirs[name].copy_(value)
            continue
        theirs[name].fill_(0.0 if value.ndim > 1 else -9.0)
        for row, members in teacher_columns(model.names, load_recipe()):
            theirs[name][members] = value[row]
    return model


@pytest.fixture(scope="session")
def teacher_file(teacher: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, as a checkpoint that training reads."""
    from training.export import export_pt
    from training.recipe import load_recipe

    path = tmp_path_factory.mktemp("teacher") / "teacher.pt"
    export_pt(teacher, load_recipe(), path)
    return path
