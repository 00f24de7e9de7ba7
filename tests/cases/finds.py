"""Finds for the tests of the case book: two cameras at one corner, a bag left behind."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from vision.cases import BookSettings, CaseBook, CaseEvent, Producer, shipped_categories
from vision.config import Camera, CaseSettings, Location, Zone
from vision.rules import Actor, Incident, IncidentKind, Reason
from vision.rules.illegal_dumping import DumpingSettings

START = 1795339812.4
"""2026-11-22 17:30:12 in Shanghai, UNIX seconds."""
BOX, ELSEWHERE = (0.41, 0.62, 0.47, 0.71), (0.60, 0.62, 0.66, 0.71)


def settings(**cases: Any) -> BookSettings:
    """What the book knows of its site; `cases`: keys of the site's `cases:` section."""
    producer = Producer(worker="w-1", version="0", model="m", model_sha256="0" * 64, config_sha256="1" * 64)
    zone = ZoneInfo("Asia/Shanghai")
    return BookSettings("bajiao", "八角街道", zone, shipped_categories(), producer, CaseSettings(**cases))


def camera(camera_id: str = "bj-001", lat: float = 39.9, crs: str = "WGS84", **rule: Any) -> Camera:
    """A camera with two zones; `rule`: settings of its rule."""
    rules = (DumpingSettings(**{"review": "not_required", **rule}),)
    zones = (Zone(id="corner", rules=rules), Zone(id="lane", rules=rules))
    place = Location(lat=lat, lon=116.2, crs=crs, address="12号")
    return Camera(id=camera_id, source="x.mp4", location=place, zones=zones)


def incident(kind: IncidentKind = IncidentKind.OPENED, number: int = 1, **more: Any) -> Incident:
    """A report about incident `number`, 31.6 s after the bag was put down."""
    values: dict[str, Any] = {
        "incident_id": f"0193-{number}", "kind": kind, "category": "illegal_dumping", "subcategory": "household_waste",
        "camera_id": "bj-001", "zone_id": "corner", "started": START, "detected": START + 31.6, "ended": None,
        "dwell_s": 31.6, "confidence": 0.87, "box": BOX,
        "actors": (Actor("person", 17, (0.4, 0.5, 0.5, 0.8), START - 3, START + 2),),
        "why": (Reason("left_behind_s", 31.6, 30),), "tags": ("fuel_station",),
    }  # fmt: skip
    return Incident(**(values | more))


def told(book: CaseBook, report: Incident, seen_by: Camera | None = None) -> CaseEvent | None:
    """The event of a report, handed over for sending; None when nothing is told."""
    event = book.handle(report, seen_by or camera())
    if event is not None:
        book.record(event)
    return event


def opened(book: CaseBook, number: int = 1, **more: Any) -> CaseEvent:
    """A case that is open."""
    event = told(book, incident(number=number, **more))
    assert event is not None
    return event


def cases_of(book: CaseBook) -> list[str]:
    """The ids of the open cases."""
    return [case_id for case_id, _category, _camera in book.open_cases()]
