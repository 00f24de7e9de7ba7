"""Packets into pictures: one libavcodec decoder, whose faults are counted and never raised."""

from __future__ import annotations

import av
import av.error

from vision.sources.frame import Frame
from vision.sources.packets import CodecParameters, StoredPacket

TICKS = 1_000_000
"""Ticks a second of the decoder's clock. A picture is told to its packet by the packet's time, exact to 1 µs."""
STRICT_TRIES = 3
"""A stream of which nothing was decoded and so much was refused is decoded leniently."""
MAX_PENDING = 128
"""Packets whose picture has not come out yet; H.264 and H.265 hold back at most 16."""


class PictureDecoder:
    """One decoder of one stream, on one thread: a worker reads many cameras, and threads of one add delay.

    Args:
        camera_id: goes into the frames.
        codec: of the packets to come.

    Raises:
        ValueError: this build of libavcodec cannot decode the codec.
    """

    def __init__(self, camera_id: str, codec: CodecParameters) -> None:
        self._camera_id, self._codec = camera_id, codec
        self._strict = True
        self._context = self._open()
        self._pending: dict[int, StoredPacket] = {}
        self.decoded = 0
        self.errors = 0

    def _open(self) -> av.VideoCodecContext:
        codec = self._codec
        try:
            context = av.CodecContext.create(codec.name, "r")
        except (av.error.FFmpegError, ValueError):
            raise ValueError(f"there is no decoder for {codec.name}; set the camera to H.264 or H.265") from None
        assert isinstance(context, av.VideoCodecContext)
        if codec.width and codec.height:
            context.width, context.height = codec.width, codec.height
        if codec.extradata:
            context.extradata = codec.extradata
        context.thread_count = 1
        if self._strict:
            # Otherwise lost packets are painted over, and a torn picture looks like something new on the ground.
            context.options = {"err_detect": "explode"}
        return context

    def skip_unreferenced(self, skip: bool) -> None:
        """Whether pictures that no other needs are passed over undecoded."""
        self._context.skip_frame = "NONREF" if skip else "DEFAULT"

    def decode(self, stored: StoredPacket) -> list[Frame] | None:
        """The pictures that come out when this packet goes in; None when it cannot be decoded."""
        tick = round(stored.time * TICKS)
        packet = av.Packet(stored.data)
        packet.pts = tick
        packet.is_keyframe = stored.keyframe
        self._pending[tick] = stored
        if len(self._pending) > MAX_PENDING:
            del self._pending[min(self._pending)]
        try:
            return self._frames(self._context.decode(packet))
        except (av.error.FFmpegError, ValueError):
            self.errors += 1
            self._be_lenient_if_nothing_ever_decodes()
            return None

    def _be_lenient_if_nothing_ever_decodes(self) -> None:
        """Some cameras send side data against the standard with every picture; better those than none."""
        if self._strict and not self.decoded and self.errors >= STRICT_TRIES:
            self._strict = False
            self._context = self._open()

    def drain(self) -> list[Frame]:
        """The pictures the decoder still holds back; it begins anew afterwards, with a keyframe."""
        try:
            frames = self._frames(self._context.decode(None))
        except (av.error.FFmpegError, ValueError):
            self.errors += 1
            frames = []
        self.reset()
        return frames

    def reset(self) -> None:
        """Forget everything; the next packet must be a keyframe."""
        self._context.flush_buffers()
        self._pending.clear()

    def _frames(self, pictures: list[av.VideoFrame]) -> list[Frame]:
        frames = []
        for picture in pictures:
            self.decoded += 1
            tick = picture.pts
            stored = self._pending.get(tick) if tick is not None else None
            if tick is None or stored is None or picture.is_corrupt:
                self.errors += 1
                continue
            self._pending = {later: packet for later, packet in self._pending.items() if later > tick}
            keyframe = bool(picture.key_frame)
            frames.append(Frame(self._camera_id, stored.time, stored.media_s, keyframe, picture))
        return frames
