"""ONNX Runtime, on the CPU or CUDA: the reference for the other backends, and for machines without OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from vision.detect.class_names import parse_names
from vision.detect.detector import last_line
from vision.detect.errors import ModelError
from vision.detect.letterbox import FloatArray, to_planes
from vision.detect.manifest import ModelInput
from vision.sources import Image

_QUIET = 3
"""ONNX Runtime's severity 'error': what it warns of (unused initialisers, CPU nodes) concerns no user."""


class OnnxEngine:
    """One session. On the CPU pictures go one by one, so that a picture's answer does not depend on its batch."""

    backend = "onnxruntime"
    precision = "f32"

    def __init__(self, path: Path, device: str, spec: ModelInput, *, threads: int) -> None:
        """Open `path` (.onnx) on `device`, `cpu` or `cuda:N`; `spec` says what it wants to see.

        Raises:
            ModelError: not an ONNX file, or the installed ONNX Runtime cannot use that device.
        """
        self.device, self._spec = device, spec
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _QUIET
        options.use_deterministic_compute = True
        try:
            self._session = ort.InferenceSession(str(path), options, providers=_providers(device))
        except Exception as error:  # noqa: BLE001  its exceptions share no base class of their own
            raise ModelError(f"{path}: not a network that ONNX Runtime can use: {last_line(error)}") from None
        if device != "cpu" and "CUDAExecutionProvider" not in self._session.get_providers():
            raise ModelError(f"{path}: ONNX Runtime has no CUDA here; install onnxruntime-gpu, or use device: cpu")
        if len(self._session.get_inputs()) != 1:
            raise ModelError(f"{path}: must take one (B, 3, H, W) input; export the detection network alone")
        self._input = self._session.get_inputs()[0].name
        takes_batches = not isinstance(self._session.get_inputs()[0].shape[0], int)
        self._one_by_one = device == "cpu" or not takes_batches
        self.names = parse_names(self._session.get_modelmeta().custom_metadata_map.get("names", ""))

    def infer(self, canvases: Sequence[Image]) -> FloatArray:
        if not self._one_by_one:
            return self._run(canvases)
        return np.concatenate([self._run([canvas]) for canvas in canvases])

    def _run(self, canvases: Sequence[Image]) -> FloatArray:
        return np.asarray(self._session.run(None, {self._input: to_planes(canvases, self._spec)})[0], np.float32)


def _providers(device: str) -> list[Any]:
    if device == "cpu":
        return ["CPUExecutionProvider"]
    index = int(device.partition(":")[2] or 0)
    return [("CUDAExecutionProvider", {"device_id": index}), "CPUExecutionProvider"]
