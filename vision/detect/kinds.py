"""What a thing is, told from a close look at it alone: a second, small network beside the detector.

The detector looks at a whole street and says what stands where. A sack of 20 pixels by night it mostly does not see, a
courier's closed tricycle it takes for a stall, a bollard for a lock. Where the scene has found something new, or the
detector something undecided, this network looks at nothing else: a classifier of close-ups, as DeepStream calls a
secondary inference engine. It costs a tenth of a look of the detector, and is asked only of what may become a case.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vision.detect.close_up import close_up
from vision.detect.errors import ModelError
from vision.detect.manifest import ModelFile, explain, read_yaml, verify
from vision.detect.registry import list_models
from vision.sources import Box, Image

CLASSIFIER_NAME = "classifier.yaml"
DEFAULT_CLASSIFIER = "street-kinds"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CloseUpInput(_Strict):
    """How a thing is cut out; see `close_up`."""

    side: int = Field(ge=32, le=512)
    context: float = Field(ge=1.0, le=4.0)
    least: float = Field(ge=1.0)


class ClassifierManifest(_Strict):
    """A classifier's manifest, checked. The network takes (B, side, side, 3) uint8 BGR and gives (B, kinds) shares."""

    schema_: Literal["classifier-manifest/1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    version: str
    licence: str
    input: CloseUpInput
    kinds: tuple[str, ...] = Field(min_length=2)
    file: ModelFile

    def verified_file(self, folder: Path) -> Path:
        """Path of the network in `folder`, after comparing its checksum.

        Raises:
            ModelError: it is missing or changed.
        """
        return verify(folder / self.file.path, self.file.sha256)


class KindClassifier:
    """Tells kinds of things. Safe to call from any thread; one at a time, so that an answer depends on nothing else."""

    def __init__(self, manifest: ClassifierManifest, folder: Path) -> None:
        """Load the network, once its checksum is right.

        Raises:
            ModelError: a changed file, no network, or one that answers with another number of kinds.
        """
        import openvino as ov  # heavy, as every backend: importing the room loads none

        from vision.detect.openvino_backend import read_network

        self._manifest = manifest
        path = manifest.verified_file(folder)
        side = manifest.input.side
        properties = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
        network = read_network(path)
        try:
            network.reshape([1, side, side, 3])
            self._request = ov.Core().compile_model(network, "CPU", properties).create_infer_request()
            answer = self._ask(np.full((side, side, 3), 128, np.uint8))
        except RuntimeError as error:
            raise ModelError(f"{path}: OpenVINO cannot use it at {side}x{side}: {error}") from None
        if answer.shape != (len(manifest.kinds),):
            raise ModelError(f"{path}: answers with {answer.size} kinds, its manifest lists {len(manifest.kinds)}")
        self._one_at_a_time = threading.Lock()

    @property
    def name(self) -> str:
        """Name and version."""
        return f"{self._manifest.name}@{self._manifest.version}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it knows."""
        return self._manifest.kinds

    def classify(self, image: Image, boxes: Sequence[Box]) -> list[Mapping[str, float]]:
        """For each box of a BGR picture (fractions) the share of each kind, 0..1, together 1."""
        shape = self._manifest.input
        answers: list[Mapping[str, float]] = []
        for box in boxes:
            cut = close_up(image, box, shape.side, shape.context, shape.least)
            with self._one_at_a_time:
                shares = self._ask(cut)
            answers.append(dict(zip(self.kinds, (round(float(share), 3) for share in shares), strict=True)))
        return answers

    def _ask(self, closeup: Image) -> np.ndarray:
        answer = self._request.infer({0: closeup[np.newaxis]}, share_inputs=True)
        return np.array(answer[0][0], np.float32)


def list_classifiers(folders: Sequence[Path] | None = None) -> dict[str, Path]:
    """Name to folder of every classifier; a name in an earlier models folder hides later ones."""
    return list_models(folders, CLASSIFIER_NAME)


def load_classifier_manifest(folder: Path) -> ClassifierManifest:
    """Read the `classifier.yaml` in a folder.

    Raises:
        ModelError: missing, not YAML, or with a wrong key; the message names file, line and key.
    """
    path = folder / CLASSIFIER_NAME
    data = read_yaml(path)
    try:
        return ClassifierManifest.model_validate(data)
    except ValidationError as error:
        raise ModelError(explain(path, data, error)) from None


def load_classifier(
    name_or_path: str | Path = DEFAULT_CLASSIFIER, folders: Sequence[Path] | None = None
) -> KindClassifier:
    """Load a classifier: by the name of its folder among the models, or by that folder's path.

    Raises:
        ModelError: no such classifier, or its manifest or file cannot be used.
    """
    known, path = list_classifiers(folders), Path(name_or_path)
    folder = known.get(str(name_or_path), path)
    if not (folder / CLASSIFIER_NAME).is_file():
        names = ", ".join(sorted(known)) or "none"
        raise ModelError(
            f"no classifier {str(name_or_path)!r}; known ones: {names}, or a folder with {CLASSIFIER_NAME}"
        )
    return KindClassifier(load_classifier_manifest(folder), folder)
