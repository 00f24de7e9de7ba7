"""One thread that drains one source for as long as it is told to, opening it again whenever it breaks off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from vision.config import Camera
from vision.sources.backoff import Backoff
from vision.sources.errors import SourceError
from vision.sources.packets import CodecParameters, StoredPacket
from vision.sources.stream import PacketStream, is_file
from vision.sources.timestamps import Timeline

log = structlog.get_logger(__name__)


class SourceLoop:
    """Reads packets and hands them on, on its own thread. Files are read at the pace of their timestamps.

    Args:
        camera: whose source it is.
        source: what to open.
        on_open: told of the codec each time the source was opened. A ValueError it raises is taken as: not usable.
        on_packet: given every packet.
        on_end: told once when nothing follows any more: a file ended, or `stop`.
    """

    def __init__(
        self,
        camera: Camera,
        source: str,
        on_open: Callable[[CodecParameters], None],
        on_packet: Callable[[StoredPacket], None],
        on_end: Callable[[], None],
    ) -> None:
        self._camera, self._source = camera, source
        self._on_open, self._on_packet, self._on_end = on_open, on_packet, on_end
        self.is_file = is_file(source)
        self.timeline = Timeline(time.time() if self.is_file else None)
        self._backoff = Backoff(camera.decode.reconnect_min, camera.decode.reconnect_max)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source-{camera.id}", daemon=True)
        self._pace_from: float | None = None
        self._told_offline = False
        self._opened = 0
        self.codec: CodecParameters | None = None
        self.online = False
        self.ended = False
        self.packets = 0
        self.cpu_s = 0.0
        """Processor time of the thread, seconds: reading, and all that is done with the packets."""
        self.last_error: str | None = None

    @property
    def reconnects(self) -> int:
        """Times the source was opened again."""
        return max(0, self._opened - 1) if not self.is_file else 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Ask the thread to end and wait for it; False when it is still waiting for the camera (a daemon, it may)."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                wait = self._read_once()
                if wait is None:
                    break
                self._stopping.wait(wait)
        finally:
            self.online = False
            self.ended = True
            self._on_end()

    def _read_once(self) -> float | None:
        """Read until it breaks off; how long to wait before the next time, None when there is none."""
        opened = time.monotonic()
        try:
            self._read()
        except SourceError as error:
            return self._offline(str(error), time.monotonic() - opened, permanent=error.permanent)
        except Exception as error:
            log.exception("source_failed", camera=self._camera.id)
            return self._offline(f"camera {self._camera.id}: {type(error).__name__}", time.monotonic() - opened)
        if self._stopping.is_set() or not self._camera.loop:
            return None
        return 0.0

    def _read(self) -> None:
        with PacketStream(self._camera, self._source, self.timeline) as stream:
            try:
                self._on_open(stream.codec)
            except ValueError as error:
                remedy = "or convert the file" if self.is_file else "or use its substream"
                raise SourceError(self._camera.id, self._source, str(error), remedy, permanent=True) from None
            self.codec = stream.codec
            self._opened += 1
            for packet in stream.packets():
                if self.is_file:
                    self._wait_for(packet)
                if self._stopping.is_set():
                    return
                if not self.online:
                    self._now_online(stream)
                self.packets += 1
                self._on_packet(packet)
                self.cpu_s = time.thread_time()
            if self.is_file and not self.online:
                raise SourceError(
                    self._camera.id, self._source, "there are no pictures in it", "record it again", permanent=True
                )

    def _wait_for(self, packet: StoredPacket) -> None:
        now = time.monotonic()
        if self._pace_from is None:
            self._pace_from = now - packet.media_s
        early = self._pace_from + packet.media_s - now
        if early > 0:
            self._stopping.wait(early)

    def _now_online(self, stream: PacketStream) -> None:
        self.online, self._told_offline = True, False
        codec = stream.codec
        log.info(
            "camera_online",
            camera=self._camera.id,
            codec=codec.name,
            size=f"{codec.width}x{codec.height}",
            transport=stream.transport,
        )

    def _offline(self, error: str, lasted_s: float, *, permanent: bool = False) -> float:
        if self.online:
            self._backoff.lasted(lasted_s)
        self.online, self.last_error = False, error
        wait = self._backoff.wait_s(longest=permanent)
        if not self._told_offline:  # once an outage, not once a try
            self._told_offline = True
            log.warning("camera_offline", camera=self._camera.id, error=error, next_try_s=round(wait, 1))
        return wait
