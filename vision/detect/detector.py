"""The detector that the rest of the worker sees, and the engine that a backend has to bring for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from vision.detect.decode import ClassTable, check_output_shape, decode
from vision.detect.detections import Detections
from vision.detect.errors import ModelError
from vision.detect.letterbox import FloatArray, Size, place
from vision.detect.manifest import Manifest, ModelClass
from vision.sources import Image

MAX_AT_ONCE = 16
"""Pictures that an engine is given at once: as floats, 16 × 3 × 640 × 384 × 4 bytes are 47 MB."""


class Detector(Protocol):
    """Pictures in, things out. Not thread-safe unless a detector says so: `BatchingDetector` serves many threads."""

    @property
    def name(self) -> str:
        """Name and version of the model."""

    @property
    def model_sha256(self) -> str:
        """Checksum of the file that is loaded."""

    @property
    def input_size(self) -> Size:
        """Width and height of the network's input in pixels."""

    @property
    def classes(self) -> tuple[ModelClass, ...]:
        """The model's classes by id."""

    @property
    def backend(self) -> str:
        """openvino, onnxruntime or ultralytics."""

    @property
    def precision(self) -> str:
        """f32, bf16, f16 or int8."""

    @property
    def device(self) -> str:
        """cpu or cuda:N."""

    @property
    def invalid_rows(self) -> int:
        """Rows of the network's answers so far that were no boxes (NaN, impossible score, class or area)."""

    def detect(self, images: Sequence[Image], whole: Sequence[bool] | None = None) -> list[Detections]:
        """One `Detections` for each (height, width, 3) uint8 BGR picture, boxes as fractions of that picture.

        `whole` says of each whether it is all that a camera sees, and not a part of that; not given: all are.
        """


class Engine(Protocol):
    """What a backend brings: the bare network."""

    @property
    def backend(self) -> str:
        """openvino, onnxruntime or ultralytics."""

    @property
    def precision(self) -> str:
        """What is in force, not what was asked for."""

    @property
    def device(self) -> str:
        """cpu or cuda:N."""

    @property
    def names(self) -> dict[int, str] | None:
        """The class list inside the file, None if it has none."""

    def infer(self, canvases: Sequence[Image]) -> FloatArray:
        """B canvases, at least one, to (B, N, 6) or (B, 4 + C, A) float32.

        A canvas is (H, W, 3) uint8 BGR, contiguous, and only read; the engine knows from the manifest what its network
        makes of it. The answer belongs to the caller.
        """


class ModelDetector:
    """A `Detector` made of a manifest and an engine: the same pixels and the same reading for every backend."""

    def __init__(self, manifest: Manifest, engine: Engine, sha256: str, input_size: Size, where: str) -> None:
        """Check that engine and manifest belong together; runs the network once, on a grey picture.

        Raises:
            ModelError: `where` (the model's file) has another class list or output shape than the manifest.
        """
        self._manifest, self._engine, self._sha256, self._size = manifest, engine, sha256, input_size
        self._table = ClassTable.of(manifest)
        self._invalid = 0
        _check_names(engine.names, manifest, where)
        self._check_shape(where)

    @property
    def name(self) -> str:
        return f"{self._manifest.name}@{self._manifest.version}"

    @property
    def model_sha256(self) -> str:
        return self._sha256

    @property
    def input_size(self) -> Size:
        return self._size

    @property
    def classes(self) -> tuple[ModelClass, ...]:
        return self._manifest.classes

    @property
    def backend(self) -> str:
        return self._engine.backend

    @property
    def precision(self) -> str:
        return self._engine.precision

    @property
    def device(self) -> str:
        return self._engine.device

    @property
    def invalid_rows(self) -> int:
        return self._invalid

    def detect(self, images: Sequence[Image], whole: Sequence[bool] | None = None) -> list[Detections]:
        pad = self._manifest.input.pad
        found: list[Detections] = []
        for start in range(0, len(images), MAX_AT_ONCE):
            pairs = [place(image, self._size, pad) for image in images[start : start + MAX_AT_ONCE]]
            answers = self._engine.infer([canvas for canvas, _ in pairs])
            for answer, (_, placed) in zip(answers, pairs, strict=True):
                detections, invalid = decode(answer, self._table, placed)
                found.append(detections)
                self._invalid += invalid
        return found

    def _check_shape(self, where: str) -> None:
        width, height = self._size
        grey = np.full((height, width, 3), 128, np.uint8)
        try:
            answer = self._engine.infer([grey])
        except Exception as error:  # each backend has its own exceptions for a shape it does not take
            raise ModelError(f"{where}: cannot run a (1, 3, {height}, {width}) picture: {last_line(error)}") from error
        check_output_shape(answer.shape, self._manifest, where)


def last_line(error: BaseException) -> str:
    """The part of a backend's many-line message that a person can use."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _check_names(found: dict[int, str] | None, manifest: Manifest, where: str) -> None:
    wanted = dict(enumerate(manifest.class_names))
    if found is None or found == wanted:
        return
    if len(found) != len(wanted):
        difference = f"{len(found)} classes instead of {len(wanted)}"
    else:
        first = min(i for i in wanted if found.get(i) != wanted[i])
        difference = f"class {first} is {found.get(first)!r} instead of {wanted[first]!r}"
    raise ModelError(
        f"{where}: other class list than the manifest of {manifest.name}: {difference}. "
        f"Put the right file there, or correct classes in {manifest.folder / 'manifest.yaml'}"
    )
