"""A live camera: always drained, decoded as far as it is worth, its newest frame in a mailbox."""

from __future__ import annotations

import time
from typing import Protocol

from vision.config import Camera
from vision.sources.attention import Attention
from vision.sources.decoder import AdaptiveDecoder
from vision.sources.frame import Frame
from vision.sources.mailbox import Mailbox
from vision.sources.packets import CodecParameters, StoredPacket
from vision.sources.ring import PacketRing
from vision.sources.source_loop import SourceLoop
from vision.sources.status import SourceStatus
from vision.sources.stream import is_file


class PacketSink(Protocol):
    """Takes the packets of a stream as they come, in decoding order."""

    def set_codec(self, codec: CodecParameters) -> None:
        """A stream has been opened; its packets follow."""

    def append(self, packet: StoredPacket) -> None:
        """The next packet."""


class CameraReader:
    """Reads one camera on a thread of its own, for ever: what goes wrong is in `status()`, never raised.

    Args:
        camera: how it is read.
        source: what is opened: `camera.source` with its path made absolute.
        substream: a smaller stream of the same view. It is the one that is decoded; `source` then only fills the ring,
            on a second thread.
        record: is given every packet of `source`, too; must return at once.

    Attributes:
        mailbox: the newest frame; closed when nothing follows.
        ring: compressed packets of `source`.
    """

    def __init__(
        self, camera: Camera, source: str, substream: str | None = None, record: PacketSink | None = None
    ) -> None:
        self.mailbox: Mailbox[Frame] = Mailbox()
        self.ring = PacketRing(camera.decode.ring, camera.decode.ring_bytes)
        analysed = substream or source
        self._camera, self._record = camera, record
        self._decoder = AdaptiveDecoder(camera.id, camera.decode, live=not is_file(analysed))
        self._fills_ring = substream is None
        self._analysis = SourceLoop(camera, analysed, self._open, self._take, self._end)
        self._recording = (
            None if substream is None else SourceLoop(camera, source, self._set_codec, self._keep, lambda: None)
        )

    def start(self) -> None:
        """Begin to read; once."""
        self._analysis.start()
        if self._recording is not None:
            self._recording.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """End. False when a thread is still waiting for its camera after `timeout` seconds; it ends by itself later."""
        deadline = time.monotonic() + timeout
        self.mailbox.close()
        loops = [self._analysis] if self._recording is None else [self._analysis, self._recording]
        for loop in loops:
            loop.stop(0.0)  # all are told before the first is waited for
        return all(loop.stop(max(0.0, deadline - time.monotonic())) for loop in loops)

    @property
    def cpu_s(self) -> float:
        """Processor time of its threads since the start, seconds."""
        return self._analysis.cpu_s + (self._recording.cpu_s if self._recording is not None else 0.0)

    def attend(self, attention: Attention) -> None:
        """From the next packet on, the scene is worth this much. From any thread."""
        self._decoder.attend(attention)

    def status(self) -> SourceStatus:
        """How it is doing now. From any thread."""
        decoder, loop, ring = self._decoder, self._analysis, self.ring.stats()
        codec, meter = loop.codec, self._decoder.meter
        last_error = loop.last_error or (self._recording.last_error if self._recording is not None else None)
        return SourceStatus(
            self._camera.id,
            online=loop.online,
            ended=loop.ended,
            policy=decoder.policy,
            transport="file" if loop.is_file else self._camera.transport,
            codec=codec.name if codec else None,
            width=codec.width if codec else 0,
            height=codec.height if codec else 0,
            fps=meter.fps,
            gop_s=meter.gop_s,
            gop_max_s=meter.gop_max_s,
            kbit_s=meter.kbit_s,
            packets=loop.packets,
            frames_decoded=decoder.frames_decoded,
            frames_handed_out=decoder.frames_handed_out,
            dropped={**decoder.dropped, "overwritten": self.mailbox.dropped},
            timestamp_anomalies=dict(loop.timeline.anomalies),
            decode_errors=decoder.decode_errors,
            reconnects=loop.reconnects,
            last_error=last_error,
            ring_bytes=ring.bytes,
            ring_seconds=ring.seconds,
            starved=decoder.starved,
        )

    def _open(self, codec: CodecParameters) -> None:
        self._decoder.open(codec)
        if self._fills_ring:
            self._set_codec(codec)

    def _set_codec(self, codec: CodecParameters) -> None:
        self.ring.set_codec(codec)
        if self._record is not None:
            self._record.set_codec(codec)

    def _keep(self, packet: StoredPacket) -> None:
        self.ring.append(packet)
        if self._record is not None:
            self._record.append(packet)

    def _take(self, packet: StoredPacket) -> None:
        if self._fills_ring:
            self._keep(packet)
        for frame in self._decoder.feed(packet):
            self.mailbox.put(frame)

    def _end(self) -> None:
        for frame in self._decoder.finish():
            self.mailbox.put(frame)
        self.mailbox.close()
