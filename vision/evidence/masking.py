"""Parts of a picture that nobody may see are blackened before it is stored."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.config import Polygon
from vision.sources import Image

JPEG_QUALITY = 88


def blacken(image: Image, masks: Sequence[Polygon]) -> None:
    """Blacken the polygons (fractions of the picture) in a BGR picture, (height, width, 3), in place."""
    size = np.array([image.shape[1], image.shape[0]])
    for mask in masks:
        cv2.fillPoly(image, [np.round(mask.array * size).astype(np.int32)], (0, 0, 0))


def masked_jpeg(jpeg: bytes, masks: Sequence[Polygon]) -> bytes:
    """The picture with the polygons (fractions of it) blackened.

    Raises:
        ValueError: not a picture.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("the still is no JPEG picture")
    image = np.asarray(image, np.uint8)
    blacken(image, masks)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])
