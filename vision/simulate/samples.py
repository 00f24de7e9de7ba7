"""The sample clips that come with the program."""

from __future__ import annotations

import sys
from pathlib import Path


class NoSamplesError(Exception):
    """The sample clips are not installed; the text says where they were looked for."""


def sample_folder() -> Path:
    """The folder of the sample clips: the checkout's, or the installed one.

    Raises:
        NoSamplesError: there is none.
    """
    places = [
        Path(__file__).resolve().parents[2] / "sample_clips",
        Path(sys.prefix) / "share" / "vision" / "sample_clips",
    ]
    for place in places:
        if (place / "demo.yaml").is_file():
            return place
    raise NoSamplesError(f"no sample clips in {' or '.join(map(str, places))}; give clips of your own")
