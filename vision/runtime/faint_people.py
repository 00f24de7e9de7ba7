"""People whom the detector sees too weakly to believe it, where a rule waits for somebody: a vendor behind his goods.

Lowering the detector's threshold would let posts and sacks pass for people; a close look at the very box tells them
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vision.detect import Detections, Role
from vision.runtime.close_looks import MOST_AT_ONCE, Classify
from vision.scene import Track
from vision.scene.geometry import as_box, gap, iou
from vision.scene.kinds import PERSON
from vision.scene.tracking import BEGIN_SCORE
from vision.sources import Box, Frame

PERSON_KIND = 0.35
"""Share of a person from which a close look has seen one: of 36 weak boxes in two clips with hidden vendors 34 have
more, the others are goods, and legs behind a wheel."""
NEAR_HEIGHTS = 0.8
"""How near somebody must be, in his own heights: a vendor at his stall."""
KNOWN_IOU = 0.5
"""A box that overlaps somebody who is being followed as much goes on with him however weak it is."""


def believe_faint_people(
    classify: Classify, frame: Frame, detections: Detections, tracks: Sequence[Track], near: Sequence[Box]
) -> Detections:
    """The detections, in which those people near any of some places (`near`) whom a close look confirms count in full.

    The strongest are asked of first, at most `MOST_AT_ONCE` a picture.
    """
    if not near:
        return detections
    aspect = frame.width / frame.height
    people = [track.box for track in tracks if track.role is Role.PERSON]
    weak = [
        index
        for index in np.argsort(-detections.scores)
        if detections.roles[index] is Role.PERSON and detections.scores[index] < BEGIN_SCORE
        if _is_at(as_box(detections.boxes[index]), near, aspect)
        if not any(iou(as_box(detections.boxes[index]), box) > KNOWN_IOU for box in people)
    ][:MOST_AT_ONCE]
    if not weak:
        return detections
    answers = classify(frame.bgr(), [as_box(detections.boxes[index]) for index in weak])
    scores = detections.scores.copy()
    for index, answer in zip(weak, answers, strict=True):
        if answer.get(PERSON, 0.0) >= PERSON_KIND:
            scores[index] = BEGIN_SCORE
    return replace(detections, scores=scores)


def _is_at(body: Box, places: Sequence[Box], aspect: float) -> bool:
    return any(gap(body, place, aspect) <= NEAR_HEIGHTS * (body[3] - body[1]) for place in places)
