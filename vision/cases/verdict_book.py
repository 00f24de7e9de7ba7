"""The worker's side of operators' verdicts: which wait, what each means, and that it has been done."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from vision.cases.answers import Answer
from vision.cases.book_file import BookFile, CaseRow
from vision.cases.drafting import BookSettings
from vision.cases.event import CaseEvent
from vision.cases.inbox import COLUMNS, OperatorVerdict
from vision.cases.ruling import Ruling, effect_text, rule_on

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""Verdicts applied in one go; cameras wait for the book meanwhile."""


def is_held(before: CaseRow | None, event: CaseEvent, *, hold: bool) -> bool:
    """Whether an event waits for a verdict: it opens a round that must be reviewed, or its case waits already."""
    if before is None or event.kind in ("opened", "reinstalled"):
        return hold and event.review == "required"
    return before.held


class VerdictBook:
    """Part of the case book, sharing its file and lock. Safe to call from any thread.

    Order, and why nothing is lost or told twice: `waiting` → `ruling` (from the book alone) → outbox → `settle`, which
    writes all that the verdict changes and that it was applied, in one transaction. A crash before `settle` leaves the
    verdict waiting; the same ruling is made again, with the same `event_id`s, and the outbox takes an event that it has
    once only.
    """

    def __init__(self, file: BookFile, lock: threading.Lock, settings: BookSettings, counts: Counter[str]) -> None:
        self._file, self._lock, self._settings, self._counts = file, lock, settings, counts

    def holds(self, event: CaseEvent) -> bool:
        """Whether an event that `CaseBook.handle` made is to wait for a verdict."""
        with self._lock:
            return is_held(self._file.case(event.case_id), event, hold=self._settings.hold_for_review)

    def waiting(self) -> list[OperatorVerdict]:
        """Verdicts to be applied, oldest first; a row that cannot be read is noted as such and left out."""
        query = f"SELECT id, {COLUMNS} FROM verdicts WHERE applied IS NULL ORDER BY id LIMIT ?"
        found = []
        with self._lock:
            for number, *row in self._file.database.execute(query, (AT_ONCE,)).fetchall():
                try:
                    found.append(OperatorVerdict.from_row(tuple(row)))
                except (TypeError, ValueError) as error:
                    self._counts["verdict_unreadable"] += 1
                    log.error("verdict_unreadable", verdict=row[0], case=row[1], error=str(error))
                    done = 'UPDATE verdicts SET applied = at, effect = \'{"did": "unreadable"}\' WHERE id = ?'
                    self._file.database.execute(done, (number,))
        return found

    def ruling(self, verdict: OperatorVerdict) -> Ruling:
        """What a verdict makes of its case.

        Raises:
            ValueError: what the book has of the case cannot be read.
        """
        with self._lock:
            return rule_on(verdict, self._file, self._settings)

    def settle(self, ruling: Ruling, at: float) -> None:
        """Note what a ruling changes, and that it was applied at `at` (UNIX seconds); all or nothing.

        Raises:
            sqlite3.Error: it could not be written; the verdict waits.
        """
        verdict = ruling.verdict
        with self._lock:
            with self._file.at_once() as database:
                if ruling.case is not None:
                    self._file.put_case(ruling.case)
                for event in ruling.events:
                    self._file.add_event(event.event_id, event.case_id, event.kind, at, event.to_json().decode())
                if ruling.answer is not None:
                    moment = datetime.fromtimestamp(verdict.at, UTC)
                    answer = Answer(
                        kind="rejected", case_id=verdict.case_id, reason=ruling.answer, by=verdict.by, at=moment
                    )
                    self._file.add_answer(
                        verdict.case_id, "rejected", ruling.answer, answer.model_dump_json(), verdict.at
                    )
                values = (at, effect_text(ruling), verdict.verdict_id)
                database.execute("UPDATE verdicts SET applied = ?, effect = ? WHERE verdict_id = ?", values)
            did = (ruling.effect or {}).get("did", "nothing")
            self._counts[f"verdict_{did}"] += 1
        log.info("verdict", case=verdict.case_id, verdict=verdict.verdict, by=verdict.by, did=did)

    def give_up(self, verdict: OperatorVerdict, at: float) -> None:
        """Note that a verdict cannot be applied, so that it does not keep the others."""
        self.settle(Ruling(verdict, effect={"did": "failed"}), at)

    def let_go(self) -> list[str]:
        """The cases that wait, where the site no longer holds any back: their events are to be sent."""
        if self._settings.hold_for_review:
            return []
        query = "SELECT case_id FROM cases WHERE held = 1 AND state != 'rejected'"
        with self._lock:
            return [case_id for (case_id,) in self._file.database.execute(query)]

    def note_let_go(self, case_id: str) -> None:
        """They are on their way."""
        with self._lock:
            case = self._file.case(case_id)
            if case is not None:
                self._file.put_case(replace(case, held=False))
