"""What a candidate in shadow would have reported, beside what the model in force did: where do they differ?"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.cases.book_file import BookFile, IncidentRow
from vision.evaluate.scoring import overlaps
from vision.sources import Box

SAME_TIME_S = 120.0
"""Two finds in one place that began no further apart are of one thing."""


class ShadowError(Exception):
    """The log of the shadow run cannot be read; the text says which line."""


@dataclass(frozen=True, slots=True)
class Find:
    """A case, or what would have been one. `started`: media time, UNIX seconds; `pictures`: of a candidate's find."""

    camera_id: str
    zone_id: str
    category: str
    started: float
    box: Box
    confidence: float
    incident_id: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Differences:
    """Finds of both, of the candidate alone, of the model in force alone, since the candidate began at each camera.

    Attributes:
        model: name of the candidate; `since`: when it began first (UNIX seconds); `cameras`: how many it is tried on.
    """

    model: str
    since: float
    cameras: int
    both: tuple[Find, ...]
    candidate_only: tuple[Find, ...]
    in_force_only: tuple[Find, ...]


def differences(log: Path, book: BookFile) -> Differences:
    """Compare the log of a shadow run with the case book; of several candidates the last one.

    Raises:
        ShadowError: no log, or a line of it is broken.
    """
    rows = _rows(log)
    if not rows:
        raise ShadowError(f"{log}: empty; has a worker run with detector.shadow?")
    model = rows[-1]["model"]
    rows = [row for row in rows if row["model"] == model]
    began: dict[str, float] = {}
    for row in rows:
        if "began" in row:
            began.setdefault(row["camera_id"], row["began"])
    theirs = [_of_row(row) for row in rows if row.get("kind") == "opened"]
    ours = [find for row in book.incidents() if (find := _of_incident(row)).started >= began.get(row.camera_id, 1e12)]
    both, only = [], []
    left = list(ours)
    for find in theirs:
        same = min(
            (one for one in left if _same(find, one)), key=lambda one: abs(one.started - find.started), default=None
        )
        if same is None:
            only.append(find)
        else:
            left.remove(same)
            both.append(find)
    return Differences(model, min(began.values(), default=0.0), len(began), tuple(both), tuple(only), tuple(left))


def _rows(log: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        with log.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                    rows.append({"model": str(row["model"]), "camera_id": str(row["camera_id"]), **row})
                except (ValueError, KeyError, TypeError):
                    raise ShadowError(f"{log}:{number}: no line of a shadow run") from None
    except OSError as error:
        raise ShadowError(f"{log}: {error.strerror}; has a worker run with detector.shadow?") from None
    return rows


def _of_row(row: dict[str, Any]) -> Find:
    x1, y1, x2, y2 = row["box"]
    return Find(
        row["camera_id"], row["zone_id"], row["category"], row["started"], (x1, y1, x2, y2), row["confidence"],
        row["incident_id"], tuple(row["pictures"]),
    )  # fmt: skip


def _of_incident(row: IncidentRow) -> Find:
    """The id is a UUIDv7 of the media time at which the incident began (`vision.rules.rule.new_incident_id`)."""
    started = (uuid.UUID(row.incident_id).int >> 80) / 1000
    return Find(row.camera_id, row.zone_id, row.category, started, row.box, row.confidence, row.incident_id)


def _same(a: Find, b: Find) -> bool:
    return (
        (a.camera_id, a.zone_id, a.category) == (b.camera_id, b.zone_id, b.category)
        and abs(a.started - b.started) <= SAME_TIME_S
        and overlaps(a.box, b.box)
    )


def by_category(finds: Iterable[Find]) -> dict[str, int]:
    """How many of each category."""
    counts: dict[str, int] = {}
    for find in finds:
        counts[find.category] = counts.get(find.category, 0) + 1
    return counts
