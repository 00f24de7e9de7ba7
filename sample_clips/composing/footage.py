"""The footage, its empty road, and who is in front of what."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""(height, width, 3) BGR."""
Mask = npt.NDArray[np.float32]
"""(height, width), 0..1."""
Seconds = float

FPS = 10
"""Pictures a second of the footage and of the clips."""
FOREGROUND = 26
"""Grey levels from the empty road above which a pixel belongs to a passer-by: road noise stays below 15, coats and
faces lie above 40."""
SMALLEST = 60
"""Pixels; a smaller patch is noise, not a person (the farthest people take about 500)."""


class Footage:
    """Decoded pictures of a fixed camera."""

    def __init__(self, path: Path) -> None:
        """Decode the whole video into memory (1.3 MB a picture at 768x576).

        Raises:
            av.error.FFmpegError: the file is no video.
        """
        with av.open(str(path)) as container:
            self._keep([frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)])

    @classmethod
    def of(cls, frames: list[Picture]) -> Footage:
        """Pictures that are decoded already, at `FPS` a second."""
        footage = cls.__new__(cls)
        footage._keep(frames)
        return footage

    def _keep(self, frames: list[Picture]) -> None:
        self.frames = frames
        self.plate: Picture = np.median(np.stack(self.frames[::12]), axis=0).astype(np.uint8)
        self.height, self.width = self.plate.shape[:2]

    def at(self, time: Seconds) -> Picture:
        """The picture at a time of the footage."""
        return self.frames[round(time * FPS)]

    def people(self, frame: Picture, below: float = 0.0) -> Mask:
        """Where passers-by are whose feet stand below row `below`: they are nearer than what stands on that row."""
        mask = foreground(frame, self.plate)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        feet = stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT]
        kept = (feet > below) & (stats[:, cv2.CC_STAT_AREA] > SMALLEST)
        kept[0] = False
        return cv2.GaussianBlur(kept[labels].astype(np.float32), (3, 3), 0.6)


def foreground(frame: Picture, plate: Picture, level: int = FOREGROUND) -> npt.NDArray[np.uint8]:
    """0/1 where a picture differs from the empty road, without specks, with holes closed."""
    mask = (cv2.absdiff(frame, plate).max(axis=2) > level).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 5), np.uint8))
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
