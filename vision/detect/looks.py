"""Where to look in a picture: the whole of it at the network's size, or parts of it in native resolution.

A bag 20 pixels wide in a 1080p picture is 7 pixels wide at 640: small things are looked at in crops. What the crops
and the whole picture say is then brought together, in fractions of the whole picture, without telling one thing twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vision.detect.decode import suppress
from vision.detect.detections import Detections
from vision.detect.letterbox import FloatArray, Size, fit_size
from vision.sources import Box, Frame, Image

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
"""The region that is the whole picture."""

MERGE_IOU = 0.5
"""Overlap above which boxes of one class from two regions are one thing: the usual bar for a match (PASCAL VOC)."""

CUT_COVERED = 0.6
"""Share of a box cut by its crop's edge that an uncut box must cover to replace it. By trial on overlapping tiles."""

CUT_MARGIN = 0.01
"""A box that ends this close to its crop's edge, as a fraction of the crop, is taken for cut: 6 pixels of 640."""

MAX_TILES = 12
"""Tiles for one zone at most; a larger zone is covered by larger tiles, which are then scaled down."""

TILE_OVERLAP = 0.2
"""Share of a tile that its neighbour repeats, so that a thing up to a fifth of a tile is whole in one (as in SAHI)."""


@dataclass(slots=True, frozen=True)
class Look:
    """What to look at: parts of a frame as fractions of it; no part means the whole. `WHOLE` can be one of several."""

    frame: Frame
    regions: tuple[Box, ...] = ()


@dataclass(slots=True, frozen=True)
class PreparedLook:
    """Pictures for the detector, and for each the part of the whole picture that it shows."""

    images: tuple[Image, ...]
    regions: tuple[Box, ...]


def prepare_look(look: Look, input_size: Size) -> PreparedLook:
    """Convert what a look needs and no more: the whole picture at the network's size, parts in native resolution.

    Args:
        look: what to look at.
        input_size: width and height of the network's input in pixels.
    """
    images, regions = [], []
    for region in look.regions or (WHOLE,):
        if region == WHOLE:
            images.append(_whole(look.frame, input_size))
            regions.append(WHOLE)
        else:
            image, shown = _crop(look.frame, region)
            images.append(image)
            regions.append(shown)
    return PreparedLook(tuple(images), tuple(regions))


def merge_looks(parts: Sequence[tuple[Box, Detections]], *, iou: float = MERGE_IOU) -> Detections:
    """Bring the detections of several regions together as fractions of the whole picture, best score first.

    One region is only mapped. Of several: a box that its crop's edge cuts gives way to a whole one of the same class
    that covers it; then of boxes of one class that overlap by more than `iou`, whole ones win over cut ones, and the
    better score among equals. A thing larger than every region that shows it stays in pieces.

    Args:
        parts: each region (fractions of the whole picture) with what was found in it (fractions of the region).
    """
    boxes = [_to_whole(region, found.boxes) for region, found in parts]
    if not boxes:
        return Detections.empty()
    close = tuple(region for region, _ in parts if region != WHOLE)
    if len(parts) == 1:
        return replace(parts[0][1], boxes=boxes[0], regions=close)
    joined = replace(Detections.joined([found for _, found in parts]), boxes=np.concatenate(boxes))
    cut = np.concatenate([_is_cut(region, found.boxes) for region, found in parts])
    source = np.repeat(np.arange(len(parts)), [len(found) for _, found in parts])
    kept = np.flatnonzero(~_covered_cuts(joined, cut, source))
    joined, cut = joined.take(kept), cut[kept]
    # Whole boxes rank above cut ones whatever their score, which is at most 1.
    ranks = joined.scores + np.where(cut, 0.0, 1.0).astype(np.float32)
    best = joined.take(suppress(joined.boxes, ranks, joined.class_ids, iou))
    return replace(best.take(np.argsort(-best.scores, kind="stable")), regions=close)


def tiles(box: Box, picture: Size, model_input: Size, overlap: float = TILE_OVERLAP) -> list[Box]:
    """Regions that cover `box` in native resolution, each as large as the network's input where the picture allows.

    A box smaller than the input gives one tile, centred on it and moved into the picture. A box that would need more
    than `MAX_TILES` is covered by larger tiles.

    Args:
        box: the zone, fractions of the picture.
        picture: the picture's width and height in pixels.
        model_input: width and height of the network's input in pixels.
        overlap: share of a tile that its neighbour repeats, 0 up to 1 (not included).
    """
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap must be in 0..1, 1 not included, not {overlap}")
    scale = 1.0
    while True:
        size = math.ceil(model_input[0] * scale), math.ceil(model_input[1] * scale)
        columns = _spans(box[0] * picture[0], box[2] * picture[0], size[0], picture[0], overlap)
        rows = _spans(box[1] * picture[1], box[3] * picture[1], size[1], picture[1], overlap)
        if len(columns) * len(rows) <= MAX_TILES:
            break
        scale *= 1.25
    width, height = picture
    return [(x1 / width, y1 / height, x2 / width, y2 / height) for y1, y2 in rows for x1, x2 in columns]


def _whole(frame: Frame, input_size: Size) -> Image:
    width, height = fit_size((frame.width, frame.height), input_size)
    if width >= frame.width or height >= frame.height:
        return frame.bgr()
    return frame.bgr(width, height)


def _crop(frame: Frame, region: Box) -> tuple[Image, Box]:
    """The part of the picture that covers `region`, and the region that it really shows, on whole pixels."""
    x1, x2 = _pixels(region[0], region[2], frame.width)
    y1, y2 = _pixels(region[1], region[3], frame.height)
    # A quarter pixel inwards: Frame.crop rounds to these same pixels, whatever the float arithmetic does.
    inside = (
        (x1 + 0.25) / frame.width,
        (y1 + 0.25) / frame.height,
        (x2 - 0.25) / frame.width,
        (y2 - 0.25) / frame.height,
    )
    shown = (x1 / frame.width, y1 / frame.height, x2 / frame.width, y2 / frame.height)
    return frame.crop(inside), shown


def _pixels(start: float, end: float, length: int) -> tuple[int, int]:
    first = min(max(0, math.floor(start * length)), length - 1)
    return first, max(first + 1, min(length, math.ceil(end * length)))


def _spans(start: float, end: float, tile: int, limit: int, overlap: float) -> list[tuple[int, int]]:
    """Even spans of `tile` pixels from `start` to `end`, inside 0..`limit`."""
    if tile >= limit:
        return [(0, limit)]
    length = end - start
    if length <= tile:
        first = min(max(0, round(start - (tile - length) / 2)), limit - tile)
        return [(first, first + tile)]
    count = math.ceil((length - tile) / (tile * (1 - overlap))) + 1
    last = min(math.ceil(end), limit) - tile
    first = min(math.floor(start), last)
    positions = [round(first + (last - first) * i / (count - 1)) for i in range(count)]
    return [(position, position + tile) for position in positions]


def _to_whole(region: Box, boxes: FloatArray) -> FloatArray:
    x1, y1, x2, y2 = region
    scale = np.array((x2 - x1, y2 - y1) * 2, np.float32)
    return np.clip(boxes * scale + np.array((x1, y1) * 2, np.float32), 0.0, 1.0)


def _is_cut(region: Box, boxes: FloatArray) -> npt.NDArray[np.bool_]:
    """Which boxes (fractions of the region) end at an edge of the region that is not an edge of the picture."""
    inner = np.array((region[0] > 0, region[1] > 0, region[2] < 1, region[3] < 1))
    near = np.hstack((boxes[:, :2] <= CUT_MARGIN, boxes[:, 2:] >= 1 - CUT_MARGIN))
    return (near & inner).any(axis=1)


def _covered_cuts(found: Detections, cut: npt.NDArray[np.bool_], source: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Which cut boxes an uncut box of the same class from another region covers well enough to speak for them."""
    corners = np.maximum(found.boxes[:, None, :2], found.boxes[None, :, :2])
    opposite = np.minimum(found.boxes[:, None, 2:], found.boxes[None, :, 2:])
    shared = np.clip(opposite - corners, 0, None).prod(axis=2)
    area = (found.boxes[:, 2:] - found.boxes[:, :2]).prod(axis=1)
    covers = shared >= CUT_COVERED * area[:, None]
    covers &= (found.class_ids[:, None] == found.class_ids[None, :]) & (source[:, None] != source[None, :])
    return cut & (covers & ~cut[None, :]).any(axis=1)
