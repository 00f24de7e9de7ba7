"""Alarm mode (`alarm: single | periodic`): whether a case that stands is told once, or again every `alarm_every`.

It stands around any rule, so that every category has it. A reminder is an `updated` report with fresh pictures and how
long the thing has stood by now. The time counts from the last report of the incident, whatever that was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vision.config import RuleSettings
from vision.rules.incident import Incident, IncidentKind, Reason
from vision.rules.rule import Rule, evidence, on_duty
from vision.rules.wrapped import ENDS, WrappedRule, from_plain, to_plain
from vision.scene import SceneState

_KEY = "alarm_open"
"""In the saved state, beside what the rule inside keeps."""
MOST_OPEN = 256
"""Open incidents of one rule in one zone that are reminded of; the oldest is let go for a new one."""


@dataclass(slots=True)
class _Open:
    """The last report about an incident that stands, without its pictures."""

    last: Incident
    told: float


class PeriodicAlarm(WrappedRule):
    """A rule whose open incidents are told again in its hours. With `alarm: single` it only notes what is open.

    Args:
        settings: of the rule inside.
        local: turns UTC into the site's time, for the schedule.
    """

    def __init__(self, inner: Rule, settings: RuleSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(inner)
        self._settings, self._local = settings, local
        self._open: dict[str, _Open] = {}

    def update(self, scene: SceneState) -> list[Incident]:
        """The rule's own reports, and reminders of what has stood for another period."""
        reports = self.inner.update(scene)
        for report in reports:
            self._note(report)
        if self._settings.alarm == "periodic" and on_duty(self._settings, scene.time, self._local):
            reports += [
                self._remind(one, scene)
                for one in self._open.values()
                if scene.time - one.told >= self._settings.alarm_every
            ]
        return reports

    def save(self) -> dict[str, Any]:
        told = [to_plain(one.last) | {"told": one.told} for one in self._open.values()]
        return self.inner.save() | {_KEY: told}

    def load(self, state: dict[str, Any]) -> None:
        self.inner.load({key: value for key, value in state.items() if key != _KEY})
        plain = [dict(one) for one in state.get(_KEY, [])]
        self._open = {one["incident_id"]: _Open(told=one.pop("told"), last=from_plain(one)) for one in plain}

    def _note(self, report: Incident) -> None:
        if report.kind in ENDS:
            self._open.pop(report.incident_id, None)
            return
        self._open[report.incident_id] = _Open(replace(report, stills=()), report.detected)
        if len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]

    def _remind(self, one: _Open, scene: SceneState) -> Incident:
        one.told = scene.time
        stood_for = scene.time - one.last.started
        return replace(
            one.last,
            kind=IncidentKind.UPDATED,
            detected=scene.time,
            dwell_s=stood_for,
            why=(Reason("still_there_s", round(stood_for, 1), self._settings.alarm_every),),
            stills=evidence(scene, one.last.box, one.last.started)[-2:],
        )
