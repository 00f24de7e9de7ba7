"""From a checkpoint to the files in models/street-n: ONNX, .pt, optionally OpenVINO int8, and the manifest.

python training/export.py CHECKPOINT [--min-scores scores.json] [--int8 DIR] [--out models/street-n]
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnx
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe
from training.surgery import blend, load_teacher, street_model
from vision.detect.manifest import Calibration

DEFAULT_MIN_SCORE = 0.35
UNTRAINED_MIN_SCORE = 0.5
ONNX_OPSET = 17
MAX_DETECTIONS = 300


class EndToEnd(nn.Module):
    """The network with its one-to-one head, as one function: (B, 3, H, W) RGB 0..1 → (B, 300, 6)."""

    def __init__(self, model: DetectionModel) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).float().eval()
        head = self.model.model[-1]
        head.end2end = True
        self.model.fuse(verbose=False)
        head.export, head.dynamic, head.format = True, True, "onnx"
        head.max_det = MAX_DETECTIONS

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.model(images)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def export_onnx(model: DetectionModel, recipe: Recipe, path: Path) -> None:
    """Write the ONNX file: batch, height and width are free (multiples of 32), weights float32."""
    example = torch.zeros(2, 3, recipe.height, recipe.width)
    torch.onnx.export(
        EndToEnd(model),
        (example,),
        str(path),
        opset_version=ONNX_OPSET,
        dynamo=False,
        input_names=["images"],
        output_names=["detections"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "detections": {0: "batch"}},
    )
    graph = onnx.load(str(path))
    try:
        import onnxslim

        graph = onnxslim.slim(graph)
    except ImportError:
        pass
    for key, value in {"names": json.dumps(recipe.names), "licence": "AGPL-3.0", "version": recipe.version}.items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(graph, str(path))


def export_pt(model: DetectionModel, recipe: Recipe, path: Path) -> None:
    """Write an Ultralytics checkpoint: float16, no optimizer, both branches (so that training can go on from it)."""
    half = copy.deepcopy(model).half()
    half.criterion = None
    for parameter in half.parameters():
        parameter.requires_grad = False
    torch.save(
        {
            "epoch": -1,
            "best_fitness": None,
            "model": half,
            "ema": None,
            "updates": None,
            "optimizer": None,
            "train_args": {"task": "detect", "imgsz": 640, "model": f"{recipe.name}.yaml"},
            "date": datetime.now().isoformat(timespec="seconds"),
            "version": "8.4.190",
            "license": "AGPL-3.0",
        },
        path,
    )


def calibrations(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Platt's scale and offset by class, of the first set that evaluate.py measured: real pictures come first.

    Where the scores of that set are truer as they are, the class keeps them: a set made for one class flatters it.
    """
    found: dict[str, dict[str, float]] = {}
    measured: set[str] = set()
    for title, one in report["reliability"].items():
        name = title.partition(",")[0]
        # What the teacher knows keeps its scores: tracking was tuned on them, and they are near the truth.
        if name == "person" or name in measured or one["scale"] is None:
            continue
        measured.add(name)
        if one["error_fitted"] < one["error"]:
            found[name] = {"scale": round(one["scale"], 3), "offset": round(one["offset"], 3)}
    return found


def write_manifest(
    recipe: Recipe, out: Path, min_scores: dict[str, float], calibrated: dict[str, dict[str, float]] | None = None
) -> None:
    """Write manifest.yaml for the files that lie in `out`. `min_scores` are of the network, before calibration."""
    files: dict[str, dict[str, str]] = {}
    for key, name in (("onnx", f"{recipe.name}.onnx"), ("pytorch", f"{recipe.name}.pt")):
        files[key] = {"path": name, "sha256": sha256(out / name)}
    graph, weights = out / f"{recipe.name}-int8.xml", out / f"{recipe.name}-int8.bin"
    if graph.exists() and weights.exists():
        files["openvino_int8"] = {
            "path": graph.name,
            "sha256": sha256(graph),
            "weights": weights.name,
            "weights_sha256": sha256(weights),
        }
    fallback = {one.name: DEFAULT_MIN_SCORE if one.teachers else UNTRAINED_MIN_SCORE for one in recipe.classes}
    fits = {name: Calibration(**fit) for name, fit in (calibrated or {}).items()}
    scores = {
        name: round(float(fits[name].apply(np.array(score))), 3) if name in fits else score
        for name, score in {**fallback, **min_scores}.items()
    }
    manifest: dict[str, Any] = {
        "schema": "model-manifest/1",
        "name": recipe.name,
        "version": recipe.version,
        "licence": "AGPL-3.0",
        "input": {
            "width": recipe.width,
            "height": recipe.height,
            "color": "rgb",
            "scale": 1 / 255,
            "pad": 114,
            "letterbox": True,
            "dynamic_shape": True,
        },
        "output": {"layout": "end2end"},
        **({} if recipe.overview is None else {"overview": recipe.overview.model_dump(mode="json")}),
        "classes": [
            {"id": one.id, "name": one.name, "role": one.role, "min_score": scores[one.name]}
            | ({"calibration": fits[one.name].model_dump()} if one.name in fits else {})
            for one in recipe.classes
        ],
        "files": files,
    }
    lines = []
    for key, value in manifest.items():
        if key == "classes":
            lines.append("classes:")
            lines += [f"  - {_flow(entry)}" for entry in value]
        elif key == "files":
            lines.append("files:")
            lines += [f"  {name}: {_flow(entry)}" for name, entry in value.items()]
        elif isinstance(value, dict):
            lines.append(f"{key}: {_flow(value)}")
        else:
            lines.append(f"{key}: {json.dumps(value) if key == 'version' else value}")
    lines[lines.index("output: {layout: end2end}")] += "   # (B, 300, 6): x1 y1 x2 y2 score class, input pixels"
    (out / "manifest.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def _flow(value: dict[str, Any]) -> str:
    """A mapping of plain scalars on one line of YAML."""
    plain = {
        key: _flow(item) if isinstance(item, dict) else json.dumps(item) if isinstance(item, bool) else str(item)
        for key, item in value.items()
    }
    return "{" + ", ".join(f"{key}: {item}" for key, item in plain.items()) + "}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="a checkpoint of train.py, or the teacher with --surgery-only")
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--out", type=Path, default=Path("models/street-n"))
    parser.add_argument("--name", help="name of the model; that of the recipe unless given")
    parser.add_argument("--min-scores", type=Path, help="JSON: class name → min_score, as evaluate.py writes it")
    parser.add_argument("--calibration", type=Path, help="report.json of evaluate.py, whose fits are written down")
    parser.add_argument("--surgery-only", action="store_true", help="cut the teacher's head and export it untrained")
    parser.add_argument("--blend", type=float, default=0.0, help="share of older weights mixed in again, 0..1")
    parser.add_argument("--teacher", type=Path, help="with --blend: for the classes that it knows")
    parser.add_argument(
        "--former", type=Path, help="with --blend: weights with this class list that training began with"
    )
    args = parser.parse_args()
    recipe = load_recipe(args.recipe)
    recipe = replace(recipe, name=args.name or recipe.name)
    model = load_teacher(args.checkpoint)
    if args.surgery_only:
        model = street_model(model, recipe)
    if args.blend:
        if (args.teacher is None) == (args.former is None):
            parser.error("--blend needs --teacher or --former, one of them")
        if args.former is not None:
            model = blend(model, load_teacher(args.former), args.blend)
        else:
            new = [one.id for one in recipe.classes if not one.teachers]
            model = blend(model, street_model(load_teacher(args.teacher), recipe), args.blend, new)
    args.out.mkdir(parents=True, exist_ok=True)
    export_onnx(model, recipe, args.out / f"{recipe.name}.onnx")
    export_pt(model, recipe, args.out / f"{recipe.name}.pt")
    min_scores = json.loads(args.min_scores.read_text("utf-8")) if args.min_scores else {}
    report = json.loads(args.calibration.read_text("utf-8")) if args.calibration else {"reliability": {}}
    write_manifest(recipe, args.out, min_scores, calibrations(report))


if __name__ == "__main__":
    main()
