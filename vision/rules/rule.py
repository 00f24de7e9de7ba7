"""What a rule is: one event, looked for in one zone of one camera."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from vision.config import RuleSettings, Zone
from vision.rules.incident import Actor, Incident, IncidentKind, Reason
from vision.rules.register import Registered
from vision.scene import SceneState, Still
from vision.scene.geometry import area, foot
from vision.scene.stills import close_up, whole
from vision.sources import Box

ABOVE_HORIZON = 0.05
"""Share of the picture's height by which the horizon, or the ground, may be higher than people's heights tell."""
IN_ZONE_SHARE = 0.6
"""A thing whose foot is just outside the line is in the zone all the same when this share of its box is inside."""


class Rule(Protocol):
    """One event in one zone. Created once per zone; `update` is called with every look at the camera, in order."""

    category: ClassVar[str]
    settings_type: ClassVar[type[RuleSettings]]
    needs_view: ClassVar[bool]
    """Whether it rests while the camera does not show its place; the rule about that does not."""

    def update(self, scene: SceneState) -> list[Incident]:
        """Take the scene at one moment; returns what is to be reported now, mostly nothing."""
        ...

    def look_at(self, time: float) -> Box | None:
        """What part of the picture should be looked at closely now (media time, seconds); mostly nothing."""
        ...

    @property
    def watching(self) -> bool:
        """Whether something undecided is being watched, so that pictures are worth more than in a quiet scene."""
        ...

    @property
    def unclaimed(self) -> Sequence[int]:
        """Ids of things that would be reported if only it were known who brought them: worth looking up, once."""
        ...

    @property
    def seeks_people(self) -> Sequence[Box]:
        """Where somebody would make a case, however faintly he is seen; mostly nowhere."""
        ...

    @property
    def register(self) -> Sequence[Registered]:
        """What it keeps a list of whether or not it is a case; mostly nothing."""
        ...

    def save(self) -> dict[str, Any]:
        """The open incidents and what else must survive a restart, as plain JSON values."""
        ...

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `save` gave; unknown keys are ignored."""
        ...


Settings = TypeVar("Settings", bound=RuleSettings)


class ZoneRule(Generic[Settings]):
    """What most rules have in common; a rule that has something to add says so in its own file."""

    category: ClassVar[str]
    settings_type: ClassVar[type[RuleSettings]]
    needs_view: ClassVar[bool] = True

    def __init__(self, zone: Zone, settings: Settings, local: Callable[[datetime], datetime]) -> None:
        self._zone, self._settings, self._local = zone, settings, local

    def look_at(self, time: float) -> Box | None:
        return None

    @property
    def watching(self) -> bool:
        return False

    @property
    def unclaimed(self) -> Sequence[int]:
        return ()

    @property
    def seeks_people(self) -> Sequence[Box]:
        return ()

    @property
    def register(self) -> Sequence[Registered]:
        return ()

    def _on_duty(self, scene: SceneState) -> bool:
        return on_duty(self._settings, scene.time, self._local)

    def _new_id(self, scene: SceneState, started: float, number: int) -> str:
        return new_incident_id(started, self.category, scene.camera_id, self._zone.id, number)

    def _incident(
        self,
        kind: IncidentKind,
        scene: SceneState,
        incident_id: str,
        box: Box,
        started: float,
        confidence: float,
        why: tuple[Reason, ...],
        *,
        dwell: float,
        subcategory: str | None = None,
        ended: float | None = None,
        actors: tuple[Actor, ...] = (),
        act: Still | None = None,
    ) -> Incident:
        """A report about an incident as the scene is now, with its pictures."""
        stills = evidence(scene, box, started, act)
        if kind is IncidentKind.CLEARED:
            stills = stills[-2:]  # that the place is clean shows by itself
        return Incident(
            incident_id, kind, self.category, subcategory, scene.camera_id, self._zone.id, started, scene.time, ended,
            dwell, confidence, box, actors, why, stills, tuple(self._zone.tags),
        )  # fmt: skip


def new_incident_id(time: float, *what: object) -> str:
    """A UUIDv7 (RFC 9562, 5.7) that carries the incident's media time (UNIX seconds), so that ids sort by it.

    Its random part is drawn from `what`: the same incident found again, after a crash or in a second replay, has the
    same id.
    """
    digest = hashlib.sha256(repr((round(time, 3), *what)).encode()).digest()
    milliseconds = round(time * 1000) & (1 << 48) - 1
    number = milliseconds << 80 | int.from_bytes(digest[:10], "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def in_zone(zone: Zone, box: Box) -> bool:
    """Whether a thing stands in the zone: its foot point is inside, or most of its box is."""
    return zone.polygon.contains(*foot(box)) or zone.polygon.overlap(box) >= IN_ZONE_SHARE


def on_ground(box: Box, scene: SceneState) -> bool:
    """Whether it can stand on the ground: not where its foot is above the horizon, as of a sign, a window, a tree."""
    return box[3] >= scene.horizon - ABOVE_HORIZON


def fits(settings: RuleSettings, box: Box, zone: Zone) -> bool:
    """Whether the size filter lets the box through: shares of the picture, or of the zone where the settings say so."""
    size = area(box) / zone.polygon.area if settings.size_of == "zone" else area(box)
    return settings.min_area <= size <= settings.max_area


def on_duty(settings: RuleSettings, time: float, local: Callable[[datetime], datetime]) -> bool:
    """Whether the rule's schedule is in force at media time `time`; `local` turns UTC into the site's time."""
    return settings.schedule.active(local(datetime.fromtimestamp(time, UTC)))


def evidence(scene: SceneState, box: Box, started: float, act: Still | None = None) -> tuple[Still, ...]:
    """Before, act, after and a close-up, as far as there are any."""
    stills = (scene.stills.before(started), act, whole(scene.frame, "after"), close_up(scene.frame, box))
    return tuple(still for still in stills if still is not None)
