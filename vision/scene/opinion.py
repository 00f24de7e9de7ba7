"""What the detector says of one thing: at one look its surest word, over the looks what it took the thing for.

A network without suppression across classes may call one box rubbish at 0.8 and a person at 0.4. As a person it would
cover itself, be its own attendant, and speak against itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vision.detect import Detections, Role
from vision.scene.geometry import as_box, covered_share, grown, iou, iou_matrix
from vision.scene.static_thing import MOST_PART_LOOKS, StaticThing
from vision.sources import Box

BODIES = (Role.PERSON, Role.VEHICLE, Role.ANIMAL)
LEFT_THINGS = (Role.WASTE, Role.CARRIED, Role.LOCK)
SAME_BOX_IOU = 0.75
"""Two boxes that overlap this much are of one thing. A rider and his motorcycle overlap by 0.5 to 0.7."""
SURER = 0.2
"""By how much the other word must be surer: somebody who crouches in the dark is now and then taken for a sack, too."""
FULL_OF_BINS = 0.25
"""Share of a vehicle's box that bins fill, each clearly surer, from which it is none: bins in a row are a truck at
0.2 to 0.4 as long as they stand, and nothing put down before them would ever be seen."""
GRID = (np.arange(12) + 0.5) / 12
SAME_BODY_IOU = 0.45
"""A body whose box overlaps the thing's this much does not stand before it, it is the thing."""
BESIDE, INSIDE = 0.15, 0.8
"""A body of which this share lies in a thing's box, grown by so much, is in its place."""
HIDES = 0.7
"""A body whose box covers this share of a thing hides it."""
UNSURE_BODY = {Role.PERSON: 0.2, Role.VEHICLE: 0.0, Role.ANIMAL: 0.3}
"""Score up to which the detector's word that it is a body counts for nothing: bags are people at 0.2 to 0.3 as long as
they stand, and animals at up to 0.47. A vehicle that is seen weakly mostly is one."""
SURE_BODY = {Role.PERSON: 0.5, Role.VEHICLE: 0.5, Role.ANIMAL: 0.7}
"""... and from which it counts in full."""


def without_doubted_bodies(detections: Detections) -> Detections:
    """The detections but for bodies whose box is that of a thing which the detector is clearly surer of, and for
    vehicles that are but bins side by side."""
    bodies = np.array([role in BODIES for role in detections.roles], np.bool_)
    things = np.array([role in (*LEFT_THINGS, Role.FIXTURE) for role in detections.roles], np.bool_)
    if not bodies.any() or not things.any():
        return detections
    left = np.array([role in LEFT_THINGS for role in detections.roles], np.bool_)
    same = iou_matrix(detections.boxes, detections.boxes) >= SAME_BOX_IOU
    surer = detections.scores[None, :] >= detections.scores[:, None] + SURER
    doubted = bodies & (same & surer & left[None, :]).any(axis=1)
    for index in np.flatnonzero(bodies & ~doubted):
        fixtures = surer[index] & things & ~left
        if detections.roles[index] is Role.VEHICLE and fixtures.any():
            doubted[index] = _filled_share(detections.boxes[index], detections.boxes[fixtures]) >= FULL_OF_BINS
    return detections.take(~doubted) if doubted.any() else detections


def _filled_share(box: npt.NDArray[np.float32], parts: npt.NDArray[np.float32]) -> float:
    """Share of a box that lies in any of the others, by points of a grid."""
    x1, y1, x2, y2 = box
    across, down = np.meshgrid(x1 + (x2 - x1) * GRID, y1 + (y2 - y1) * GRID)
    inside = np.zeros(across.shape, np.bool_)
    for left, top, right, bottom in parts:
        inside |= (across >= left) & (across <= right) & (down >= top) & (down <= bottom)
    return float(inside.mean())


def is_in_place(body: Box, thing: StaticThing) -> bool:
    """Whether a body is where the thing is, rather than before it or beside it."""
    return iou(body, thing.box) > SAME_BODY_IOU or covered_share(body, grown(thing.box, BESIDE)) > INSIDE


def take_opinion(thing: StaticThing, detections: Detections, time: float) -> None:
    """What does the detector take the thing for? A body that fills the same place speaks against it."""
    boxes = [as_box(row) for row in detections.boxes]
    bodies = {
        box: body_evidence(float(score), role)
        for box, score, role in zip(boxes, detections.scores, detections.roles, strict=True)
        if role in BODIES
    }
    fills = max((s for body, s in bodies.items() if iou(body, thing.box) > SAME_BODY_IOU), default=0.0)
    hides = max((s for body, s in bodies.items() if covered_share(thing.box, body) > HIDES), default=0.0)
    if not thing.visible and not fills:
        vehicles = detections.with_role(Role.VEHICLE).boxes
        if any(covered_share(thing.box, as_box(row)) > HIDES for row in vehicles):
            thing.under_vehicle = min(MOST_PART_LOOKS, thing.under_vehicle + 1)
        return
    thing.looks += 1
    is_body = max(fills, hides)
    thing.taken_for_body += is_body
    if not thing.body_lately or time - thing.body_lately[-1][0] >= 1.0:
        thing.body_lately.append((time, is_body))
    for box, score, role, name in zip(boxes, detections.scores, detections.roles, detections.names, strict=True):
        same = iou(box, thing.box) > 0.3 or covered_share(thing.box, box) > 0.7
        if same and covered_share(box, grown(thing.box, 0.5)) > 0.6 and box not in bodies:
            thing.roles[role] += float(score)
            thing.names[name] += float(score)


def body_evidence(score: float, role: Role) -> float:
    """How much the detector's word counts that this is a body, 0..1."""
    floor, sure = UNSURE_BODY[role], SURE_BODY[role]
    return min(1.0, max(0.0, score - floor) / (sure - floor))
