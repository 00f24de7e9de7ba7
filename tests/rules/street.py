"""A street as the detector and close looks see it, and rules that watch it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.scene.stage import Actor, Stage
from vision.config import Zone
from vision.detect import Detections, Role
from vision.rules import Incident, Rule, make_rules
from vision.rules.ground_lock import LockSettings
from vision.rules.street_vending import VendingSettings
from vision.scene import Scene
from vision.sources import Box, Frame, Image

STALL, LOCK = (0.4, 0.5, 0.55, 0.8), (0.6, 0.7, 0.66, 0.78)
Seen = Callable[[float], bool]
VENDOR = Actor([(0.0, (0.6, 0.8)), (50.0, (0.61, 0.8)), (500.0, (0.6, 0.8))])


class Street(Stage):
    """A stage whose detector also sees things of other roles: (box, role, score, when)."""

    known: tuple[tuple[Box, Role, float, Seen], ...] = ()

    def detections(self, time: float) -> Detections:
        people = super().detections(time)
        more = [(box, role, score) for box, role, score, seen in self.known if seen(time)]
        boxes = np.concatenate([people.boxes, np.array([b for b, *_ in more], np.float32).reshape(-1, 4)])
        scores = np.concatenate([people.scores, np.array([s for *_, s in more], np.float32)])
        roles = (*people.roles, *(role for _, role, _ in more))
        names = tuple("tricycle" if role is Role.VEHICLE else role.value for role in roles)
        return Detections(boxes, scores, np.zeros(len(boxes), np.int32), roles, names)


def street(*known: tuple[Box, Role, float, Seen], **stage: Any) -> Street:
    made = Street(**stage)
    made.known = known
    return made


def play(
    stage: Street,
    rule: Rule,
    end: float,
    start: float = 0.0,
    scene: Scene | None = None,
    knocked: Callable[[Frame], Frame] = lambda frame: frame,
    closely: Mapping[str, float] | None = None,
) -> list[Incident]:
    """One picture a second, the detector asked at each; `closely`: what all close looks tell."""
    scene, found = scene or Scene("bj-001"), []
    for step in range(int(start), int(end)):
        frame = knocked(stage.frame(float(step)))
        scene.wants_detections(frame)
        state = scene.update(frame, stage.detections(float(step)))
        for one in (*state.things, *state.places):
            if closely is not None and one.kinds.due(state.time):
                one.kinds.add(closely, state.time)
        found += rule.update(state)
    return found


def replace_picture(frame: Frame, image: Image) -> Frame:
    return Frame.from_bgr(image, camera_id=frame.camera_id, time=frame.time, media_s=frame.media_s)


def vending(**settings: Any) -> Rule:
    zone = Zone(id="z", rules=(VendingSettings(**{"dwell": 30, **settings}),))
    return make_rules(zone, lambda moment: moment)[0]


def lock_rule(**settings: Any) -> Rule:
    zone = Zone(id="bay", rules=(LockSettings(**{"dwell": 10, "inventory": 10, "clear_after": 10, **settings}),))
    return make_rules(zone, lambda moment: moment)[0]


def always(_time: float) -> bool:
    return True
