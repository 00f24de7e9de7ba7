"""Pictures kept for evidence: what the place looked like before anything happened, and what it looks like now."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2

from vision.scene.geometry import grown
from vision.sources import Box, Frame, Image

JPEG_QUALITY = 88
QUIET_EVERY_S = 30.0
"""A clean picture costs about 12 ms at 1080p; one in 30 s is 0.4 ms a camera-second."""
BUSY_EVERY_S = 60.0
"""In a place that is never empty a picture with people is better than none."""
KEPT = 8


@dataclass(slots=True, frozen=True)
class Still:
    """A picture kept as evidence.

    Attributes:
        role: `before`, `act`, `after` or `crop`.
        taken_at: media time, UNIX seconds.
        jpeg: the picture, JPEG bytes.
    """

    role: str
    taken_at: float
    jpeg: bytes


class StillKeeper:
    """Keeps the last few pictures of the quiet place, so that a case can show how it was before."""

    def __init__(self) -> None:
        self._views: deque[tuple[float, bytes]] = deque(maxlen=KEPT)

    def offer(self, frame: Frame, quiet: bool) -> None:
        """Keep this frame if it is time for one; `quiet`: nobody is in the picture."""
        last = self._views[-1][0] if self._views else float("-inf")
        if frame.time - last >= (QUIET_EVERY_S if quiet else BUSY_EVERY_S):
            self._views.append((frame.time, encode(frame.bgr())))

    def before(self, time: float) -> Still | None:
        """The latest kept picture from before media time `time`; None when there is none."""
        earlier = [view for view in self._views if view[0] < time]
        return Still("before", *earlier[-1]) if earlier else None

    def remember(self) -> list[tuple[float, bytes]]:
        """The latest two pictures, for `recall`."""
        return list(self._views)[-2:]

    def recall(self, views: list[tuple[float, bytes]]) -> None:
        """Pictures from before a restart."""
        self._views.extend(views)

    def forget(self) -> None:
        """The camera shows another place now."""
        self._views.clear()


def whole(frame: Frame, role: str) -> Still:
    """The whole picture, native size."""
    return Still(role, frame.time, encode(frame.bgr()))


def close_up(frame: Frame, box: Box) -> Still:
    """The thing with half its size around it, native resolution."""
    return Still("crop", frame.time, encode(frame.crop(grown(box, 0.5, least=0.02))))


def encode(image: Image) -> bytes:
    """(h, w, 3) BGR to JPEG bytes."""
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"cannot encode a picture of shape {image.shape} as JPEG")
    return bytes(jpeg)
