"""A camera that does not see its place: moved, covered, dark, blurred, frozen, noisy.

No event of the city's catalogue: a case for whoever looks after the cameras, and only where a zone asks for it. The
zone's polygon does not matter. While the problem lasts, all other rules rest (`vision.scene.camera_health`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.rules.incident import Incident, IncidentKind, Reason
from vision.rules.rule import ZoneRule
from vision.scene import SceneState
from vision.sources import Box

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
CONFIDENCE = 0.9
"""The thresholds leave a wide gap to what weather does; how wide in the field has not been measured."""


class CameraHealthSettings(RuleSettings):
    """Settings of `camera_health` in one zone."""

    rule: Literal["camera_health"] = "camera_health"
    dwell: Duration = Field(
        300.0, ge=1, le=86400, description="How long a problem must last: a cleaner's ladder has gone by then."
    )
    clear_after: Duration = Field(60.0, ge=1, le=86400, description="How long the view must be in place again.")


@dataclass(slots=True)
class _Case:
    incident_id: str
    started: float
    problem: str
    last_seen: float


class CameraHealthRule(ZoneRule[CameraHealthSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "camera_health"
    settings_type: ClassVar[type[RuleSettings]] = CameraHealthSettings
    needs_view: ClassVar[bool] = False

    def __init__(self, zone: Zone, settings: CameraHealthSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._case: _Case | None = None

    def update(self, scene: SceneState) -> list[Incident]:
        """Report a problem that has lasted for the dwell time, and its end."""
        report = self._opened(scene) if self._case is None else self._followed(self._case, scene)
        return [report] if report is not None else []

    def save(self) -> dict[str, Any]:
        return {"case": asdict(self._case) if self._case is not None else None}

    def load(self, state: dict[str, Any]) -> None:
        case = state.get("case")
        self._case = _Case(**case) if case is not None else None

    def _opened(self, scene: SceneState) -> Incident | None:
        health = scene.health
        if health.problem is None or health.since is None or not self._on_duty(scene):
            return None
        lasted = scene.time - health.since
        if lasted < self._settings.dwell:
            return None
        incident_id = self._new_id(scene, health.since, 0)
        self._case = _Case(incident_id, health.since, health.problem.value, scene.time)
        why = (
            Reason(f"camera_{health.problem.value}", health.value, health.threshold),
            Reason("problem_lasted_s", round(lasted, 1), self._settings.dwell),
        )
        return self._incident(
            IncidentKind.OPENED, scene, incident_id, WHOLE, health.since, CONFIDENCE, why,
            dwell=lasted, subcategory=health.problem.value,
        )  # fmt: skip

    def _followed(self, case: _Case, scene: SceneState) -> Incident | None:
        if not scene.health.usable:
            case.last_seen = scene.time
        fine_for = scene.time - case.last_seen
        if fine_for < self._settings.clear_after:
            return None
        self._case = None
        why = (Reason("view_in_place_s", round(fine_for, 1), self._settings.clear_after),)
        return self._incident(
            IncidentKind.CLEARED, scene, case.incident_id, WHOLE, case.started, CONFIDENCE, why,
            dwell=case.last_seen - case.started, subcategory=case.problem, ended=case.last_seen,
        )  # fmt: skip
