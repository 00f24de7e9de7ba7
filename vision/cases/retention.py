"""How long the book remembers: closed cases with all that belongs to them for `cases.keep`, open ones for good."""

from __future__ import annotations

from vision.cases.book_file import BookFile

EVERY_S = 3600.0
AT_ONCE = 1000
"""Cases forgotten in one go, so that no camera waits for long; a site makes fewer in an hour."""
_PARTS = ("incidents", "events", "answers", "requests", "verdicts", "cases")


def forget_old(book: BookFile, before: float) -> int:
    """Forget cases whose last event is older than `before` (UNIX seconds); how many those were.

    Not those that are open or wait for a verdict.

    Of open cases the events and of fixtures the suppressions older than that go, too: a case that is told again every
    ten minutes for years must not fill the disk.
    """
    with book.at_once() as database:
        over = "(state = 'rejected' OR state != 'open' AND NOT held)"
        query = f"SELECT case_id FROM cases WHERE {over} AND changed < ? ORDER BY changed LIMIT ?"
        old = database.execute(query, (before, AT_ONCE)).fetchall()
        for table in _PARTS:
            database.executemany(f"DELETE FROM {table} WHERE case_id = ?", old)
        database.execute("DELETE FROM events WHERE at < ?", (before,))
        unknown = "case_id NOT IN (SELECT case_id FROM cases)"
        database.execute(f"DELETE FROM verdicts WHERE at < ? AND applied IS NOT NULL AND {unknown}", (before,))
        database.execute("DELETE FROM suppressed WHERE last < ?", (before,))
    return len(old)
