"""Evidence on disk: stills and clips of each case, with their hashes.

Layout: `root/2026-11-22/<camera>/<case_id>/<event_id>-<role>.jpg|mp4`.

Order of writing, and why (as Moonfire argues it): the file is written under a temporary name, fsynced, renamed, its
folder fsynced; only then does the outbox store the row that names it. So a row never names a file that is not whole on
disk; what a crash can leave behind is a file without a row, which costs room and is swept with age.

A full disk never stops a case: what did not fit is named in the event with the reason.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import structlog

from vision.cases import CaseEvent, EvidenceItem, MissingEvidence
from vision.config import Polygon
from vision.config.whole_file import PART, replace_whole
from vision.evidence.masking import masked_jpeg
from vision.evidence.remux import RemuxError, remux_clip
from vision.rules import Still
from vision.sources import ClipPackets

log = structlog.get_logger(__name__)

YOUNG_S = 60.0
"""What was written this short ago is never swept."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of evidence."""

    role: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class SavedEvidence:
    """What was kept of one event's evidence, and what was not."""

    items: tuple[EvidenceItem, ...] = ()
    missing: tuple[MissingEvidence, ...] = ()
    files: tuple[StoredFile, ...] = ()


@dataclass(slots=True)
class EvidenceCounters:
    """Totals since the start; `missing` by role."""

    files: int = 0
    bytes_written: int = 0
    swept: int = 0
    missing: Counter[str] = field(default_factory=Counter)


def _free_bytes(path: Path) -> int:
    return shutil.disk_usage(path).free


class EvidenceStore:
    """Writes evidence and removes it when its time is over. Safe to call from any thread.

    Args:
        root: folder of the evidence.
        timezone: of the folders' dates and the items' times.
        max_bytes: beyond this the oldest is removed.
        min_free: nothing is written when less than this would stay free.
        retention_s: what is older is removed.
        base_url: address of `root` for others; `file://` unless given.
        free: how much room there is, bytes; the disk's unless given.
    """

    def __init__(
        self,
        root: Path,
        timezone: tzinfo,
        *,
        max_bytes: int,
        min_free: int,
        retention_s: float,
        base_url: str | None = None,
        free: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self._root, self._timezone, self._base_url, self._free = root, timezone, base_url, free
        self._max_bytes, self._min_free, self._retention_s = max_bytes, min_free, retention_s
        self._lock = threading.Lock()
        self.counters = EvidenceCounters()
        try:
            root.mkdir(parents=True, exist_ok=True)
            for orphan in root.rglob(f"*{PART}"):
                orphan.unlink(missing_ok=True)
        except OSError as error:
            log.error("evidence_folder_unusable", folder=str(root), error=error.strerror)
        self._bytes = sum(path.stat().st_size for path in self._files())

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of evidence kept now."""
        return self._bytes

    def save(
        self,
        event_id: str,
        case_id: str,
        camera_id: str,
        stills: Iterable[Still],
        clip: ClipPackets | None,
        *,
        masks: Sequence[Polygon] = (),
        clip_wanted: bool = True,
    ) -> SavedEvidence:
        """Write one event's evidence, stills first; never raises for a full or broken disk.

        A camera with masks keeps no clip: a clip is stored as it came and cannot be blackened.
        """
        items: list[EvidenceItem] = []
        missing: list[MissingEvidence] = []
        files: list[StoredFile] = []

        def lost(role: str, error: Exception) -> None:
            """Whatever is wrong with one piece of evidence, the case goes on without it and says so."""
            log.exception("evidence_failed", camera=camera_id, case=case_id, role=role)
            missing.append(MissingEvidence(role=role, reason=f"{type(error).__name__}: {error}"))

        def keep(role: str, ending: str, content: bytes, taken_at: float, masked: bool) -> None:
            moment = datetime.fromtimestamp(round(taken_at, 3), UTC).astimezone(self._timezone)
            path = evidence_path(self._root, moment, camera_id, case_id, f"{event_id}-{role}.{ending}")
            reason = self._write(path, content)
            if reason is not None:
                missing.append(MissingEvidence(role=role, reason=reason))
                return
            digest = hashlib.sha256(content).hexdigest()
            items.append(EvidenceItem(role=role, uri=self._uri(path), sha256=digest, taken_at=moment, masked=masked))
            files.append(StoredFile(role, path, len(content)))

        for still in stills:
            # A close-up shows a part of the picture: masks are fractions of the whole and cannot be laid over it.
            if masks and still.role == "crop":
                missing.append(MissingEvidence(role="crop", reason="the camera has privacy masks"))
                continue
            try:
                jpeg = masked_jpeg(still.jpeg, masks) if masks else still.jpeg
                keep(still.role, "jpg", jpeg, still.taken_at, bool(masks))
            except Exception as error:  # noqa: BLE001
                lost(still.role, error)
        if clip_wanted:
            try:
                self._keep_clip(clip, bool(masks), keep, missing)
            except Exception as error:  # noqa: BLE001
                lost("clip", error)
        with self._lock:
            self.counters.missing.update(item.role for item in missing)
        for item in missing:
            log.warning("evidence_missing", camera=camera_id, case=case_id, role=item.role, reason=item.reason)
        return SavedEvidence(tuple(items), tuple(missing), tuple(files))

    def files_of(self, event: CaseEvent) -> tuple[StoredFile, ...]:
        """The files of an event's evidence that are on disk still."""
        found = []
        for item in event.evidence:
            path = evidence_path(self._root, item.taken_at, event.camera_id, event.case_id, item.uri)
            with contextlib.suppress(OSError):
                found.append(StoredFile(item.role, path, path.stat().st_size))
        return tuple(found)

    def sweep(self, now: float, keep: Collection[Path] = ()) -> int:
        """Remove what is too old, then the oldest of what is too much; never what is in `keep`. Files removed.

        `now`: UNIX seconds.
        """
        removed = 0
        files = sorted(((path.stat().st_mtime, path) for path in self._files() if path not in keep), key=lambda f: f[0])
        for written, path in files:
            if now - written <= self._retention_s and self._bytes <= self._max_bytes:
                break
            if now - written > YOUNG_S:  # the row of a younger one may not be in the outbox yet
                removed += self.remove([path])
        for folder in sorted(self._root.rglob("*"), reverse=True):
            with contextlib.suppress(OSError):  # not empty, or not any more
                if folder.is_dir() and now - folder.stat().st_mtime > YOUNG_S:
                    folder.rmdir()
        self.counters.swept += removed
        return removed

    def remove(self, paths: Iterable[Path]) -> int:
        """Remove files (evidence that the outbox gave up); how many there were."""
        removed = 0
        for path in paths:
            try:
                size = path.stat().st_size
                path.unlink()
            except OSError:
                continue
            with self._lock:
                self._bytes -= size
            removed += 1
        return removed

    def _keep_clip(
        self,
        clip: ClipPackets | None,
        masked: bool,
        keep: Callable[[str, str, bytes, float, bool], None],
        missing: list[MissingEvidence],
    ) -> None:
        if masked:
            missing.append(MissingEvidence(role="clip", reason="the camera has privacy masks"))
        elif clip is None:
            missing.append(MissingEvidence(role="clip", reason="the stream was not in memory"))
        else:
            try:
                made = remux_clip(clip)
            except RemuxError as error:
                missing.append(MissingEvidence(role="clip", reason=str(error)))
                return
            keep("clip", "mp4", made.mp4, made.start, False)

    def _write(self, path: Path, content: bytes) -> str | None:
        """Write durably; None, or why it could not be."""
        try:
            if self._free(self._root) - len(content) < self._min_free:
                return "disk full"
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(path, content)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            return "disk full" if full else f"cannot be written: {error.strerror}"
        with self._lock:
            self._bytes += len(content)
            self.counters.files += 1
            self.counters.bytes_written += len(content)
        return None

    def _uri(self, path: Path) -> str:
        if self._base_url is None:
            return path.absolute().as_uri()
        return f"{self._base_url.rstrip('/')}/{path.relative_to(self._root).as_posix()}"

    def _files(self) -> list[Path]:
        try:
            return [path for path in self._root.rglob("*") if path.is_file() and path.suffix in (".jpg", ".mp4")]
        except OSError:
            return []


def evidence_path(root: Path, taken_at: datetime, camera_id: str, case_id: str, uri: str) -> Path:
    """The file of an evidence item: the day of the picture in the site's time, the camera, the case, its name.

    Args:
        root: the evidence folder.
        taken_at: in the site's timezone.
        uri: its name, or an address that ends in it; that may be one for others (`storage.evidence_url`).
    """
    return root / taken_at.strftime("%Y-%m-%d") / camera_id / case_id / uri.rpartition("/")[2]
