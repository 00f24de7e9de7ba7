"""What is new on a parking bay, and whether that is a lock: for `ground_lock`, where the model's word does not do."""

from __future__ import annotations

from collections.abc import Sequence

from vision.detect import Role
from vision.rules.left_things import OTHER_RULE_SHARE, is_removed_waste
from vision.scene import Place, SceneState, StaticThing
from vision.scene.geometry import area, covered_share, grown, iou
from vision.scene.kinds import LOCK
from vision.sources import Box

UNSEEN_LOCK_KIND = 0.6
"""Mean share at close looks from which something new is one though the detector sees none."""
SAME_PLACE_IOU = 0.25
PIECE_INSIDE, LEAST_PART = 0.8, 0.08
"""How much of a piece lies in the box of what it is a piece of, and the least share of that which it is."""
MOST_DOUBT = 0.3
"""Share of the looks at which a new thing may have been a body, light or a ghost, to stand for a lock."""
CLEAR_SCORE, SAME_TIME_S = 0.5, 6.0
"""Median score of a lock that needs less of the place to differ, seen for the first time this close to the change."""


def is_lock_closely(thing: StaticThing) -> bool:
    """Whether it stands there, and close looks take it for a lock."""
    return thing.gone_since is None and thing.kinds.share(LOCK) >= UNSEEN_LOCK_KIND


def as_lock(thing: StaticThing) -> Place:
    """What close looks alone take for a lock, as if the detector had seen it: by them it is known, and seen.

    Its legs may be two things: the box is that around both.
    """
    place = Place(-thing.thing_id, Role.LOCK, thing.whole, thing.appeared, thing.last_seen, thing.last_seen)
    place.scores.append(thing.kinds.share(LOCK))
    place.seen.append(True)
    place.hits, place.kinds = thing.kinds.looks, thing.kinds
    return place


def new_there(lock: Place, scene: SceneState) -> list[StaticThing]:
    """What is new in its place, and no body, ghost or shadow, nor an edge that a knock of the camera has shifted."""
    return [
        thing
        for thing in scene.things
        if _is_solid(thing)
        and not thing.with_knock
        and _is_new_there(lock, thing)
        and not is_removed_waste(thing, scene.places)
    ]


def was_seen_to_come(lock: Place, scene: SceneState) -> bool:
    """Whether its place was seen without it: even just after the start it is no inventory then.

    Of what a vehicle hid from the start no thing is known: nobody has seen its ground.
    """
    return any(not (thing.early or thing.unwatched or thing.with_light) for thing in new_there(lock, scene))


def still_new_there(box: Box, scene: SceneState) -> bool:
    """Whether something new stands in the place of a lock, or stood there when somebody hid it.

    What a lock that went leaves in a view that had learnt it is a ghost.
    """
    return any(
        thing.gone_since is None and _is_solid(thing) and iou(thing.box, box) > SAME_PLACE_IOU for thing in scene.things
    )


def _is_solid(thing: StaticThing) -> bool:
    return max(thing.body_share, thing.ghost_share) < MOST_DOUBT


def _is_new_there(lock: Place, thing: StaticThing) -> bool:
    """Whether the thing is the lock, or a piece of it: of a thin one only some parts differ from the ground.

    If the model is clear about it from when the place changed, any piece will do, and may differ no more than a shadow,
    as locks by infrared do.
    """
    if lock.first_seen < thing.appeared - SAME_TIME_S:
        return False  # the model saw a lock there before anything was new: what came since is another thing
    is_piece = covered_share(thing.box, grown(lock.box, 0.1)) > PIECE_INSIDE
    if is_piece and lock.score >= CLEAR_SCORE and abs(lock.first_seen - thing.appeared) <= SAME_TIME_S:
        return True
    is_it = iou(thing.box, lock.box) > SAME_PLACE_IOU or (is_piece and area(thing.box) >= LEAST_PART * area(lock.box))
    return is_it and thing.light_share < MOST_DOUBT


def is_part_of_stall(lock: Place, things: Sequence[StaticThing]) -> bool:
    """A wheel or a leg of something larger and new that is a stall to the model."""
    return any(
        thing.stall_share > OTHER_RULE_SHARE and covered_share(lock.box, grown(thing.whole, 0.1)) > PIECE_INSIDE
        for thing in things
        if thing.gone_since is None
    )
