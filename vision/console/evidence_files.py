"""Where the worker keeps the evidence that an event names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from vision.evidence import evidence_path as path_of


def evidence_path(root: Path, event: dict[str, Any], item: dict[str, Any]) -> Path:
    """The file of an evidence item.

    Args:
        root: the evidence folder.
        event, item: the event's payload and one entry of its `evidence`.
    """
    return path_of(root, datetime.fromisoformat(item["taken_at"]), event["camera_id"], event["case_id"], item["uri"])
