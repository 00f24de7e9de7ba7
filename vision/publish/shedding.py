"""Giving up evidence when the outbox is over its bound. Cases stay."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path

from vision.publish.outbox_file import transaction
from vision.publish.outgoing import EvidenceFile, without_evidence

# Clips first: they are the most bytes, and the stills still show what happened. Then by age. Events that were laid
# aside come before those that may leave soon, and those that an operator has still to look at after them; what was sent
# before comes last, the centre may hold its addresses.
_ORDER = """
SELECT d.rowid, d.event_id, d.role, d.path, d.size FROM evidence d JOIN events e ON e.event_id = d.event_id
ORDER BY e.dead DESC, e.held, d.role <> 'clip', e.sent, e.seq,
  CASE d.role WHEN 'crop' THEN 0 WHEN 'act' THEN 1 WHEN 'before' THEN 2 ELSE 3 END
"""


def shed_evidence(database: sqlite3.Connection, excess: int) -> list[EvidenceFile]:
    """Give up files of `excess` bytes together, or all there are; the payloads say so, in the same transaction.

    Returns the files; they are the caller's to delete, after this has returned.
    """
    chosen: dict[str, list[EvidenceFile]] = defaultdict(list)
    rowids: list[tuple[int]] = []
    freed = 0
    with transaction(database):
        for rowid, event_id, role, path, size in database.execute(_ORDER):
            if freed >= excess:
                break
            chosen[event_id].append(EvidenceFile(role, Path(path), size))
            rowids.append((rowid,))
            freed += size
        for event_id, files in chosen.items():
            (payload,) = database.execute("SELECT payload FROM events WHERE event_id = ?", (event_id,)).fetchone()
            payload = without_evidence(payload, files)
            database.execute("UPDATE events SET payload = ? WHERE event_id = ?", (payload, event_id))
        database.executemany("DELETE FROM evidence WHERE rowid = ?", rowids)
    return [file for files in chosen.values() for file in files]
