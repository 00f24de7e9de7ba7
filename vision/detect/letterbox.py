"""Pictures of any size into the network's input, and boxes back out.

The geometry is that of Ultralytics' LetterBox, with which the models are trained. OpenCV's own letterbox
(`cv2.dnn.blobFromImagesWithParams`) truncates the scaled size where Ultralytics rounds it, which moves boxes by up to a
pixel, and takes 0.25 ms a picture longer; it is not used for these two reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.detect.manifest import ModelInput
from vision.sources import Image

FloatArray = npt.NDArray[np.float32]

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(slots=True, frozen=True)
class Letterbox:
    """Where a picture lies in the network's input: `inner` pixels wide and high, from `left`, `top`."""

    inner: Size
    left: int
    top: int

    @classmethod
    def of(cls, picture: Size, target: Size) -> Letterbox:
        """Fit a picture of width and height `picture` into `target`, keeping its shape, centred."""
        inner = fit_size(picture, target)
        return cls(inner, (target[0] - inner[0]) // 2, (target[1] - inner[1]) // 2)

    def to_input(self, boxes: FloatArray) -> FloatArray:
        """(N, 4) fractions of the picture to (N, 4) pixels of the network's input."""
        return boxes * self._scale() + self._shift()

    def to_picture(self, boxes: FloatArray) -> FloatArray:
        """(N, 4) pixels of the network's input to (N, 4) fractions of the picture, not clipped."""
        return (boxes - self._shift()) / self._scale()

    def _scale(self) -> FloatArray:
        return np.array(self.inner * 2, np.float32)

    def _shift(self) -> FloatArray:
        return np.array((self.left, self.top) * 2, np.float32)


def fit_size(picture: Size, target: Size) -> Size:
    """The largest width and height of `picture`'s shape inside `target`, at least 1 × 1 pixel."""
    ratio = min(target[0] / picture[0], target[1] / picture[1])
    width, height = (max(1, min(limit, round(side * ratio))) for side, limit in zip(picture, target, strict=True))
    return width, height


def size_of(image: Image) -> Size:
    """Width and height of a picture.

    Raises:
        ValueError: not a (height, width, 3) array of uint8 with at least one pixel.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"a picture must be (height, width, 3) uint8 BGR, not {image.shape} {image.dtype}")
    return image.shape[1], image.shape[0]


def letterboxed(image: Image, target: Size, pad: int) -> tuple[Image, Letterbox]:
    """A BGR picture of any size on a canvas (height, width, 3) of the network's size, and where it lies there.

    The canvas is the picture itself where that has the size already. `pad`, 0..255, is the grey around it.
    """
    placed = Letterbox.of(size_of(image), target)
    return _place(image, target, placed, pad), placed


def to_planes(canvases: Sequence[Image], spec: ModelInput) -> FloatArray:
    """BGR canvases of one size to the (N, 3, height, width) float32 planes that the network was trained on."""
    planes = np.empty((len(canvases), 3, *canvases[0].shape[:2]), np.float32)
    for canvas, slot in zip(canvases, planes, strict=True):
        coloured = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB), np.uint8) if spec.color == "rgb" else canvas
        np.multiply(coloured.transpose(2, 0, 1), np.float32(spec.scale), out=slot, dtype=np.float32)
    return planes


def _place(image: Image, target: Size, placed: Letterbox, pad: int) -> Image:
    if size_of(image) != placed.inner:
        image = np.asarray(cv2.resize(image, placed.inner, interpolation=cv2.INTER_LINEAR), np.uint8)
    if placed.inner == target:
        return image
    right, bottom = target[0] - placed.inner[0] - placed.left, target[1] - placed.inner[1] - placed.top
    border = (placed.top, bottom, placed.left, right)
    return np.asarray(cv2.copyMakeBorder(image, *border, cv2.BORDER_CONSTANT, value=(pad, pad, pad)), np.uint8)
