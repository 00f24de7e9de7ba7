"""A model from words: classes by text prompt for an open-vocabulary network, fixed into an ordinary model folder.

    python training/prompt.py yoloe-26n-seg.pt prompts.yaml --out models/street-words

`prompts.yaml`:

    name: street-words
    licence: AGPL-3.0
    input: {width: 640, height: 384}
    classes:
      - {name: person, role: person, prompt: person}
      - {name: ground_lock, role: lock, prompt: parking lock on the ground, min_score: 0.2}
      - {name: stall, role: stall, prompt: street food cart}
      - {name: rubbish, role: waste, prompt: pile of garbage bags}

The weights (YOLOE or YOLO-World, with or without masks) are the user's own; we ship none. Ultralytics turns the prompts
into embeddings with a text encoder that it fetches from the network at the first time (MobileCLIP for YOLOE, CLIP for
YOLO-World), or `--embeddings` gives them: a NumPy file, (classes, dimensions) float32. They are folded into the
network, so that the worker runs it like any other: ONNX through OpenVINO on the CPU, without torch and without a text
encoder. How well words find things on a street must be measured (`vision models evaluate`) before it is in force.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ultralytics import YOLO
from ultralytics.nn.tasks import WorldModel, YOLOEModel

from vision.detect.manifest import DEFAULT_MIN_SCORE, Manifest, ModelInput
from vision.detect.roles import Role

ONNX_OPSET = 17
BOX_ROWS = 4
END_TO_END_COLUMNS = 6


class PromptError(Exception):
    """The prompts or the weights cannot be used; the text names file and key."""


class Prompted(BaseModel):
    """A class that is given by words."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    role: Role
    prompt: str = Field(min_length=1)
    min_score: float = Field(DEFAULT_MIN_SCORE, ge=0, le=1)


class Prompts(BaseModel):
    """What `prompts.yaml` holds."""

    model_config = ConfigDict(extra="forbid")

    name: str
    licence: str
    version: str = "1"
    input: ModelInput
    classes: list[Prompted] = Field(min_length=1)


def read_prompts(path: Path) -> Prompts:
    """Read and check the file. Raises PromptError with file and key."""
    try:
        prompts = Prompts.model_validate(YAML(typ="safe").load(path.read_text("utf-8")))
    except OSError as error:
        raise PromptError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise PromptError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    for key in ("name", "prompt"):
        values = [getattr(one, key) for one in prompts.classes]
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise PromptError(f"{path}: classes: {key} given twice: {', '.join(sorted(twice))}")
    return prompts


def give_words(model: Any, prompts: Prompts, embeddings: np.ndarray | None) -> None:
    """Set the network's classes: by its text encoder, or by embeddings (classes, dimensions) that are unit vectors.

    Raises PromptError for weights without an open vocabulary, and embeddings of another number of classes.
    """
    words = [one.prompt for one in prompts.classes]
    if embeddings is not None:
        if embeddings.shape[0] != len(words) or embeddings.ndim != 2:
            raise PromptError(f"embeddings are {embeddings.shape}, there are {len(words)} classes")
        vectors = torch.nn.functional.normalize(torch.from_numpy(embeddings.astype(np.float32)), dim=-1)[None]
        if isinstance(model.model, YOLOEModel):
            model.model.set_classes(words, vectors)
        elif isinstance(model.model, WorldModel):
            model.model.txt_feats, model.model.model[-1].nc = vectors, len(words)
            model.model.names = dict(enumerate(words))
        else:
            raise PromptError("no open vocabulary in these weights: they must be YOLOE's or YOLO-World's")
    elif isinstance(model.model, YOLOEModel | WorldModel):
        model.set_classes(words)
    else:
        raise PromptError("no open vocabulary in these weights: they must be YOLOE's or YOLO-World's")


def boxes_only(graph: onnx.ModelProto, classes: int) -> str:
    """Drop masks from the network's answer, in place; its layout as the manifest names it.

    Raises PromptError for an answer of a shape that is neither.
    """
    boxes = graph.graph.output[0]
    rows = [side.dim_value for side in boxes.type.tensor_type.shape.dim]
    if rows[2] >= END_TO_END_COLUMNS and rows[1] == 300:
        layout, axis, wanted = "end2end", 2, END_TO_END_COLUMNS
    elif rows[1] >= BOX_ROWS + classes:
        layout, axis, wanted = "yolo", 1, BOX_ROWS + classes
    else:
        raise PromptError(f"the network answers with {rows}, that is no list of boxes of {classes} classes")
    del graph.graph.output[1:]
    if rows[axis] > wanted:
        for name, value in (("cut_from", 0), ("cut_to", wanted), ("cut_axis", axis)):
            graph.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [1], [value]))
        cut = ["cut_from", "cut_to", "cut_axis"]
        graph.graph.node.append(helper.make_node("Slice", [boxes.name, *cut], ["detections"]))
        shape = [side.dim_param or side.dim_value for side in boxes.type.tensor_type.shape.dim]
        shape[axis] = wanted
        graph.graph.output[0].CopyFrom(helper.make_tensor_value_info("detections", TensorProto.FLOAT, shape))
    onnx.checker.check_model(graph)
    return layout


def build(weights: Path | Any, prompts: Prompts, out: Path, embeddings: np.ndarray | None = None) -> Manifest:
    """Write the model's folder; `weights`: a file, or a model of Ultralytics."""
    model = YOLO(str(weights)) if isinstance(weights, str | Path) else weights
    give_words(model, prompts, embeddings)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        # Ultralytics writes beside the file that the model came from, wherever that is.
        model.model.pt_path = str(Path(temporary) / f"{prompts.name}.pt")
        model.ckpt_path = model.model.pt_path
        size = (prompts.input.height, prompts.input.width)
        exported = model.export(format="onnx", dynamic=True, imgsz=size, opset=ONNX_OPSET, verbose=False)
        graph = onnx.load(exported)
        Path(exported).unlink()
    layout = boxes_only(graph, len(prompts.classes))
    names = {number: one.name for number, one in enumerate(prompts.classes)}
    del graph.metadata_props[:]  # Ultralytics' own: classes by their prompts, a task with masks
    for key, value in {"names": json.dumps(names), "licence": prompts.licence, "version": prompts.version}.items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, value
    file = out / f"{prompts.name}.onnx"
    onnx.save(graph, str(file))
    plain = {
        "schema": "model-manifest/1",
        "name": prompts.name,
        "version": prompts.version,
        "licence": prompts.licence,
        "input": {"width": prompts.input.width, "height": prompts.input.height, "dynamic_shape": True},
        "output": {"layout": layout},
        "classes": [
            {"id": number, "name": one.name, "role": one.role.value, "min_score": one.min_score}
            for number, one in enumerate(prompts.classes)
        ],
        "files": {"onnx": {"path": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}},
    }
    with (out / "manifest.yaml").open("w", encoding="utf-8") as handle:
        YAML().dump(plain, handle)
    return Manifest.model_validate(plain).at(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="YOLOE's or YOLO-World's (.pt)")
    parser.add_argument("prompts", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--embeddings", type=Path, help="NumPy file, instead of a text encoder")
    args = parser.parse_args()
    try:
        given = None if args.embeddings is None else np.load(args.embeddings)
        build(args.weights, read_prompts(args.prompts), args.out, given)
    except PromptError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
