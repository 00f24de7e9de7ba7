"""The case event: what the command centre gets. A contract: change it by version only."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, PlainSerializer

SCHEMA: Literal["case-event/1"] = "case-event/1"
SOURCE: Literal["视频监控发现"] = "视频监控发现"
"""The city's name for this channel of discovery (DESIGN 4.3; one of seven fixed values)."""


def _milliseconds(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


Moment = Annotated[AwareDatetime, PlainSerializer(_milliseconds, return_type=str, when_used="json")]
"""An aware time; in JSON ISO 8601 with milliseconds and the site's offset."""
Fraction = Annotated[float, Field(ge=0, le=1)]
BBox = tuple[Fraction, Fraction, Fraction, Fraction]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Code(_Part):
    """A category code; the same digits mean different things in different standards and kinds."""

    standard: str
    kind: Literal["event", "component"]
    code: str
    name: str


class Location(_Part):
    """Where the camera stands."""

    lat: float | None = None
    lon: float | None = None
    crs: str = "WGS84"
    address: str | None = None
    grid: str | None = None


class CaseActor(_Part):
    """Who was near when it began."""

    class_name: str = Field(alias="class")
    track_id: int
    bbox: BBox
    first_seen: Moment
    last_seen: Moment

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Why(_Part):
    """A condition of the rule that was met."""

    condition: str
    value: FiniteFloat
    threshold: FiniteFloat


class EvidenceItem(_Part):
    """A picture or clip."""

    role: Literal["before", "act", "after", "clip", "crop"]
    uri: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    taken_at: Moment
    masked: bool
    """Whether the camera's masks were blackened in it."""


class MissingEvidence(_Part):
    """Evidence that there should have been."""

    role: str
    reason: str


class DispatchHint(_Part):
    """Who might handle it; the centre decides."""

    unit: str
    level: Literal["street", "department", "district"]


class Producer(_Part):
    """What made the event, so that it can be explained later."""

    worker: str
    version: str
    model: str
    model_sha256: str
    config_sha256: str


class CaseEvent(_Part):
    """One event of a case. `case_id` is stable over the case's life, `event_id` is unique: drop what you have seen."""

    schema_: Literal["case-event/1"] = Field(SCHEMA, alias="schema")
    event_id: str
    """UUIDv7, unique."""
    case_id: str
    """UUIDv7, the same for all events of one case."""
    kind: Literal["opened", "updated", "cleared", "reinstalled", "withdrawn"]
    category: str
    subcategory: str | None
    codes: tuple[Code, ...]
    source: Literal["视频监控发现"] = SOURCE
    site_id: str
    camera_id: str
    zone_id: str
    location: Location
    occurred_at: Moment
    """When it began, by the time of the pictures."""
    detected_at: Moment
    """When the rule was sure, by the time of the pictures."""
    published_at: Moment | None = None
    """When it was first sent; null while it waits in the outbox, and in replays."""
    dwell_s: float = Field(ge=0)
    """How long the deciding condition held, seconds."""
    confidence: Fraction
    bbox: BBox
    """x1, y1, x2, y2, fractions of the picture."""
    actors: tuple[CaseActor, ...] = ()
    why: tuple[Why, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    evidence_missing: tuple[MissingEvidence, ...] = ()
    """What could not be kept, and why (disk full, stream cut)."""
    dispatch_hints: tuple[DispatchHint, ...] = ()
    severity: Literal["low", "normal", "high"] = "normal"
    review: Literal["required", "not_required"] = "required"
    supersedes: str | None = None
    """The event that this one corrects, or the case it continues."""
    producer: Producer

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True, serialize_by_alias=True
    )

    def to_json(self) -> bytes:
        """UTF-8 JSON, keys in the order of the contract."""
        return self.model_dump_json(by_alias=True).encode()


def case_event_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a case event."""
    schema = CaseEvent.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **schema}


def replay_line(event: CaseEvent, started_s: float, detected_s: float, cleared_s: float | None) -> str:
    """One line of a replay: the event and when it happened, in seconds from the start of the video."""
    media = {
        "started_s": round(started_s, 3),
        "detected_s": round(detected_s, 3),
        "cleared_s": None if cleared_s is None else round(cleared_s, 3),
    }
    plain = event.model_dump(mode="json", by_alias=True)
    return json.dumps({**plain, "media": media}, ensure_ascii=False, separators=(",", ":"))
