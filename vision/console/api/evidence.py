"""A case's pictures and clips, by the names that its events list and no others."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from vision.console.api.errors import ApiError
from vision.console.api.files import file_response, inside, thumbnail_response
from vision.console.api.guard import ConsoleParts, Viewer
from vision.console.evidence_files import evidence_path
from vision.console.store.tables import Event

router = APIRouter()


@router.get("/api/evidence/{case_id}/{file}")
@router.head("/api/evidence/{case_id}/{file}")
def evidence(
    case_id: str, file: str, request: Request, console: ConsoleParts, _visitor: Viewer, small: bool = False
) -> Response:
    """One file; only such as stand in an event of that case. `small`: a still as wide as a list shows it."""
    with console.store.reading() as session:
        events = session.scalars(select(Event).where(Event.case_id == case_id)).all()
    for event in events:
        for item in event.payload["evidence"]:
            if item["uri"].rpartition("/")[2] == file:
                path = evidence_path(console.evidence, event.payload, item)
                whole = inside(console.evidence, path)
                return thumbnail_response(request, whole) if small else file_response(request, whole)
    raise ApiError("no_such_file", 404)
