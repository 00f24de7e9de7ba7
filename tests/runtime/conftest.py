"""The shipped detector and the sample clip with a bag that is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vision.config import Site, load_site
from vision.detect import BatchingDetector, load_detector
from vision.rules import RULE_SETTINGS

DUMPING = Path(__file__).parents[2] / "sample_clips" / "dumping"


@pytest.fixture(scope="module")
def detector() -> Iterator[BatchingDetector]:
    with BatchingDetector(load_detector("default", precision="f32")) as made:
        yield made


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(DUMPING / "site.yaml", RULE_SETTINGS)
