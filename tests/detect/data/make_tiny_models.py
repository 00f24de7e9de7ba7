"""Makes the tiny ONNX networks beside this file; needs the package `onnx`. Run: python make_tiny_models.py

Each answers with fixed boxes and with the picture's mean brightness as score, so that a test knows what must come out.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent

NAMES = "{0: 'person', 1: 'bag'}"


def save(
    name: str, per_row: list[list[float]], slope: list[list[float]], *, names: str | None, batch: int | str
) -> None:
    """A network whose answer is `per_row + mean brightness * slope`, both (rows, columns)."""
    rows, columns = np.array(per_row).shape
    constants = [
        numpy_helper.from_array(np.array([1, 2, 3], np.int64), "axes"),
        numpy_helper.from_array(np.array([-1, 1, 1], np.int64), "shape"),
        numpy_helper.from_array(np.array([per_row], np.float32), "base"),
        numpy_helper.from_array(np.array([slope], np.float32), "slope"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["images", "axes"], ["mean4"], keepdims=1),
        helper.make_node("Reshape", ["mean4", "shape"], ["mean"]),
        helper.make_node("Mul", ["mean", "slope"], ["scaled"]),
        helper.make_node("Add", ["scaled", "base"], ["output0"]),
    ]
    sides: list[int | str] = [32, 64] if isinstance(batch, int) else ["height", "width"]
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *sides])]
    outputs = [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [batch, rows, columns])]
    model = helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, constants), opset_imports=[helper.make_opsetid("", 18)]
    )
    model.ir_version = 9
    if names is not None:
        helper.set_model_props(model, {"names": names})
    onnx.checker.check_model(model)
    onnx.save(model, str(FOLDER / f"{name}.onnx"))


def main() -> None:
    """Write all of them."""
    rows = [[16, 8, 32, 24, 0, 0], [0, 0, 64, 32, 0.1, 1], [5, 5, 5, 5, 0.9, 1]]
    bright = [[0, 0, 0, 0, 1, 0]] + [[0] * 6] * 2
    save("end2end", rows, bright, names=NAMES, batch="batch")
    save("fixed", rows, bright, names=NAMES, batch=1)
    save("nameless", rows, bright, names=None, batch="batch")
    # Three anchors: two almost the same person, one bag; columns are anchors.
    yolo = [[24, 25, 8], [16, 16, 8], [16, 16, 8], [16, 16, 8], [0, 0, 0.1], [0, 0, 0.8]]
    save("yolo", yolo, [[0] * 3] * 4 + [[1, 0.9, 0], [0] * 3], names=NAMES, batch="batch")
    save("odd", [[1, 2, 3]], [[0, 0, 0]], names=NAMES, batch="batch")


if __name__ == "__main__":
    main()
