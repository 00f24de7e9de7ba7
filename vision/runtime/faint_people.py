"""People whom the detector sees too weakly to believe it, or now and then, where a rule waits for somebody: vendors.

Lowering the detector's threshold would let posts and sacks pass for people; a close look at the very box tells them
apart. Somebody who sits behind his goods by night is seen at every tenth look: where he was seen twice, close looks
are asked whether he is still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
SPOT_KIND = 0.5
"""Share of a person from which somebody is where the detector has seen him before and does not now. Of a vendor who sat
behind his goods by night 40 looks gave 0.5 to 0.91; the detector saw him at every tenth."""
SPOT_IOU, SPOT_AFTER_S, SPOT_WITHIN_S, SPOT_MISSED = 0.4, 1.4, 8.0, 2
"""Overlap of boxes of one spot; how far apart somebody must have been seen in it, at least and at most; and close looks
without him, one after another, that end it. Who passes is seen in one place for less than a second."""
SPOT_HEIGHTS = 0.1
"""How near to the place that somebody must be, in his own heights: people pass a stall a step further off. With 0.8
and any two looks three of 72 composed scenes got a false report; so none did, and a vendor at night was found."""


@dataclass(slots=True)
class _Spot:
    """Where somebody was seen; `label` is the detector's class id and name for him."""

    box: Box
    label: tuple[int, str]
    since: float
    last: float
    missed: int = 0

    @property
    def known(self) -> bool:
        """Whether somebody has stayed there."""
        return self.last - self.since >= SPOT_AFTER_S

    def over(self, time: float) -> bool:
        """Whether nobody is there any more, or nobody has come again to stay."""
        return self.missed >= SPOT_MISSED or (not self.known and time - self.last > SPOT_WITHIN_S)


class FaintPeople:
    """One camera's people who are hardly seen."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._spots: list[_Spot] = []

    def believe(self, frame: Frame, detections: Detections, tracks: Sequence[Track], near: Sequence[Box]) -> Detections:
        """The detections, in which those people near any of some places (`near`) whom a close look confirms count.

        So does, as one more detection, who is still in his spot. The strongest weak ones are asked of first, then
        spots, at most `MOST_AT_ONCE` a picture.
        """
        if not near:
            self._spots.clear()
            return detections
        aspect = frame.width / frame.height
        weak = _weak_ones(detections, tracks, near, aspect)
        known = [spot for spot in self._spots if spot.known]
        empty = [spot for spot in known if not _anybody_at(spot.box, detections)][: MOST_AT_ONCE - len(weak)]
        asked = [*(as_box(detections.boxes[index]) for index in weak), *(spot.box for spot in empty)]
        answers = self._classify(frame.bgr(), asked) if asked else ()
        shares = [answer.get(PERSON, 0.0) for answer in answers]
        scores = detections.scores.copy()
        for index, share in zip(weak, shares, strict=False):
            if share >= PERSON_KIND:
                scores[index] = BEGIN_SCORE
        found = replace(detections, scores=scores)
        still_there = []
        for spot, share in zip(empty, shares[len(weak) :], strict=True):
            spot.missed = 0 if share >= SPOT_KIND else spot.missed + 1
            if share >= SPOT_KIND and not _anybody_at(spot.box, found):
                still_there.append(spot)
        self._note_spots(found, near, frame.time, aspect)
        return _with_people(found, still_there)

    def _note_spots(self, found: Detections, near: Sequence[Box], time: float, aspect: float) -> None:
        """Remember where people are at these places; forget spots that are empty or of other places."""
        self._spots = [
            spot for spot in self._spots if not spot.over(time) and _is_at(spot.box, near, aspect, SPOT_HEIGHTS)
        ]
        for index in _people(found, BEGIN_SCORE):
            box = as_box(found.boxes[index])
            spot = next((spot for spot in self._spots if iou(spot.box, box) > SPOT_IOU), None)
            if spot is not None:
                spot.last, spot.missed = time, 0
            elif _is_at(box, near, aspect, SPOT_HEIGHTS):
                self._spots.append(_Spot(box, (int(found.class_ids[index]), found.names[index]), time, time))


def _weak_ones(detections: Detections, tracks: Sequence[Track], near: Sequence[Box], aspect: float) -> list[int]:
    """People too weak to count who are at one of the places and not followed yet, the strongest first."""
    followed = [track.box for track in tracks if track.role is Role.PERSON]
    sure = set(_people(detections, BEGIN_SCORE))
    weak = [
        index
        for index in _people(detections, 0.0)
        if index not in sure and _is_at(as_box(detections.boxes[index]), near, aspect)
        if not any(iou(as_box(detections.boxes[index]), box) > KNOWN_IOU for box in followed)
    ]
    return sorted(weak, key=lambda index: -float(detections.scores[index]))[:MOST_AT_ONCE]


def _people(detections: Detections, least: float) -> list[int]:
    return [
        index
        for index, role in enumerate(detections.roles)
        if role is Role.PERSON and detections.scores[index] >= least
    ]


def _anybody_at(spot: Box, detections: Detections) -> bool:
    return any(iou(spot, as_box(detections.boxes[index])) > SPOT_IOU for index in _people(detections, BEGIN_SCORE))


def _with_people(found: Detections, spots: Sequence[_Spot]) -> Detections:
    """The detections and those people besides, at the score from which somebody counts."""
    if not spots:
        return found
    more = Detections(
        np.array([spot.box for spot in spots], np.float32),
        np.full(len(spots), BEGIN_SCORE, np.float32),
        np.array([spot.label[0] for spot in spots], np.int32),
        (Role.PERSON,) * len(spots),
        tuple(spot.label[1] for spot in spots),
    )
    return replace(Detections.joined([found, more]), regions=found.regions)


def _is_at(body: Box, places: Sequence[Box], aspect: float, heights: float = NEAR_HEIGHTS) -> bool:
    return any(gap(body, place, aspect) <= heights * (body[3] - body[1]) for place in places)
