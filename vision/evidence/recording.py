"""The rolling record of what cameras sent: packets in files of some minutes, to try zones and rules on what happened.

`root/{camera}/{start as 20261125T093000.000Z}.mkv`: nothing is decoded or encoded, and the pictures' times count from
the name. While a file is written it is called `.part`; after a crash what can be read of it is kept under its own name
and the rest removed. Files are fsynced when they are complete: a power cut costs the one that was being written.

The camera's reader only puts a packet into a bounded queue; one thread writes for all cameras. What it cannot write in
time, or for lack of room, is given up and counted. A camera with masks leaves no record, like it leaves no clips:
packets cannot be blackened. One that gets masks loses the record that it had.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from vision.config import RecordingSettings
from vision.evidence.recording_files import Segment, mend, recordings_of
from vision.sources import CodecParameters, StoredPacket

log = structlog.get_logger(__name__)

MOST_WAITING_BYTES = 32_000_000
"""Packets of all cameras that wait for the disk: some seconds of a hundred cameras' keyframes."""
LONGEST_GAP_S = 60.0
"""After a longer silence a new file begins: keyframes lie at most some ten seconds apart."""
PRUNE_EVERY_S = 600.0


@dataclass(slots=True)
class RecordingCounters:
    """Since the start: bytes written, packets given up (the disk was too slow, full or broken), files removed."""

    bytes_written: int = 0
    shed: int = 0
    removed: int = 0


class RecordingStore:
    """Writes the records of all cameras on a thread of its own.

    Args:
        root: folder of the records.
        settings: how much is kept.
        min_free: nothing is written when less than this would stay free, bytes.
        made_of: folders with what is made of records, by camera; it goes with them when a camera gets masks.
        free: how much room there is, bytes; the disk's unless given.
    """

    def __init__(
        self,
        root: Path,
        settings: RecordingSettings,
        *,
        min_free: int = 0,
        made_of: Sequence[Path] = (),
        free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._root, self._settings, self._min_free, self._free = root, settings, min_free, free
        self._private = (root, *made_of)
        self.counters = RecordingCounters()
        self._queue: queue.SimpleQueue[_Note | None] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Segment, CodecParameters, float]] = {}
        self._next_prune = 0.0
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start(self) -> None:
        """Mend what a crash left, and begin to write."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Write what waits, close the files, end."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def camera(self, camera_id: str, *, on: bool, masked: bool = False) -> CameraRecord:
        """The record of a camera, for its reader. `masked`: it has masks, and loses what it had."""
        record = CameraRecord(self, camera_id, keyframes_only=self._settings.keyframes_only)
        record.switch(on=on, masked=masked)
        return record

    def offer(self, record: CameraRecord, codec: CodecParameters, packet: StoredPacket) -> bool:
        """Take a packet if there is room for it; never waits."""
        with self._lock:
            if self._waiting_bytes + len(packet.data) > MOST_WAITING_BYTES:
                self.counters.shed += 1
                return False
            self._waiting_bytes += len(packet.data)
        self._queue.put((record, codec, packet))
        return True

    def end(self, record: CameraRecord) -> None:
        """The camera is not recorded any more: its file is closed, and removed with the others if it is masked now."""
        self._queue.put(record)

    def _run(self) -> None:
        self._guarded(self._mend_all)
        while True:
            with contextlib.suppress(queue.Empty):
                note = self._queue.get(timeout=PRUNE_EVERY_S)
                if note is None:
                    self._close_all()
                    return
                self._take(note)
            if time.monotonic() >= self._next_prune:
                self._next_prune = time.monotonic() + PRUNE_EVERY_S
                self._guarded(self._prune_all)

    def _take(self, note: _Note) -> None:
        if isinstance(note, CameraRecord):
            self._guarded(self._end, note)
            return
        record, codec, packet = note
        with self._lock:
            self._waiting_bytes -= len(packet.data)
        if not self._guarded(self._write, record, codec, packet):
            self.counters.shed += 1
            record.broke_off()

    def _close_all(self) -> None:
        for camera_id in list(self._open):
            self._guarded(self._close, camera_id)

    def _guarded(self, work: Callable[..., None], *values: object) -> bool:
        try:
            work(*values)
        except Exception as error:  # noqa: BLE001  a record that fails must not end the others, nor the worker
            text = f"{type(error).__name__}: {error}"
            if text != self._trouble:
                self._trouble = text
                log.error("recording_failed", folder=str(self._root), error=text)
            return False
        return True

    def _write(self, record: CameraRecord, codec: CodecParameters, packet: StoredPacket) -> None:
        camera_id = record.camera_id
        if not record.on:
            return
        opened = self._open.get(camera_id)
        if opened is not None:
            segment, before, last = opened
            over = packet.keyframe and packet.time - segment.start >= self._settings.segment
            if over or before != codec or not 0 <= packet.time - last <= LONGEST_GAP_S + 1:
                self._close(camera_id)
                opened = None
        if opened is None:
            if not packet.keyframe:
                return
            self._root.mkdir(parents=True, exist_ok=True)
            if self._free(self._root) - len(packet.data) < self._min_free:
                raise OSError("disk full")
            segment = Segment(self._root / camera_id, codec, packet.time)
        self._open[camera_id] = (segment, codec, packet.time)
        try:
            segment.add(packet)
        except Exception:
            del self._open[camera_id]
            segment.abandon()
            raise
        self.counters.bytes_written += len(packet.data)
        self._trouble = None

    def _close(self, camera_id: str) -> None:
        opened = self._open.pop(camera_id, None)
        if opened is not None:
            opened[0].close()
            self._prune(camera_id, time.time())

    def _end(self, record: CameraRecord) -> None:
        self._close(record.camera_id)
        for folder in self._private if record.masked else ():
            if (folder / record.camera_id).is_dir():
                shutil.rmtree(folder / record.camera_id)
                log.warning(
                    "record_removed", folder=folder.name, camera=record.camera_id, reason="it has privacy masks"
                )

    def _mend_all(self) -> None:
        for part in self._root.glob("*/*.part"):
            if part.parent.name not in self._open:
                mend(part)

    def _prune_all(self) -> None:
        for folder in self._root.glob("*/"):
            self._prune(folder.name, time.time())

    def _prune(self, camera_id: str, now: float) -> None:
        """Remove what is too old, then the oldest of what is too much."""
        found = recordings_of(self._root / camera_id, camera_id, lengths=False)
        total = sum(one.size for one in found)
        for one in found:
            if now - one.path.stat().st_mtime <= self._settings.keep and total <= self._settings.max_bytes:
                break
            one.path.unlink(missing_ok=True)
            total -= one.size
            self.counters.removed += 1


class CameraRecord:
    """One camera's way into the store: called by its reader, never waits."""

    def __init__(self, store: RecordingStore, camera_id: str, *, keyframes_only: bool) -> None:
        self._store, self.camera_id, self._keyframes_only = store, camera_id, keyframes_only
        self._codec: CodecParameters | None = None
        self._whole = False
        self.on = self.masked = False

    def switch(self, *, on: bool, masked: bool) -> None:
        """Record from now on, or no more; what was recorded of a camera with masks is removed."""
        ended = (self.on and not on) or (masked and not self.masked)
        self.on, self.masked = on and not masked, masked
        if ended:
            self._store.end(self)

    def set_codec(self, codec: CodecParameters) -> None:
        """The stream has been opened."""
        self._codec, self._whole = codec, False

    def append(self, packet: StoredPacket) -> None:
        """The next packet, in decoding order. After one that was given up nothing is kept before a keyframe."""
        if not self.on or self._codec is None or not (packet.keyframe or (self._whole and not self._keyframes_only)):
            return
        self._whole = self._store.offer(self, self._codec, packet)

    def broke_off(self) -> None:
        """A packet was not written: what depends on it is of no use."""
        self._whole = False


_Note = tuple[CameraRecord, CodecParameters, StoredPacket] | CameraRecord
