"""Trying zones before saving them, and what past verdicts propose."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.cases import CaseEvent
from vision.console.api.cameras import known_camera
from vision.console.api.case_json import moment
from vision.console.api.errors import ApiError
from vision.console.api.files import file_response, inside
from vision.console.api.guard import ConsoleParts, Tuner
from vision.console.api.people import Asked
from vision.console.api.zones import Zones, explained
from vision.console.media_files import find_medium, media_of, recent
from vision.console.parts import Console
from vision.console.store.tables import Case, Event
from vision.console.tryouts import BusyError, Sweep, TryoutJob
from vision.console.zones.checking import checked_zones
from vision.evaluate.suggestions import judged_cases, suggestions
from vision.evaluate.tryout import KnownCase, Media, TriedCase

router = APIRouter()

MOST_JUDGED = 2000
MOST_MEDIA = 300
MOST_VALUES = 12
JUDGED = {"true": True, "false": False, "duplicate": True}
"""A duplicate was seen rightly; a wrong category says nothing of the rule's values."""


class MediumJson(BaseModel):
    """A recording or a clip, at /api/media/{id}."""

    id: str
    kind: str
    start: str
    seconds: float | None
    case_id: str | None


class SweepAsked(Asked):
    """One parameter of a rule in a zone, and the values to be tried."""

    zone: str = Field(max_length=64)
    rule: str = Field(max_length=64)
    parameter: str = Field(max_length=64)
    values: list[str | float | bool] = Field(min_length=1, max_length=MOST_VALUES)


class TryoutAsked(Asked):
    """Zones to be tried; `media`: ids, or `recent`."""

    zones: Zones
    media: Literal["recent"] | Annotated[list[str], Field(min_length=1, max_length=MOST_MEDIA)] = "recent"
    sweep: SweepAsked | None = None


class Begun(BaseModel):
    """The job."""

    id: str


class TriedJson(BaseModel):
    """A case that a replay opened. `media_s`: seconds into the medium at which it was reported."""

    category: str
    zone_id: str
    started: str
    detected: str
    bbox: list[float]
    confidence: float
    why: list[dict[str, Any]]
    medium: str
    medium_url: str
    media_s: float
    picture: str | None


class PointJson(BaseModel):
    """What one value would have found; `false`: known to be none, `missed`: known cases that it does not find."""

    value: Any
    found: int
    false: int
    missed: int


class TryoutJson(BaseModel):
    """A job. `skipped`: medium → why; `too_short`: media that end before the shortest dwell."""

    id: str
    camera: str
    state: str
    progress: float
    gained: list[TriedJson]
    lost: list[TriedJson]
    unchanged: list[TriedJson]
    skipped: dict[str, str]
    too_short: list[str]
    sweep: list[PointJson] | None
    error: str | None


class SuggestionJson(BaseModel):
    """A value that would have dropped false alarms and no true case."""

    zone: str
    rule: str
    parameter: str
    now: float
    value: float
    drops_false: int
    drops_true: int
    of_false: int
    of_true: int
    text: dict[str, str]


@router.get("/api/cameras/{camera_id}/media", response_model=list[MediumJson])
def media(camera_id: str, console: ConsoleParts, _visitor: Tuner) -> list[MediumJson]:
    """What a camera's zones can be tried on, the latest first."""
    known_camera(console, camera_id)
    with console.store.reading() as session:
        found = media_of(session, console.site.storage, camera_id)
    return [
        MediumJson(id=one.id, kind=one.kind, start=moment(console, one.start), seconds=one.seconds, case_id=one.case_id)
        for one in found
    ]


@router.get("/api/media/{medium_id}")
def medium(medium_id: str, request: Request, console: ConsoleParts, _visitor: Tuner) -> Response:
    """A recording or a clip, in ranges."""
    cameras = [camera.id for camera in console.site.site.cameras]
    with console.store.reading() as session:
        found = find_medium(session, console.site.storage, medium_id, cameras)
    if found is None:
        raise ApiError("no_such_file", 404)
    return file_response(request, inside(console.site.storage, found.path))


@router.post("/api/cameras/{camera_id}/tryouts", response_model=Begun, status_code=202)
def begin(camera_id: str, body: TryoutAsked, console: ConsoleParts, _visitor: Tuner) -> Begun:
    """Try zones on what has happened; in the background."""
    camera = known_camera(console, camera_id)
    with explained():
        zones = checked_zones(camera, body.zones)
    with console.store.reading() as session:
        found = media_of(session, console.site.storage, camera_id)
        known = _known(session, camera_id) if body.sweep else ()
    chosen = recent(found) if body.media == "recent" else [one for one in found if one.id in body.media]
    if not chosen:
        raise ApiError("no_media", 409)
    asked = body.sweep
    sweep = Sweep(asked.zone, asked.rule, asked.parameter, tuple(asked.values), known) if asked else None
    tried = [Media(one.id, one.path, one.start, one.seconds) for one in chosen]
    try:
        job = console.tryouts.add(console.site.site, camera, zones, tried, sweep)
    except BusyError:
        raise ApiError("busy", 429) from None
    return Begun(id=job.id)


@router.get("/api/tryouts/{job_id}", response_model=TryoutJson)
def tryout(job_id: str, console: ConsoleParts, _visitor: Tuner) -> TryoutJson:
    """How far a job is, and what came of it."""
    job = _job(console, job_id)
    found = job.found
    lists = {"gained": found.gained, "lost": found.lost, "unchanged": found.unchanged} if found else {}
    cases = {name: [_tried(console, job, name, n) for n in range(len(some))] for name, some in lists.items()}
    points = None if job.points is None else [
        PointJson(value=point.value, found=point.found, false=point.false, missed=point.missed) for point in job.points
    ]  # fmt: skip
    return TryoutJson(
        id=job.id, camera=job.camera.id, state=job.state, progress=round(job.progress, 4), error=job.error,
        sweep=points,
        gained=cases.get("gained", []), lost=cases.get("lost", []), unchanged=cases.get("unchanged", []),
        skipped=dict(found.skipped or {}) if found else {}, too_short=list(found.too_short) if found else [],
    )  # fmt: skip


@router.get("/api/tryouts/{job_id}/pictures/{kind}/{number}.jpg")
def picture(
    job_id: str, kind: Literal["gained", "lost", "unchanged"], number: int, request: Request, console: ConsoleParts,
    _visitor: Tuner,
) -> Response:  # fmt: skip
    """The place at the moment at which a tried case was reported."""
    cases = _cases(_job(console, job_id), kind)
    path = cases[number].picture if 0 <= number < len(cases) else None
    if path is None:
        raise ApiError("no_such_file", 404)
    return file_response(request, inside(console.site.storage, path))


@router.delete("/api/tryouts/{job_id}", status_code=204)
def cancel(job_id: str, console: ConsoleParts, _visitor: Tuner) -> None:
    """Give a job up."""
    if not console.tryouts.cancel(job_id):
        raise ApiError("not_found", 404)


@router.get("/api/cameras/{camera_id}/suggestions", response_model=list[SuggestionJson])
def proposed(camera_id: str, console: ConsoleParts, _visitor: Tuner) -> list[SuggestionJson]:
    """Values that would have dropped false alarms and no true case, from past verdicts."""
    camera = known_camera(console, camera_id)
    with console.store.reading() as session:
        verdicts = _verdicts(session, camera_id)
        query = select(Event).where(Event.case_id.in_(list(verdicts))).order_by(Event.detected_at, Event.book_row)
        events = [CaseEvent.model_validate(event.payload) for event in session.scalars(query)]
    found = suggestions(camera.zones, judged_cases(events, verdicts))
    return [
        SuggestionJson(
            zone=one.zone, rule=one.rule, parameter=one.parameter, now=one.now, value=one.value,
            drops_false=one.drops_false, drops_true=one.drops_true, of_false=one.of_false, of_true=one.of_true,
            text=dict(one.text),
        )
        for one in found
    ]  # fmt: skip


def _job(console: Console, job_id: str) -> TryoutJob:
    job = console.tryouts.get(job_id)
    if job is None:
        raise ApiError("not_found", 404)
    return job


def _cases(job: TryoutJob, kind: str) -> tuple[TriedCase, ...]:
    return getattr(job.found, kind) if job.found is not None else ()


def _tried(console: Console, job: TryoutJob, kind: str, number: int) -> TriedJson:
    case = _cases(job, kind)[number]
    return TriedJson(
        category=case.category, zone_id=case.zone_id, started=moment(console, case.started),
        detected=moment(console, case.detected), bbox=list(case.bbox), confidence=case.confidence,
        why=[dict(reason) for reason in case.why], medium=case.medium, medium_url=f"/api/media/{case.medium}",
        media_s=round(case.media_s, 3),
        picture=f"/api/tryouts/{job.id}/pictures/{kind}/{number}.jpg" if case.picture else None,
    )  # fmt: skip


def _verdicts(session: Session, camera_id: str) -> dict[str, bool]:
    query = select(Case.case_id, Case.verdict).where(Case.camera_id == camera_id, Case.verdict.in_(list(JUDGED)))
    rows = session.execute(query.order_by(Case.detected_at.desc()).limit(MOST_JUDGED))
    return {row[0]: JUDGED[row[1] or ""] for row in rows}


def _known(session: Session, camera_id: str) -> tuple[KnownCase, ...]:
    verdicts = _verdicts(session, camera_id)
    query = select(Event).where(Event.case_id.in_(list(verdicts)), Event.kind == "opened")
    events = [CaseEvent.model_validate(event.payload) for event in session.scalars(query)]
    return tuple(
        KnownCase(event.category, event.bbox, event.occurred_at.timestamp(), verdicts[event.case_id])
        for event in events
    )
