"""What there is of a camera to try zones on: its rolling record, and the clips of its cases."""

from __future__ import annotations

from pathlib import Path

from vision.cases import CaseEvent
from vision.cases.book_file import BookFile
from vision.evaluate.tryout import Media
from vision.evidence import recordings_of
from vision.evidence.recording_files import length_of

MOST_CLIPS = 500


def media_of(storage: Path, camera_id: str) -> list[Media]:
    """Recordings and clips of a camera, oldest first, each with its real start.

    Ids: `recording:{file}` and `clip:{case_id}:{event_id}`. The clips are those of the last `MOST_CLIPS` events.

    Args:
        storage: the storage folder.

    Raises:
        OSError: the case book cannot be opened.
    """
    recordings = [
        Media(f"recording:{one.path.name}", one.path, one.start, one.seconds)
        for one in recordings_of(storage / "recordings" / camera_id, camera_id)
    ]
    return sorted([*recordings, *_clips(storage, camera_id)], key=lambda one: one.start)


def _clips(storage: Path, camera_id: str) -> list[Media]:
    path = storage / "cases.sqlite"
    if not path.exists():
        return []
    book = BookFile(path)
    try:
        payloads = book.payloads_of(camera_id, MOST_CLIPS)
    finally:
        book.close()
    found = []
    for payload in payloads:
        event = CaseEvent.model_validate_json(payload)
        for item in event.evidence:
            if item.role != "clip":
                continue
            pattern = f"*/{camera_id}/{event.case_id}/{event.event_id}-clip.mp4"
            for file in (storage / "evidence").glob(pattern):
                name = f"clip:{event.case_id}:{event.event_id}"
                found.append(Media(name, file, item.taken_at.timestamp(), length_of(file)))
    return found
