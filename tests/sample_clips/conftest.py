"""The shipped clips, and the script that makes them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

Pictures = npt.NDArray[np.uint8]
FOLDER = Path(__file__).resolve().parents[2] / "sample_clips"


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where the shipped clips are."""
    return FOLDER


@pytest.fixture(scope="module")
def decoded() -> Callable[[str], Pictures]:
    """All pictures of a shipped clip at half size, (n, height, width, 3): hundreds of megabytes, for a module only."""

    @cache
    def decode(name: str) -> Pictures:
        with av.open(str(FOLDER / name / "clip.mp4")) as container:
            return np.stack([f.to_ndarray(width=384, height=288, format="bgr24") for f in container.decode(video=0)])

    return decode


@pytest.fixture(scope="session")
def labels() -> Callable[[str], dict[str, Any]]:
    """A clip's labels."""
    return lambda name: json.loads((FOLDER / name / "labels.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def make_clips() -> Iterator[ModuleType]:
    """`sample_clips/make_clips.py`, which is a script and not part of the package."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module("make_clips")
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def footage(make_clips: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """OpenCV's sample, decoded: a gigabyte, so for a module only."""
    try:
        path = make_clips.unpacked(make_clips.FOOTAGE, tmp_path_factory.mktemp("footage"))
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    return make_clips.Footage(path)
