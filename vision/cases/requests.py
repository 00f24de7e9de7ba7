"""What the centre asks of a case: look again before it is filed, or before it is closed.

A request waits until the camera's next picture answers it as an `updated` event with fresh stills; `fresh_look` makes
the report for it. It is answered once, also when the case is cleared by then: that the place is clean is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from vision.cases.book_file import BookFile
from vision.config import Camera
from vision.rules import Incident, IncidentKind, Reason, Still
from vision.sources import Box

REQUESTS = ("verify_before_filing", "check_before_closing")
WAIT_S = 24 * 3600.0
"""A request is given up after this time: a city asks for the answer within 24 h (domain.md, section 5: 核实)."""
MOST_WAITING = 256
"""Of one site; the oldest is given up for a new one, and counted."""


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """A request that waits for its answer.

    Attributes:
        kind: one of `REQUESTS`.
        asked_at: when, UNIX seconds of the wall clock.
        incident_id, camera_id, zone_id, box: the find to look at: of several in the case the first that stands.
        started: when it began, UNIX seconds of media time.
        standing: whether its rule has not seen it go.
    """

    case_id: str
    kind: str
    asked_at: float
    incident_id: str
    camera_id: str
    zone_id: str
    category: str
    subcategory: str | None
    box: Box
    confidence: float
    started: float
    standing: bool


def fresh_look(request: CaseRequest, camera: Camera, time: float, stills: tuple[Still, ...]) -> Incident:
    """The report that answers a request, to be handled like any other.

    Args:
        camera: the one that the request names.
        time: of the pictures, UNIX seconds of media time.
        stills: the place as it is now.
    """
    tags = next((zone.tags for zone in camera.zones if zone.id == request.zone_id), ())
    return Incident(
        request.incident_id, IncidentKind.UPDATED, request.category, request.subcategory, camera.id, request.zone_id,
        request.started, time, None, max(0.0, time - request.started) if request.standing else 0.0, request.confidence,
        request.box, (), (Reason(request.kind, float(request.standing), 1.0),), stills, tuple(tags),
    )  # fmt: skip


def add_request(book: BookFile, case_id: str, kind: str, at: float) -> int:
    """Let a request wait; asked twice it waits once. Returns how many old ones were given up for it."""
    book.database.execute("INSERT OR REPLACE INTO requests VALUES (?,?,?)", (case_id, kind, at))
    over = max(0, book.count("requests") - MOST_WAITING)
    if over:
        query = "DELETE FROM requests WHERE rowid IN (SELECT rowid FROM requests ORDER BY at LIMIT ?)"
        book.database.execute(query, (over,))
    return over


def drop_late(book: BookFile, now: float) -> int:
    """Give up what has waited for too long; how many those were."""
    return int(book.database.execute("DELETE FROM requests WHERE at < ?", (now - WAIT_S,)).rowcount)


def drop_request(book: BookFile, case_id: str, kind: str) -> None:
    """It has been answered."""
    book.database.execute("DELETE FROM requests WHERE case_id = ? AND kind = ?", (case_id, kind))


def waiting(book: BookFile) -> list[CaseRequest]:
    """All requests without an answer, oldest first."""
    found = []
    for case_id, kind, at in book.database.execute("SELECT case_id, kind, at FROM requests ORDER BY at").fetchall():
        case, incidents = book.case(case_id), book.incidents_of(case_id)
        one = next((row for row in incidents if row.state == "open"), incidents[-1] if incidents else None)
        if case is not None and one is not None:
            find = (one.incident_id, one.camera_id, one.zone_id, one.category, one.subcategory, one.box, one.confidence)
            found.append(CaseRequest(case_id, kind, at, *find, case.opened, one.state == "open"))
    return found


def answered_by(book: BookFile, incident: Incident, case_id: str) -> str | None:
    """The waiting request that a report answers: it gives the request as its reason."""
    for reason in incident.why:
        if reason.condition in REQUESTS and book.count(
            "requests", "case_id = ? AND kind = ?", case_id, reason.condition
        ):
            return reason.condition
    return None
