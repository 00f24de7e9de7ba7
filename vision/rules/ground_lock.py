"""Ground locks (私装地锁): a lock or barrier post on a parking bay.

Its life follows the city's five steps: what stands there when the worker begins is the inventory, one list and no flood
of alarms; a lock that appears later is a case; one that goes is cleared; one that comes back to a cleared place is
reinstalled. A few looks a minute are enough, in native resolution, and none counts while a car hides the bay.

A lock is what the model calls one. Whether it is raised or folded is told by the shape of its box and recorded with
every report; folding it is no event, its owner does so every day. One that still stands when the deadline for its
removal is over is told again, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from typing import Any, ClassVar, Literal

from pydantic import Field

from vision.config import Duration, RuleSettings, Zone
from vision.detect import Role
from vision.rules.close_words import is_no_lock
from vision.rules.incident import Incident, IncidentKind, Reason
from vision.rules.new_locks import (
    CLEAR_SCORE,
    SAME_PLACE_IOU,
    as_lock,
    is_lock_closely,
    is_part_of_stall,
    new_there,
    still_new_there,
    was_seen_to_come,
)
from vision.rules.register import Registered
from vision.rules.rule import ZoneRule, fits, in_zone, on_ground
from vision.scene import Place, SceneState
from vision.scene.geometry import grown, hull, intersection, iou, overlap
from vision.scene.kinds import LOCK
from vision.sources import Box

PRESENT_SHARE = 0.8
"""Share of the last looks at which the model must have seen what it alone has seen."""
PRESENT_SHARE_NEW, PRESENT_SHARE_WEAK = 0.4, 0.6
"""The same where something new stands in the place: people who stand close hide half of a lock from the model. The
latter for scores below `CLEAR_SCORE`: of two that score 0.32 a lock was seen at every look, a cone at half of them."""
LEAST_HITS, LEAST_HITS_KNOWN = 4, 3
"""Looks at which the model must have seen it; the latter where close looks know it for a lock, too. With that, and
the dwell from when its place is bare, 17 of 20 composed locks are found and none is told late; before 16 and 1."""
LOCK_KIND = 0.5
"""Mean share at close looks from which a lock may be seen more weakly and seldom."""
KNOCK = 0.02
"""Share of the picture by which a known lock may lie elsewhere: a camera that is knocked further counts as moved."""
SCORE, NEW_SCORE = 0.75, 0.3
"""Least median score of a lock that only the model has seen, and of one where something new stands. Of 48 locks put up
in composed scenes 44 are found by the latter and one, at 0.76, by the former; of what was none two had 0.67 and 0.69 at
nearly every look, and one 0.36 where something was new, in 424 scenes without a lock."""
FIRST_LOOKS_S = 120.0
"""A new lock is looked at closely for this long, then once a minute."""
RAISED_SHAPE = 0.45
"""Height over width of the box, in pixels, above which a lock stands up: arches 30 cm high, 45 to 60 cm wide, seen from
15 to 45 degrees above give 0.45 to 0.65 raised and at most 0.4 lying down."""
BEGIN_EVERY_S, LATER_EVERY_S = 5.0, 60.0
UNVISITED_EVERY_S = 600.0
"""Where nobody has been, nobody has put up a lock: a zone in native resolution is up to twelve pictures."""


class LockSettings(RuleSettings):
    """Settings of `ground_lock` in one zone."""

    rule: Literal["ground_lock"] = "ground_lock"
    dwell: Duration = Field(60.0, ge=1, le=86400, description="How long a new lock must stand before it is a case.")
    inventory: Duration = Field(
        30.0, ge=0, le=86400, description="What stands within this time of the start is no case."
    )
    clear_after: Duration = Field(
        60.0, ge=1, le=86400, description="How long a lock must be missing to count as removed."
    )
    deadline: Duration = Field(
        172_800.0, ge=60, le=2_592_000, description="A case that still stands after this time is told again (2 days)."
    )
    min_area: float = Field(0.0001, ge=0, le=1, description="Smallest lock, share of the picture.")
    max_area: float = Field(0.05, ge=0, le=1, description="Largest lock, share of the picture.")
    min_score: float = Field(SCORE, ge=0, le=1, description="Least median score of what only the model has seen.")
    min_score_new: float = Field(NEW_SCORE, ge=0, le=1, description="The same where something new stands in the place.")


@dataclass(slots=True)
class _Spot:
    """One place where a lock stands or stood: `state` is inventory, open or removed, `place_id` is the scene's.

    `unseen`: by the detector; close looks alone know it.
    """

    incident_id: str | None
    box: Box
    started: float
    confidence: float
    state: str
    last_seen: float
    reminded: bool = False
    place_id: int | None = None
    unseen: bool = False


class GroundLock(ZoneRule[LockSettings]):
    """The rule in one zone of one camera; see `vision.rules.rule.Rule`."""

    category: ClassVar[str] = "ground_lock"
    settings_type: ClassVar[type[RuleSettings]] = LockSettings

    def __init__(self, zone: Zone, settings: LockSettings, local: Callable[[datetime], datetime]) -> None:
        super().__init__(zone, settings, local)
        self._spots: list[_Spot] = []
        self._begun: float | None = None
        self._last_look = -math.inf
        self._next_look = 0.0
        self._visited: Box | None = zone.polygon.bounds
        self._young: list[Box] = []

    def update(self, scene: SceneState) -> list[Incident]:
        """Follow the known spots, take the inventory at the start, report what is new or back."""
        if self._begun is None:
            self._begun = scene.time
        for track in scene.tracks:
            if track.moving and self._zone.polygon.overlap(track.box) > 0:
                self._visited = hull(self._visited or track.box, track.box)
        if scene.detections is None:
            return []
        locks = [p for p in scene.places if p.role is Role.LOCK and in_zone(self._zone, p.box)]
        locks = [p for p in locks if on_ground(p.box, scene) and fits(self._settings, p.box, self._zone)]
        locks = [p for p in locks if self._sure(p, scene)]
        locks += self._unseen_locks(locks, scene)
        self._young = [p.box for p in locks if scene.time - p.first_seen < FIRST_LOOKS_S]
        beginning = scene.time - self._begun < self._settings.inventory + BEGIN_EVERY_S
        if any(intersection(region, self._zone.polygon.bounds) > 0 for region in scene.detections.regions):
            self._last_look = scene.time
            self._visited = self._zone.polygon.bounds if beginning else None
        visited = self._visited is not None
        self._next_look = self._last_look + (
            BEGIN_EVERY_S if self._young or beginning else LATER_EVERY_S if visited else UNVISITED_EVERY_S
        )
        reports = [r for spot in self._spots if (r := self._follow(spot, locks, scene)) is not None]
        if self._on_duty(scene):
            reports += [r for lock in locks if (r := self._new(lock, scene)) is not None]
        return reports

    def look_at(self, time: float) -> Box | None:
        """Where somebody has been since the last look, and where locks may stand; from time to time all of it."""
        if time < self._next_look:
            return None
        bounds = self._zone.polygon.bounds
        places = [spot.box for spot in self._spots if spot.state != "inventory"] + self._young
        if self._visited is not None:
            places.append(self._visited)
        if not places or time - self._last_look >= UNVISITED_EVERY_S:
            return bounds
        return overlap(grown(reduce(hull, places), 0.2, least=0.05), bounds) or bounds

    @property
    def register(self) -> list[Registered]:
        """Every lock there is or was: what stood here when the worker began, and what became of it."""
        return [
            Registered(
                self.category, self._zone.id, spot.box, spot.state,
                spot.last_seen if spot.state == "removed" else spot.started, spot.incident_id,
            )
            for spot in self._spots
        ]  # fmt: skip

    def save(self) -> dict[str, Any]:
        return {"spots": [asdict(spot) | {"place_id": None} for spot in self._spots], "begun": self._begun}

    def load(self, state: dict[str, Any]) -> None:
        self._spots = [_Spot(**{**spot, "box": tuple(spot["box"])}) for spot in state.get("spots", [])]
        self._begun = state.get("begun")

    def _sure(self, lock: Place, scene: SceneState) -> bool:
        """Seen often and sure enough; less sure will do where something new, that is no body, stands there."""
        known = lock.kinds.share(LOCK) >= LOCK_KIND
        if lock.hits < (LEAST_HITS_KNOWN if known else LEAST_HITS) or lock.missing_since is not None:
            return False
        if lock.score < self._settings.min_score_new and not known:
            return False
        if (
            is_no_lock(lock, scene.aspect)
            or is_part_of_stall(lock, scene.things)
            or lock.is_outweighed(scene.places, Role.WASTE)
        ):
            return False
        if self._is_plain(lock):
            return True
        return (known or lock.present_share >= self._share_needed(lock)) and bool(new_there(lock, scene))

    def _unseen_locks(self, locks: Sequence[Place], scene: SceneState) -> list[Place]:
        """New things that close looks alone take for a lock: a thin post is too little for the detector."""
        seen = [as_lock(thing) for thing in scene.things if is_lock_closely(thing)]
        return [
            lock
            for lock in seen
            if in_zone(self._zone, lock.box) and on_ground(lock.box, scene)
            if fits(self._settings, lock.box, self._zone)
            if not any(intersection(lock.box, other.box) > 0 for other in locks)
            if new_there(lock, scene) and not is_part_of_stall(lock, scene.things)
        ]

    def _share_needed(self, lock: Place) -> float:
        """Share of the looks at which it must have been seen."""
        if self._is_plain(lock):
            return PRESENT_SHARE
        return PRESENT_SHARE_NEW if lock.score >= CLEAR_SCORE else PRESENT_SHARE_WEAK

    def _is_plain(self, lock: Place) -> bool:
        """Seen so often and so surely that the model alone will do."""
        return lock.score >= self._settings.min_score and lock.present_share >= PRESENT_SHARE

    def _new(self, lock: Place, scene: SceneState) -> Incident | None:
        assert self._begun is not None
        known = next((spot for spot in self._spots if _place_of(spot, [lock])), None)
        if lock.first_seen - self._begun <= self._settings.inventory:
            if not was_seen_to_come(lock, scene):
                if known is None:
                    listed = lock.box, lock.first_seen, lock.score, "inventory", scene.time
                    self._spots.append(_Spot(None, *listed, place_id=lock.place_id))
                return None
            if known is not None and known.state == "inventory":  # listed before it was seen to be new
                self._spots.remove(known)
                known = None
        if known is not None:
            return None
        # What is new there has stood since nobody covers it, whenever the detector came to see a lock in it.
        started = min([lock.first_seen, *(thing.bared for thing in new_there(lock, scene))])
        stood_for = lock.last_seen - started
        if stood_for < self._settings.dwell:
            return None
        spot = _Spot(
            self._new_id(scene, started, lock.place_id), lock.box, started, round(lock.score, 3), "open", scene.time,
            place_id=lock.place_id, unseen=lock.place_id < 0,
        )  # fmt: skip
        self._spots.append(spot)
        return self._report(spot, IncidentKind.OPENED, scene, stood_for, None, self._why(lock, stood_for, scene))

    def _follow(self, spot: _Spot, locks: list[Place], scene: SceneState) -> Incident | None:
        here = _place_of(spot, locks)
        if here is not None:
            spot.last_seen, spot.place_id = scene.time, here.place_id
            if iou(spot.box, here.box) <= SAME_PLACE_IOU:
                spot.box = here.box  # the view has been knocked
            return self._back(spot, here, scene) if spot.state == "removed" else self._overdue(spot, here, scene)
        place = _place_of(spot, [place for place in scene.places if place.role is Role.LOCK])
        missing = spot.unseen if place is None else place.missing_since is not None and place.present_share == 0
        if spot.state == "removed" or not missing or scene.time - spot.last_seen < self._settings.clear_after:
            return None
        if still_new_there(spot.box, scene):
            return None  # it stands there, whether or not the model knows it in this light
        known = spot.incident_id is not None
        spot.state = "removed"
        if not known:
            return None  # an inventory lock that went was never a case
        why = (Reason("lock_missing_s", round(scene.time - spot.last_seen, 1), self._settings.clear_after),)
        return self._report(spot, IncidentKind.CLEARED, scene, spot.last_seen - spot.started, spot.last_seen, why)

    def _overdue(self, spot: _Spot, lock: Place, scene: SceneState) -> Incident | None:
        stood_for = scene.time - spot.started
        if spot.state != "open" or spot.reminded or stood_for < self._settings.deadline:
            return None
        spot.reminded = True
        why = (Reason("still_there_s", round(stood_for, 1), self._settings.deadline), _position(lock, scene.aspect))
        return self._report(spot, IncidentKind.UPDATED, scene, stood_for, None, why)

    def _back(self, spot: _Spot, lock: Place, scene: SceneState) -> Incident | None:
        stood_for = lock.last_seen - lock.first_seen
        known = spot.incident_id is not None
        spot.state, spot.started, spot.reminded = "open", scene.time, False
        spot.incident_id = spot.incident_id or self._new_id(scene, scene.time, lock.place_id)
        kind = IncidentKind.REINSTALLED if known else IncidentKind.OPENED
        return self._report(spot, kind, scene, 0.0, None, self._why(lock, stood_for, scene))

    def _why(self, lock: Place, stood_for: float, scene: SceneState) -> tuple[Reason, ...]:
        share = lock.kinds.share(LOCK)
        close = (Reason("close_look_lock_share", round(share, 2), LOCK_KIND),) if share >= LOCK_KIND else ()
        score = Reason("lock_score", round(lock.score, 2), self._settings.min_score)
        if new_there(lock, scene):
            score = Reason("new_lock_score", round(lock.score, 2), self._settings.min_score_new)
        return (
            Reason("lock_present_s", round(stood_for, 1), self._settings.dwell),
            Reason("lock_seen_share", round(lock.present_share, 2), self._share_needed(lock)),
            score,
            _position(lock, scene.aspect),
            *close,
        )

    def _report(
        self,
        spot: _Spot,
        kind: IncidentKind,
        scene: SceneState,
        dwell: float,
        ended: float | None,
        why: tuple[Reason, ...],
    ) -> Incident:
        assert spot.incident_id is not None
        return self._incident(
            kind, scene, spot.incident_id, spot.box, spot.started, spot.confidence, why, dwell=dwell, ended=ended
        )


def _place_of(spot: _Spot, locks: Sequence[Place]) -> Place | None:
    """The lock that stands there: the one it was if that is near, as after a small knock of the camera, else by box."""
    reach = grown(spot.box, 0.0, least=KNOCK)
    for lock in locks:
        if lock.place_id == spot.place_id and intersection(reach, lock.box) > 0:
            return lock
    return next((lock for lock in locks if iou(spot.box, lock.box) > SAME_PLACE_IOU), None)


def _position(lock: Place, aspect: float) -> Reason:
    """Raised or folded, by the shape of the box."""
    x1, y1, x2, y2 = lock.box
    shape = (y2 - y1) / max((x2 - x1) * aspect, 1e-6)
    return Reason("raised" if shape >= RAISED_SHAPE else "folded", round(shape, 2), RAISED_SHAPE)
