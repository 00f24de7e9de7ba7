"""A rule with something around it: fixtures, periodic alarms. What stands around it sees the reports, not the scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

from vision.config import RuleSettings
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.register import Registered
from vision.rules.rule import Rule
from vision.scene import SceneState
from vision.sources import Box

ENDS = (IncidentKind.CLEARED, IncidentKind.WITHDRAWN)


class WrappedRule:
    """Passes all on to the rule inside; a wrapper overrides `update`, and `save` and `load` for what it keeps."""

    category: ClassVar[str] = ""
    settings_type: ClassVar[type[RuleSettings]] = RuleSettings
    needs_view: ClassVar[bool] = True

    def __init__(self, inner: Rule) -> None:
        self.inner = inner
        self.category = inner.category  # type: ignore[misc]  # a wrapper is of the category of what it wraps
        self.settings_type = inner.settings_type  # type: ignore[misc]
        self.needs_view = inner.needs_view  # type: ignore[misc]

    def update(self, scene: SceneState) -> list[Incident]:
        return self.inner.update(scene)

    def look_at(self, time: float) -> Box | None:
        return self.inner.look_at(time)

    @property
    def watching(self) -> bool:
        return self.inner.watching

    @property
    def unclaimed(self) -> Sequence[int]:
        return self.inner.unclaimed

    @property
    def seeks_people(self) -> Sequence[Box]:
        return self.inner.seeks_people

    @property
    def register(self) -> Sequence[Registered]:
        return self.inner.register

    def save(self) -> dict[str, Any]:
        return self.inner.save()

    def load(self, state: dict[str, Any]) -> None:
        self.inner.load(state)


def to_plain(incident: Incident) -> dict[str, Any]:
    """A report as plain JSON values, without its pictures."""
    return asdict(replace(incident, stills=())) | {"kind": incident.kind.value}


def from_plain(plain: dict[str, Any]) -> Incident:
    """What `to_plain` gave.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    actors = tuple(Actor(**{**actor, "box": tuple(actor["box"])}) for actor in plain["actors"])
    why = tuple(Reason(**reason) for reason in plain["why"])
    fixed = {"kind": IncidentKind(plain["kind"]), "box": tuple(plain["box"]), "actors": actors, "why": why}
    return Incident(**{**plain, **fixed, "stills": (), "tags": tuple(plain["tags"])})
