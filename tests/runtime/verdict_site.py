"""A site for tests of verdicts: it reports a case, and an operator says what that is."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cases.finds import START, camera, incident, settings
from vision.cases import CaseBook, OperatorVerdict, VerdictInbox, VerdictKind
from vision.cases.book_file import BookFile
from vision.evidence import EvidenceStore
from vision.publish import Outbox, Topics
from vision.rules import Incident, IncidentKind
from vision.runtime.reporting import Reporter
from vision.runtime.verdicts import VerdictDesk

CASE = "0193-1"
NOW = START + 600


class Site:
    """A worker's book, outbox and desk in a folder, and a console's inbox beside them."""

    def __init__(self, folder: Path, *, hold: bool = True, publish: bool = False) -> None:
        self.folder, self.hold, self.publish = folder, hold, publish
        self.sent: list[dict[str, Any]] = []
        self.said = 0
        self.start()

    def start(self) -> None:
        self.book = CaseBook(replace(settings(), hold_for_review=self.hold), self.folder / "cases.sqlite")
        self.outbox = Outbox(self.folder / "outbox.sqlite", max_bytes=10**8)
        store = EvidenceStore(
            self.folder / "evidence", ZoneInfo("Asia/Shanghai"), max_bytes=10**8, min_free=0, retention_s=1e6
        )
        topics = Topics("bajiao", "w-1")
        self.reporter = Reporter(self.book, store, self.outbox, topics, lambda: None)
        self.desk = VerdictDesk(
            self.book, self.outbox, self.reporter, topics, ZoneInfo("Asia/Shanghai"), publish=self.publish
        )
        self.inbox = VerdictInbox(self.folder / "cases.sqlite")

    def kill(self) -> None:
        """As after a SIGKILL: what the process knew is gone, its files are as they are."""
        self.book.close()
        self.outbox.close()
        self.inbox.close()
        self.start()

    def report(self, kind: IncidentKind = IncidentKind.OPENED, **more: Any) -> None:
        review = more.pop("review", "required")
        report: Incident = incident(kind, **more)
        self.reporter.report(report, camera(review=review), None, NOW)

    def say(self, verdict: VerdictKind, case_id: str = CASE, **more: Any) -> OperatorVerdict:
        self.said += 1
        values: dict[str, Any] = {
            "verdict_id": f"v{self.said}", "case_id": case_id, "verdict": verdict, "reason": None, "box": None,
            "category": "street_vending" if verdict == "wrong_category" else None, "note": None, "by": "li",
            "duplicate_of": "0193-9" if verdict == "duplicate" else None, "at": NOW + self.said,
        }  # fmt: skip
        said = OperatorVerdict(**(values | more))
        self.inbox.add(said)
        return said

    def apply(self, verdict: VerdictKind, **more: Any) -> None:
        self.say(verdict, **more)
        self.desk.apply_waiting()

    def send(self) -> list[str]:
        """Everything goes to the broker; the kinds that went now."""
        new = []
        while events := self.outbox.due(100):
            for event in events:
                payload = json.loads(event.payload)
                new.append({**payload, "topic": event.topic})
                self.outbox.acknowledge(event.event_id)
        self.sent += new
        return [one["kind"] for one in new if "kind" in one]

    @property
    def state(self) -> str:
        file = BookFile(self.folder / "cases.sqlite")
        row = file.case(CASE)
        file.close()
        assert row is not None
        return row.state


@contextlib.contextmanager
def sites_in(folder: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites, each in a folder of its own: `make("quick", hold=False)`; all are closed at the end."""
    made: list[Site] = []

    def make(name: str = "site", **options: Any) -> Site:
        (folder / name).mkdir()
        made.append(Site(folder / name, **options))
        return made[-1]

    yield make
    for one in made:
        one.book.close()
        one.outbox.close()
        one.inbox.close()
