"""What a camera's zones can be tried on: its rolling record, and the clips of its cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.console.evidence_files import evidence_path
from vision.console.store.tables import Case, Event
from vision.evidence import recordings_of
from vision.evidence.recording_files import length_of

MOST_CLIPS = 200
RECENT_CLIPS = 6
RECENT_RECORDINGS = 12
"""Two hours of ten-minute files of keyframes and the last acts: what a tuner waits for, not what there is. A clip holds
every picture, and its replay takes as long as that of ten times as much record."""
MARK = "~"
"""Stands in no id of the configuration."""


@dataclass(frozen=True, slots=True)
class Medium:
    """A recording or a clip. `start`: UNIX seconds; `seconds`: None where the file does not say."""

    id: str
    kind: Literal["recording", "clip"]
    camera_id: str
    path: Path
    start: float
    seconds: float | None
    case_id: str | None = None


def media_of(session: Session, storage: Path, camera_id: str) -> list[Medium]:
    """All media of a camera, the latest first."""
    recordings = [
        Medium(
            MARK.join(("recording", camera_id, one.path.stem)), "recording", camera_id, one.path, one.start,
            _length(one.path),
        )
        for one in recordings_of(storage / "recordings" / camera_id, camera_id, lengths=False)
    ]  # fmt: skip
    return sorted([*recordings, *_clips(session, storage, camera_id)], key=lambda one: -one.start)


def recent(media: Sequence[Medium]) -> list[Medium]:
    """What is tried when nobody chooses: the last recordings and the clips of the last cases."""
    recordings = [one for one in media if one.kind == "recording"][:RECENT_RECORDINGS]
    return [*recordings, *[one for one in media if one.kind == "clip"][:RECENT_CLIPS]]


def find_medium(session: Session, storage: Path, medium_id: str, cameras: Sequence[str]) -> Medium | None:
    """The medium of that id; None when there is none. `cameras`: those that there are."""
    kind, _, rest = medium_id.partition(MARK)
    if kind == "clip":
        event = session.get(Event, rest)
        return _clip(event, storage) if event is not None else None
    camera_id = rest.partition(MARK)[0]
    if kind != "recording" or camera_id not in cameras:
        return None
    for one in recordings_of(storage / "recordings" / camera_id, camera_id, lengths=False):
        if medium_id == MARK.join((kind, camera_id, one.path.stem)):
            return Medium(medium_id, "recording", camera_id, one.path, one.start, None)
    return None


def _clips(session: Session, storage: Path, camera_id: str) -> list[Medium]:
    query = select(Event).join(Case, Case.case_id == Event.case_id).where(Case.camera_id == camera_id)
    events = session.scalars(query.order_by(Event.detected_at.desc()).limit(MOST_CLIPS))
    return [clip for event in events if (clip := _clip(event, storage)) is not None]


def _clip(event: Event, storage: Path) -> Medium | None:
    item: dict[str, Any] | None = next((one for one in event.payload["evidence"] if one["role"] == "clip"), None)
    if item is None:
        return None
    path = evidence_path(storage / "evidence", event.payload, item)
    start = datetime.fromisoformat(item["taken_at"]).timestamp()
    camera_id = event.payload["camera_id"]
    if not path.is_file():  # its time was over
        return None
    return Medium(MARK.join(("clip", event.event_id)), "clip", camera_id, path, start, _length(path), event.case_id)


def _length(path: Path) -> float | None:
    try:
        return _length_at(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _length_at(path: str, _changed: int) -> float | None:
    """Opening a file takes some milliseconds, and a page asks for all of them again and again."""
    length = length_of(Path(path))
    return None if length is None else round(length, 2)
