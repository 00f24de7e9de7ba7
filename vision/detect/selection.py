"""Which backend runs a model, where, and how precisely: from plain facts, so that it can be tested without a GPU."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vision.detect.errors import ModelError
from vision.detect.hardware import Hardware
from vision.detect.manifest import FileKind, Manifest

BACKENDS = ("auto", "openvino", "onnxruntime", "ultralytics")
PRECISIONS = ("auto", "f32", "bf16", "f16", "int8")

_INSTALL = {
    "openvino": "pip install street-vision",
    "onnxruntime": "pip install 'street-vision[onnx]'",
    "ultralytics": "pip install 'street-vision[ultralytics]'",
}


@dataclass(slots=True, frozen=True)
class Choice:
    """What to load. `device` is `cpu` or `cuda:N`; `precision` is f32, bf16, f16 or int8; `reason` is for the log."""

    backend: str
    device: str
    precision: str
    file: FileKind
    reason: str


def select_backend(
    manifest: Manifest, device: str = "auto", backend: str = "auto", precision: str = "auto", *, hardware: Hardware
) -> Choice:
    """Choose how to run a model.

    On a CPU: OpenVINO, else ONNX Runtime, else Ultralytics; bf16 if the processor has it, else f32. On CUDA: TensorRT
    or PyTorch in f16, else ONNX Runtime in f32.

    int8 is taken when it is asked for, or when the model has nothing else. street-n on a quiet core takes 19 ms a
    picture in f32, 12 in bf16, 9.5 in int8; but on 88 composed scenes int8 gives 3 false reports, bf16 1, at the same
    average precision (models/street-n/MODEL_CARD.md). Such a bargain is for the operator to strike.

    Args:
        device: `auto` (CUDA if there is any that the model can use), `cpu`, `cuda` or `cuda:N`.
        backend: one of `BACKENDS`.
        precision: one of `PRECISIONS`.
        hardware: what there is, from `probe_hardware()`.

    Raises:
        ModelError: what is asked for cannot be had here, with what can.
    """
    _check_word("backend", backend, BACKENDS)
    _check_word("precision", precision, PRECISIONS)
    if device != "auto" and not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise ModelError(f"detector device {device!r}: allowed are auto, cpu, cuda:N")
    if device == "auto":
        if hardware.cuda_devices:
            try:
                return _on_cuda(manifest, 0, backend, precision, hardware)
            except ModelError:
                pass  # the model, or what is installed, cannot use the card: the processor does it
        return _on_cpu(manifest, backend, precision, hardware)
    if device == "cpu":
        return _on_cpu(manifest, backend, precision, hardware)
    index = int(device.partition(":")[2] or 0)
    if index >= len(hardware.cuda_devices):
        found = ", ".join(f"cuda:{i} {name}" for i, name in enumerate(hardware.cuda_devices)) or "none"
        raise ModelError(f"detector device {device}: no such CUDA device (found: {found}); use device: cpu or auto")
    return _on_cuda(manifest, index, backend, precision, hardware)


_Offer = tuple[str, FileKind, Callable[[Hardware], bool]]

_CPU_OFFERS: tuple[_Offer, ...] = (
    ("openvino", "onnx", lambda _: True),
    ("openvino", "openvino_int8", lambda _: True),
    ("onnxruntime", "onnx", lambda _: True),
    ("ultralytics", "pytorch", lambda _: True),
)

_CUDA_OFFERS: tuple[_Offer, ...] = (
    ("ultralytics", "tensorrt", lambda _: True),
    ("ultralytics", "pytorch", lambda _: True),
    ("onnxruntime", "onnx", lambda hardware: hardware.onnxruntime_cuda),
)


def _on_cpu(manifest: Manifest, backend: str, precision: str, hardware: Hardware) -> Choice:
    chosen, file = _first_offer(_CPU_OFFERS, manifest, backend, hardware, "cpu")
    if chosen != "openvino":
        if precision not in {"auto", "f32"}:
            raise ModelError(f"precision {precision}: {chosen} on the CPU runs f32 only; use precision: auto")
        return Choice(chosen, "cpu", "f32", file, f"{chosen} runs f32 on the CPU")
    kinds = manifest.files.kinds
    if precision == "int8":
        return _int8(manifest, hardware)
    if "onnx" not in kinds:
        if precision == "auto":
            return _int8(manifest, hardware)
        raise ModelError(
            f"precision {precision}: model {manifest.name} has no onnx file, only int8; use precision: int8"
        )
    if precision == "bf16" and not hardware.has_bf16:
        raise ModelError("precision bf16: this processor has no avx512_bf16 or amx_bf16; use precision: f32 or auto")
    if precision == "f16":
        raise ModelError("precision f16 is for CUDA devices; on the CPU use auto, f32, bf16 or int8")
    if precision == "bf16" or (precision == "auto" and hardware.has_bf16):
        return Choice("openvino", "cpu", "bf16", "onnx", "the processor multiplies bf16 itself")
    return Choice("openvino", "cpu", "f32", "onnx", "asked for" if precision == "f32" else "the processor has no bf16")


def _int8(manifest: Manifest, hardware: Hardware) -> Choice:
    if "openvino_int8" not in manifest.files.kinds:
        raise ModelError(f"precision int8: model {manifest.name} has no openvino_int8 file; use precision: auto")
    if not hardware.has_int8:
        raise ModelError("precision int8: this processor has neither VNNI nor AVX2; use precision: f32")
    reason = "asked for, or the only file"
    if not hardware.has_int8_dot:
        reason += "; this processor has no 8-bit dot products: it gains little"
    return Choice("openvino", "cpu", "int8", "openvino_int8", reason)


def _on_cuda(manifest: Manifest, index: int, backend: str, precision: str, hardware: Hardware) -> Choice:
    device = f"cuda:{index}"
    chosen, file = _first_offer(_CUDA_OFFERS, manifest, backend, hardware, device)
    possible = ("f32",) if chosen == "onnxruntime" else ("f16",) if file == "tensorrt" else ("f16", "f32")
    if precision != "auto" and precision not in possible:
        raise ModelError(
            f"precision {precision}: {chosen} on {device} runs {' or '.join(possible)}; use precision: auto"
        )
    used = possible[0] if precision == "auto" else precision
    return Choice(chosen, device, used, file, f"{hardware.cuda_devices[index]}")


def _first_offer(
    offers: tuple[_Offer, ...], manifest: Manifest, backend: str, hardware: Hardware, device: str
) -> tuple[str, FileKind]:
    """The first backend that is wanted, installed, fit for the device, and has a file of the model."""
    suited = [offer for offer in offers if backend in {"auto", offer[0]} and offer[1] in manifest.files.kinds]
    for name, file, works in suited:
        if name in hardware.backends and works(hardware):
            return name, file
    have = ", ".join(sorted(manifest.files.kinds))
    if not suited:
        raise ModelError(f"model {manifest.name} has the files {have}: backend {backend} cannot run them on {device}")
    remedies = " or ".join(sorted({_remedy(name, device) for name, _, _ in suited}))
    raise ModelError(f"model {manifest.name} ({have}) on {device}: nothing installed can run it; {remedies}")


def _remedy(backend: str, device: str) -> str:
    return "pip install 'street-vision[gpu]'" if device.startswith("cuda") else _INSTALL[backend]


def _check_word(what: str, word: str, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        raise ModelError(f"detector {what} {word!r}: allowed are {', '.join(allowed)}")
