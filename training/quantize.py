"""An int8 file for OpenVINO, by post-training quantisation (NNCF) on training pictures.

    python training/quantize.py --model models/street-n/street-n.onnx --data DIR --out models/street-n

Calibrated on letterboxed training pictures, none of which is measured on. Decoding and top-k stay in float: a score or
a coordinate in 256 steps would cost boxes. Whether the file is shipped is decided by evaluate.py: at most one point.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import nncf
import numpy as np
import openvino as ov

from training.detector import letterbox, tensor
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe

CALIBRATION_PICTURES = 200
FLOAT_SCOPE = nncf.IgnoredScope(
    patterns=[r".*/model\.23/(?!.*(cv2|cv3)).*"],
    types=["Sigmoid", "TopK", "Gather", "GatherElements", "Subtract", "Divide"],
    validate=False,
)
"""Layer 23 is the head; what is not one of its convolutions is decoding."""


def calibration(recipe: Recipe, data: Path, count: int) -> Iterator[np.ndarray]:
    """`count` training pictures, evenly over the list, as the network's input. Each third one is shown half as large,
    because a street camera's people are smaller than those of the training pictures."""
    names = (data / "train.txt").read_text("utf-8").split()
    for number, name in enumerate(names[:: max(1, len(names) // count)][:count]):
        picture = cv2.imread(name)
        if number % 3 == 0:
            picture = np.tile(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (2, 3, 1))
        yield tensor(letterbox(picture, recipe.width, recipe.height)[0])


def quantize(recipe: Recipe, model: Path, data: Path, out: Path) -> Path:
    """Write `<name>-int8.xml` and `.bin` to `out`; returns the path of the former."""
    # Converted and not read as it is: only so are a convolution, its bias and its SiLU one thing to NNCF. It else puts
    # quantisers between them: 307 in place of 125, and the processor unpacks and packs again after every layer.
    network = ov.convert_model(str(model))
    dataset = nncf.Dataset(list(calibration(recipe, data, CALIBRATION_PICTURES)))
    small = nncf.quantize(
        network,
        dataset,
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=CALIBRATION_PICTURES,
        ignored_scope=FLOAT_SCOPE,
    )
    path = out / f"{recipe.name}-int8.xml"
    ov.save_model(small, str(path), compress_to_fp16=False)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--model", type=Path, default=Path("models/street-n/street-n.onnx"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/street-n"))
    args = parser.parse_args()
    print(quantize(load_recipe(args.recipe), args.model, args.data, args.out))  # noqa: T201


if __name__ == "__main__":
    main()
