"""OpenVINO is given bytes, and its network sees the very floats that the other backends are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13

from vision.detect.letterbox import to_planes
from vision.detect.manifest import ModelInput
from vision.detect.openvino_backend import OpenvinoEngine
from vision.sources import Image


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A network that answers with its input."""
    images = opset13.parameter([-1, 3, -1, -1], np.float32, name="images")
    path = tmp_path / "mirror.xml"
    ov.save_model(ov.Model([opset13.relu(images)], [images]), path)
    return path


def canvases(count: int) -> list[Image]:
    return [np.random.default_rng(seed).integers(0, 256, (32, 64, 3), np.uint8) for seed in range(count)]


@pytest.mark.parametrize("spec", [{}, {"color": "bgr"}, {"scale": 1.0}, {"color": "bgr", "scale": 1 / 128}])
def test_network_sees_the_floats_of_the_other_backends(mirror: Path, spec: dict[str, object]) -> None:
    wanted = ModelInput.model_validate({"width": 64, "height": 32, **spec})
    pictures = canvases(1)
    seen = OpenvinoEngine(mirror, (64, 32), "f32", wanted, threads=1, streams=1).infer(pictures)
    # OpenVINO divides where to_planes multiplies: one unit in the last place of a float32, 1.2e-7.
    np.testing.assert_allclose(seen, to_planes(pictures, wanted), rtol=2e-7)


def test_many_pictures_come_back_in_their_order(mirror: Path) -> None:
    spec = ModelInput(width=64, height=32)
    pictures = canvases(9)
    seen = OpenvinoEngine(mirror, (64, 32), "f32", spec, threads=2, streams=2).infer(pictures)
    np.testing.assert_allclose(seen, to_planes(pictures, spec), rtol=2e-7)


def test_pictures_are_only_read(mirror: Path) -> None:
    spec = ModelInput(width=64, height=32)
    picture = canvases(1)[0]
    before = picture.copy()
    picture.setflags(write=False)
    OpenvinoEngine(mirror, (64, 32), "f32", spec, threads=1, streams=1).infer([picture])
    np.testing.assert_array_equal(picture, before)
