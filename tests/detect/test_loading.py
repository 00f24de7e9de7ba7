from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vision.detect import Hardware, ModelError, find_model, load_detector
from vision.detect.manifest import sha256_of

DATA = Path(__file__).parent / "data"
OPENVINO = frozenset({"openvino"})
BACKENDS = ["openvino", "onnxruntime"]


def grey(level: int, width: int = 64, height: int = 32) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_backend_answers_with_the_networks_boxes(tiny_model: Callable[..., Path], backend: str) -> None:
    detector = load_detector(tiny_model(), backend=backend, precision="f32", threads=1)
    bright, dark = detector.detect([grey(204), grey(51)])
    assert bright.names == ("person",)
    np.testing.assert_allclose(bright.boxes, [[0.25, 0.25, 0.5, 0.75]], atol=2e-5)
    np.testing.assert_allclose(bright.scores, [0.8], atol=2e-5)
    assert len(dark) == 0
    assert detector.invalid_rows == 2  # the third row of the tiny network has no area, and is scored 0.9
    assert (detector.backend, detector.device, detector.precision) == (backend, "cpu", "f32")
    assert (detector.name, detector.input_size) == ("tiny@1", (64, 32))
    assert detector.model_sha256 == find_model(tiny_model()).files.onnx.sha256  # type: ignore[union-attr]


@pytest.mark.parametrize("backend", BACKENDS)
def test_yolo_layout_is_suppressed(tiny_model: Callable[..., Path], backend: str) -> None:
    folder = tiny_model("yolo", output={"layout": "yolo"})
    [found] = load_detector(folder, backend=backend, precision="f32", threads=1).detect([grey(153)])
    assert found.names == ("bag", "person")
    np.testing.assert_allclose(found.scores, [0.8, 0.6], atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_network_of_fixed_batch_serves_many_pictures(tiny_model: Callable[..., Path], backend: str) -> None:
    detector = load_detector(tiny_model("fixed"), backend=backend, precision="f32", threads=1)
    found = detector.detect([grey(level) for level in (102, 153, 204)])
    np.testing.assert_allclose([float(each.scores[0]) for each in found], [0.4, 0.6, 0.8], atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_samples_are_scaled_as_the_manifest_says(tiny_model: Callable[..., Path], backend: str) -> None:
    folder = tiny_model(input={"width": 64, "height": 32, "scale": 0.5 / 255})
    mirrored = grey(240)[:, ::-1]  # not in one piece in memory
    [found] = load_detector(folder, backend=backend, precision="f32", threads=1).detect([mirrored])
    np.testing.assert_allclose(found.scores, [240 / 510], atol=2e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_answer_does_not_depend_on_the_batch(tiny_model: Callable[..., Path], backend: str) -> None:
    detector = load_detector(tiny_model(), backend=backend, threads=2)
    pictures = [np.random.default_rng(seed).integers(100, 255, (48, 80, 3), np.uint8) for seed in range(20)]
    together = detector.detect(pictures)
    for picture, found in zip(pictures, together, strict=True):
        [alone] = detector.detect([picture])
        assert alone.boxes.tobytes() == found.boxes.tobytes()
        assert alone.scores.tobytes() == found.scores.tobytes()


def test_no_pictures_give_no_detections(tiny_model: Callable[..., Path]) -> None:
    assert load_detector(tiny_model(), threads=1).detect([]) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_class_list_is_refused(tiny_model: Callable[..., Path], backend: str) -> None:
    classes = [{"id": 0, "name": "person", "role": "person"}, {"id": 1, "name": "box", "role": "carried"}]
    with pytest.raises(ModelError, match=r"end2end\.onnx: other class list .* class 1 is 'bag' instead of 'box'"):
        load_detector(tiny_model(classes=classes), backend=backend, threads=1)
    with pytest.raises(ModelError, match="2 classes instead of 1"):
        load_detector(tiny_model(classes=classes[:1]), backend=backend, threads=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_wrong_output_shape_is_refused(tiny_model: Callable[..., Path], backend: str) -> None:
    with pytest.raises(ModelError, match=r"odd\.onnx: wrong output shape \(1, 1, 3\).*needs \(1, N, 6\)"):
        load_detector(tiny_model("odd"), backend=backend, threads=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_wrong_input_size_is_refused(tiny_model: Callable[..., Path], backend: str) -> None:
    folder = tiny_model("fixed", input={"width": 128, "height": 96})
    with pytest.raises(ModelError, match=r"fixed\.onnx: .*(128|96)"):
        load_detector(folder, backend=backend, threads=1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_file_that_is_no_network_is_refused(tiny_model: Callable[..., Path], backend: str) -> None:
    import hashlib

    folder = tiny_model(files={"onnx": {"path": "end2end.onnx", "sha256": hashlib.sha256(b"rubbish").hexdigest()}})
    (folder / "end2end.onnx").write_bytes(b"rubbish")
    with pytest.raises(ModelError, match=r"end2end\.onnx: not a network"):
        load_detector(folder, backend=backend, threads=1)


def test_other_input_size_needs_a_dynamic_shape(tiny_model: Callable[..., Path]) -> None:
    detector = load_detector(tiny_model(), input_size=(128, 64), threads=1)
    assert detector.input_size == (128, 64)
    assert len(detector.detect([grey(204)])) == 1
    with pytest.raises(ModelError, match="multiples of 32"):
        load_detector(tiny_model(), input_size=(100, 64), threads=1)
    with pytest.raises(ModelError, match="takes 64x32 only"):
        load_detector(tiny_model("fixed", input={"width": 64, "height": 32}), input_size=(128, 64), threads=1)


def test_compiled_network_is_cached_where_told(tiny_model: Callable[..., Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for _ in range(2):
        load_detector(tiny_model(), backend="openvino", threads=1, cache_dir=cache)
    assert list(cache.iterdir())


def test_quantised_graph_is_loaded_from_its_two_files(tiny_model: Callable[..., Path]) -> None:
    import openvino as ov

    folder = tiny_model()
    ov.save_model(ov.Core().read_model(folder / "end2end.onnx"), folder / "tiny.xml", compress_to_fp16=False)
    entry = {"path": "tiny.xml", "sha256": sha256_of(folder / "tiny.xml")}
    weights = {"weights": "tiny.bin", "weights_sha256": sha256_of(folder / "tiny.bin")}
    detector = load_detector(
        tiny_model(files={"openvino_int8": {**entry, **weights}}), hardware=Hardware(frozenset({"avx2"}), (), OPENVINO)
    )
    assert (detector.precision, detector.model_sha256) == ("int8", weights["weights_sha256"])
    assert detector.detect([grey(204)])[0].names == ("person",)


def test_changed_weights_are_never_loaded(tiny_model: Callable[..., Path]) -> None:
    folder = tiny_model()
    shutil.copy(DATA / "nameless.onnx", folder / "end2end.onnx")
    with pytest.raises(ModelError, match="changed since its manifest was written"):
        load_detector(folder, threads=1)


def test_importing_the_room_loads_no_backend() -> None:
    program = (
        "import sys, vision.detect\n"
        "vision.detect.probe_hardware()\n"
        "print([m for m in ('torch', 'ultralytics', 'openvino', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_one_backend_loads_no_other(tiny_model: Callable[..., Path]) -> None:
    program = (
        "import sys, vision.detect\n"
        f"vision.detect.load_detector({str(tiny_model())!r}, backend='openvino', threads=1)\n"
        "print([m for m in ('torch', 'ultralytics', 'openvino', 'onnxruntime') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip().splitlines()[-1] == "['openvino']"
