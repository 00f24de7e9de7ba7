"""Which things of a scene get a close look at a frame, and what that tells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from vision.config import Zone
from vision.rules import in_zone
from vision.scene import Place, SceneState, StaticThing
from vision.scene.geometry import iou
from vision.sources import Box, Frame, Image

Classify = Callable[[Image, Sequence[Box]], Sequence[Mapping[str, float]]]
"""A picture and boxes (fractions of it) to the share of each kind, for each box."""
MOST_AT_ONCE = 4
"""Close looks at one frame: together they cost less than the look at the whole picture beside them."""
LEAST_PIXELS = 12
"""Longer side, in the camera's pixels, of the smallest thing that can be told: a cup of nine is bare ground to it."""
SAME_BOX_IOU = 0.6
LEAST_HITS = 2
"""Looks at which the detector must have seen what it alone has seen."""


def look_closely(
    classify: Classify, frame: Frame, state: SceneState, zones: Iterable[Zone], wanted: Collection[int]
) -> None:
    """Ask of those that are due, the least known ones first; the answers are noted in the things and places.

    A new thing and what the detector sees in the same box are one: what is told of the one is noted in both.

    What somebody brought or stays at: a cart and he who pushes it come as one, so nobody was seen to bring it.

    Args:
        zones: only what stands in one of these.
        wanted: ids of other things that a rule wants to know more of.
    """
    zones = tuple(zones)
    things = [t for t in state.things if _is_there(t) and (t.brought or t.attended or t.thing_id in wanted)]
    places = [p for p in state.places if p.hits >= LEAST_HITS and p.last_seen == state.time]
    asked: list[StaticThing | Place] = [*things, *places]
    due = [
        one
        for one in asked
        if one.kinds.due(state.time)
        and _pixels(one.box, frame) >= LEAST_PIXELS
        and any(in_zone(zone, one.box) for zone in zones)
    ]
    chosen: list[StaticThing | Place] = []
    for one in sorted(due, key=lambda one: one.kinds.looks):
        if len(chosen) < MOST_AT_ONCE and not any(_is_same(one, other) for other in chosen):
            chosen.append(one)
    if not chosen:
        return
    everything: list[StaticThing | Place] = [*(t for t in state.things if _is_there(t)), *state.places]
    for one, answer in zip(chosen, classify(frame.bgr(), [one.box for one in chosen]), strict=True):
        for alike in everything:
            if alike is one or (_is_same(one, alike) and alike.kinds.due(state.time)):
                alike.kinds.add(answer, state.time)


def _is_same(one: StaticThing | Place, other: StaticThing | Place) -> bool:
    return iou(one.box, other.box) >= SAME_BOX_IOU


def _pixels(box: Box, frame: Frame) -> float:
    return max((box[2] - box[0]) * frame.width, (box[3] - box[1]) * frame.height)


def _is_there(thing: StaticThing) -> bool:
    return thing.gone_since is None and thing.visible
