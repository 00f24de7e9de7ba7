"""From a model's name to a detector that runs."""

from __future__ import annotations

from pathlib import Path

import structlog

from vision.detect.detector import Engine, ModelDetector
from vision.detect.errors import ModelError
from vision.detect.hardware import Hardware, probe_hardware, usable_cpus
from vision.detect.letterbox import Size
from vision.detect.manifest import STRIDE, Manifest, Overview
from vision.detect.overview import OverviewDetector
from vision.detect.registry import find_model
from vision.detect.selection import Choice, select_backend

log = structlog.get_logger(__name__)


def load_detector(
    model: str | Path | Manifest = "default",
    *,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    streams: int | None = None,
    input_size: Size | None = None,
    overview: bool = True,
    cache_dir: Path | None = None,
    hardware: Hardware | None = None,
) -> ModelDetector:
    """Find a model, verify its checksum, load it on the best backend, and run it once.

    Args:
        model: a manifest, or what `find_model` takes.
        device: `auto`, `cpu`, `cuda:N`; see `select_backend`, also for `backend` and `precision`.
        threads: CPU threads, all that this process may use unless told.
        streams: pictures under way at once (OpenVINO); as many as `threads` unless told, 1 for the least delay.
        input_size: another width and height in pixels than the manifest's, of models with a dynamic shape.
        overview: whether to take the second, smaller look, where the manifest has one; it costs its share of pixels.
        cache_dir: where OpenVINO may keep compiled networks; none unless told.
        hardware: what to choose by; this machine unless told.

    Raises:
        ModelError: it cannot be found, verified or run; the message names the file and the remedy.
    """
    manifest = model if isinstance(model, Manifest) else find_model(model)
    size = _checked_size(manifest, input_size)
    choice = select_backend(manifest, device, backend, precision, hardware=hardware or probe_hardware())
    path, digest = manifest.verified_file(choice.file)
    threads = threads or usable_cpus()
    spec = _smaller_look(manifest, size, path) if overview else None

    def engine_at(wanted: Size) -> Engine:
        return _engine(choice, path, wanted, manifest, threads, streams or threads, cache_dir)

    if spec is None:
        detector = ModelDetector(manifest, engine_at(size), digest, size, str(path))
    else:
        less = spec.width, spec.height
        smaller = ModelDetector(manifest, engine_at(less), digest, less, str(path))
        detector = OverviewDetector(manifest, engine_at(size), digest, size, str(path), smaller=smaller, spec=spec)
    log.info(
        "detector_loaded",
        model=detector.name,
        backend=choice.backend,
        device=choice.device,
        precision=choice.precision,
        reason=choice.reason,
        input=f"{size[0]}x{size[1]}",
        overview=None if spec is None else f"{spec.width}x{spec.height}",
        threads=threads,
        sha256=digest[:12],
    )
    return detector


def _smaller_look(manifest: Manifest, size: Size, path: Path) -> Overview | None:
    """What the manifest has, where it is smaller than the first look and the file takes more than one size."""
    spec = manifest.overview
    fixed = path.suffix == ".engine"  # TensorRT builds for one size
    return None if spec is None or fixed or spec.width * spec.height >= size[0] * size[1] else spec


def _engine(
    choice: Choice, path: Path, size: Size, manifest: Manifest, threads: int, streams: int, cache_dir: Path | None
) -> Engine:
    """Backends are imported here and nowhere else: each is heavy, and only one is needed."""
    if choice.backend == "openvino":
        from vision.detect.openvino_backend import OpenvinoEngine

        return OpenvinoEngine(
            path,
            size,
            choice.precision,
            manifest.input,
            threads=threads,
            streams=min(streams, threads),
            cache_dir=cache_dir,
        )
    if choice.backend == "onnxruntime":
        from vision.detect.onnx_backend import OnnxEngine

        return OnnxEngine(path, choice.device, manifest.input, threads=threads)
    from vision.detect.ultralytics_backend import UltralyticsEngine

    end2end = manifest.output.layout == "end2end"
    return UltralyticsEngine(path, choice.device, choice.precision, manifest.input, end2end=end2end, threads=threads)


def _checked_size(manifest: Manifest, wanted: Size | None) -> Size:
    if wanted is None or wanted == manifest.input_size:
        return manifest.input_size
    if not manifest.input.dynamic_shape:
        width, height = manifest.input_size
        raise ModelError(f"model {manifest.name} takes {width}x{height} only: its manifest has no dynamic_shape")
    if any(side <= 0 or side % STRIDE for side in wanted):
        raise ModelError(f"input size {wanted[0]}x{wanted[1]}: width and height must be multiples of {STRIDE}")
    return wanted
