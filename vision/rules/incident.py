"""What a rule reports: something happened in a zone, and why the rule thinks so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vision.scene.stills import Still
from vision.sources import Box


class IncidentKind(StrEnum):
    """The steps of an incident's life."""

    OPENED = "opened"
    UPDATED = "updated"
    CLEARED = "cleared"
    REINSTALLED = "reinstalled"
    WITHDRAWN = "withdrawn"


@dataclass(slots=True, frozen=True)
class Actor:
    """Who did it: a person or vehicle near the place when the thing appeared. Times are UNIX seconds (media time)."""

    class_name: str
    track_id: int
    box: Box
    first_seen: float
    last_seen: float


@dataclass(slots=True, frozen=True)
class Reason:
    """One condition of the rule, with the value that met it and the threshold it was held against (same unit)."""

    condition: str
    value: float
    threshold: float


@dataclass(slots=True)
class Incident:
    """One report about one incident; several reports with one `incident_id` make up its life.

    Attributes:
        incident_id: UUIDv7 as text; stable over the incident's life, becomes the `case_id`.
        kind: which step of the life this reports.
        category: the rule's name, e.g. `illegal_dumping`.
        subcategory: e.g. `household_waste`, or None when not known.
        camera_id, zone_id: where.
        started: when it began (thing put down, stall set up), UNIX seconds of media time.
        detected: when the rule was sure, same clock.
        ended: when the place was clear again, same clock; None while it stands.
        dwell_s: how long the deciding condition held, seconds.
        confidence: 0..1.
        box: where in the picture, fractions.
        actors: who was near when it began; may be empty.
        why: every condition that was met.
        stills: pictures, taken while it happened.
        tags: the zone's tags, for severity and dispatch.
    """

    incident_id: str
    kind: IncidentKind
    category: str
    subcategory: str | None
    camera_id: str
    zone_id: str
    started: float
    detected: float
    ended: float | None
    dwell_s: float
    confidence: float
    box: Box
    actors: tuple[Actor, ...] = ()
    why: tuple[Reason, ...] = ()
    stills: tuple[Still, ...] = ()
    tags: tuple[str, ...] = field(default=())
