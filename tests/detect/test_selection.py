from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vision.detect import Hardware, Manifest, ModelError, probe_hardware, select_backend

DIGEST = "0" * 64
ONNX = {"onnx": {"path": "a.onnx", "sha256": DIGEST}}
PYTORCH = {"pytorch": {"path": "a.pt", "sha256": DIGEST}}
INT8 = {"openvino_int8": {"path": "a.xml", "sha256": DIGEST, "weights": "a.bin", "weights_sha256": DIGEST}}
TENSORRT = {"tensorrt": {"path": "a.engine", "sha256": DIGEST}}

ALL = frozenset({"openvino", "onnxruntime", "ultralytics"})
BASE = frozenset({"openvino"})
ZEN4 = frozenset({"avx2", "avx512_bf16", "avx512_vnni"})
ICELAKE = frozenset({"avx2", "avx512_vnni"})
HASWELL = frozenset({"avx2"})
CARDS = ("NVIDIA L4", "NVIDIA L4")


@pytest.fixture
def model(manifest: Callable[..., Manifest]) -> Callable[..., Manifest]:
    return lambda *files: manifest(files={key: value for entry in files for key, value in entry.items()})


@pytest.mark.parametrize(
    ("flags", "files", "asked", "precision", "file"),
    [
        (ZEN4, (ONNX,), "auto", "bf16", "onnx"),
        (frozenset({"amx_bf16"}), (ONNX,), "auto", "bf16", "onnx"),
        (ICELAKE, (ONNX,), "auto", "f32", "onnx"),
        (HASWELL, (ONNX,), "auto", "f32", "onnx"),
        (frozenset(), (ONNX,), "auto", "f32", "onnx"),
        (ZEN4, (ONNX, INT8), "auto", "bf16", "onnx"),
        (ZEN4, (ONNX, INT8), "int8", "int8", "openvino_int8"),
        (ICELAKE, (ONNX, INT8), "auto", "f32", "onnx"),
        (ICELAKE, (ONNX, INT8), "int8", "int8", "openvino_int8"),
        (ICELAKE, (INT8,), "auto", "int8", "openvino_int8"),
        (HASWELL, (ONNX, INT8), "auto", "f32", "onnx"),
        (HASWELL, (ONNX, INT8), "int8", "int8", "openvino_int8"),
        (HASWELL, (INT8,), "auto", "int8", "openvino_int8"),
        (ZEN4, (ONNX, INT8), "f32", "f32", "onnx"),
        (ZEN4, (ONNX, INT8), "bf16", "bf16", "onnx"),
    ],
)
def test_processor_decides_the_precision(
    model: Callable[..., Manifest], flags: frozenset[str], files: tuple[Any, ...], asked: str, precision: str, file: str
) -> None:
    choice = select_backend(model(*files), precision=asked, hardware=Hardware(flags, (), BASE))
    assert (choice.backend, choice.device, choice.precision, choice.file) == ("openvino", "cpu", precision, file)
    assert choice.reason


@pytest.mark.parametrize(
    ("hardware", "files", "options", "chosen"),
    [
        (Hardware(ZEN4, CARDS, ALL), (ONNX, PYTORCH), {}, ("ultralytics", "cuda:0", "f16", "pytorch")),
        (Hardware(ZEN4, CARDS, ALL), (ONNX, PYTORCH, TENSORRT), {}, ("ultralytics", "cuda:0", "f16", "tensorrt")),
        (
            Hardware(ZEN4, CARDS, ALL),
            (ONNX, PYTORCH),
            {"device": "cuda:1"},
            ("ultralytics", "cuda:1", "f16", "pytorch"),
        ),
        (Hardware(ZEN4, CARDS, ALL), (PYTORCH,), {"precision": "f32"}, ("ultralytics", "cuda:0", "f32", "pytorch")),
        (Hardware(ZEN4, CARDS, ALL), (ONNX, PYTORCH), {"device": "cpu"}, ("openvino", "cpu", "bf16", "onnx")),
        (Hardware(ZEN4, CARDS, ALL), (ONNX, PYTORCH), {"backend": "openvino"}, ("openvino", "cpu", "bf16", "onnx")),
        (Hardware(ZEN4, CARDS, BASE), (ONNX, PYTORCH), {}, ("openvino", "cpu", "bf16", "onnx")),
        (Hardware(ZEN4, CARDS, ALL, True), (ONNX,), {}, ("onnxruntime", "cuda:0", "f32", "onnx")),
        (Hardware(ZEN4, CARDS, ALL, False), (ONNX,), {}, ("openvino", "cpu", "bf16", "onnx")),
        (Hardware(ZEN4, (), ALL), (PYTORCH,), {}, ("ultralytics", "cpu", "f32", "pytorch")),
        (Hardware(ZEN4, (), frozenset({"onnxruntime"})), (ONNX,), {}, ("onnxruntime", "cpu", "f32", "onnx")),
    ],
)
def test_device_and_backend_follow_from_what_there_is(
    model: Callable[..., Manifest],
    hardware: Hardware,
    files: tuple[Any, ...],
    options: dict[str, str],
    chosen: tuple[str, str, str, str],
) -> None:
    choice = select_backend(model(*files), hardware=hardware, **options)
    assert (choice.backend, choice.device, choice.precision, choice.file) == chosen


@pytest.mark.parametrize(
    ("hardware", "files", "options", "complaint"),
    [
        (Hardware(HASWELL, (), BASE), (ONNX,), {"precision": "bf16"}, "no avx512_bf16 or amx_bf16; use precision: f32"),
        (Hardware(ZEN4, (), BASE), (ONNX,), {"precision": "int8"}, "no openvino_int8 file"),
        (Hardware(frozenset(), (), BASE), (ONNX, INT8), {"precision": "int8"}, "neither VNNI nor AVX2"),
        (Hardware(ZEN4, (), BASE), (ONNX,), {"precision": "f16"}, "for CUDA devices"),
        (Hardware(ZEN4, (), BASE), (INT8,), {"precision": "f32"}, "only int8"),
        (Hardware(ZEN4, (), BASE), (ONNX,), {"device": "cuda:0"}, "no such CUDA device .found: none."),
        (Hardware(ZEN4, CARDS, ALL), (ONNX, PYTORCH), {"device": "cuda:2"}, "cuda:1 NVIDIA L4"),
        (Hardware(ZEN4, CARDS, BASE), (PYTORCH,), {"device": "cuda"}, "street-vision.gpu."),
        (Hardware(ZEN4, (), BASE), (PYTORCH,), {}, "pip install 'street-vision.ultralytics.'"),
        (Hardware(ZEN4, CARDS, ALL), (ONNX,), {"device": "cuda:0", "backend": "openvino"}, "cannot run them on cuda:0"),
        (Hardware(ZEN4, (), ALL), (ONNX,), {"backend": "onnxruntime", "precision": "bf16"}, "runs f32 only"),
        (Hardware(ZEN4, (), ALL), (ONNX,), {"device": "tpu"}, "allowed are auto, cpu, cuda:N"),
        (Hardware(ZEN4, (), ALL), (ONNX,), {"backend": "tflite"}, "allowed are auto, openvino"),
        (Hardware(ZEN4, (), ALL), (ONNX,), {"precision": "f64"}, "allowed are auto, f32"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_remedy(
    model: Callable[..., Manifest], hardware: Hardware, files: tuple[Any, ...], options: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ModelError, match=complaint):
        select_backend(model(*files), hardware=hardware, **options)


def test_this_machine_can_be_probed() -> None:
    hardware = probe_hardware()
    assert "openvino" in hardware.backends
    assert all(isinstance(name, str) for name in hardware.cuda_devices)


def test_hidden_cards_do_not_count(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA L4'\necho 'NVIDIA T4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert probe_hardware().cuda_devices == ("NVIDIA L4", "NVIDIA T4")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert probe_hardware().cuda_devices == ("NVIDIA T4",)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert probe_hardware().cuda_devices == ()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert probe_hardware().cuda_devices == ()


def test_driver_that_answers_with_an_error_means_no_card(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert probe_hardware().cuda_devices == ()
