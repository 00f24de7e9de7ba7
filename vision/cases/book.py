"""The case book: which cases are open, and the event that each incident makes of them.

Kept in SQLite so that a restart neither opens a case twice nor forgets to clear it. Rows are only ever added to
`events` and `answers`; `cases` holds the present state of each.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal

import structlog
import uuid_utils

from vision.cases.answers import Answer
from vision.cases.categories import CategoryTable
from vision.cases.event import CaseActor, CaseEvent, DispatchHint, Location, Producer, Why
from vision.config import Camera
from vision.rules import Incident, IncidentKind

log = structlog.get_logger(__name__)

SIMILAR_M = 50.0
SIMILAR_S = 24 * 3600.0
"""Two finds of one category within 50 m and 24 h are one case in the city's book (domain.md, section 5)."""
_TABLES = """
CREATE TABLE IF NOT EXISTS cases (
  case_id TEXT PRIMARY KEY, category TEXT NOT NULL, camera_id TEXT NOT NULL, zone_id TEXT NOT NULL, state TEXT NOT NULL,
  opened REAL NOT NULL, changed REAL NOT NULL, lat REAL, lon REAL, last_event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
  event_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
  id INTEGER PRIMARY KEY, case_id TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT, answer TEXT NOT NULL,
  at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS cases_by_place ON cases (category, camera_id, zone_id, state);
"""


@dataclass(frozen=True, slots=True)
class BookSettings:
    """What the book needs to know of its site.

    Attributes:
        street: the site's name, the first dispatch hint.
        timezone: of the times in events.
        aggregate_s: a further incident of one category in one zone within this time of an open case's last event is
            taken for the same case; 0 switches it off.
        similar: whether the 50 m, 24 h rule joins finds of different cameras.
    """

    site_id: str
    street: str
    timezone: tzinfo
    categories: CategoryTable
    producer: Producer
    aggregate_s: float = 0.0
    similar: bool = False
    new_id: Callable[[], str] = field(default=lambda: str(uuid_utils.uuid7()))


class CaseBook:
    """Makes case events of incidents. Safe to call from any thread.

    Args:
        path: the SQLite file; None keeps the book in memory (replay).
    """

    def __init__(self, settings: BookSettings, path: Path | None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._database = _open(path)

    def handle(self, incident: Incident, camera: Camera) -> CaseEvent | None:
        """The event to be sent, without evidence yet; None when the incident is nothing new.

        An `opened` for a case that is open is nothing new; the other kinds need a case that was opened.
        """
        with self._lock:
            state = self._state(incident.incident_id)
            if incident.kind is IncidentKind.OPENED:
                if state is not None or self._same_case(incident, camera) is not None:
                    log.info("case_not_new", case=incident.incident_id, category=incident.category, camera=camera.id)
                    return None
            elif state is None or (state == "closed" and incident.kind is not IncidentKind.REINSTALLED):
                log.info("case_not_open", case=incident.incident_id, kind=incident.kind.value, camera=camera.id)
                return None
            return self._event(incident, camera)

    def record(self, event: CaseEvent) -> None:
        """Note that an event was handed over for sending: from now on its case is open, or closed."""
        state = "closed" if event.kind in ("cleared", "withdrawn") else "open"
        at = event.detected_at.timestamp()
        with self._lock, self._database:
            self._database.execute("BEGIN")
            self._database.execute(
                "INSERT INTO cases VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (case_id) DO UPDATE SET "
                "state = excluded.state, changed = excluded.changed, last_event = excluded.last_event",
                (
                    event.case_id, event.category, event.camera_id, event.zone_id, state,
                    event.occurred_at.timestamp(), at, event.location.lat, event.location.lon, event.event_id,
                ),
            )  # fmt: skip
            self._database.execute(
                "INSERT OR IGNORE INTO events VALUES (?,?,?,?)", (event.event_id, event.case_id, event.kind, at)
            )

    def apply_answer(self, answer: Answer, at: float) -> bool:
        """Add an answer of the centre to the record; whether the case is known. `at`: UNIX seconds."""
        with self._lock:
            known = self._state(answer.case_id) is not None
            if known:
                row = (answer.case_id, answer.kind, answer.reason, answer.model_dump_json(), at)
                self._database.execute(
                    "INSERT INTO answers (case_id, kind, reason, answer, at) VALUES (?,?,?,?,?)", row
                )
            return known

    def answers(self, case_id: str) -> list[tuple[str, str | None]]:
        """Kind and reason of every answer about a case, oldest first."""
        with self._lock:
            query = "SELECT kind, reason FROM answers WHERE case_id = ? ORDER BY id"
            return list(self._database.execute(query, (case_id,)))

    def open_cases(self) -> list[tuple[str, str, str]]:
        """(case_id, category, camera_id) of what is open, oldest first."""
        with self._lock:
            query = "SELECT case_id, category, camera_id FROM cases WHERE state = 'open' ORDER BY opened"
            return list(self._database.execute(query))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _state(self, case_id: str) -> str | None:
        row = self._database.execute("SELECT state FROM cases WHERE case_id = ?", (case_id,)).fetchone()
        return row[0] if row else None

    def _same_case(self, incident: Incident, camera: Camera) -> str | None:
        """An open case that this incident belongs to, by aggregation in its zone or by the similar-case rule."""
        settings = self._settings
        query = "SELECT case_id, camera_id, zone_id, changed, lat, lon FROM cases WHERE category = ? AND state = 'open'"
        for case_id, camera_id, zone_id, changed, lat, lon in self._database.execute(query, (incident.category,)):
            here = camera_id == camera.id and zone_id == incident.zone_id
            if here and 0 <= incident.detected - changed < settings.aggregate_s:
                return str(case_id)
            location = camera.location
            if not settings.similar or camera_id == camera.id or None in (lat, lon, location.lat, location.lon):
                continue
            close = distance_m(lat, lon, location.lat or 0.0, location.lon or 0.0) <= SIMILAR_M
            if close and abs(incident.detected - changed) <= SIMILAR_S:
                return str(case_id)
        return None

    def _event(self, incident: Incident, camera: Camera) -> CaseEvent:
        settings, table = self._settings, self._settings.categories
        hints = [DispatchHint(unit=settings.street, level="street")] if settings.street else []
        department = table.department(incident.category, incident.subcategory)
        hints += [DispatchHint(unit=department, level="department")] if department else []
        hints += [DispatchHint(unit=hint.unit, level=hint.level) for hint in camera.dispatch]
        place = camera.location
        return CaseEvent(
            event_id=settings.new_id(),
            case_id=incident.incident_id,
            kind=incident.kind.value,
            category=incident.category,
            subcategory=incident.subcategory,
            codes=table.codes(incident.category, incident.subcategory),
            site_id=settings.site_id,
            camera_id=camera.id,
            zone_id=incident.zone_id,
            location=Location(lat=place.lat, lon=place.lon, crs=place.crs, address=place.address, grid=place.grid),
            occurred_at=self._moment(incident.started),
            detected_at=self._moment(incident.detected),
            dwell_s=round(incident.dwell_s, 3),
            confidence=incident.confidence,
            bbox=_rounded(incident.box),
            actors=tuple(
                CaseActor(
                    class_name=actor.class_name,
                    track_id=actor.track_id,
                    bbox=_rounded(actor.box),
                    first_seen=self._moment(actor.first_seen),
                    last_seen=self._moment(actor.last_seen),
                )
                for actor in incident.actors
            ),
            why=tuple(Why(condition=w.condition, value=w.value, threshold=w.threshold) for w in incident.why),
            dispatch_hints=tuple(hints),
            severity=table.severity(incident.tags),
            review=_review(incident, camera),
            producer=settings.producer,
        )

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(round(seconds, 3), UTC).astimezone(self._settings.timezone)


def _open(path: Path | None) -> sqlite3.Connection:
    """The book's database; a damaged file is put aside, logged, and a new one begun: cases still get out."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        if path is None or not path.exists() or isinstance(error, sqlite3.OperationalError):
            raise OSError(f"the case book {path} cannot be opened: {error}") from None
        aside = path.with_name(f"{path.name}.broken-{uuid_utils.uuid7()}")
        path.replace(aside)
        log.error("case_book_damaged", file=str(path), kept_as=str(aside), error=str(error))
        return _connect(path)


def _connect(path: Path | None) -> sqlite3.Connection:
    database = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.executescript(_TABLES)
    return database


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance in metres (haversine, mean earth radius 6,371 km); degrees in."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def _review(incident: Incident, camera: Camera) -> Literal["required", "not_required"]:
    for zone in camera.zones:
        for rule in zone.rules:
            if zone.id == incident.zone_id and rule.rule == incident.category:
                return rule.review
    return "required"


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(min(1.0, max(0.0, value)), 4) for value in box)
    return x1, y1, x2, y2
