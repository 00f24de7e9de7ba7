"""A rule that reports what a test tells it to, for what stands around rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from tests.scene.stage import Stage
from vision.config import RuleSettings
from vision.detect import Detections, Role
from vision.rules import Incident, IncidentKind, Reason, Registered
from vision.scene import Scene, SceneState
from vision.sources import Box

BIN = (0.1, 0.4, 0.2, 0.6)
DAY = 86400.0
NOON = 1_806_465_600.0
"""2027-03-31 04:00 UTC, which is noon in Shanghai."""


class Scripted:
    """Reports what `script` holds for a time, once."""

    category: ClassVar[str] = "illegal_dumping"
    settings_type: ClassVar[type[RuleSettings]] = RuleSettings
    needs_view: ClassVar[bool] = True
    watching = False
    unclaimed: tuple[int, ...] = ()
    register = (Registered("illegal_dumping", "z", BIN, "inventory", NOON),)

    def __init__(self, **script: Incident) -> None:
        self._script = {float(name.removeprefix("at_")): report for name, report in script.items()}
        self.loaded: dict[str, Any] | None = None

    def update(self, scene: SceneState) -> list[Incident]:
        due = [time for time in self._script if NOON + time <= scene.time]
        return [replace(self._script.pop(time), detected=scene.time) for time in due]

    def look_at(self, time: float) -> Box | None:
        return BIN if time > 0 else None

    def save(self) -> dict[str, Any]:
        return {"mine": 1}

    def load(self, state: dict[str, Any]) -> None:
        self.loaded = state


def report(kind: IncidentKind = IncidentKind.OPENED, name: str = "a", box: Box = BIN, **more: Any) -> Incident:
    values: dict[str, Any] = {
        "incident_id": name, "kind": kind, "category": "illegal_dumping", "subcategory": "household_waste",
        "camera_id": "bj-001", "zone_id": "z", "started": NOON - 30, "detected": NOON, "ended": None, "dwell_s": 30.0,
        "confidence": 0.8, "box": box, "why": (Reason("left_behind_s", 30.0, 30.0),), "tags": ("school",),
    }  # fmt: skip
    return Incident(**(values | more))


_STATE = Scene("bj-001").update(Stage().frame(0.0), None)


def scene(after: float, *seen: tuple[str, Box, float]) -> SceneState:
    """An empty street `after` seconds past `NOON`; `seen`: name, box and score of what the detector sees in it."""
    boxes = np.array([box for _, box, _ in seen], np.float32).reshape(-1, 4)
    scores = np.array([score for *_, score in seen], np.float32)
    roles, names = tuple(Role.FIXTURE for _ in seen), tuple(name for name, *_ in seen)
    found = Detections(boxes, scores, np.zeros(len(seen), np.int32), roles, names)
    return replace(_STATE, time=NOON + after, things=(), places=(), detections=found)
