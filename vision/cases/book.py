"""The case book: which cases are open, and the event that each incident makes of them.

Kept in SQLite so that a restart neither opens a case twice nor forgets to clear it. `handle` says what event an
incident makes, `record` notes that it was handed over for sending: what comes to nothing in between is asked again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from vision.cases.answers import Answer
from vision.cases.book_file import BookFile, CaseRow, IncidentRow
from vision.cases.drafting import BookSettings, draft_event
from vision.cases.event import CaseEvent
from vision.cases.joining import first_step
from vision.cases.life import Refusal, Step, next_step, state_after_answer
from vision.cases.requests import (
    REQUESTS,
    CaseRequest,
    add_request,
    answered_by,
    drop_late,
    drop_request,
    waiting,
)
from vision.cases.retention import EVERY_S, forget_old
from vision.cases.suppressed import SuppressedCount, add_suppressions, suppressed_counts
from vision.cases.verdict_book import VerdictBook, is_held
from vision.config import Camera
from vision.rules import Incident, IncidentKind
from vision.rules.fixtures import Suppression

log = structlog.get_logger(__name__)

MOST_PENDING = 1024
"""Events between `handle` and `record`; one a camera at a time, and a site has some hundred cameras."""


MOST_ANSWERS = 500
"""About one case; a dozen is a long story, more is a centre that repeats itself."""


class CaseBook:
    """Makes case events of incidents. Safe to call from any thread.

    Two cameras that see the same thing report it at the same time: whoever joins their finds (`cases.similar`) calls
    `handle` and `record` of one before `handle` of the next.

    Args:
        path: the SQLite file; None keeps the book in memory (replay).

    Raises:
        OSError: the file cannot be opened, or is of a newer program.
    """

    def __init__(self, settings: BookSettings, path: Path | None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._file = BookFile(path)
        self._pending: OrderedDict[str, tuple[Step, Incident, Camera]] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._waiting = self._file.count("requests")
        self._bounded = path is not None
        self._next_sweep = float("-inf")
        self.verdicts = VerdictBook(self._file, self._lock, settings, self._counts)
        self._forget_old()

    def handle(self, incident: Incident, camera: Camera) -> CaseEvent | None:
        """The event to be sent, without evidence yet; None when there is nothing to be told.

        The event's `case_id` is the incident's id, unless the incident belongs to a case that is open already.
        """
        with self._lock:
            step = self._step(incident, camera)
            if isinstance(step, Refusal):
                self._counts[f"refused_{step.reason}"] += 1
                log.info(
                    "report_refused", reason=step.reason, incident=incident.incident_id, kind=incident.kind.value,
                    camera=camera.id, category=incident.category,
                )  # fmt: skip
                return None
            if step.kind is None:
                self._apply(step, incident, camera, None)
                return None
            event = draft_event(incident, camera, step, self._file.case(step.case_id), self._settings)
            self._pending[event.event_id] = (step, replace(incident, stills=()), camera)
            while len(self._pending) > MOST_PENDING:
                self._pending.popitem(last=False)
            return event

    def record(self, event: CaseEvent) -> None:
        """Note that an event which `handle` made was handed over for sending: its case is now as it says."""
        with self._lock:
            pending = self._pending.pop(event.event_id, None)
            if pending is None:
                log.error("case_record_unasked", case=event.case_id, event=event.event_id, kind=event.kind)
                return
            self._apply(*pending, event)
            self._forget_old()

    def apply_answer(self, answer: Answer, at: float) -> bool:
        """Add an answer of the centre to the record; whether the case is known. `at`: UNIX seconds.

        A rejected case is not told of again for as long as the thing stands. A request waits in `requests`.
        """
        with self._lock:
            case = self._file.case(answer.case_id)
            if case is None:
                return False
            if self._file.count("answers", "case_id = ?", answer.case_id) >= MOST_ANSWERS:
                self._counts["answers_dropped"] += 1
                log.error("answers_dropped", case=answer.case_id, kind=answer.kind, most=MOST_ANSWERS)
                return True
            with self._file.at_once():
                self._file.add_answer(answer.case_id, answer.kind, answer.reason, answer.model_dump_json(), at)
                if answer.kind in REQUESTS:
                    self._counts["requests_dropped"] += add_request(self._file, answer.case_id, answer.kind, at)
                else:
                    standing = any(row.state == "open" for row in self._file.incidents_of(case.case_id))
                    state = state_after_answer(answer.kind, case.state, standing)
                    self._file.put_case(replace(case, state=state, answer=answer.kind, answered=at))
            self._waiting = self._file.count("requests")
            return True

    def requests(self, camera_id: str, now: float) -> list[CaseRequest]:
        """What the centre wants a camera to look at again, oldest first; costs nothing while there is none.

        Answer each with a report made by `fresh_look`: it waits until that is recorded. `now`: UNIX seconds.
        """
        if not self._waiting:
            return []
        with self._lock:
            self._counts["requests_dropped"] += drop_late(self._file, now)
            self._waiting = self._file.count("requests")
            return [request for request in waiting(self._file) if request.camera_id == camera_id]

    def answers(self, case_id: str) -> list[tuple[str, str | None]]:
        """Kind and reason of every answer about a case, oldest first."""
        with self._lock:
            query = "SELECT kind, reason FROM answers WHERE case_id = ? ORDER BY id"
            return list(self._file.database.execute(query, (case_id,)))

    def open_cases(self) -> list[tuple[str, str, str]]:
        """(case_id, category, camera_id) of what is open, oldest first."""
        with self._lock:
            query = "SELECT case_id, category, camera_id FROM cases WHERE state = 'open' ORDER BY opened"
            return list(self._file.database.execute(query))

    def incidents(self, case_id: str) -> list[tuple[str, str, str | None]]:
        """(incident_id, camera_id, how it joined) of each incident in a case, in the order in which they came."""
        with self._lock:
            return [(row.incident_id, row.camera_id, row.joined) for row in self._file.incidents_of(case_id)]

    def counts(self) -> Mapping[str, int]:
        """What was not told as a case of its own, and what was given up, since the start.

        `verdict_…` what operators' verdicts did, `joined_…` finds that went to another case, `refused_…` reports that
        make no event, `requests_dropped` (too late, or too many), `answers_dropped`, `forgotten` cases (older than
        `cases.keep`), `suppressed` by fixtures, `suppressed_dropped` rows of that log.
        """
        with self._lock:
            return {name: count for name, count in self._counts.items() if count}

    def note_suppressed(self, suppressions: Sequence[Suppression]) -> None:
        """Count what fixtures have held back (`vision.rules.fixtures.suppressions`)."""
        if not suppressions:
            return
        with self._lock:
            self._counts["suppressed"] += len(suppressions)
            self._counts["suppressed_dropped"] += add_suppressions(self._file, suppressions)

    def suppressed(self) -> list[SuppressedCount]:
        """How often each fixture has held something back, the latest first."""
        with self._lock:
            return suppressed_counts(self._file)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _step(self, incident: Incident, camera: Camera) -> Step | Refusal:
        known = self._file.incident(incident.incident_id)
        case = self._file.case(known.case_id) if known is not None else None
        if known is None or case is None:
            # A lock that comes back to a place of which the book has lost the record is a case all the same.
            new = incident.kind in (IncidentKind.OPENED, IncidentKind.REINSTALLED)
            return first_step(incident, camera, self._file, self._settings.cases) if new else Refusal("not_open")
        asked = answered_by(self._file, incident, case.case_id) if incident.kind is IncidentKind.UPDATED else None
        if asked is not None:
            return Step(case.case_id, "updated", known.state, case.state, answers=asked)
        siblings = self._file.incidents_of(case.case_id)
        return next_step(
            incident.kind,
            known.state,
            [row.state for row in siblings if row.incident_id != known.incident_id],
            case.case_id,
            case.state,
            closed_by_centre=case.closed_by_centre,
            opening_event=case.opening_event,
        )

    def _forget_old(self) -> None:
        """Once in a while; by the wall clock, since a camera's own may be wrong. A replay's book ends with it."""
        now = self._settings.clock()
        if self._bounded and now >= self._next_sweep:
            self._next_sweep = now + EVERY_S
            try:
                forgotten = forget_old(self._file, now - self._settings.cases.keep)
            except sqlite3.Error as error:  # a full disk: it is tried again, and cases go out meanwhile
                log.error("cases_not_forgotten", error=str(error))
                return
            self._counts["forgotten"] += forgotten
            if forgotten:
                log.info("cases_forgotten", cases=forgotten, open=self._file.count("cases", "state = 'open'"))

    def _apply(self, step: Step, incident: Incident, camera: Camera, event: CaseEvent | None) -> None:
        """Write what a step changes, all or nothing."""
        with self._file.at_once():
            before = self._file.case(step.case_id)
            if event is not None:
                held = is_held(before, event, hold=self._settings.hold_for_review)
                self._file.put_case(replace(_case_after(before, step, incident, camera, event), held=held))
                text = event.to_json().decode()
                self._file.add_event(event.event_id, step.case_id, event.kind, incident.detected, text)
            row = IncidentRow(
                incident.incident_id, step.case_id, camera.id, incident.zone_id, incident.category,
                incident.subcategory, step.incident_state, incident.box, incident.confidence, step.joined,
            )  # fmt: skip
            self._file.put_incident(row)
            if step.replaces is not None:
                self._file.set_incident_state(step.replaces, "replaced")
            if step.answers is not None:
                drop_request(self._file, step.case_id, step.answers)
                self._waiting = self._file.count("requests")
        if step.joined is not None:
            self._counts[f"joined_{step.joined}"] += 1
            log.info(
                "case_joined", how=step.joined, case=step.case_id, incident=incident.incident_id,
                category=incident.category, camera=camera.id, zone=incident.zone_id,
            )  # fmt: skip


def _case_after(before: CaseRow | None, step: Step, incident: Incident, camera: Camera, event: CaseEvent) -> CaseRow:
    place = camera.location
    if before is None:
        return CaseRow(
            step.case_id, incident.category, camera.id, incident.zone_id, step.case_state, incident.started,
            incident.detected, place.lat, place.lon, event.event_id, incident.detected, place.crs, event.event_id,
            None, None,
        )  # fmt: skip
    after = replace(before, changed=incident.detected, last_event=event.event_id)
    if event.kind in ("opened", "reinstalled"):  # a new round: what the centre said of the last one is over
        return replace(after, state=step.case_state, opening_event=event.event_id, answer=None, answered=None)
    # The centre may have rejected it while this event was on its way.
    return after if before.state == "rejected" else replace(after, state=step.case_state)
