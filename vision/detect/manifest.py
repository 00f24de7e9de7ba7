"""What a model is: its input, its output, its classes with their roles, its files with their checksums.

A model is a folder with a `manifest.yaml`. Nothing is loaded whose checksum differs from the one written there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vision.detect.errors import ModelError
from vision.detect.roles import Role

MANIFEST_NAME = "manifest.yaml"

STRIDE = 32
"""YOLO's coarsest grid, in pixels: widths and heights of its input are multiples of it."""

DEFAULT_MIN_SCORE = 0.25
"""Ultralytics' own default confidence threshold; for models that say nothing of their own."""

DEFAULT_NMS_IOU = 0.7
"""Ultralytics' own default overlap above which two boxes of one class are one thing."""

FloatArray = npt.NDArray[np.floating]

FileKind = Literal["onnx", "pytorch", "openvino_int8", "tensorrt"]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Calibration(_Strict):
    """What makes a score mean the share of such detections that are right: sigmoid(scale * logit(score) + offset).

    Platt's scaling, as `training/reliability.py` fits it. The order of scores stays.
    """

    scale: float = Field(gt=0.0, le=20.0)
    offset: float = Field(ge=-20.0, le=20.0)

    def apply(self, scores: FloatArray) -> FloatArray:
        """Scores of the network, 0..1, as those that mean what they say."""
        return _sigmoid(self.scale * _logit(scores) + self.offset)

    def undo(self, scores: FloatArray) -> FloatArray:
        """The scores of the network that `apply` makes these of."""
        return _sigmoid((_logit(scores) - self.offset) / self.scale)


def _logit(scores: FloatArray) -> FloatArray:
    clipped = np.clip(np.asarray(scores, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-values)))


class ModelClass(_Strict):
    """One class of the model and the part it plays for the rules. `min_score` is of the calibrated score."""

    id: int = Field(ge=0)
    name: str = Field(min_length=1)
    role: Role
    min_score: float = Field(default=DEFAULT_MIN_SCORE, ge=0.0, le=1.0)
    calibration: Calibration | None = None


class ModelInput(_Strict):
    """What the network wants to see. Sizes in pixels; samples are multiplied by `scale`; `pad` is 0..255."""

    width: int = Field(gt=0, multiple_of=STRIDE)
    height: int = Field(gt=0, multiple_of=STRIDE)
    color: Literal["rgb", "bgr"] = "rgb"
    scale: float = Field(default=1 / 255, gt=0.0)
    pad: int = Field(default=114, ge=0, le=255)
    letterbox: Literal[True] = True
    dynamic_shape: bool = False


class ModelOutput(_Strict):
    """How to read the network's answer.

    `end2end`: (B, N, 6), rows x1 y1 x2 y2 score class in input pixels, with next to no duplicates.
    `yolo`: (B, 4 + C, A), columns cx cy w h in input pixels and one score per class.

    Boxes of one class that overlap by more than `nms_iou` are one thing, the better score's, in either.
    """

    layout: Literal["end2end", "yolo"]
    nms_iou: float = Field(default=DEFAULT_NMS_IOU, gt=0.0, le=1.0)


class Overview(_Strict):
    """A second look at the whole picture at a smaller size, in pixels, for things of `classes` that fill much of it.

    Its boxes count from `least_side` on, a share (0..1) of the picture's width or height.
    """

    width: int = Field(gt=0, multiple_of=STRIDE)
    height: int = Field(gt=0, multiple_of=STRIDE)
    least_side: float = Field(gt=0.0, le=1.0)
    classes: tuple[str, ...] = Field(min_length=1)


class ModelFile(_Strict):
    """One file of the model, relative to the manifest's folder."""

    path: str
    sha256: Sha256

    @field_validator("path")
    @classmethod
    def _inside_the_folder(cls, value: str) -> str:
        return _relative(value)


class OpenvinoFile(ModelFile):
    """An OpenVINO IR: the graph (`path`, .xml) and its `weights` (.bin)."""

    weights: str
    weights_sha256: Sha256

    @field_validator("weights")
    @classmethod
    def _weights_inside_the_folder(cls, value: str) -> str:
        return _relative(value)


class ModelFiles(_Strict):
    """The same network in one or more formats."""

    onnx: ModelFile | None = None
    pytorch: ModelFile | None = None
    openvino_int8: OpenvinoFile | None = None
    tensorrt: ModelFile | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if not self.kinds:
            raise ValueError("no file: give at least one of onnx, pytorch, openvino_int8, tensorrt")
        return self

    @property
    def kinds(self) -> frozenset[FileKind]:
        """The formats that there are."""
        known: tuple[FileKind, ...] = ("onnx", "pytorch", "openvino_int8", "tensorrt")
        return frozenset(kind for kind in known if getattr(self, kind) is not None)


class Manifest(_Strict):
    """A model's manifest, checked. `classes` is in the order of the ids, which run from 0 without gaps."""

    schema_: Literal["model-manifest/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    version: str
    licence: str
    input: ModelInput
    output: ModelOutput
    overview: Overview | None = None
    classes: tuple[ModelClass, ...] = Field(min_length=1)
    files: ModelFiles
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("classes")
    @classmethod
    def _ids_without_gaps(cls, value: tuple[ModelClass, ...]) -> tuple[ModelClass, ...]:
        ordered = tuple(sorted(value, key=lambda entry: entry.id))
        if [entry.id for entry in ordered] != list(range(len(ordered))):
            raise ValueError("class ids must run from 0 without gaps or repeats, as the network numbers them")
        names = [entry.name for entry in ordered]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"class names given twice: {', '.join(sorted(repeated))}")
        return ordered

    @model_validator(mode="after")
    def _overview_fits(self) -> Self:
        if self.overview is None:
            return self
        if unknown := sorted(set(self.overview.classes) - set(self.class_names)):
            raise ValueError(f"overview.classes: no such class: {', '.join(unknown)}")
        if not self.input.dynamic_shape:
            raise ValueError("overview: the network takes one size only; it needs input.dynamic_shape: true")
        return self

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names by class id."""
        return tuple(entry.name for entry in self.classes)

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of the network's input in pixels."""
        return self.input.width, self.input.height

    def at(self, folder: Path) -> Manifest:
        """The same manifest with its files in `folder`."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    def only(self, kind: FileKind) -> Manifest:
        """The same model in one of its formats alone."""
        files = ModelFiles(**{kind: getattr(self.files, kind)})
        return self.model_copy(update={"files": files}).at(self.folder)

    def verified_file(self, kind: FileKind) -> tuple[Path, str]:
        """Path and SHA-256 of the file of that format, after comparing its checksum.

        For an OpenVINO IR the checksum is that of the weights: two trainings of one network share the graph.

        Raises:
            ModelError: there is no such file, or it is not the file that the manifest was written for.
        """
        entry: ModelFile | None = getattr(self.files, kind)
        if entry is None:
            raise ModelError(f"{self.folder / MANIFEST_NAME}: model {self.name} has no file of the kind {kind}")
        path = verify(self.folder / entry.path, entry.sha256)
        if isinstance(entry, OpenvinoFile):
            verify(self.folder / entry.weights, entry.weights_sha256)
            return path, entry.weights_sha256
        return path, entry.sha256


def load_manifest(path: Path) -> Manifest:
    """Read `manifest.yaml` (or the one in the folder `path`).

    Raises:
        ModelError: missing, not YAML, or with a wrong key; the message names file, line and key.
    """
    path = path / MANIFEST_NAME if path.is_dir() else path
    data = read_yaml(path)
    try:
        return Manifest.model_validate(data).at(path.parent)
    except ValidationError as error:
        raise ModelError(explain(path, data, error)) from None


def read_yaml(path: Path) -> Mapping[str, Any]:
    """The mapping in a YAML file, with the line numbers that ruamel keeps.

    Raises:
        ModelError: the file is missing, is not YAML, or holds something other than a mapping.
    """
    try:
        data = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, Mapping):
        raise ModelError(f"{path}: must hold keys and values, see docs of model-manifest/1")
    return data


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, expected: str) -> Path:
    if not path.is_file():
        raise ModelError(f"{path}: missing; the manifest beside it names it. Fetch the model again (git checkout, LFS)")
    if (found := sha256_of(path)) != expected:
        raise ModelError(
            f"{path}: changed since its manifest was written (SHA-256 {found[:12]}…, expected {expected[:12]}…). "
            "Fetch the file again, or write a new manifest if the change is wanted"
        )
    return path


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{value!r} must be a path inside the model's folder")
    return value


def explain(path: Path, data: Mapping[str, Any], error: ValidationError) -> str:
    """All problems in one message, one a line, each with file, line and key."""
    lines = []
    for problem in error.errors():
        location = [part for part in problem["loc"] if part != "schema_"]
        key = ".".join(str(part) for part in location) or "(file)"
        lines.append(f"{path}:{_line_of(data, location)}: {key}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _line_of(data: Any, location: list[Any]) -> int:
    """The line (from 1) of the deepest part of `location` that stands in the file."""
    line = 1
    for part in location:
        marks = getattr(data, "lc", None)
        if marks is None or (isinstance(data, Mapping) and part not in data):
            break
        line = (marks.key(part) if isinstance(data, Mapping) else marks.item(part))[0] + 1
        data = data[part]
    return line
