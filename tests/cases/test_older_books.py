"""A book of an earlier program is brought forward with all that it holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cases.finds import BOX, START, camera, incident, settings
from vision.cases import CaseBook, VerdictInbox
from vision.rules import IncidentKind

FIRST_VERDICTS = f"""
CREATE TABLE cases (
  case_id TEXT PRIMARY KEY, category TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, state TEXT NOT NULL,
  opened REAL NOT NULL, changed REAL NOT NULL, lat REAL, lon REAL, last_event TEXT NOT NULL,
  found REAL NOT NULL DEFAULT 0, crs TEXT NOT NULL DEFAULT 'WGS84', opening_event TEXT NOT NULL DEFAULT '',
  answer TEXT, answered REAL);
CREATE TABLE incidents (
  incident_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL,
  category TEXT NOT NULL, subcategory TEXT, state TEXT NOT NULL, box TEXT NOT NULL, confidence REAL NOT NULL,
  joined TEXT);
CREATE TABLE events (event_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX events_by_case ON events (case_id);
INSERT INTO cases VALUES ('0193-1', 'illegal_dumping', 'bj-001', 'corner', 'open', {START}, {START}, 39.9, 116.2, 'e2',
  {START + 31}, 'WGS84', 'e1', NULL, NULL);
INSERT INTO incidents VALUES ('0193-1', '0193-1', 'bj-001', 'corner', 'illegal_dumping', NULL, 'open',
  '{list(BOX)}', 0.9, NULL);
INSERT INTO events VALUES ('e1', '0193-1', 'opened', {START}), ('e2', '0193-1', 'updated', {START + 60});
PRAGMA user_version = 1;
"""


def test_book_from_before_verdicts_keeps_its_cases_and_events(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(FIRST_VERDICTS)
    database.close()
    inbox = VerdictInbox(path)  # the console may be the first to open it
    assert inbox.events_since(0, 10) == [(1, "e1", START, None), (2, "e2", START + 60, None)]
    assert (inbox.waiting(), inbox.held()) == (0, frozenset())
    book = CaseBook(settings(), path)
    assert book.open_cases() == [("0193-1", "illegal_dumping", "bj-001")]
    cleared = book.handle(incident(IncidentKind.CLEARED), camera())
    assert cleared is not None
    book.record(cleared)
    (_rowid, event_id, _at, payload) = inbox.events_since(2, 10)[0]
    assert event_id == cleared.event_id
    assert payload == cleared.to_json().decode()


def test_number_of_an_event_is_not_used_again_when_all_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "cases.sqlite"
    book = CaseBook(settings(), path)
    inbox = VerdictInbox(path)
    first = book.handle(incident(), camera())
    assert first is not None
    book.record(first)
    with sqlite3.connect(path) as database:
        database.execute("DELETE FROM events")
    database.close()
    second = book.handle(incident(number=2, box=(0.6, 0.6, 0.7, 0.7)), camera())
    assert second is not None
    book.record(second)
    assert [row[1] for row in inbox.events_since(1, 10)] == [second.event_id]
