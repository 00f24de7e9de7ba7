"""A contact sheet: every picture of a set, small, with what is said of it: wrong labels are seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from vision.dataset.pictures import DatasetError, Picture, PictureSet
from vision.sources import Image

TILE = (320, 192)
"""Width and height of a picture on the sheet."""
ACROSS = 5
MOST = 400
"""Pictures on one sheet; of more every n-th is shown."""
THERE, ABSENT = (60, 200, 60), (60, 60, 230)


def draw_sheet(pictures: PictureSet, target: Path) -> int:
    """Write the sheet (PNG or JPEG by its name): green is there, red is known to be absent; how many it shows.

    Raises:
        DatasetError: the set is empty, a picture cannot be read, or the sheet not written.
    """
    chosen = pictures.pictures[:: -(-len(pictures.pictures) // MOST)] if pictures.pictures else ()
    if not chosen:
        raise DatasetError(f"{pictures.folder}: no pictures")
    tiles = [_tile(pictures, picture) for picture in chosen]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % ACROSS)
    rows = [np.hstack(tiles[start : start + ACROSS]) for start in range(0, len(tiles), ACROSS)]
    if not cv2.imwrite(str(target), np.vstack(rows)):
        raise DatasetError(f"{target}: cannot be written")
    return len(chosen)


def _tile(pictures: PictureSet, picture: Picture) -> Image:
    image = cv2.imread(str(pictures.path(picture)))
    if image is None:
        raise DatasetError(f"{pictures.path(picture)}: no picture")
    tile = cv2.resize(image, TILE, interpolation=cv2.INTER_AREA)
    for colour, labels in ((ABSENT, picture.absent), (THERE, picture.boxes)):
        for one in labels:
            x1, y1, x2, y2 = (round(side * TILE[at % 2]) for at, side in enumerate(one.box))
            cv2.rectangle(tile, (x1, y1), (x2, y2), colour, 1)
            _write(tile, [one.name], (x1, max(10, y1 - 3)), colour)
    _write(tile, [f"{picture.split} {picture.source}", picture.verdict or ""], (4, 12), (255, 255, 255))
    return tile


def _write(tile: Image, lines: Sequence[str], at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """OpenCV's own letters know ASCII only; what is not is shown as a question mark."""
    for number, line in enumerate(lines):
        text, place = line.encode("ascii", "replace").decode(), (at[0], at[1] + 13 * number)
        cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(tile, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, 1, cv2.LINE_AA)
