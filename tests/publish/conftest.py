"""What the publishing tests build their scenes from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vision.config import MqttSettings
from vision.publish import EvidenceFile, Outbox, OutgoingEvent, Publisher, Topics

TOPICS = Topics("bajiao", "w-1")
ROLES = ("before", "act", "after", "clip", "crop")


@pytest.fixture
def topics() -> Topics:
    return TOPICS


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    box = Outbox(tmp_path / "outbox.db", max_bytes=10**9)
    yield box
    box.close()


@pytest.fixture
def event() -> Callable[..., OutgoingEvent]:
    """Makes events: `event("e1", case="c1", clip=1000, crop=10)`: roles with the sizes of their files."""

    def make(event_id: str, case: str = "c1", filler: int = 0, created: float = 1000.0, **sizes: int) -> OutgoingEvent:
        files = tuple(EvidenceFile(role, Path(f"/evidence/{event_id}-{role}"), size) for role, size in sizes.items())
        content = {
            "schema": "case-event/1",
            "event_id": event_id,
            "case_id": case,
            "source": "视频监控发现",
            "published_at": None,
            "confidence": 0.87,
            "evidence": [{"role": file.role, "uri": f"file://{file.path}"} for file in files],
            "evidence_missing": [],
            "filler": "x" * filler,
        }
        payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return OutgoingEvent(event_id, case, TOPICS.case("bj-001", "illegal_dumping"), payload, created, files)

    return make


@pytest.fixture
def publisher_to(outbox: Outbox, topics: Topics) -> Iterator[Callable[..., Publisher]]:
    """Starts publishers of the test's outbox: `publisher_to(url, on_answer=…, username=…)`."""
    made: list[Publisher] = []

    def start(url: str, *, on_answer: Callable[..., None] | None = None, **settings: object) -> Publisher:
        publisher = Publisher(MqttSettings(url=url, **settings), outbox, topics, on_answer=on_answer)
        publisher.start()
        made.append(publisher)
        return publisher

    yield start
    for publisher in made:
        publisher.close(1)
