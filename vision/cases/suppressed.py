"""What fixtures kept from becoming a case: how often, and when first and last. For people who audit the fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from vision.cases.book_file import BookFile
from vision.rules.fixtures import Suppression
from vision.sources import Box

MOST_ROWS = 10_000
"""One a fixture and category; a site of 1,000 cameras with ten fixtures each. The longest unused go first."""


@dataclass(frozen=True, slots=True)
class SuppressedCount:
    """How often one fixture held something back. Times are UNIX seconds of media time; `box` is of the last time."""

    camera_id: str
    zone_id: str
    fixture: str
    category: str
    count: int
    first: float
    last: float
    box: Box


def add_suppressions(book: BookFile, suppressions: Iterable[Suppression]) -> int:
    """Count them behind their fixtures; how many old rows were given up for lack of room."""
    with book.at_once() as database:
        for one in suppressions:
            row = (one.camera_id, one.zone_id, one.fixture, one.category, one.time, one.time, json.dumps(one.box))
            database.execute(
                "INSERT INTO suppressed VALUES (?,?,?,?,1,?,?,?) ON CONFLICT (camera_id, zone_id, fixture, category) "
                "DO UPDATE SET count = count + 1, last = excluded.last, box = excluded.box",
                row,
            )
        over = max(0, book.count("suppressed") - MOST_ROWS)
        query = "DELETE FROM suppressed WHERE rowid IN (SELECT rowid FROM suppressed ORDER BY last LIMIT ?)"
        database.execute(query, (over,))
    return over


def suppressed_counts(book: BookFile) -> list[SuppressedCount]:
    """All counts, the latest first."""
    rows = book.database.execute("SELECT * FROM suppressed ORDER BY last DESC, rowid DESC").fetchall()
    return [
        SuppressedCount(camera, zone, fixture, category, count, first, last, tuple(json.loads(box)))
        for camera, zone, fixture, category, count, first, last, box in rows
    ]
