"""Who was at a thing when it appeared, and who stays near it: whether it is attended, and since when it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vision.detect import Role
from vision.scene.background import Change
from vision.scene.geometry import covered_share, gap, grown, iou
from vision.scene.heights import PeopleHeights
from vision.scene.kinds import PERSON
from vision.scene.opinion import HIDES, SAME_BODY_IOU, body_evidence, is_in_place
from vision.scene.owners import (
    AT_IT_HEIGHTS,
    BROUGHT_S,
    STAYS_S,
    has_stood_by,
    is_bringer,
    is_resident,
    is_within,
    may_be_bringer,
    note_spots,
    stays,
    waits_by,
)
from vision.scene.parked import WhoStood
from vision.scene.sizes import is_too_small
from vision.scene.static_thing import StaticThing
from vision.scene.tracking import BEGIN_SCORE, Track
from vision.sources import Box

NEAR_HEIGHTS = 0.6
"""Someone is near a thing within this many of his own heights (about 1 m): an arm's reach and a step."""
STAY_COSTS = 1.5
"""A second's stay of somebody who is not known to have brought the thing takes back so many of those it was alone, the
second itself among them: two friends who stop beside a bag do not make it theirs, and an owner whom the detector loses
every third look still does. In a crowd passers-by who by chance stand where somebody dressed alike had stood make
things of others theirs: of 98 composed labels 94 were found with 1.5, 88 with 2, and 2 and 4 reports were false.
"""
MOST_LOOKS = 8
"""Looks of those who were there that are kept of each thing; in a crowd the latest are those of its bringer, or not."""
COMPANY_S = 10.0
"""Looks remembered: two at the longest keyframe distance that is watched by keyframes alone."""
SHOWS_SHARE = 0.05
"""Share of somebody's box that differs from the bare place at least; a body fills half of it."""
BODY_BEFORE_S = 15.0
UNSEEN_KIND, CAME_WITH_S = 0.6, 4.0
"""Share of a person at close looks from which something new is one whom the detector misses, and how far apart it and
what it waits beside may have appeared. Set on one scene (0.82); in 213 others no event was lost by it."""
ELSEWHERE_IOU = 0.1
"""Somebody half hidden, whose box changes from look to look, still overlaps his place by more."""
Visitor = tuple[Track, list[Box]]
"""Somebody, and where he was while he may have put the thing down."""


def note_who_was_there(
    thing: StaticThing,
    tracks: Sequence[Track],
    time: float,
    aspect: float,
    heights: PeopleHeights,
    stood: WhoStood,
) -> None:
    """Take those of the tracks who may have brought a thing that was first seen at `time` for its bringers."""
    visitors = [(track, visits) for track in tracks if (visits := _visits(track, thing, aspect, stood))]
    for track, visits in _who_came(visitors, thing, stood):
        _note_actor(thing, track, visits, aspect)
    thing.upright = heights.at(thing.box[3]) or thing.bringer_height
    for track in tracks:
        before = track.boxes_between(time - BODY_BEFORE_S, time)
        if track.role is Role.VEHICLE:
            thing.came_under_vehicle |= any(covered_share(thing.box, at) > HIDES for at in before)
        elif track.role is Role.PERSON:
            before = [at for at in before if not is_too_small(at, track.score, thing.upright, aspect)]
        there = sum(iou(at, thing.box) > SAME_BODY_IOU for at in before) if not _has_left(track, thing) else 0
        thing.body_before += there * (body_evidence(track.score, track.role) if track.role is Role.ANIMAL else 1.0)


def _has_left(track: Track, thing: StaticThing) -> bool:
    """Whether a body that filled its place has been seen elsewhere since: who bends over a heap is not the heap."""
    return iou(track.box, thing.box) < ELSEWHERE_IOU


def watch_people(thing: StaticThing, tracks: Sequence[Track], time: float, aspect: float, stood: WhoStood) -> None:
    """Take one look at who is near the thing: whether somebody stays there, and whether a vehicle fills its place."""
    thing.is_lost_vehicle = any(
        a.role is Role.VEHICLE and covered_share(thing.box, grown(a.box, 0.15)) > 0.6 for a in thing.actors.values()
    )
    thing.in_vehicle = any(t.role is Role.VEHICLE and covered_share(thing.box, t.box) > HIDES for t in tracks)
    near = [
        t
        for t in tracks
        if t.last_seen >= time - STAYS_S or t.resting
        if t.role is Role.PERSON or (t.track_id in thing.actors and not _was_parked(t, t.box, thing, stood))
        if _is_near(t.box, thing, aspect) and (t.track_id in thing.actors or not is_within(t.box, thing))
    ]
    company = [(track.box, track.look) for track in near]
    owner = any(is_bringer(t, thing, time) for t in near)
    note_spots(thing, near, time, aspect, stood.people)
    thing.attended = owner or any(
        (may_be_bringer(t, thing) and stays(t, thing, time, aspect))
        or waits_by(t, thing, time, aspect)
        or has_stood_by(t, thing, time)
        for t in near
        if not is_resident(t, thing)
    )
    if owner:
        thing.last_near = thing.owner_near = time
    elif thing.attended:
        since = time - thing.company[-1][0] if thing.company else 0.0
        thing.last_near = min(time, thing.last_near + STAY_COSTS * since)
    thing.company = [(at, boxes) for at, boxes in thing.company if time - at <= COMPANY_S]
    thing.company.append((time, tuple(company)))


def watch_the_unseen(thing: StaticThing, others: Sequence[StaticThing], time: float, aspect: float) -> None:
    """Let somebody whom the detector misses attend it, who by night is but something new that came with it and stands.

    Close looks know him, or a piece of him, for a person. After `watch_people` of the same look.
    """
    if any(
        other is not thing
        and other.gone_since is None
        and other.kinds.share(PERSON) >= UNSEEN_KIND
        and abs(other.appeared - thing.appeared) <= CAME_WITH_S
        and gap(other.box, thing.box, aspect) <= NEAR_HEIGHTS * max(thing.upright, other.box[3] - other.box[1])
        for other in others
    ):
        thing.attended, thing.last_near, thing.owner_near = True, time, time


def is_bare_place(track: Track, change: Change, thing: StaticThing) -> bool:
    """Whether a person whom the detector hardly sees is but the bare place: a cabinet, a bin, a bush by night.

    Tracks go on with such detections. Who came to a thing differs from the place as it was before he came.
    """
    if track.role is not Role.PERSON or track.last_score >= BEGIN_SCORE or not change.settled:
        return False
    height, width = change.changed.shape
    x1, y1, x2, y2 = track.box
    part = np.s_[max(0, int(y1 * height)) : int(y2 * height) + 1, max(0, int(x1 * width)) : int(x2 * width) + 1]
    bare = change.known[part] & ~thing.mask[part]
    return bool(bare.any() and change.changed[part][bare].mean() < SHOWS_SHARE)


def _who_came(visitors: list[Visitor], thing: StaticThing, stood: WhoStood) -> list[Visitor]:
    """Those who came, of all who were at the place; where nobody did, those who had stood there long before as well:
    beside a passer-by a guard at his post, a man on a bench, a poster did not bring it."""
    came = [
        (track, visits)
        for track, visits in visitors
        if track.role is not Role.PERSON or not stood.people.stood(track.box, thing.appeared)
    ]
    return came or visitors


def _note_actor(thing: StaticThing, track: Track, visits: Sequence[Box], aspect: float) -> None:
    thing.actors[track.track_id] = track
    if track.role is Role.PERSON:
        heights = [box[3] - box[1] for box in visits if not is_in_place(box, thing)]
        if heights:
            thing.bringer_height = min(max(heights), thing.bringer_height or 1.0)
    if track.look is not None:
        thing.dressed = [*thing.dressed, track.look][-MOST_LOOKS:]
    # While he stands before it, the place differs whether the thing is there or not: it is alone when he goes.
    near = [at for at, box in track.path if _is_near(box, thing, aspect)]
    thing.last_near = max([thing.last_near, *near])


def _was_parked(track: Track, box: Box, thing: StaticThing, stood: WhoStood) -> bool:
    """Whether this is a vehicle that stood in `box` long before the thing was there."""
    return track.role is Role.VEHICLE and stood.vehicles.stood(box, thing.appeared)


def _visits(track: Track, thing: StaticThing, aspect: float, stood: WhoStood) -> list[Box]:
    """Where somebody was who may have put the thing down while it was within his reach; empty if it never was."""
    if not track.confirmed or track.role not in (Role.PERSON, Role.VEHICLE):
        return []
    around = track.boxes_between(thing.appeared - BROUGHT_S, thing.bared)
    within_reach = (box for box in around if gap(box, thing.box, aspect) <= AT_IT_HEIGHTS * (box[3] - box[1]))
    return [box for box in within_reach if not _was_parked(track, box, thing, stood)]


def _is_near(body: Box, thing: StaticThing, aspect: float) -> bool:
    return gap(body, thing.box, aspect) <= NEAR_HEIGHTS * (body[3] - body[1])
