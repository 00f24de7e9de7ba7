"""Zones and masks: read, checked, saved as versions; what differs between two, and back to an old one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from vision.config import ConfigError
from vision.console.api.cameras import known_camera, yaml_text
from vision.console.api.case_json import events_of, moment, opening_event
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, Tuner, Viewer, address_of
from vision.console.api.people import Asked
from vision.console.cases.verdicts import in_force, verdicts_of
from vision.console.parts import Console
from vision.console.store.tables import Case, ZoneVersion
from vision.console.zones.checking import ZonesError, checked_drawing, shown, zone_model
from vision.console.zones.drawing import Drawing, after_version, before_version, summary
from vision.console.zones.versions import StaleVersionError
from vision.detect import ModelError, find_model
from vision.rules import RULE_SETTINGS

router = APIRouter()

ENGLISH = {name: name.replace("_", " ").capitalize() for name in RULE_SETTINGS}
Zones = Annotated[list[dict[str, Any]], Field(max_length=1000)]
Masks = Annotated[list[list[Any]], Field(max_length=1000)]
Why = Annotated[str, Field(max_length=500)]


class CameraZones(BaseModel):
    """A camera's zones and masks; `version` is what a change is based on, `classes` what the model can see."""

    zones: list[dict[str, Any]]
    masks: list[list[list[float]]]
    version: int
    classes: list[str]
    tags_known: list[str]


class ZonesAsked(Asked):
    """Zones to be checked, and masks; without these, those that there are stay."""

    zones: Zones
    masks: Masks | None = None

    def drawing(self) -> Drawing:
        """Both."""
        return Drawing(self.zones, self.masks)


class ZonesSaved(ZonesAsked):
    """Zones, and masks, to be saved."""

    based_on: int
    reason: Why = ""


class Checked(BaseModel):
    """The zones can be used."""

    ok: Literal[True] = True


class Saved(BaseModel):
    """The version that was made."""

    version: int


class FixtureAsked(Asked):
    """Make a case's place a fixture. `until`: last day on which it holds; null for good."""

    until: date | None
    note: Why = ""


class RollbackAsked(Asked):
    """Why."""

    reason: Why = ""


class VersionJson(BaseModel):
    """A version; `summary`: `+new -gone ~changed` zones, and how many masks there were and are."""

    version: int
    at: str
    author: str
    reason: str
    camera: str
    summary: str


class Diff(VersionJson):
    """What a version changed: both states as YAML, and the lines that differ."""

    before: str
    after: str
    diff: str


@router.get("/api/config/schema")
def schema(console: ConsoleParts, _visitor: Viewer) -> dict[str, Any]:
    """JSON Schema of a zone and of each rule's settings: the very models that check the YAML."""
    names = {name: category.name for name, category in console.categories().categories.items()}
    return {
        "zone": zone_model().model_json_schema(mode="validation"),
        "rules": {
            name: {
                "schema": model.model_json_schema(mode="validation"),
                "title": {"zh": names.get(name, name), "en": ENGLISH[name]},
                "defaults": model(rule=name).model_dump(mode="json"),
            }
            for name, model in RULE_SETTINGS.items()
        },
    }


@router.get("/api/cameras/{camera_id}/zones", response_model=CameraZones)
def zones(camera_id: str, console: ConsoleParts, _visitor: Viewer) -> CameraZones:
    """A camera's zones and masks as they are written, with the defaults of what the zones leave out."""
    known_camera(console, camera_id)
    with explained():
        version, written = console.zones.current(camera_id)
    try:
        model = find_model(_model_name(console))
        classes = list(model.class_names)
    except ModelError:
        classes = []
    return CameraZones(
        zones=shown(written.zones),
        masks=written.known_masks or [],
        version=version,
        classes=classes,
        tags_known=sorted(console.categories().severity_by_tag),
    )


@router.post("/api/cameras/{camera_id}/zones/check", response_model=Checked)
def check(camera_id: str, body: ZonesAsked, console: ConsoleParts, _visitor: Tuner) -> Checked:
    """Whether zones and masks can be used."""
    with explained():
        checked_drawing(known_camera(console, camera_id), body.drawing())
    return Checked()


@router.put("/api/cameras/{camera_id}/zones", response_model=Saved)
def save(camera_id: str, body: ZonesSaved, request: Request, console: ConsoleParts, visitor: Tuner) -> Saved:
    """Write zones and masks into the site's file; the worker takes them at once."""
    camera = known_camera(console, camera_id)
    with explained():
        save = console.zones.save
        version = save(camera, body.drawing(), body.based_on, visitor.name, body.reason, address_of(request))
    return Saved(version=version)


@router.post("/api/cases/{case_id}/fixture", response_model=Saved)
def fixture(case_id: str, body: FixtureAsked, request: Request, console: ConsoleParts, visitor: Tuner) -> Saved:
    """What stands at a case's place (where an operator has corrected it, there) belongs there, in its zone."""
    with console.store.reading() as session:
        case = session.get(Case, case_id)
        if case is None:
            raise ApiError("no_such_case", 404)
        verdict = in_force(verdicts_of(session, case_id))
        corrected = verdict.box if verdict is not None else None
        box = corrected or opening_event(events_of(session, case_id)).payload["bbox"]
    camera = known_camera(console, case.camera_id)
    made: dict[str, Any] = {"at": [round(side, 4) for side in box], "category": case.category}
    made |= {"until": body.until.isoformat()} if body.until else {}
    made |= {"note": body.note} if body.note else {}
    with explained():
        version, written = console.zones.current(camera.id)
        zones = [dict(zone) for zone in written.zones]
        zone = next((zone for zone in zones if zone.get("id") == case.zone_id), None)
        if zone is None:
            raise ApiError("not_found", 404)
        zone["fixtures"] = [*(zone.get("fixtures") or []), made]
        reason = f"固定物 fixture: {body.note or case_id}"
        number = console.zones.save(camera, Drawing(zones, None), version, visitor.name, reason, address_of(request))
    return Saved(version=number)


@router.get("/api/versions", response_model=list[VersionJson])
def versions(
    console: ConsoleParts,
    _visitor: Viewer,
    camera: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[VersionJson]:
    """The versions of all cameras or of one, newest first."""
    query = select(ZoneVersion).order_by(ZoneVersion.version.desc()).limit(limit)
    if camera:
        query = query.where(ZoneVersion.camera_id == camera)
    with console.store.reading() as session:
        return [VersionJson(**_version(console, row)) for row in session.scalars(query)]


@router.get("/api/versions/{number}/diff", response_model=Diff)
def diff(number: int, console: ConsoleParts, _visitor: Viewer) -> Diff:
    """What a version changed."""
    row = _row(console, number)
    before, after = _text(before_version(row)), _text(after_version(row))
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm="")
    return Diff(**_version(console, row), before=before, after=after, diff="\n".join(lines))


@router.post("/api/versions/{number}/rollback", response_model=Saved)
def rollback(number: int, body: RollbackAsked, request: Request, console: ConsoleParts, visitor: Tuner) -> Saved:
    """Make a version's zones and masks those in force again, as a new version."""
    row = _row(console, number)
    camera = known_camera(console, row.camera_id)
    reason = body.reason or f"回到版本 back to version {number}"
    with explained():
        made = console.zones.save(camera, after_version(row), None, visitor.name, reason, address_of(request))
    return Saved(version=made)


@contextmanager
def explained() -> Iterator[None]:
    """What is wrong with zones or with the file, as the API says it."""
    try:
        yield
    except ZonesError as error:
        raise ApiError("invalid", 422, fields=error.fields) from None
    except StaleVersionError as error:
        raise ApiError("conflict", 409, extra={"version": error.version}) from None
    except ConfigError as error:
        raise ApiError("site_file", 409, extra={"detail": str(error)}) from None


def _row(console: Console, number: int) -> ZoneVersion:
    with console.store.reading() as session:
        row = session.get(ZoneVersion, number)
    if row is None:
        raise ApiError("not_found", 404)
    return row


def _version(console: Console, row: ZoneVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "at": moment(console, row.at),
        "author": row.author,
        "reason": row.reason,
        "camera": row.camera_id,
        "summary": summary(before_version(row), after_version(row)),
    }


def _text(drawing: Drawing) -> str:
    zones = yaml_text(drawing.zones)
    return zones if not drawing.masks else f"{zones}masks:\n{yaml_text(drawing.masks)}"


def _model_name(console: Console) -> str:
    """The site's model: a name, or a path relative to the site's file."""
    name = console.site.site.detector.model
    path = console.site.site.resolve(name)
    return str(path) if path.exists() else name
