"""Pictures of any size onto a canvas as large as the network's input, and boxes back out.

A canvas is (height, width, 3) uint8 BGR. What makes floats of it is the backend: OpenVINO takes the bytes as they are,
which spares a picture 0.25 ms of CPU, and int8 networks the way into float and back. The others are given `to_planes`.

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


def place(image: Image, target: Size, pad: int) -> tuple[Image, Letterbox]:
    """A BGR picture of any size on its canvas, and where it lies there.

    The canvas is (height, width, 3) uint8 BGR of `target`'s width and height, contiguous, grey of `pad` (0..255) where
    there is no picture. A picture that fits exactly is its own canvas and not copied: it must not be written to.

    Raises:
        ValueError: not a (height, width, 3) array of uint8 with at least one pixel.
    """
    size = size_of(image)
    placed = Letterbox.of(size, target)
    if size != placed.inner:
        image = np.asarray(cv2.resize(image, placed.inner, interpolation=cv2.INTER_LINEAR), np.uint8)
    if placed.inner != target:
        right, bottom = target[0] - placed.inner[0] - placed.left, target[1] - placed.inner[1] - placed.top
        border = (placed.top, bottom, placed.left, right)
        image = np.asarray(cv2.copyMakeBorder(image, *border, cv2.BORDER_CONSTANT, value=(pad, pad, pad)), np.uint8)
    return np.ascontiguousarray(image), placed


def to_planes(canvases: Sequence[Image], spec: ModelInput) -> FloatArray:
    """Canvases of one size, at least one, as the (N, 3, height, width) float32 that networks are trained on."""
    height, width, _ = canvases[0].shape
    planes = np.empty((len(canvases), 3, height, width), np.float32)
    for canvas, slot in zip(canvases, planes, strict=True):
        if spec.color == "rgb":
            canvas = np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB), np.uint8)
        np.multiply(canvas.transpose(2, 0, 1), np.float32(spec.scale), out=slot, dtype=np.float32)
    return planes
