"""What a camera's status says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from vision.rules import Registered
from vision.runtime.live_camera import LiveCamera
from vision.runtime.published_state import camera_state, turned
from vision.scene import HealthState
from vision.sources import SourceStatus

LOCK = Registered("ground_lock", "bay", (0.1, 0.2, 0.30001, 0.4), "inventory", 1_767_240_000.0)


class Camera:
    """A camera without a stream: status, view and register are all that is published."""

    errors = 0
    view = HealthState()

    def __init__(self, *register: Registered) -> None:
        self.register = list(register)

    def status(self) -> SourceStatus:
        return SourceStatus("bj-001", online=True, policy="keyframes", transport="tcp")


def state_of(*register: Registered) -> dict[str, Any]:
    return camera_state(cast(LiveCamera, Camera(*register)))


def test_status_lists_the_locks_that_are_no_case() -> None:
    (entry,) = state_of(LOCK)["register"]
    assert entry == {
        "zone_id": "bay",
        "category": "ground_lock",
        "bbox": [0.1, 0.2, 0.3, 0.4],
        "state": "inventory",
        "since": "2026-01-01T04:00:00+00:00",
    }


@pytest.mark.parametrize(("after", "at_once"), [(LOCK, False), (None, True)], ids=["the same", "removed"])
def test_status_is_told_anew_when_the_list_changes(after: Registered | None, at_once: bool) -> None:
    assert turned(state_of(*([after] if after else [])), state_of(LOCK)) is at_once
