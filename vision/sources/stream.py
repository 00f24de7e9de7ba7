"""Packets of an RTSP camera or a video file, through libav, without ever waiting for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import av
import av.error

from vision.config import Camera
from vision.sources.errors import SourceError, check_file, file_error, stream_error
from vision.sources.packets import CodecParameters, StoredPacket
from vision.sources.slices import RawPacket, joined
from vision.sources.timestamps import Timeline

ARRIVAL_S = 0.01
"""A packet that took longer to get has just come in over the network; those before it lay in libav's buffer."""
MAX_BACKLOG = 500
"""Packets that libav may have read while it made out the stream: 5 s of it, at 100 a second."""
CONTAINERS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,dhav,h264,hevc,m4v,mjpeg"
"""Files that are opened, by libav's names: MP4, MKV, AVI, TS, PS, Dahua's DAV and the like. Not playlists, which could
make us fetch what they name, nor the text files and single pictures that libav takes for videos."""


def is_file(source: str) -> bool:
    """Whether a source is a file; all else is a stream."""
    return "://" not in source or source.startswith("file://")


def file_path(source: str) -> Path:
    """The path a file source means, `file://` or plain."""
    return Path(unquote(urlsplit(source).path)) if source.startswith("file://") else Path(source)


class PacketStream:
    """One opened source: `codec` and the packets of its first video stream. A context manager.

    Args:
        camera: whose stream it is; user, password, transport and timeouts are its own.
        source: URL or file to open, `camera.source` or `camera.substream` with its path made absolute.
        timeline: gives the packets their time; the same one again after a reconnect.

    Raises:
        SourceError: it cannot be opened. Returns or raises within `stall_timeout`, whatever the other side does.
    """

    def __init__(self, camera: Camera, source: str, timeline: Timeline) -> None:
        self._camera, self._source, self._timeline = camera, source, timeline
        self._timeout_s = camera.decode.stall_timeout
        self._is_file = is_file(source)
        self.transport = "file" if self._is_file else camera.transport
        self._container = self._open_file() if self._is_file else self._open_stream()
        try:
            self.codec = self._codec()
        except BaseException:
            self._container.close()
            raise
        timeline.begin(self.codec.time_base)

    @property
    def duration_s(self) -> float | None:
        """Length of a file by its index, s; None where there is none, and for cameras."""
        duration = self._container.duration
        return duration / av.time_base if self._is_file and duration is not None and duration > 0 else None

    def packets(self) -> Iterator[StoredPacket]:
        """The packets in decoding order, to the end of a file; a stream has no end.

        Raises:
            SourceError: the stream ended, broke off or was silent for `stall_timeout`; a file is damaged.
        """
        try:
            for packet in self._raw() if self._is_file else joined(self._after_backlog()):
                time, media_s = self._timeline.stamp(packet.pts, packet.dts, packet.duration)
                yield StoredPacket(packet.data, packet.pts, packet.dts, packet.duration, time, packet.keyframe, media_s)
        except (av.error.FFmpegError, OSError) as error:
            raise self._read_error(error) from None
        if not self._is_file:
            raise SourceError(
                self._camera.id, self._source, "the camera ended the stream", "it is opened again; check the camera"
            )

    def close(self) -> None:
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_file(self) -> av.container.InputContainer:
        path = file_path(self._source)
        check_file(self._camera.id, path)
        try:
            return av.open(
                str(path),
                options={"protocol_whitelist": "file", "format_whitelist": CONTAINERS},
                timeout=(self._timeout_s, self._timeout_s),
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise file_error(self._camera.id, path, error) from None

    def _open_stream(self) -> av.container.InputContainer:
        options = {"rtsp_transport": self._camera.transport, "allowed_media_types": "video"}
        begin = monotonic()
        try:
            return av.open(
                with_credentials(self._source, self._camera),
                options=options,
                timeout=(self._timeout_s, self._timeout_s),
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            # libav calls an answer that never came invalid data.
            fault = TimeoutError() if monotonic() - begin >= self._timeout_s else error
            raise stream_error(self._camera.id, self._source, fault, self._timeout_s) from None

    def _codec(self) -> CodecParameters:
        if not self._container.streams.video:
            raise SourceError(
                self._camera.id, self._source, "there is no video in it", "give a source with a video stream",
                permanent=self._is_file,
            )  # fmt: skip
        self._video = self._container.streams.video[0]
        context = self._video.codec_context
        if context is None or self._video.time_base is None:
            raise SourceError(
                self._camera.id, self._source, "its video has an unknown codec", "set the camera to H.264 or H.265",
                permanent=self._is_file,
            )  # fmt: skip
        extradata = bytes(context.extradata) if context.extradata else None
        return CodecParameters(
            context.codec.canonical_name, context.width, context.height, extradata, self._video.time_base
        )

    def _raw(self) -> Iterator[RawPacket]:
        for packet in self._container.demux(self._video):
            if packet.size:
                yield RawPacket(bytes(packet), packet.pts, packet.dts, packet.duration, bool(packet.is_keyframe))

    def _after_backlog(self) -> Iterator[RawPacket]:
        """The packets, after telling the timeline how long the first has been lying in libav's buffer."""
        backlog: list[RawPacket] = []
        packets = self._raw()
        asked = monotonic()
        for packet in packets:
            backlog.append(packet)
            if monotonic() - asked > ARRIVAL_S or len(backlog) >= MAX_BACKLOG:
                break
            asked = monotonic()
        ticks = [packet.dts for packet in backlog if packet.dts is not None]
        if ticks:
            self._timeline.waited(float((ticks[-1] - ticks[0]) * self.codec.time_base))
        yield from backlog
        yield from packets

    def _read_error(self, error: Exception) -> SourceError:
        if not self._is_file:
            return stream_error(self._camera.id, self._source, error, self._timeout_s)
        return SourceError(self._camera.id, self._source, "the file is damaged from here on", "copy or record it again")


def with_credentials(url: str, camera: Camera) -> str:
    """The URL with the camera's user and password in it, as libav wants them; for libav only, never for a text."""
    if camera.username is None and camera.password is None:
        return url
    parts = urlsplit(url)
    user = camera.username if camera.username is not None else unquote(parts.username or "")
    secret = camera.password.get_secret_value() if camera.password is not None else unquote(parts.password or "")
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(secret, safe='')}@{host}"))
