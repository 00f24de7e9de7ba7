"""One decoded picture of a camera, converted only as far as somebody asks.

A 1080p picture costs about 4 ms of CPU to turn into BGR, its luma plane costs nothing. So a `Frame` keeps the decoder's
planar picture and converts on demand, at the size that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import av
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Picture samples: (height, width, 3) BGR or (height, width) luma, 0..255."""

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as fractions of the picture's width and height, 0..1, x1 < x2 and y1 < y2."""


@dataclass(slots=True)
class Frame:
    """A picture and the moment it was taken.

    Attributes:
        camera_id: the camera that took it.
        time: media time as UNIX seconds (UTC); grows monotonically within one camera, across reconnects too.
        media_s: seconds since the start of the stream or file, by the stream's own timestamps.
        keyframe: whether the picture was coded without reference to others.
        picture: the decoder's picture, planar.
    """

    camera_id: str
    time: float
    media_s: float
    keyframe: bool
    picture: av.VideoFrame
    _bgr: dict[tuple[int, int], Image] = field(default_factory=dict, repr=False)

    @property
    def width(self) -> int:
        return int(self.picture.width)

    @property
    def height(self) -> int:
        return int(self.picture.height)

    def bgr(self, width: int | None = None, height: int | None = None) -> Image:
        """The whole picture as (height, width, 3) BGR, native size unless told; converted once per size."""
        size = (width or self.width, height or self.height)
        if size not in self._bgr:
            picture = self.picture.to_ndarray(format="bgr24", width=size[0], height=size[1], interpolation="AREA")
            self._bgr[size] = np.asarray(picture, np.uint8)
        return self._bgr[size]

    def forget_conversions(self) -> None:
        """Let go of the converted pictures: whoever keeps the frame keeps the decoder's planes only."""
        self._bgr.clear()

    def crop(self, box: Box) -> Image:
        """The part of the picture inside `box`, in native resolution, as (h, w, 3) BGR; at least one pixel each way."""
        x1, y1 = int(box[0] * self.width), int(box[1] * self.height)
        x2, y2 = max(x1 + 1, round(box[2] * self.width)), max(y1 + 1, round(box[3] * self.height))
        return self.bgr()[max(0, y1) : y2, max(0, x1) : x2]

    @classmethod
    def from_bgr(
        cls, image: Image, *, camera_id: str, time: float, media_s: float = 0.0, keyframe: bool = True
    ) -> Frame:
        """Wrap a BGR array of shape (h, w, 3); for tests and for programs that have pictures already."""
        return cls(camera_id, time, media_s, keyframe, av.VideoFrame.from_ndarray(image, format="bgr24"))
