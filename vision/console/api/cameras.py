"""Cameras: what they are, what they see now, what happened before them."""

from __future__ import annotations

import io
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from ruamel.yaml import YAML
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vision.config import Camera, redact_url
from vision.console.api.case_json import CaseSummary, moment, summaries
from vision.console.api.errors import ApiError
from vision.console.api.files import FRESH, file_response, inside
from vision.console.api.guard import ConsoleParts, Viewer
from vision.console.evidence_files import evidence_path
from vision.console.live_files import LiveFolder, LiveState
from vision.console.parts import Console
from vision.console.store.tables import Case, Event
from vision.evidence import Recording, recordings_of

router = APIRouter()

MOST_HISTORY = 500


class ZoneSketch(BaseModel):
    """A zone as it is drawn over a still; `rules`: their names."""

    id: str
    polygon: list[list[float]]
    rules: list[str]


class CameraSummary(BaseModel):
    """A camera on the wall. What no worker has told is null."""

    id: str
    name: str
    address: str | None
    lat: float | None
    lon: float | None
    enabled: bool
    online: bool
    view: dict[str, Any] | None
    policy: str | None
    gop_s: float | None
    fps: float | None
    cases_today: int
    open_cases: int
    zones: list[ZoneSketch]
    still_at: str | None
    size: list[int] | None


class RecordingJson(BaseModel):
    """A part of the rolling record."""

    start: str
    seconds: float
    bytes: int


class CameraJson(CameraSummary):
    """A whole camera; `config` is its YAML without secrets."""

    status: dict[str, Any] | None
    decode: dict[str, Any]
    cost_ms_per_s: float | None
    recordings: list[RecordingJson]
    config: str


class Boxes(BaseModel):
    """Who and what is followed now; boxes are fractions of the picture."""

    at: str | None
    size: list[int] | None
    tracks: list[dict[str, Any]]


@router.get("/api/cameras", response_model=list[CameraSummary])
def cameras(console: ConsoleParts, _visitor: Viewer) -> list[CameraSummary]:
    """All cameras."""
    with console.store.reading() as session:
        today, standing = _counts(session, console)
    live = LiveFolder(console.site.storage)
    return [
        CameraSummary(**_summary(camera, live.state(camera.id), today, standing))
        for camera in console.site.site.cameras
    ]


@router.get("/api/cameras/{camera_id}", response_model=CameraJson)
def one_camera(camera_id: str, console: ConsoleParts, _visitor: Viewer) -> CameraJson:
    """One camera."""
    camera = known_camera(console, camera_id)
    with console.store.reading() as session:
        today, standing = _counts(session, console)
    state = LiveFolder(console.site.storage).state(camera_id)
    return CameraJson(
        **_summary(camera, state, today, standing),
        status=state.state if state else None,
        decode=camera.decode.model_dump(mode="json"),
        cost_ms_per_s=state.state.get("cost_ms_per_s") if state else None,
        recordings=[
            RecordingJson(start=moment(console, one.start), seconds=_written_for(one), bytes=one.size)
            for one in recordings_of(console.site.storage / "recordings" / camera_id, camera_id, lengths=False)
        ],
        config=camera_yaml(camera),
    )


@router.get("/api/cameras/{camera_id}/still.jpg")
def still(camera_id: str, request: Request, console: ConsoleParts, _visitor: Viewer, watch: bool = False) -> Response:
    """The last picture; with `watch=1` the worker is asked for fresh ones."""
    known_camera(console, camera_id)
    live = LiveFolder(console.site.storage)
    if watch:
        live.watch(camera_id)
    path = live.still(camera_id)
    if path is None:  # a zone can be drawn on an old picture as well
        with console.store.reading() as session:
            path = _last_evidence(session, console, camera_id)
    if path is None:
        raise ApiError("no_still", 404)
    return file_response(request, inside(console.site.storage, path), caching=FRESH)


@router.get("/api/cameras/{camera_id}/boxes", response_model=Boxes)
def boxes(camera_id: str, console: ConsoleParts, _visitor: Viewer) -> Boxes:
    """Who and what is followed now."""
    known_camera(console, camera_id)
    live = LiveFolder(console.site.storage).state(camera_id)
    state = live.state if live and live.fresh else {}
    return Boxes(at=state.get("picture_at"), size=state.get("size"), tracks=state.get("tracks") or [])


@router.get("/api/cameras/{camera_id}/history", response_model=list[CaseSummary])
def history(
    camera_id: str,
    console: ConsoleParts,
    _visitor: Viewer,
    zone: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_HISTORY)] = 100,
) -> list[CaseSummary]:
    """The cases before a camera, or in one of its zones, the latest first."""
    known_camera(console, camera_id)
    query = select(Case).where(Case.camera_id == camera_id)
    if zone:
        query = query.where(Case.zone_id == zone)
    with console.store.reading() as session:
        cases = session.scalars(query.order_by(Case.detected_at.desc()).limit(limit)).all()
        return summaries(session, console, cases)


def known_camera(console: Console, camera_id: str) -> Camera:
    """The camera of that id.

    Raises:
        ApiError: there is none.
    """
    camera = console.site.camera(camera_id)
    if camera is None:
        raise ApiError("no_such_camera", 404)
    return camera


def camera_yaml(camera: Camera) -> str:
    """What the configuration says of a camera, without passwords and what might be one."""
    plain = camera.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"password", "username"})
    for key in ("source", "substream"):
        if plain.get(key):
            plain[key] = redact_url(plain[key])
    return yaml_text(plain)


def yaml_text(plain: Any) -> str:
    """Plain values as YAML, in their order; lists of numbers on one line."""
    yaml = YAML()
    yaml.width = 200
    yaml.default_flow_style = None
    text = io.StringIO()
    yaml.dump(plain, text)
    return text.getvalue()


def _written_for(recording: Recording) -> float:
    """How long a recording is, by when it was last written: opening all of three days would take seconds."""
    try:
        return round(max(0.0, recording.path.stat().st_mtime - recording.start), 1)
    except OSError:
        return 0.0


def _counts(session: Session, console: Console) -> tuple[dict[str, int], dict[str, int]]:
    """Cases since local midnight, and those that stand, by camera."""
    midnight = datetime.fromtimestamp(time.time(), console.site.site.site.zone).replace(hour=0, minute=0, second=0)
    today = select(Case.camera_id, func.count()).where(Case.detected_at >= midnight.timestamp())
    standing = select(Case.camera_id, func.count()).where(Case.state == "open")
    return (
        {row[0]: row[1] for row in session.execute(today.group_by(Case.camera_id))},
        {row[0]: row[1] for row in session.execute(standing.group_by(Case.camera_id))},
    )


def _summary(camera: Camera, live: LiveState | None, today: dict[str, int], standing: dict[str, int]) -> dict[str, Any]:
    state = live.state if live else {}
    return {
        "id": camera.id,
        "name": camera.name or camera.id,
        "address": camera.location.address,
        "lat": camera.location.lat,
        "lon": camera.location.lon,
        "enabled": camera.enabled,
        "online": bool(state.get("online")) and live is not None and live.fresh,
        "view": state.get("view"),
        "policy": state.get("policy"),
        "gop_s": state.get("gop_s"),
        "fps": state.get("fps"),
        "cases_today": today.get(camera.id, 0),
        "open_cases": standing.get(camera.id, 0),
        "zones": [
            {"id": zone.id, "polygon": [list(p) for p in zone.polygon.points], "rules": [r.rule for r in zone.rules]}
            for zone in camera.zones
        ],
        "still_at": state.get("picture_at"),
        "size": state.get("size"),
    }


def _last_evidence(session: Session, console: Console, camera_id: str) -> Path | None:
    query = select(Event).join(Case, Case.case_id == Event.case_id).where(Case.camera_id == camera_id)
    for event in session.scalars(query.order_by(Event.detected_at.desc()).limit(20)):
        for item in event.payload["evidence"]:
            path = evidence_path(console.evidence, event.payload, item)
            if (
                item["role"] in ("before", "after", "act")
                and event.payload["camera_id"] == camera_id
                and path.is_file()
            ):
                return path
    return None
