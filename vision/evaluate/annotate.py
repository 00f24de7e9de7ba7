"""A replay as a video, with what the pipeline saw drawn into it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np

from vision.detect import Detections
from vision.rules import Incident
from vision.runtime.perception import Perception
from vision.sources import Box, Frame, Image

_TRACK, _THING, _CASE, _ZONE = (200, 160, 40), (40, 200, 230), (40, 40, 230), (120, 200, 120)
_CASE_SHOWN_S = 4.0
MOST_WIDTH = 1280


class Annotator:
    """Writes an H.264 MP4; frames keep their media times, so that the video plays at the speed of the original."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._output: av.container.OutputContainer | None = None
        self._cases: list[tuple[float, Incident]] = []
        self._last_pts = -1

    def __enter__(self) -> Self:
        return self

    def draw(self, frame: Frame, detections: Detections | None, incidents: list[Incident], seen: Perception) -> None:
        """Draw one frame; the signature is `vision.evaluate.replay.Watch`."""
        scale = min(1.0, MOST_WIDTH / frame.width)
        size = (round(frame.width * scale) // 2 * 2, round(frame.height * scale) // 2 * 2)
        picture = frame.bgr(*size).copy()
        self._cases += [(frame.time, incident) for incident in incidents]
        self._cases = [(at, i) for at, i in self._cases if frame.time - at < _CASE_SHOWN_S]
        for zone in seen.camera.zones:
            points = np.round(zone.polygon.array * np.array(size)).astype(np.int32)
            cv2.polylines(picture, [points], True, _ZONE, 1, cv2.LINE_AA)
        state = seen.state
        if state is not None:
            for track in state.tracks:
                _box(picture, track.box, _TRACK, f"{track.name} {track.track_id}")
            for thing in state.things:
                if thing.gone_since is None:
                    _box(picture, thing.box, _THING, f"new {thing.unattended_s(frame.time):.0f} s")
        for _at, incident in self._cases:
            _box(picture, incident.box, _CASE, f"{incident.kind.value} {incident.category}", 2)
        looked = "look" if detections is not None else ""
        cv2.putText(
            picture, f"{frame.media_s:6.1f} s {looked}", (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1
        )
        self._write(picture, frame.media_s)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._output is not None:
            self._output.mux(self._stream.encode())
            self._output.close()

    def _write(self, picture: Image, media_s: float) -> None:
        if self._output is None:
            self._output = av.open(str(self._path), "w", options={"movflags": "+faststart"})
            self._stream = self._output.add_stream("libx264", rate=25, options={"crf": "26", "preset": "veryfast"})
            self._stream.height, self._stream.width = picture.shape[:2]
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = Fraction(1, 1000)
        image = av.VideoFrame.from_ndarray(picture, format="bgr24")
        image.time_base = Fraction(1, 1000)
        image.pts = max(self._last_pts + 1, round(media_s * 1000))
        self._last_pts = image.pts
        self._output.mux(self._stream.encode(image))


def _box(picture: Image, box: Box, colour: tuple[int, int, int], text: str, thickness: int = 1) -> None:
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(box, (width, height, width, height), strict=True))
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA)
    cv2.putText(picture, text, (x1, max(10, y1 - 3)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
