"""Where the worker keeps the evidence that an event names."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def evidence_path(root: Path, event: dict[str, Any], item: dict[str, Any]) -> Path:
    """The file of an evidence item.

    The event's own address may be one for others (`storage.evidence_url`); here the store's layout counts
    (`vision.evidence.store`): the day of the picture in the site's time, the camera, the case, the file's name.

    Args:
        root: the evidence folder.
        event, item: the event's payload and one entry of its `evidence`.
    """
    day, name = item["taken_at"][:10], item["uri"].rpartition("/")[2]
    return root / day / event["camera_id"] / event["case_id"] / name
