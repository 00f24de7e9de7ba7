"""Two cameras see one heap: one case leaves the worker, with the pictures of both, also after a kill in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tests.cases.finds import START, camera, incident, settings
from vision.cases import CaseBook, fresh_look, parse_answer
from vision.config import Camera
from vision.evidence import EvidenceStore
from vision.publish import Outbox, Topics
from vision.rules import Incident, IncidentKind, Still
from vision.runtime.reporting import Reporter

EAST, WEST = camera("bj-001"), camera("bj-002", 39.9003)


class Site:
    """What a worker has on disk; a new one in the same folder is the worker after a restart."""

    def __init__(self, folder: Path) -> None:
        self.book = CaseBook(settings(similar=True, views=(("bj-001", "bj-002"),)), folder / "cases.sqlite")
        zone = ZoneInfo("Asia/Shanghai")
        store = EvidenceStore(folder / "evidence", zone, max_bytes=10**8, min_free=0, retention_s=86400.0)
        self.outbox = Outbox(folder / "outbox.sqlite", max_bytes=10**7)
        self._reporter = Reporter(self.book, store, self.outbox, Topics("bajiao", "w-1"), lambda: None)

    def tell(self, seen_by: Camera, kind: IncidentKind, number: int, at: float, **more: Any) -> None:
        stills = tuple(Still(role, at, f"{seen_by.id} {kind} {role}".encode()) for role in ("after", "crop"))
        self.report(incident(kind, number, camera_id=seen_by.id, detected=at, stills=stills, **more), seen_by)

    def report(self, report: Incident, seen_by: Camera) -> None:
        self._reporter.report(report, seen_by, None, report.detected)

    def sent(self) -> list[dict[str, Any]]:
        """What the centre gets, in the order in which it gets it."""
        got = []
        while due := self.outbox.due(1):
            got.append(json.loads(due[0].payload) | {"topic": due[0].topic})
            self.outbox.acknowledge(due[0].event_id)
        return got

    def kill(self) -> None:
        self.book.close()
        self.outbox.close()


def test_one_heap_before_two_cameras_is_one_case_with_the_pictures_of_both(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.tell(EAST, IncidentKind.OPENED, 1, START + 31)
    site.tell(WEST, IncidentKind.OPENED, 2, START + 33)
    site.kill()
    site = Site(tmp_path)
    site.tell(WEST, IncidentKind.OPENED, 2, START + 33)  # its rule's state was not saved in time: it is found again
    site.tell(EAST, IncidentKind.CLEARED, 1, START + 602, ended=START + 600)
    site.book.apply_answer(parse_answer("0193-1", b'{"kind": "check_before_closing"}'), START + 610)
    (request,) = site.book.requests("bj-002", START + 611)
    site.report(fresh_look(request, WEST, START + 612, (Still("after", START + 612, b"look"),)), WEST)
    site.tell(WEST, IncidentKind.CLEARED, 2, START + 700, ended=START + 698)
    events = site.sent()
    assert [event["kind"] for event in events] == ["opened", "updated", "updated", "updated", "cleared"]
    assert [event["why"][0]["condition"] for event in events] == [
        "left_behind_s", "similar_case", "incident_cleared", "check_before_closing", "left_behind_s"
    ]  # fmt: skip
    assert {event["case_id"] for event in events} == {"0193-1"}
    assert len({event["event_id"] for event in events}) == 5
    assert [event["topic"].split("/")[3] for event in events] == ["bj-001", "bj-002", "bj-001", "bj-002", "bj-002"]
    for event in events:
        for item in event["evidence"]:
            content = Path(urlsplit(item["uri"]).path).read_bytes()
            assert content == b"look" or content.startswith(event["camera_id"].encode())
    assert [item["role"] for item in events[1]["evidence"]] == ["after", "crop"]
    assert site.book.open_cases() == []
    site.kill()
