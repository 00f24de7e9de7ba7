"""One camera's way from a frame to incidents: the same objects and the same order live and in replay.

The driver (live camera or replay) owns the frames and the detector; this owns the scene and the rules:

    look = perception.look(frame)                    # what is worth the detector's time, or None
    incidents = perception.take(frame, detections)   # detections None when there was no look
    reader.attend(perception.attention)              # how many pictures the scene is worth now
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from vision.config import Camera, Zone
from vision.detect import WHOLE, Detections, Look, tiles
from vision.rules import Incident, IncidentKind, Registered, Rule, Suppression, make_rules, suppressions
from vision.runtime.bringers import BringerSearch, Detect
from vision.runtime.close_looks import Classify, look_closely
from vision.runtime.faint_people import FaintPeople
from vision.runtime.views import Views
from vision.scene import HealthState, SceneState
from vision.sources import Attention, Box, ClipPackets, Frame, PacketRing

log = structlog.get_logger(__name__)

AFTER_ACT_S = 5.0
"""A clip goes on for this long after the thing was put down: the actor turns away within 2 to 5 s."""
PROMISING_S = 2.0
"""A thing that somebody brought and that has been alone for this long is worth looking up who put it down."""
HOLD_S = 4.0
"""Attention is kept for this long: each change from quiet to active decodes again from the last keyframe."""
CLOSER = 1.5
"""A close look shows things at least this much larger than the whole picture at the model's size, or it is no use."""
CLOSE_EVERY_S = 2.0
"""Close looks at one zone are at least this far apart: a zone is up to twelve tiles, each the price of a picture."""


class Perception:
    """Scene and rules of one camera.

    Args:
        camera: its configuration.
        local: turns UTC into the site's time, for schedules.
        input_size: width and height of the model's input, pixels.
        ring: the camera's recent packets, for the clip and the picture of the act; None when there are none.
        detect: the detector, for looks at those packets; None: nobody is searched for in them.
        classify: tells kinds of things from close looks; None: nobody does.
    """

    def __init__(
        self,
        camera: Camera,
        local: Callable[[datetime], datetime],
        input_size: tuple[int, int],
        ring: PacketRing | None = None,
        detect: Detect | None = None,
        classify: Classify | None = None,
    ) -> None:
        self._camera, self._local, self._input_size, self._ring = camera, local, input_size, ring
        self._classify = classify
        self._faint_people = FaintPeople(classify) if classify is not None else None
        self._views = Views(camera)
        self._state: SceneState | None = None
        self._time, self._last_active = 0.0, float("-inf")
        self._zones: dict[str, tuple[Zone, list[Rule]]] = {}
        self._pinned: set[int] = set()
        self._searched: set[int] = set()
        self._bringers = BringerSearch(ring, detect) if ring is not None and detect is not None else None
        self._last_close: dict[str, float] = {}
        self._clips: dict[str, ClipPackets] = {}
        self.configure(camera)

    def configure(self, camera: Camera) -> None:
        """Take a changed configuration: rules of zones that stayed the same go on, the others start anew."""
        self._camera = camera
        self._views.configure(camera)
        zones: dict[str, tuple[Zone, list[Rule]]] = {}
        for zone in camera.zones:
            before = self._zones.get(zone.id)
            if before is not None and before[0] == zone:
                zones[zone.id] = before
                continue
            rules = make_rules(zone, self._local)
            for rule in rules:  # open cases of a zone that was only redrawn are not forgotten
                old = next((r for r in before[1] if r.category == rule.category), None) if before else None
                if old is not None:
                    rule.load(old.save())
            zones[zone.id] = (zone, rules)
        self._zones = zones

    @property
    def camera(self) -> Camera:
        """The configuration in force."""
        return self._camera

    @property
    def state(self) -> SceneState | None:
        """The scene at the last frame."""
        return self._state

    @property
    def attention(self) -> Attention:
        """ACTIVE while somebody moves about or something undecided is being watched, and a moment longer."""
        return Attention.ACTIVE if self._time - self._last_active <= HOLD_S else Attention.QUIET

    @property
    def open_candidates(self) -> int:
        """How many zones watch something that is not decided yet."""
        return sum(rule.watching for rule in self._rules())

    def look(self, frame: Frame) -> Look | None:
        """What the detector should see of this frame: the whole of it, and zones that want it in native resolution."""
        health = self._views.see(frame, self._state.tracks if self._state is not None else ())
        if not health.usable:
            return None
        wanted = self._views.scene.wants_detections(frame)
        regions: list[Box] = []
        for zone, rules in self._zones.values():
            if zone.preset != health.preset:
                continue
            if frame.time - self._last_close.get(zone.id, float("-inf")) < CLOSE_EVERY_S:
                continue
            for box in {rule.look_at(frame.time) for rule in rules} - {None}:
                assert box is not None
                self._last_close[zone.id] = frame.time
                regions += tiles(box, (frame.width, frame.height), self._tile_size(frame))
        if not wanted and not regions:
            return None
        return Look(frame, (WHOLE, *regions) if regions else ())

    def _tile_size(self, frame: Frame) -> tuple[int, int]:
        """Pixels that one close look covers: as many as the model takes, fewer where the whole picture is small."""
        width, height = self._input_size
        share = min(1.0, frame.width / (CLOSER * width), frame.height / (CLOSER * height))
        return max(32, round(width * share)), max(32, round(height * share))

    def take(self, frame: Frame, detections: Detections | None) -> list[Incident]:
        """Bring the scene up to date and ask every rule; incidents to be reported now."""
        health, scene = self._views.health, self._views.scene
        shown = [
            rule
            for zone, rules in self._zones.values()
            for rule in rules
            if zone.preset == health.preset or not rule.needs_view
        ]
        if detections is not None and self._faint_people is not None and self._state is not None:
            sought = [box for rule in shown for box in rule.seeks_people]
            detections = self._faint_people.believe(frame, detections, self._state.tracks, sought)
        state = self._state = scene.update(frame, detections) if health.usable else scene.suspended(frame)
        state.health = health
        self._time = frame.time
        if not health.usable:
            return [incident for rule in self._rules() if not rule.needs_view for incident in rule.update(state)]
        if scene.busy or any(rule.watching for rule in shown):
            self._last_active = frame.time
        self._keep_acts(state)
        if self._classify is not None:
            zones = [zone for zone, _rules in self._zones.values() if zone.preset == health.preset]
            look_closely(self._classify, frame, state, zones, {t for rule in shown for t in rule.unclaimed})
        incidents = [incident for rule in shown for incident in rule.update(state)]
        self._search_bringers(state)
        for incident in incidents:
            if incident.kind is IncidentKind.OPENED:
                self._add_act(incident, state.aspect)
                self._keep_clip(incident)
        return incidents

    def take_suppressed(self) -> list[Suppression]:
        """What fixtures have held back since the last call, once."""
        return suppressions(self._rules())

    @property
    def register(self) -> list[Registered]:
        """What rules keep a list of whether or not it is a case: locks, and what became of them."""
        return [entry for rule in self._rules() for entry in rule.register]

    def take_clip(self, incident_id: str) -> ClipPackets | None:
        """The packets that show how the incident began; once."""
        return self._clips.pop(incident_id, None)

    @property
    def watched(self) -> frozenset[int]:
        """Ids of the new things that somebody may have brought: when they change, the memory is worth saving."""
        things = self._state.things if self._state is not None else ()
        return frozenset(thing.thing_id for thing in things if thing.brought and thing.gone_since is None)

    @property
    def health(self) -> HealthState:
        """Whether the camera can be believed."""
        return self._views.health

    @property
    def views(self) -> Views:
        """What is known of what the camera shows; its `remember` and `recall` bring it over a restart."""
        return self._views

    def save(self) -> dict[str, Any]:
        """What the rules must remember over a restart, as plain JSON values."""
        return {
            zone_id: {rule.category: rule.save() for rule in rules} for zone_id, (_zone, rules) in self._zones.items()
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `save` gave; zones and rules that are no longer there are left out."""
        for zone_id, (_zone, rules) in self._zones.items():
            for rule in rules:
                saved = state.get(zone_id, {}).get(rule.category)
                if saved is not None:
                    rule.load(saved)

    def _rules(self) -> Sequence[Rule]:
        return [rule for _zone, rules in self._zones.values() for rule in rules]

    def _keep_acts(self, state: SceneState) -> None:
        """Pin the packets of what may become a case before the ring lets them go."""
        alive = {thing.thing_id for thing in state.things if thing.gone_since is None}
        if self._ring is None:
            return
        wanted = self._wanted()
        for thing in state.things:
            if thing.thing_id in self._pinned or thing.gone_since is not None:
                continue
            if not thing.brought and thing.thing_id not in wanted:
                continue
            if thing.unattended_s(state.time) >= PROMISING_S:
                self._pinned.add(thing.thing_id)
                begin, end = thing.appeared - self._camera.decode.pre_roll, thing.appeared + AFTER_ACT_S
                self._ring.pin(_pin(thing.thing_id), begin, end)
        for thing_id in self._pinned - alive:
            self._ring.unpin(_pin(thing_id))
        self._pinned &= alive
        self._searched &= alive

    def _search_bringers(self, state: SceneState) -> None:
        """Look up, once each, who brought the things of which rules want to know it."""
        if self._bringers is None:
            return
        self._bringers.pass_time(state.time)
        wanted = self._wanted()
        # What the model knows as waste first: the budget pays for one search a minute.
        for thing in sorted(state.things, key=lambda one: one.waste_share, reverse=True):
            if thing.thing_id not in wanted:
                continue
            if not self._bringers.affordable:
                return  # it stays wanted, and its packets stay pinned
            self._searched.add(thing.thing_id)
            finding = self._bringers.search(thing.box, thing.appeared, thing.bared, state.aspect)
            if finding is not None and self._views.scene.credit(thing.thing_id, finding.tracks):
                thing.act = finding.act
            elif self._ring is not None:  # no case without a bringer: its packets make room for others
                self._ring.unpin(_pin(thing.thing_id))

    def _wanted(self) -> set[int]:
        """Things of which a rule wants to know who brought them, and for which nobody has been searched yet."""
        return {thing_id for rule in self._rules() for thing_id in rule.unclaimed} - self._searched

    def _add_act(self, incident: Incident, aspect: float) -> None:
        """The picture of the act, unless the incident has one: the adaptive decoder skips most pictures."""
        if self._bringers is None or any(still.role == "act" for still in incident.stills):
            return
        finding = self._bringers.search(incident.box, incident.started, incident.started, aspect, case=True)
        if finding is not None and finding.act is not None:
            incident.stills = tuple(sorted((*incident.stills, finding.act), key=lambda still: still.taken_at))

    def _keep_clip(self, incident: Incident) -> None:
        """The packets around the beginning; where those are gone (a stall of half an hour), the ones up to now."""
        if self._ring is None:
            return
        pre_roll = self._camera.decode.pre_roll
        clip = self._ring.window(incident.started - pre_roll, incident.started + AFTER_ACT_S)
        if clip is None or clip.packets[-1].time < incident.started:
            clip = self._ring.window(incident.detected - pre_roll, incident.detected)
        if clip is not None:
            self._clips[incident.incident_id] = clip


def _pin(thing_id: int) -> str:
    return f"thing-{thing_id}"
