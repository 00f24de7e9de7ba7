"""Any life of an outbox (adds, acknowledgements, refusals, verdicts, restarts): nothing lost, order per case."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from vision.publish import EvidenceFile, Outbox, OutgoingEvent
from vision.publish.outbox import LONGEST_RETRY_S

MAX_BYTES = 5000


class OutboxLife(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.now = 0.0
        self.added: dict[str, list[str]] = defaultdict(list)
        self.delivered: dict[str, list[str]] = defaultdict(list)
        self.texts: dict[str, str] = {}
        self.files: set[Path] = set()
        self.count = 0
        self.held: set[str] = set()
        """Cases that wait for a verdict."""
        self.open()

    def open(self) -> None:
        self.outbox = Outbox(
            self.folder / "outbox.db",
            max_bytes=MAX_BYTES,
            clock=lambda: self.now,
            shed=lambda files: self.files.difference_update(file.path for file in files),
            stamp=lambda: f"at {self.now}",
        )

    @rule(case=st.sampled_from("abc"), clip=st.integers(0, 2000))
    def add(self, case: str, clip: int) -> None:
        name = f"e{self.count}"
        self.count += 1
        file = EvidenceFile("clip", Path(f"/evidence/{name}"), clip)
        content = {"event_id": name, "published_at": None, "evidence": [{"role": "clip", "uri": str(file.path)}]}
        self.added[case].append(name)
        self.files.add(file.path)
        self.outbox.add(
            OutgoingEvent(name, case, "t", json.dumps(content).encode(), self.now, (file,), case in self.held)
        )
        assert self.outbox.stats().bytes <= MAX_BYTES or not self.files

    @rule(limit=st.integers(1, 3), taken=st.integers(0, 3))
    def send(self, limit: int, taken: int) -> None:
        events = self.outbox.due(limit)
        assert len({event.case_id for event in events}) == len(events) <= limit
        for event in events[:taken]:
            moment = json.loads(event.payload)["published_at"]
            assert self.texts.setdefault(event.event_id, moment) == moment, "published_at changed"
            self.outbox.acknowledge(event.event_id)
            self.delivered[event.case_id].append(event.event_id)
            self.files -= {file.path for file in event.evidence}

    @rule(case=st.sampled_from("abc"))
    def review(self, case: str) -> None:
        """From now on what is found there waits, unless something of it waits to be sent already."""
        if self.delivered[case] == self.added[case]:
            self.held.add(case)

    @rule(case=st.sampled_from("abc"))
    def confirm(self, case: str) -> None:
        self.outbox.holding.release(case)
        self.held.discard(case)

    @rule(case=st.sampled_from("abc"))
    def reject(self, case: str) -> None:
        if case not in self.held:
            return
        waiting = self.added[case][len(self.delivered[case]) :]
        assert self.outbox.holding.drop(case) == len(waiting)
        self.files -= {Path(f"/evidence/{name}") for name in waiting}
        del self.added[case][len(self.delivered[case]) :]

    @rule()
    def refuse(self) -> None:
        for event in self.outbox.due(1):
            self.outbox.postpone(event.event_id, "no")

    @rule(seconds=st.floats(0, LONGEST_RETRY_S))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.open()

    @invariant()
    def delivered_in_order(self) -> None:
        for case, names in self.delivered.items():
            assert names == self.added[case][: len(names)]

    @invariant()
    def nothing_lost(self) -> None:
        waiting = {case: len(names) - len(self.delivered[case]) for case, names in self.added.items()}
        stats = self.outbox.stats()
        assert stats.depth == sum(count for case, count in waiting.items() if case not in self.held)
        assert stats.held == sum(count for case, count in waiting.items() if case in self.held)
        assert self.outbox.waiting_files() == self.files

    def teardown(self) -> None:
        if not hasattr(self, "outbox"):
            return
        for case in "abc":
            self.confirm(case)
        for _ in range(self.count):
            self.now += LONGEST_RETRY_S
            self.send(3, 3)
        assert self.delivered == self.added or self.count == 0
        self.outbox.close()
        shutil.rmtree(self.folder)


TestOutboxLife = OutboxLife.TestCase
TestOutboxLife.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
