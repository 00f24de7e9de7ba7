"""A manifest for a model file that comes without one: class list and shape as the exporter wrote them into the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vision.detect.coco_roles import guess_role
from vision.detect.errors import ModelError
from vision.detect.manifest import FileKind, Manifest, sha256_of

BARE_SUFFIXES: dict[str, FileKind] = {".onnx": "onnx", ".pt": "pytorch"}
"""Files that are taken without a manifest."""

DEFAULT_SIZE = (640, 384)
"""Input width and height for a network that takes any: 16:9 cameras with the least padding at 640 pixels."""


def bare_manifest(path: Path) -> Manifest:
    """Describe a `.onnx` or `.pt` file by what is written in it.

    Raises:
        ModelError: not such a file, or without a class list.
    """
    suffix = path.suffix.lower()
    found = _describe_onnx(path) if suffix == ".onnx" else _describe_pytorch(path)
    names: Mapping[int, str] = found["names"]
    width, height = found["size"]
    digest = sha256_of(path)
    data = {
        "schema": "model-manifest/1",
        "name": re.sub(r"[^A-Za-z0-9._-]", "-", path.stem),
        "version": digest[:12],
        "licence": "unknown",
        "input": {"width": width, "height": height, "dynamic_shape": found["dynamic"]},
        "output": {"layout": found["layout"]},
        "classes": [{"id": i, "name": name, "role": guess_role(name)} for i, name in sorted(names.items())],
        "files": {BARE_SUFFIXES[suffix]: {"path": path.name, "sha256": digest}},
    }
    try:
        return Manifest.model_validate(data).at(path.parent)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise ModelError(f"{path}: cannot be used without a manifest: {problems}. Write a manifest.yaml") from None


def _describe_onnx(path: Path) -> dict[str, Any]:
    from vision.detect.openvino_backend import read_network, stored_names

    network = read_network(path)
    names = stored_names(network)
    if names is None:
        raise ModelError(f"{path}: no class list in the file (metadata key 'names'); write a manifest.yaml beside it")
    if len(network.inputs) != 1 or len(network.input(0).partial_shape) != 4:
        raise ModelError(f"{path}: must take one (B, 3, H, W) input; export the detection network alone")
    _, _, height, width = network.input(0).partial_shape
    answer = network.output(0).partial_shape
    end2end = len(answer) == 3 and answer[2].is_static and answer[2].get_length() == 6
    dynamic = height.is_dynamic or width.is_dynamic
    size = DEFAULT_SIZE if dynamic else (width.get_length(), height.get_length())
    return {"names": names, "size": size, "layout": "end2end" if end2end else "yolo", "dynamic": dynamic}


def _describe_pytorch(path: Path) -> dict[str, Any]:
    from vision.detect.ultralytics_backend import read_weights

    names, layout = read_weights(path)
    return {"names": names, "size": DEFAULT_SIZE, "layout": layout, "dynamic": True}
