"""A recorded file through the very same decoder, as fast as it goes; the same file gives the same frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import structlog

from vision.config import Camera
from vision.sources.attention import Attention
from vision.sources.decoder import AdaptiveDecoder
from vision.sources.errors import SourceError
from vision.sources.frame import Frame
from vision.sources.packets import CodecParameters
from vision.sources.ring import PacketRing
from vision.sources.status import SourceStatus
from vision.sources.stream import PacketStream
from vision.sources.timestamps import Timeline

log = structlog.get_logger(__name__)


class FileReplay:
    """Frames of a file, to be iterated over once; whoever takes them calls `attend` in between.

    Args:
        path: the video file.
        camera: how it is read, as if it were this camera.
        start_time: UNIX time of its first picture.
        from_s: read from the first keyframe at or after this media time on, as a camera that is connected to then.

    Raises:
        SourceError: the file cannot be read.
    """

    def __init__(self, path: Path, camera: Camera, start_time: float, from_s: float = 0.0) -> None:
        self.ring = PacketRing(camera.decode.ring, camera.decode.ring_bytes)
        self._camera = camera
        self._timeline = Timeline(start_time)
        self._from = start_time + from_s if from_s > 0 else None
        self._decoder = AdaptiveDecoder(camera.id, camera.decode)
        self._stream = PacketStream(camera, str(path), self._timeline)
        self._codec: CodecParameters = self._stream.codec
        self._packets = 0
        self._error: str | None = None
        self._ended = False
        self.duration_s = self._stream.duration_s
        """Length by the file's index, s; None where it has none."""
        self._open_decoder(path)

    def attend(self, attention: Attention) -> None:
        """From the next packet on, the scene is worth this much."""
        self._decoder.attend(attention)

    def __iter__(self) -> Iterator[Frame]:
        """Frames in order of time. A file that is damaged further on ends there; `status().last_error` says so."""
        try:
            for packet in self._stream.packets():
                if self._from is not None and (packet.time < self._from or not packet.keyframe):
                    continue
                self._from = None
                self._packets += 1
                self.ring.append(packet)
                yield from self._decoder.feed(packet)
        except SourceError as error:
            self._error = str(error)
            log.warning("replay_broke_off", camera=self._camera.id, error=str(error))
        finally:
            self._ended = True
            self._stream.close()
        yield from self._decoder.finish()

    def close(self) -> None:
        """Let go of the file; needed only when it is not read to its end."""
        self._stream.close()

    def status(self) -> SourceStatus:
        decoder, ring = self._decoder, self.ring.stats()
        return SourceStatus(
            self._camera.id,
            online=not self._ended,
            ended=self._ended,
            policy=decoder.policy,
            transport="file",
            codec=self._codec.name,
            width=self._codec.width,
            height=self._codec.height,
            fps=decoder.meter.fps,
            gop_s=decoder.meter.gop_s,
            gop_max_s=decoder.meter.gop_max_s,
            kbit_s=decoder.meter.kbit_s,
            packets=self._packets,
            frames_decoded=decoder.frames_decoded,
            frames_handed_out=decoder.frames_handed_out,
            dropped=dict(decoder.dropped),
            timestamp_anomalies=dict(self._timeline.anomalies),
            decode_errors=decoder.decode_errors,
            last_error=self._error,
            ring_bytes=ring.bytes,
            ring_seconds=ring.seconds,
            starved=decoder.starved,
        )

    def _open_decoder(self, path: Path) -> None:
        try:
            self._decoder.open(self._codec)
        except ValueError as error:
            self._stream.close()
            raise SourceError(
                self._camera.id, str(path), str(error), "or convert the file with ffmpeg", permanent=True
            ) from None
        self.ring.set_codec(self._codec)
