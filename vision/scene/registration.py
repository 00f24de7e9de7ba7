"""Where does a place lie in the picture after a small knock? What is remembered of it goes along.

A camera that is knocked by less than counts as moved shows the same place from almost the same spot: the zones hold,
but every edge lies elsewhere. The clean view is brought onto what is seen now (Evangelidis and Psarakis 2008, which
light does not disturb), and with it all that stood there. Else a bag put down a moment before would be ground from then
on.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.scene.appearance import cut
from vision.scene.geometry import area
from vision.scene.light import Mask
from vision.scene.memory import SceneMemory
from vision.scene.places import Place
from vision.scene.static_thing import Spot, StaticThing
from vision.sources import Box, Image

Motion = npt.NDArray[np.float32]
"""(2, 3): takes a pixel at working size of now to where it lay before, turned and shifted."""

_STEPS, _PRECISION = 60, 1e-4
_SMOOTH = 5
"""Pixels over which both pictures are smoothed: noise has no place."""
_AGREE = 0.7
"""Correlation of the greys below which the place has not been found again: 58 knocked views gave 0.78 to 0.99; of 210
pairs of other places two gave 0.72 and 0.75, whose edges do not fit."""
_LEFT = 0.5
"""Share of its box that must still be in the picture for a thing to be kept."""


def motion_between(before: Image, known: Mask, now: Image, shift: tuple[float, float]) -> Motion | None:
    """How the view has moved, from a first guess of its shift; None where the place is not found again.

    Args:
        before, now: (h, w, 3) BGR at working size.
        known: (h, w) where `before` is to be believed.
        shift: how far the view lies from where it was, (right, down), shares of the picture.
    """
    if before.shape != now.shape:
        return None
    height, width = now.shape[:2]
    guess = np.array([[1, 0, -shift[0] * width], [0, 1, -shift[1] * height]], np.float32)
    greys = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (now, before)]
    until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _PRECISION)
    try:
        agreement, motion = cv2.findTransformECC(
            *greys, guess, cv2.MOTION_EUCLIDEAN, until, known.astype(np.uint8), _SMOOTH
        )
    except cv2.error:  # it does not converge: another place, or nothing to be seen
        return None
    return motion.astype(np.float32) if agreement >= _AGREE else None


def moved(memory: SceneMemory, motion: Motion) -> SceneMemory:
    """What is remembered of a place, as it lies in the view of now. Who was seen there before lies as he was seen."""
    clean = _moved_image(memory.clean, motion)
    things, looks = [], []
    for thing, look in zip(memory.things, memory.looks, strict=True):
        mask = _moved_mask(thing.mask, motion)
        box = _moved_box(thing.box, motion, mask.shape)
        if area(box) >= _LEFT * area(thing.box) and mask.any():
            things.append(_moved_thing(thing, box, mask, motion))
            height, width = cut(clean, box).shape[:2]
            looks.append(cv2.resize(look, (width, height), interpolation=cv2.INTER_AREA))
    return replace(
        memory,
        knocked=True,
        clean=clean,
        known=_moved_mask(memory.known, motion),
        things=things,
        looks=looks,
        places=[p for place in memory.places if area((p := _moved_place(place, motion, memory.known.shape)).box) > 0],
        lights=[(_moved_image(view, motion), _moved_mask(where, motion)) for view, where in memory.lights],
    )


def _moved_thing(thing: StaticThing, box: Box, mask: Mask, motion: Motion) -> StaticThing:
    spots = [Spot(_moved_box(spot.box, motion, mask.shape), spot.since, spot.looks, spot.seen) for spot in thing.spots]
    return replace(thing, box=box, mask=mask, spots=spots)


def _moved_place(place: Place, motion: Motion, shape: tuple[int, ...]) -> Place:
    return replace(place, box=_moved_box(place.box, motion, shape))


def _moved_image(image: Image, motion: Motion) -> Image:
    height, width = image.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, motion, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _moved_mask(mask: Mask, motion: Motion) -> Mask:
    height, width = mask.shape
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(mask.astype(np.uint8), motion, (width, height), flags=flags) > 0


def _moved_box(box: Box, motion: Motion, shape: tuple[int, ...]) -> Box:
    """The box around where its corners lie now, cut at the picture; empty where it has left it."""
    height, width = shape[:2]
    x1, y1, x2, y2 = box
    corners = np.array([[x1, y1], [x2, y1], [x1, y2], [x2, y2]], np.float32) * (width, height)
    back = cv2.invertAffineTransform(motion)
    now = np.clip((corners @ back[:, :2].T + back[:, 2]) / (width, height), 0, 1)
    (left, top), (right, bottom) = now.min(axis=0), now.max(axis=0)
    return float(left), float(top), float(right), float(bottom)
