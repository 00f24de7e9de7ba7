"""Who beside a thing is its owner: by what he was seen to do, by his clothes, by how long he stands there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.scene.body_look import dressed_alike
from vision.scene.geometry import covered_share, gap, grown, iou
from vision.scene.standing import StandingSpot, StandingSpots
from vision.scene.static_thing import Spot, StaticThing
from vision.scene.tracking import Track
from vision.sources import Box

BROUGHT_S = 3.0
"""Who was there up to this long before the place began to differ may have brought the thing."""
AT_IT_HEIGHTS = 0.15
"""Someone may have put a thing down if he came within this many of his own heights of it."""
BROKE_OFF_S = 2.0
"""A track that begins so soon before or after another's end may go on with it: of one body there can be two boxes."""
STAYS_S = 1.4
STAYS_HEIGHTS = 0.4
"""A body stays when one was within this many heights of it at two earlier looks, each so many seconds apart at least: a
walker goes 0.9 heights a second."""
LARGE_THING, WAITS_S = 0.8, 6.0
"""Share of a person's height from which a thing is large, and for how long somebody must have stood beside it to count
as its owner whatever he wears. Beside a sack anybody may stop; who stands at a cart sells or watches it."""
WAITS_MISSED = 0.25
"""Share of the looks at which the detector may have missed who waits: people pass before him."""
SPOT_IOU = 0.4
"""Boxes of somebody who stands still overlap by more, even half hidden at times; those of one who passes do once."""
FROM_START_S = 2.5
"""Who stands beside a thing within this time of when it was first seen may have brought it: a keyframe at most."""
RESIDENT_S = 5.0
"""Who has stood still for so long before a thing came, out of reach of it, did not bring it."""
WITHIN = 0.8
"""A body of which this share lies in the box of a thing does not stand by it: by night, half a sack is a person."""


def is_bringer(track: Track, thing: StaticThing, time: float) -> bool:
    """Whether this is surely one who brought the thing, or whose track goes on where the bringer's broke off.

    He must have been followed from when it was put down: of a thing that came to light later, because people stood
    before it, whoever stands there then has a track that may have changed its owner since.
    """
    if track.followed_since > min(thing.first_seen, thing.bared + BROUGHT_S):
        return False
    if track.track_id in thing.actors:
        return True
    ends = [actor.last_seen for actor in thing.actors.values()]
    return bool(ends) and max(ends) < time - 1.0 and abs(track.first_seen - max(ends)) <= BROKE_OFF_S


def may_be_bringer(track: Track, thing: StaticThing) -> bool:
    """Whether he is dressed as one of those who were there when it appeared, or nobody knows how they were dressed."""
    return not thing.dressed or any(dressed_alike(look, track.look) for look in thing.dressed)


def stays(body: Track, thing: StaticThing, time: float, aspect: float) -> bool:
    """Whether somebody dressed like this body was where it is at the last two looks before; who passes is not.

    By place and clothes, not by his track: at a picture in two seconds tracks change owners in a crowd, and an
    owner who waits by his bag stands still.
    """
    reach, at = STAYS_HEIGHTS * (body.box[3] - body.box[1]), time
    for _ in range(2):
        earlier = [look for look in thing.company if look[0] <= at - STAYS_S]
        if not earlier:
            return False
        at, bodies = earlier[-1]
        if not any(
            _distance(body.box, before, aspect) <= reach and dressed_alike(body.look, look) for before, look in bodies
        ):
            return False
    return True


def waits_by(body: Track, thing: StaticThing, time: float, aspect: float) -> bool:
    """Whether somebody, however dressed, has stood in one spot beside what is nearly as high as a person: a cart.

    By place: the box of somebody half hidden behind his cart changes its size from look to look, and so do his clothes.
    """
    if not (thing.whole[3] - thing.whole[1]) >= LARGE_THING * thing.upright > 0:
        return False
    reach = STAYS_HEIGHTS * (body.box[3] - body.box[1])
    looks = [look for look in thing.company if look[0] >= time - WAITS_S - STAYS_S]
    if not looks or looks[0][0] > time - WAITS_S:
        return False
    missed = sum(not any(_distance(body.box, at, aspect) <= reach for at, _ in bodies) for _, bodies in looks)
    return missed <= WAITS_MISSED * len(looks)


def note_spots(
    thing: StaticThing, near: Sequence[Track], time: float, aspect: float, waiting: StandingSpots[StandingSpot]
) -> None:
    """Remember who stands beside a thing as it comes to light, and count at which looks somebody still stands there."""
    if time - thing.first_seen <= FROM_START_S:
        new = [body for body in near if not any(_in(body, spot) for spot in thing.spots)]
        thing.spots += [Spot(body.box, time, resident=_was_there_before(body, thing, aspect, waiting)) for body in new]
    for spot in thing.spots:
        spot.looks += 1
        spot.seen += any(_in(body, spot) for body in near)


def has_stood_by(body: Track, thing: StaticThing, time: float) -> bool:
    """Whether somebody has stood where this body does at nearly every look since the thing came to light.

    However dressed: half hidden he was not seen to bring it, or the one who passed was noted in his place.
    """
    return any(
        not spot.resident
        and time - spot.since >= 2 * STAYS_S
        and spot.looks - spot.seen <= WAITS_MISSED * spot.looks
        and _in(body, spot)
        for spot in thing.spots
    )


def is_resident(body: Track, thing: StaticThing) -> bool:
    """Whether somebody has stood where this body does since long before the thing came, and not at it, or others came
    to it then: he waits there, or the detector takes a pillar, a poster for somebody, all day."""
    return any(spot.resident and _in(body, spot) for spot in thing.spots)


def _was_there_before(body: Track, thing: StaticThing, aspect: float, waiting: StandingSpots[StandingSpot]) -> bool:
    if gap(body.box, thing.box, aspect) <= AT_IT_HEIGHTS * (body.box[3] - body.box[1]):
        others_came = bool(thing.actors) and body.track_id not in thing.actors
        return others_came and waiting.stood(body.box, thing.appeared)
    return body.still_since <= thing.appeared - RESIDENT_S or waiting.stood(body.box, thing.appeared)


def is_within(body: Box, thing: StaticThing) -> bool:
    """Whether a body lies in the thing's own box: then it is the thing, in which the detector sees somebody.

    Not if he is as high as people are there: somebody who stands before a cart, or behind it.
    """
    whole = (body[3] - body[1]) >= LARGE_THING * thing.upright > 0
    return not whole and covered_share(body, grown(thing.box, 0.1)) > WITHIN


def _in(body: Track, spot: Spot) -> bool:
    return iou(body.box, spot.box) >= SPOT_IOU


def _distance(a: Box, b: Box, aspect: float) -> float:
    """Between the centres of two boxes, in picture heights."""
    return float(np.hypot((a[0] + a[2] - b[0] - b[2]) / 2 * aspect, (a[1] + a[3] - b[1] - b[3]) / 2))
