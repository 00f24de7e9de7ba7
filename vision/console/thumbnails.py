"""Stills made small for lists: a queue shows dozens of them, each as wide as a thumb."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2

WIDTH = 240
"""Pixels: what a list shows, on a screen with three of them to a CSS pixel."""
QUALITY = 80
MOST_KEPT = 2000
"""Each has some 8 kB."""


def small_jpeg(path: Path) -> bytes | None:
    """The picture, at most `WIDTH` wide, as JPEG; None when the file is no picture. The latest are kept."""
    found = path.stat()
    return _made(path, found.st_mtime_ns, found.st_size)


@lru_cache(MOST_KEPT)
def _made(path: Path, _mtime_ns: int, _size: int) -> bytes | None:
    # A quarter of a JPEG's sides costs a fraction of all of it; small close-ups are read whole.
    picture = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_4)
    if picture is not None and picture.shape[1] < WIDTH:
        picture = cv2.imread(str(path))
    if picture is None:
        return None
    height, width = picture.shape[:2]
    if width > WIDTH:
        picture = cv2.resize(picture, (WIDTH, max(1, round(height * WIDTH / width))), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
