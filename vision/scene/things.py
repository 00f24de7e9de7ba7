"""New things that stand still: found by what changed in the place, whatever their class, and kept while they stand.

A patch of the picture that differs from the clean view, has not moved for a while and is not covered by a person or a
vehicle becomes a `StaticThing`. From then on evidence for and against it is gathered at every look; rules decide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from vision.detect import Detections, Role
from vision.scene.appearance import judge_patch
from vision.scene.background import Change
from vision.scene.company import is_bare_place, note_who_was_there, watch_people, watch_the_unseen
from vision.scene.geometry import area, as_box, covered_share, gap, hull, iou
from vision.scene.heights import PeopleHeights
from vision.scene.light import Mask
from vision.scene.opinion import take_opinion
from vision.scene.parked import WhoStood
from vision.scene.static_thing import BEFORE_PARKED, StaticThing
from vision.scene.tracking import Track
from vision.sources import Box, Image

STILL_S = 1.5
"""A patch must have been still this long before it is taken for a thing."""
LEAST_PIXELS = 30
"""Changed pixels at working size (480 across) below which nothing is begun: noise, leaves, a blinking light."""
LARGEST = 0.25
"""Share of the picture above which a patch is a change of light or view, not a thing."""
EDGE_PIXELS = 3
"""At working size: along its edges a camera that trembles shows ground that the clean view does not have."""
ANOTHER_S = 6.0
"""What has differed only since this long after a ghost or a shadow was last seen in the place is another thing: the
evidence against that one does not count against a bag that is put down there later."""
OUTGROWN = 4.0
"""What is so many times as large is another thing as well, however soon: a cart where a foot had stood."""
BLIND_S = 6.0
"""Without a frame for longer than this nobody saw who came; a quiet camera gives one every 4 s at the least."""
BLIND_MOST_S = 400.0
"""After a longer absence too much is new to be put down to anybody. A worker that is killed has a memory of up to 300 s
before (`runtime.saved_state`), and a minute is a long restart."""
WITH_LIGHT_S = 1.0
"""What begins to differ from so long before the light is seen to change as a whole until so long after it has settled
again came with that: a look can lie between the two."""
KNOCK_S = 10.0
"""What begins to differ so soon after the camera was knocked may be an edge of the place: the clean view was turned and
shifted by what is measured to a pixel or two. The three that were told falsely so came 0 to 6 s after it."""
UPHEAVALS, UPHEAVAL_GAP_S = 8, 4.0
"""Changes of the light that are remembered; looks no further apart than this at which it is unsettled are of one."""
BACK_S = 2.0
"""Where the place has differed since so soon after an absence, something came during it: a look or two at any rate."""
EARLY_S = 10.0
"""Who stands still for so long from the first picture on is in the clean view, and his shadow longer than he."""
REMEMBER_GONE_S = 5.0
SURE_GHOST_LOOKS = 3
SAME_TIME_S = 4.0
BESIDE = 1.0
"""A piece of one ghost is no further above or below the next than it is high. Not at its side: bags that were put down
half a metre from one were taken for pieces of it."""
PIECE_OF_GHOST = 0.5
"""What lies in its box by this share is one as well, whenever it came: of somebody who stood there for minutes now a
leg shows, now what was behind the other."""
PIECES = 0.5
"""Pieces of one large thing, of which parts look like the ground, are no further apart than half the height of one."""
NO_PIECE_SHARE = 0.5
"""What is light, shadow or a ghost at more than this share of the judgements is no piece of a thing."""
LEAST_UNCOVERED = 0.3
"""Share of a thing that must be uncovered for it to be seen: a body fills only half of its box."""
PRESENT_SHARE = 0.5
GONE_SHARE = 0.25
MOST_THINGS = 32
"""Per camera; more at once is weather or a shaken camera. The oldest undecided are dropped, and counted."""


class ThingKeeper:
    """Finds new static things in one camera's view and keeps them while they stand."""

    def __init__(self, aspect: float, heights: PeopleHeights | None = None, stood: WhoStood | None = None) -> None:
        self._aspect = aspect
        self._heights = heights or PeopleHeights()
        self._stood = stood or WhoStood()
        self._next_id: int | None = None
        self.things: list[StaticThing] = []
        self.dropped = 0
        self._back_since = float("-inf")
        self._began: float | None = None
        self._goes_on_from = float("-inf")
        self._knocked_at = float("-inf")
        self._upheavals: deque[tuple[float, float]] = deque(maxlen=UPHEAVALS)

    def was_blind(self, since: float, until: float) -> None:
        """No frame came between these times; what is new right after came then, and nobody was seen to bring it."""
        if BLIND_S < until - since <= BLIND_MOST_S:
            self._back_since = until

    def update(
        self,
        image: Image,
        change: Change,
        covered: Mask,
        tracks: Sequence[Track],
        detections: Detections | None,
        time: float,
    ) -> list[StaticThing]:
        """Take one look: `image` (h, w, 3) at working size, what changed, who covers what; the things that stand."""
        self._began = time if self._began is None else self._began
        for thing in self.things:
            self._see(thing, image, change, covered, time)
        if not change.settled:
            self._note_upheaval(time)
        else:
            for mask in self._one_patch_a_thing(self._new_patches(change, covered, time)):
                self._place(mask, image, change, covered, tracks, time)
        for thing in self.things:
            thing.upright = self._heights.at(thing.box[3]) or thing.bringer_height
            there = [track for track in self._bodies(thing, tracks) if not is_bare_place(track, change, thing)]
            watch_people(thing, there, time, self._aspect, self._stood)
            watch_the_unseen(thing, self.things, time, self._aspect)
            if detections is not None:
                take_opinion(thing, self._without_parked(detections) if thing.parked_share > 0 else detections, time)
            self._look_beside(thing)
        self._join_pieces(time)
        self.things = [t for t in self.things if t.gone_since is None or time - t.gone_since < REMEMBER_GONE_S]
        if len(self.things) > MOST_THINGS:
            self.dropped += len(self.things) - MOST_THINGS
            self.things = self.things[-MOST_THINGS:]
        return self.things

    def knows_the_place(self) -> None:
        """The clean view is from before: nothing that stood there at the first picture is in it."""
        self._began = float("-inf")

    def goes_on(self, time: float) -> None:
        """Things from before were taken up: what differs at that look has differed since nobody knows when."""
        self._goes_on_from = time

    def was_knocked(self, time: float) -> None:
        """The view lies elsewhere than before by a little, and the clean view has been brought to where it lies."""
        self._knocked_at = time

    def credit(self, thing_id: int, tracks: Sequence[Track]) -> bool:
        """Take tracks that were found later, at a closer look at the past, for who was there; whether one had been.

        Their ids must differ from those of the tracks that `update` is given.
        """
        thing = next((thing for thing in self.things if thing.thing_id == thing_id), None)
        if thing is None:
            return False
        note_who_was_there(thing, tracks, thing.first_seen, self._aspect, self._heights, self._stood)
        return bool(thing.actors)

    def held(self, shape: tuple[int, ...], *, before_parked: bool = False) -> Mask:
        """(h, w) mask of what is being watched and must not be learnt into the clean view; only of what came when a
        parked vehicle stood there, if asked for."""
        held = np.zeros(shape, np.bool_)
        for thing in self.things:
            if thing.gone_since is None and (thing.parked_share > 0 or not before_parked):
                held |= thing.mask
        return cv2.dilate(held.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0

    def drop(self, thing_ids: set[int]) -> None:
        """Give up watching these; the clean view may learn them."""
        self.things = [thing for thing in self.things if thing.thing_id not in thing_ids]

    def drop_before_vehicle(self, home: Box, since: float) -> None:
        """Give up what has come to light in a parked vehicle's place since it left, or moved: its pieces; and what was
        no thing, or has gone: what stands there now is another."""
        self.things = [
            thing
            for thing in self.things
            if covered_share(thing.box, home) <= BEFORE_PARKED
            or (thing.appeared <= since - SAME_TIME_S and thing.gone_since is None and _is_piece(thing))
        ]

    def _bodies(self, thing: StaticThing, tracks: Sequence[Track]) -> Sequence[Track]:
        if not thing.parked_share:
            return tracks
        return [t for t in tracks if t.role is not Role.VEHICLE or not self._stood.vehicles.is_of_view(t.box)]

    def _without_parked(self, detections: Detections) -> Detections:
        of_view = [
            role is Role.VEHICLE and self._stood.vehicles.is_of_view(as_box(row))
            for row, role in zip(detections.boxes, detections.roles, strict=True)
        ]
        return detections.take(~np.array(of_view, np.bool_)) if any(of_view) else detections

    def _see(self, thing: StaticThing, image: Image, change: Change, covered: Mask, time: float) -> None:
        uncovered = thing.mask & ~covered
        thing.hidden = bool(uncovered.sum() < LEAST_UNCOVERED * thing.mask.sum())
        if thing.hidden:
            thing.visible = False  # what was seen to be gone before somebody came to stand there is so still
            return
        if change.moving[uncovered].mean() > 0.3:
            thing.visible = False
            if not covered[thing.mask].any():  # else it is the arm or the shadow of somebody who passes
                thing.seen += 1
                thing.moved_looks += 1
            return
        thing.seen += 1
        present = change.changed[uncovered].mean()
        if present >= PRESENT_SHARE and self._has_given_way(thing, change, uncovered):
            thing.gone_since = thing.last_seen
        elif present >= PRESENT_SHARE:
            thing.visible, thing.gone_since, thing.last_seen = True, None, time
            self._judge(thing, image, change)
        elif present < GONE_SHARE and (time - change.still_since[uncovered]).mean() > 0.5:
            thing.visible = False
            if change.unsure[uncovered].mean() < 0.5:
                thing.gone_since = thing.gone_since or time

    def _has_given_way(self, thing: StaticThing, change: Change, uncovered: Mask) -> bool:
        """Whether what differs here is another thing, not a ghost or shadow that nobody saw go: it came much later."""
        was_none = not _is_piece(thing)
        from_start = thing.early and thing.present_share < GONE_SHARE  # somebody of the first picture, long gone
        if thing.visible or not (was_none or from_start):
            return False
        times = change.changed_since[uncovered & np.isfinite(change.changed_since)]
        since = float(np.median(times)) if times.size else 0.0
        return since > self._goes_on_from and since - thing.last_seen > (0.0 if from_start else ANOTHER_S)

    def _judge(self, thing: StaticThing, image: Image, change: Change) -> None:
        rows, columns = np.nonzero(thing.mask)
        around = np.s_[max(0, rows.min() - 4) : rows.max() + 5, max(0, columns.min() - 4) : columns.max() + 5]
        patch = judge_patch(image[around], change.clean[around], thing.mask[around])
        thing.judged += 1
        thing.light_looks += patch.is_light
        thing.ghost_looks += patch.is_ghost
        thing.contrast = patch.contrast

    def _look_beside(self, thing: StaticThing) -> None:
        """What stood there may have hidden much: the ground shows as its ghost, a hedge behind it as something new."""
        thing.beside_looks += 1
        thing.ghost_beside_looks += any(
            other.judged >= SURE_GHOST_LOOKS and other.ghost_share > 0.5 and self._came_with_ghost(thing, other)
            for other in self.things
            if other is not thing
        )

    def _came_with_ghost(self, thing: StaticThing, ghost: StaticThing) -> bool:
        """Whether it came to light behind the ghost as that did, or in its place while that still showed."""
        if covered_share(thing.box, ghost.box) > PIECE_OF_GHOST and thing.appeared <= ghost.last_seen + ANOTHER_S:
            return True
        if abs(ghost.appeared - thing.appeared) > SAME_TIME_S or not _in_one_column(ghost.box, thing.box):
            return False
        return gap(ghost.box, thing.box, self._aspect) <= BESIDE * max(_height(thing.box), _height(ghost.box))

    def _join_pieces(self, time: float) -> None:
        """Whoever brought a thing and stays by one piece stays by all of it, and a stall is one to its last wheel."""
        left = [thing for thing in self.things if thing.gone_since is None and _is_piece(thing)]
        for thing in self.things:
            thing.whole, thing.stall_share = thing.box, thing.names["stall"] / max(1, thing.looks)
            thing.whole_body_share = thing.body_share
        while left:
            group, reached = [], [left.pop()]
            while reached:
                group.append(reached.pop())
                beside = [other for other in left if self._is_joined(group[-1], other)]
                left = [other for other in left if other not in beside]
                reached += beside
            owner_near, whole = max(thing.owner_near for thing in group), merged_box(group)
            stall_share = max(thing.stall_share for thing in group)
            body_share = sum(t.body_share * t.looks for t in group) / max(1, sum(t.looks for t in group))
            for thing in group:
                thing.stall_share, thing.whole_body_share = stall_share, body_share
                thing.attended |= owner_near == time
                thing.last_near, thing.whole = max(thing.last_near, owner_near), whole

    def _is_joined(self, a: StaticThing, b: StaticThing) -> bool:
        near = PIECES * max(_height(a.box), _height(b.box))
        return abs(a.appeared - b.appeared) <= SAME_TIME_S and gap(a.box, b.box, self._aspect) <= near

    def _new_patches(self, change: Change, covered: Mask, time: float) -> list[Mask]:
        still = change.changed & change.known & ~covered & (time - change.still_since >= STILL_S)
        still[:EDGE_PIXELS], still[-EDGE_PIXELS:], still[:, :EDGE_PIXELS], still[:, -EDGE_PIXELS:] = (False,) * 4
        joined = cv2.morphologyEx(still.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        joined = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
        sizes = stats[1:count, cv2.CC_STAT_AREA]
        fitting = [i + 1 for i, size in enumerate(sizes) if LEAST_PIXELS <= size <= LARGEST * joined.size]
        return [labels == i for i in fitting]

    def _one_patch_a_thing(self, patches: Sequence[Mask]) -> list[Mask]:
        """All patches in the place of one thing as one: where only pieces of it differ, whichever alone were taken for
        it would leave the others to be new things that nobody brought."""
        found: dict[int, Mask] = {}
        new = []
        for mask in patches:
            known = self._known_in(_mask_box(mask))
            if known is None:
                new.append(mask)
            else:
                found[known.thing_id] = found.get(known.thing_id, np.False_) | mask
        return [*found.values(), *new]

    def _known_in(self, box: Box) -> StaticThing | None:
        return next((t for t in self.things if t.gone_since is None and _same_place(t.box, box)), None)

    def _note_upheaval(self, time: float) -> None:
        """Remember from when to when the light changed."""
        goes_on = self._upheavals and time - self._upheavals[-1][1] <= UPHEAVAL_GAP_S
        began = self._upheavals.pop()[0] if goes_on else time
        self._upheavals.append((began, time))

    def _place(
        self, mask: Mask, image: Image, change: Change, covered: Mask, tracks: Sequence[Track], time: float
    ) -> None:
        box = _mask_box(mask)
        self.things = [thing for thing in self.things if not _is_outgrown(thing, box)]
        known = self._known_in(box)
        if known is not None:
            # What does not differ in this light is not to be learnt as ground; who stands before a part of the thing
            # takes nothing of it away.
            kept = known.mask if change.unsure[known.mask].any() else known.mask & covered
            mask = mask | kept
            box = _mask_box(mask)
            known.mask, known.box = mask, box
            return
        since = change.changed_since[mask & np.isfinite(change.changed_since)]
        appeared = float(np.median(since)) if since.size else time
        if self._next_id is None:
            self._next_id = int(time) * 1000  # so that ids of two runs are never the same
        bared = max(appeared, float(np.median(change.still_since[mask])))
        thing = StaticThing(self._next_id, box, mask, appeared, bared, time, time, appeared)
        self._next_id += 1
        assert self._began is not None
        thing.early = appeared - self._began <= EARLY_S
        thing.with_light = any(a - WITH_LIGHT_S <= appeared <= b + WITH_LIGHT_S for a, b in self._upheavals)
        thing.with_knock = appeared - self._knocked_at <= KNOCK_S
        thing.unwatched = appeared - self._back_since <= BACK_S
        thing.parked_share = max((covered_share(box, home) for home in self._stood.vehicles.homes), default=0.0)
        if not thing.unwatched:  # else it was there before those who are there now
            there = self._bodies(thing, tracks)
            note_who_was_there(thing, there, time, self._aspect, self._heights, self._stood)
        self._judge(thing, image, change)
        self.things.append(thing)


def _is_outgrown(thing: StaticThing, box: Box) -> bool:
    """Whether a ghost or a shadow is but a corner of what differs now: what is known of it says nothing of that."""
    return not _is_piece(thing) and _same_place(thing.box, box) and area(box) > OUTGROWN * area(thing.box)


def _is_piece(thing: StaticThing) -> bool:
    return thing.light_share <= NO_PIECE_SHARE and thing.ghost_share <= NO_PIECE_SHARE


def _height(box: Box) -> float:
    return box[3] - box[1]


def _in_one_column(a: Box, b: Box) -> bool:
    """Whether what stood in one may have hidden the other: what is behind it is above it in the picture."""
    return min(a[2], b[2]) > max(a[0], b[0])


def _same_place(a: Box, b: Box) -> bool:
    return iou(a, b) > 0.3 or covered_share(a, b) > 0.6 or covered_share(b, a) > 0.6


def _mask_box(mask: Mask) -> Box:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    height, width = mask.shape
    left, right, top, bottom = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    return left / width, top / height, right / width, bottom / height


def merged_box(things: Sequence[StaticThing]) -> Box:
    """One box around several things."""
    box = things[0].box
    for thing in things[1:]:
        box = hull(box, thing.box)
    return box
