"""From an incident to an event that cannot be lost: case book, evidence, outbox, in this order.

Evidence is on disk before the row that names it; event and evidence rows are stored in one transaction before anything
is sent. A crash before the transaction loses an event that nobody was told of, and the rule, whose state is saved after
it, finds the incident again; a crash after it loses nothing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import structlog

from vision.cases import CaseBook, CaseEvent, CaseRequest, MissingEvidence
from vision.config import Camera, Site
from vision.evidence import EvidenceStore
from vision.publish import EvidenceFile, Outbox, OutgoingEvent, Topics
from vision.rules import Incident, IncidentKind, Suppression
from vision.sources import ClipPackets

log = structlog.get_logger(__name__)

WITH_CLIP = (IncidentKind.OPENED, IncidentKind.REINSTALLED)


class Reporter:
    """Takes the incidents of all cameras. Safe to call from any thread."""

    def __init__(
        self, book: CaseBook, evidence: EvidenceStore, outbox: Outbox, topics: Topics, wake: Callable[[], None]
    ) -> None:
        self._book, self._evidence, self._outbox, self._topics, self.wake = book, evidence, outbox, topics, wake
        self.cases: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()
        """Held while a report is made; by whoever changes what is held back, too."""

    def report(self, incident: Incident, camera: Camera, clip: ClipPackets | None, now: float) -> CaseEvent | None:
        """Make the event of an incident and put it into the outbox; None when it is nothing new.

        `now`: UNIX seconds of the wall clock, when the event was made. One report at a time: two cameras that see one
        heap would else both find that it has no case yet.
        """
        with self.lock:
            return self._report(incident, camera, clip, now)

    def requests(self, camera_id: str, now: float) -> list[CaseRequest]:
        """What the centre wants this camera to look at again; answered by a report."""
        return self._book.requests(camera_id, now)

    def files_of(self, event: CaseEvent) -> tuple[EvidenceFile, ...]:
        """What is on disk of an event that was reported before."""
        return tuple(EvidenceFile(file.role, file.path, file.size) for file in self._evidence.files_of(event))

    def count(self, events: Iterable[CaseEvent]) -> None:
        """Count events that somebody else has put into the outbox; call it with the lock held."""
        self.cases.update((event.category, event.kind) for event in events)

    def note_suppressed(self, held_back: Sequence[Suppression]) -> None:
        """Keep account of what fixtures have held back."""
        self._book.note_suppressed(held_back)

    def _report(self, incident: Incident, camera: Camera, clip: ClipPackets | None, now: float) -> CaseEvent | None:
        event = self._book.handle(incident, camera)
        if event is None:
            return None
        event, files = attach_evidence(self._evidence, event, incident, camera, clip)
        topic = self._topics.case(camera.id, event.category)
        held = self._book.verdicts.holds(event)
        self._outbox.add(OutgoingEvent(event.event_id, event.case_id, topic, event.to_json(), now, files, held))
        self.wake()
        try:
            self._book.record(event)
        except sqlite3.Error as error:  # the event itself is safe; its case_id stays the same should it be found again
            log.error("case_not_recorded", case=event.case_id, kind=event.kind, error=str(error))
        self.cases[(event.category, event.kind)] += 1
        log.info(
            "case",
            kind=event.kind,
            category=event.category,
            camera=camera.id,
            zone=event.zone_id,
            case=event.case_id,
            confidence=event.confidence,
            dwell_s=event.dwell_s,
            evidence=[item.role for item in event.evidence],
            held=held,
        )
        return event


def attach_evidence(
    store: EvidenceStore, event: CaseEvent, incident: Incident, camera: Camera, clip: ClipPackets | None
) -> tuple[CaseEvent, tuple[EvidenceFile, ...]]:
    """Store the pictures and the clip of an incident; the event that names them, and the files."""
    saved = store.save(
        event.event_id,
        event.case_id,
        camera.id,
        incident.stills,
        clip,
        masks=camera.masks,
        clip_wanted=incident.kind in WITH_CLIP,
    )
    missing = list(saved.missing)
    roles = {still.role for still in incident.stills}
    if incident.kind is IncidentKind.OPENED and "before" not in roles:
        missing.append(MissingEvidence(role="before", reason="no picture from before was kept"))
    complete = event.model_copy(update={"evidence": saved.items, "evidence_missing": tuple(missing)})
    return complete, tuple(EvidenceFile(file.role, Path(file.path), file.size) for file in saved.files)


def evidence_store(site: Site, folder: Path) -> EvidenceStore:
    """A store in `folder` with the bounds of the site's configuration."""
    storage = site.storage
    return EvidenceStore(
        folder,
        site.site.zone,
        max_bytes=storage.max_evidence,
        min_free=storage.min_free,
        retention_s=storage.retention,
        base_url=storage.evidence_url,
    )
