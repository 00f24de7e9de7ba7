"""The model that the project ships, on real footage: OpenCV's sample of a street (Debian's opencv-doc)."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest

from vision.detect import (
    WHOLE,
    Detections,
    Look,
    Manifest,
    ModelDetector,
    Role,
    find_model,
    list_models,
    load_detector,
    merge_looks,
    prepare_look,
    probe_hardware,
    tiles,
)
from vision.detect.letterbox import FloatArray, to_planes
from vision.detect.openvino_backend import read_network
from vision.scene.geometry import iou_matrix
from vision.sources import Box, Frame, Image

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "street-n"
SAMPLE = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")

pytestmark = pytest.mark.skipif(
    not (MODEL / "manifest.yaml").is_file(), reason="models/street-n is not in this checkout"
)


def _sample_clip(folder: Path) -> Path | None:
    if SAMPLE.is_file():
        return SAMPLE
    packed = SAMPLE.with_name(SAMPLE.name + ".gz")
    if packed.is_file():
        unpacked = folder / "vtest.avi"
        with gzip.open(packed) as source, unpacked.open("wb") as target:
            shutil.copyfileobj(source, target)
        return unpacked
    return next(iter(sorted((ROOT / "sample_clips").glob("*.mp4"))), None)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    """Four moments of a street with people in it."""
    clip = _sample_clip(tmp_path_factory.mktemp("clip"))
    if clip is None:
        pytest.skip("neither Debian's opencv-doc nor sample_clips/ is here")
    video = cv2.VideoCapture(str(clip))
    taken = []
    for position in range(121):
        read, image = video.read()
        if read and position % 40 == 0:
            taken.append(np.asarray(image, np.uint8))
    video.release()
    assert len(taken) == 4
    return taken


@pytest.fixture(scope="module")
def detector() -> ModelDetector:
    return load_detector(MODEL, device="cpu", backend="openvino", precision="f32", threads=1)


def people(found: Detections) -> Detections:
    return found.with_role(Role.PERSON)


def test_it_is_listed() -> None:
    assert "street-n" in list_models()


def test_people_are_found_in_every_picture(detector: ModelDetector, pictures: list[Image]) -> None:
    for found in detector.detect(pictures):
        assert len(people(found)) >= 2
        sizes = people(found).boxes[:, 2:] - people(found).boxes[:, :2]
        assert (sizes[:, 1] > sizes[:, 0]).all()  # people who walk are taller than wide
    assert detector.invalid_rows == 0


def test_same_picture_gives_the_same_bits(detector: ModelDetector, pictures: list[Image]) -> None:
    first, second = detector.detect(pictures), detector.detect(pictures[::-1])[::-1]
    for one, other in zip(first, second, strict=True):
        assert one.boxes.tobytes() == other.boxes.tobytes()
        assert one.scores.tobytes() == other.scores.tobytes()


def disagreements(one: Detections, other: Detections, score: float, place: float) -> list[str]:
    """What one sees and the other does not see at the same place; what is close to the least score may be missing."""
    found = []
    for mine, yours in ((one, other), (other, one)):
        for box, value, name in zip(mine.boxes, mine.scores, mine.names, strict=True):
            same = [i for i, theirs in enumerate(yours.names) if theirs == name]
            nearest = min(same, key=lambda i: float(np.abs(yours.boxes[i] - box).max()), default=None)
            close = nearest is not None and (
                np.abs(yours.boxes[nearest] - box).max() < place and abs(yours.scores[nearest] - value) < score
            )
            if not close and value >= 0.5 + score:
                found.append(f"{name} {value:.2f} at {box}")
    return found


def all_disagreements(
    detector: ModelDetector, other: ModelDetector, pictures: list[Image], score: float, place: float
) -> list[str]:
    both = list(zip(detector.detect(pictures), other.detect(pictures), strict=True))
    assert all(len(mine) and len(yours) for mine, yours in both), "nothing seen is nothing compared"
    return [text for mine, yours in both for text in disagreements(mine, yours, score, place)]


def test_openvino_and_onnxruntime_agree(detector: ModelDetector, pictures: list[Image]) -> None:
    pytest.importorskip("onnxruntime")
    other = load_detector(MODEL, device="cpu", backend="onnxruntime", threads=1)
    for mine, yours in zip(detector.detect(pictures), other.detect(pictures), strict=True):
        assert mine.names == yours.names
        np.testing.assert_allclose(mine.boxes, yours.boxes, atol=1e-3)
        np.testing.assert_allclose(mine.scores, yours.scores, atol=1e-3)


class _OnFloats:
    """OpenVINO as another program would call it: floats in, no step of ours in its graph."""

    backend, device, names = "openvino", "cpu", None

    def __init__(self, manifest: Manifest, precision: str) -> None:
        self.precision, self._spec = precision, manifest.input
        path, _ = manifest.verified_file("openvino_int8" if precision == "int8" else "onnx")
        network = read_network(path)
        network.reshape([1, 3, manifest.input.height, manifest.input.width])
        hint = {} if precision == "int8" else {"INFERENCE_PRECISION_HINT": precision}
        self._network = ov.Core().compile_model(network, "CPU", {"INFERENCE_NUM_THREADS": 1, **hint})

    def infer(self, canvases: Sequence[Image]) -> FloatArray:
        return np.concatenate([self._network(to_planes([canvas], self._spec))[0] for canvas in canvases])


@pytest.mark.parametrize(
    ("precision", "score", "place"),
    # f32 differs by rounding, bf16 by a coarser one, int8 by the first quantiser too, which is left out behind bytes:
    # scores may differ as much as those of bf16 and int8 may from f32, places half as much.
    [("f32", 1e-5, 1e-6), ("bf16", 0.08, 0.01), ("int8", 0.2, 0.015)],
)
def test_bytes_give_what_floats_give(pictures: list[Image], precision: str, score: float, place: float) -> None:
    if precision == "bf16" and not probe_hardware().has_bf16:
        pytest.skip("this processor has no bf16")
    mine = load_detector(MODEL, device="cpu", backend="openvino", precision=precision, threads=1)
    manifest = find_model(MODEL)
    other = ModelDetector(manifest, _OnFloats(manifest, precision), "", mine.input_size, "floats")
    assert all_disagreements(mine, other, pictures, score, place) == []


def test_bf16_agrees_with_f32(detector: ModelDetector, pictures: list[Image]) -> None:
    if not probe_hardware().has_bf16:
        pytest.skip("this processor has no bf16")
    other = load_detector(MODEL, device="cpu", backend="openvino", precision="bf16", threads=1)
    assert all_disagreements(detector, other, pictures, score=0.08, place=0.02) == []


def test_int8_agrees_with_f32(detector: ModelDetector, pictures: list[Image]) -> None:
    other = load_detector(MODEL, device="cpu", backend="openvino", precision="int8", threads=1)
    assert other.precision == "int8"
    assert all_disagreements(detector, other, pictures, score=0.2, place=0.03) == []


def test_int8_keeps_each_convolution_and_its_activation_together() -> None:
    # With quantisers between the two it took 1.3 times as long, no less than bf16 (training/quantize.py).
    network = read_network(MODEL / "street-n-int8.xml")
    activations = [node for node in network.get_ops() if node.get_type_name() == "Swish"]
    assert len(activations) == 87
    for node in activations:
        assert node.input_value(0).get_node().get_type_name() in {"Add", "Convolution"}


def test_pytorch_agrees_with_openvino(detector: ModelDetector, pictures: list[Image]) -> None:
    pytest.importorskip("ultralytics", reason="the extra 'ultralytics' is not installed")
    other = load_detector(MODEL, device="cpu", backend="ultralytics", threads=1)
    assert all_disagreements(detector, other, pictures, score=0.02, place=0.005) == []


@pytest.mark.gpu
def test_cuda_agrees_with_the_processor(detector: ModelDetector, pictures: list[Image]) -> None:
    if not probe_hardware().cuda_devices:
        pytest.skip("no CUDA device")
    other = load_detector(MODEL, device="cuda:0")
    assert other.device == "cuda:0"
    assert all_disagreements(detector, other, pictures, score=0.08, place=0.02) == []


@pytest.mark.gpu
def test_onnxruntime_on_cuda_agrees_with_the_processor(detector: ModelDetector, pictures: list[Image]) -> None:
    hardware = probe_hardware()
    if not (hardware.cuda_devices and hardware.onnxruntime_cuda):
        pytest.skip("no CUDA device, or no onnxruntime-gpu")
    other = load_detector(MODEL, device="cuda:0", backend="onnxruntime")
    assert all_disagreements(detector, other, pictures, score=0.02, place=0.005) == []


def test_tiles_find_people_that_the_squeezed_picture_loses(detector: ModelDetector, pictures: list[Image]) -> None:
    height, width = pictures[0].shape[:2]
    large = np.zeros((height * 6, width * 6, 3), np.uint8)  # the street is a 36th of a picture of 4608 x 3456
    large[height : 2 * height, width : 2 * width] = pictures[0]
    frame = Frame.from_bgr(large, camera_id="c", time=0.0)
    zone = (1 / 6, 1 / 6, 2 / 6, 2 / 6)
    regions = (WHOLE, *tiles(zone, (frame.width, frame.height), detector.input_size))

    def look(parts: tuple[Box, ...]) -> Detections:
        prepared = prepare_look(Look(frame, parts), detector.input_size)
        return people(merge_looks(list(zip(prepared.regions, detector.detect(prepared.images), strict=True))))

    squeezed, native = look((WHOLE,)), look(regions)
    assert (native.scores > 0.5).sum() > len(squeezed)
    margin = 0.005
    assert ((native.boxes > zone[0] - margin) & (native.boxes < zone[2] + margin)).all()
    # Told once each: no two people at one place, though the tiles overlap.
    assert len(np.unique(native.boxes.round(2), axis=0)) == len(native)
    plain = people(detector.detect(pictures[:1])[0])
    assert (native.scores > 0.5).sum() <= (plain.scores > 0.5).sum()


def test_former_release_knows_the_same_classes_and_sees_the_same_people(
    detector: ModelDetector, pictures: list[Image]
) -> None:
    former = load_detector("street-n-former", device="cpu", backend="openvino", precision="f32", threads=1)
    known = [[(one.name, one.role) for one in model.classes] for model in (former, detector)]
    assert known[0] == known[1]
    for mine, yours in zip(former.detect(pictures), detector.detect(pictures), strict=True):
        sure = people(yours).boxes[people(yours).scores >= 0.5]
        assert len(sure) >= 2
        assert (iou_matrix(sure, people(mine).boxes).max(axis=1) > 0.6).all()
