"""OpenVINO on the CPU: the default backend.

Pictures of a batch do not go through the network as one tensor but one by one over several streams, one thread each.
Measured on a 2-core AMD EPYC (Zen 4) with YOLO26n at 640 × 384 in bf16, two threads: 13.1 ms of wall and 24.7 ms of CPU
a picture this way, 14.4 and 28.5 ms as a batch of four; a graph with open dimensions costs 4 % more. And a picture's
answer cannot depend on what else happens to be in its batch: same picture, same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino.frontend import FrontEndManager
from openvino.preprocess import ColorFormat, PrePostProcessor

from vision.detect.class_names import parse_names
from vision.detect.detector import last_line
from vision.detect.errors import ModelError
from vision.detect.letterbox import FloatArray, Size
from vision.detect.manifest import ModelInput
from vision.sources import Image

_HINTS = {"f32": "f32", "bf16": "bf16"}
"""Our names of floating-point precisions to OpenVINO's; an int8 graph carries its own."""


class OpenvinoEngine:
    """A compiled network with a request for each stream."""

    backend = "openvino"
    device = "cpu"

    def __init__(
        self,
        path: Path,
        size: Size,
        precision: str,
        spec: ModelInput,
        *,
        threads: int,
        streams: int,
        cache_dir: Path | None = None,
    ) -> None:
        """Read and compile `path` (.onnx or .xml) for pictures of `size` (width, height).

        Args:
            precision: f32, bf16 or int8 (a quantised graph).
            spec: what the network wants to see.
            threads: CPU threads in all.
            streams: pictures under way at once; as many as `threads` is the best rate, 1 the least delay.
            cache_dir: where OpenVINO may keep compiled networks; none unless told.

        Raises:
            ModelError: the file is no network that OpenVINO can read, or does not take this size.
        """
        self.precision = precision
        network = read_network(path)
        self.names = stored_names(network)
        properties: dict[str, Any] = {
            "PERFORMANCE_HINT": "THROUGHPUT" if streams > 1 else "LATENCY",
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,
            # Pinned threads of several worker processes would all sit on the same first cores.
            "ENABLE_CPU_PINNING": False,
        }
        if precision in _HINTS:
            properties["INFERENCE_PRECISION_HINT"] = _HINTS[precision]
        if cache_dir is not None:
            properties["CACHE_DIR"] = str(cache_dir)
        _check_input(network, size, path)
        try:
            network.reshape([1, 3, size[1], size[0]])
            compiled = ov.Core().compile_model(_takes_bytes(network, spec), "CPU", properties)
        except RuntimeError as error:
            raise ModelError(f"{path}: OpenVINO cannot use it at {size[0]}x{size[1]}: {last_line(error)}") from None
        self._queue = ov.AsyncInferQueue(compiled, streams)
        self._queue.set_callback(self._keep)

    def infer(self, canvases: Sequence[Image]) -> FloatArray:
        answers: list[FloatArray] = [np.empty(0, np.float32)] * len(canvases)
        try:
            for position, canvas in enumerate(canvases):
                self._queue.start_async({0: canvas[np.newaxis]}, userdata=(answers, position), share_inputs=True)
        finally:
            self._queue.wait_all()
        return np.concatenate(answers)

    @staticmethod
    def _keep(request: ov.InferRequest, place: tuple[list[FloatArray], int]) -> None:
        answers, position = place
        answers[position] = np.array(request.get_output_tensor(0).data, np.float32)


def _takes_bytes(network: ov.Model, spec: ModelInput) -> ov.Model:
    """The same network for (1, H, W, 3) uint8 BGR: what comes before its first layer is part of the graph, and fused.

    An int8 graph begins with a quantiser of 256 steps. Where these are within 0.3 % of 1/255, OpenVINO leaves it out
    behind bytes: the first layer sees the picture's own, brighter or darker by as much (street-n: 0.3 % darker).
    """
    steps = PrePostProcessor(network)
    picture = steps.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_color_format(ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NCHW"))
    picture.preprocess().convert_element_type(ov.Type.f32)
    if spec.color == "rgb":
        picture.preprocess().convert_color(ColorFormat.RGB)
    picture.preprocess().scale(1 / spec.scale)
    return steps.build()


def _check_input(network: ov.Model, size: Size, path: Path) -> None:
    """Refuse another size than the network was exported for: reshaped, its anchors would lie in the wrong places."""
    shape = network.input(0).partial_shape
    if len(network.inputs) != 1 or not shape.compatible(ov.PartialShape([-1, 3, size[1], size[0]])):
        raise ModelError(
            f"{path}: takes {shape}, not one (B, 3, {size[1]}, {size[0]}) input; "
            "correct input.width and input.height in the manifest, or export it with a dynamic shape"
        )


def read_network(path: Path) -> ov.Model:
    """The network in a `.onnx` or `.xml` file.

    Raises:
        ModelError: it is none.
    """
    try:
        if path.suffix.lower() != ".onnx":
            return ov.Core().read_model(path)
        # By name: left to find out itself what a damaged file is, OpenVINO tries TensorFlow too, loudly on stderr.
        frontend = FrontEndManager().load_by_framework("onnx")
        return frontend.convert(frontend.load(path))
    except Exception as error:  # its frontends raise classes of their own that are no RuntimeError
        raise ModelError(
            f"{path}: not a network that OpenVINO can read: damaged, or another kind of file; fetch or export it again"
        ) from error


def stored_names(network: ov.Model) -> dict[int, str] | None:
    """The class list that the exporter left in an ONNX file's metadata (or Ultralytics in an IR's), None if absent."""
    for place in (["framework", "names"], ["model_info", "names"]):
        if network.has_rt_info(place):
            return parse_names(str(network.get_rt_info(place).value))
    return None
