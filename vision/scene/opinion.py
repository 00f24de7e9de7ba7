"""What the detector says of one thing at one look: its surest word.

A network without suppression across classes may call one box rubbish at 0.8 and a person at 0.4. As a person it would
cover itself, be its own attendant, and speak against itself.
"""

from __future__ import annotations

import numpy as np

from vision.detect import Detections, Role
from vision.scene.geometry import iou_matrix

BODIES = (Role.PERSON, Role.VEHICLE, Role.ANIMAL)
LEFT_THINGS = (Role.WASTE, Role.CARRIED, Role.LOCK)
SAME_BOX_IOU = 0.75
"""Two boxes that overlap this much are of one thing. A rider and his motorcycle overlap by 0.5 to 0.7."""
SURER = 0.2
"""By how much the other word must be surer: somebody who crouches in the dark is now and then taken for a sack, too."""


def without_doubted_bodies(detections: Detections) -> Detections:
    """The detections but for bodies whose box is that of a thing which the detector is clearly surer of."""
    bodies = np.array([role in BODIES for role in detections.roles], np.bool_)
    things = np.array([role in LEFT_THINGS for role in detections.roles], np.bool_)
    if not bodies.any() or not things.any():
        return detections
    same = iou_matrix(detections.boxes, detections.boxes) >= SAME_BOX_IOU
    surer = detections.scores[None, :] >= detections.scores[:, None] + SURER
    doubted = bodies & (same & surer & things[None, :]).any(axis=1)
    return detections.take(~doubted) if doubted.any() else detections
