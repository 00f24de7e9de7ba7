"""Ultralytics' own runner: `.pt` on any device, TensorRT engines on CUDA. Needs the extra `ultralytics` or `gpu`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from ultralytics.nn.autobackend import AutoBackend

from vision.detect.errors import ModelError
from vision.detect.letterbox import FloatArray, to_planes
from vision.detect.manifest import ModelInput
from vision.sources import Image


class UltralyticsEngine:
    """A network behind Ultralytics' AutoBackend, which reads each of its formats."""

    backend = "ultralytics"

    def __init__(
        self, path: Path, device: str, precision: str, spec: ModelInput, *, end2end: bool, threads: int
    ) -> None:
        """Load `path` (.pt or .engine) onto `device`, `cpu` or `cuda:N`, in `precision` f32 or f16.

        Args:
            spec: what the network wants to see.
            end2end: whether the manifest wants the head without duplicates, of networks that have both.
            threads: CPU threads of this process's PyTorch; not used on CUDA.

        Raises:
            ModelError: the file cannot be loaded there.
        """
        if device == "cpu":
            torch.set_num_threads(threads)
        self.device, self.precision, self._spec = device, precision, spec
        self._network = _load(path, device, f16=precision == "f16", end2end=end2end)
        self._half = bool(getattr(self._network, "fp16", False))
        # A TensorRT engine is built for a batch of one unless it was exported with open dimensions.
        self._one_by_one = device == "cpu" or (
            path.suffix == ".engine" and not getattr(self._network, "dynamic", False)
        )
        self.names = {int(key): str(name) for key, name in self._network.names.items()}

    def infer(self, canvases: Sequence[Image]) -> FloatArray:
        if not self._one_by_one:
            return self._run(canvases)
        return np.concatenate([self._run([canvas]) for canvas in canvases])

    def _run(self, canvases: Sequence[Image]) -> FloatArray:
        with torch.inference_mode():
            pictures = torch.from_numpy(to_planes(canvases, self._spec)).to(self.device)
            answer = self._network(pictures.half() if self._half else pictures)
            first = answer[0] if isinstance(answer, list | tuple) else answer
            return np.asarray(first.float().cpu().numpy(), np.float32)


def read_weights(path: Path) -> tuple[dict[int, str], Literal["end2end", "yolo"]]:
    """Class list and output layout of a `.pt` file, on the head that it uses by itself.

    Raises:
        ModelError: not Ultralytics weights of a detection network.
    """
    network = _load(path, "cpu", f16=False, end2end=None)
    names = {int(key): str(name) for key, name in network.names.items()}
    return names, "end2end" if getattr(network, "end2end", False) else "yolo"


def _load(path: Path, device: str, *, f16: bool, end2end: bool | None) -> Any:
    try:
        network = AutoBackend(str(path), device=torch.device(device), fp16=f16, verbose=False, end2end=end2end)
    except Exception as error:  # torch, pickle, zip and Ultralytics each raise their own
        raise ModelError(
            f"{path}: Ultralytics cannot load it on {device} ({type(error).__name__}): "
            "damaged, or not a detection network of this Ultralytics version; fetch or export it again"
        ) from error
    network.eval()
    return network
