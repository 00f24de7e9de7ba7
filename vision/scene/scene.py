"""The scene before one camera: takes frames and detections in turn, gives the state that rules look at."""

from __future__ import annotations

import cv2
import numpy as np

from vision.detect import Detections, Role
from vision.scene.appearance import cut, similarity
from vision.scene.background import CleanView, working_size
from vision.scene.body_look import body_look
from vision.scene.geometry import as_box, intersection, pixels
from vision.scene.heights import PeopleHeights
from vision.scene.light import Mask, strongest_channel
from vision.scene.memory import SceneMemory
from vision.scene.opinion import BODIES, without_doubted_bodies
from vision.scene.parked import WhoStood
from vision.scene.parked_view import release_parked, settle_parked
from vision.scene.places import PlaceKeeper
from vision.scene.registration import motion_between, moved
from vision.scene.sizes import without_wrong_sizes
from vision.scene.state import SceneState
from vision.scene.static_thing import StaticThing
from vision.scene.stills import StillKeeper
from vision.scene.things import ThingKeeper
from vision.scene.tracking import Track, Tracker
from vision.sources import Box, Frame, Image

YOUNG_S = 30.0
"""A new thing is looked at with every picture for this long: whether it is a body shows soon or not at all."""
IDLE_LOOK_S = 10.0
"""How often the detector is asked although nothing moves: somebody may sit where he was overlooked."""
MOVEMENT = 0.0006
"""Share of the picture that must move for the detector to be asked; a walker 40 m away covers about twice that."""
MEMORY_WAITS_S = 86_400.0
"""What stood there before a restart in another light waits for that light for a day."""
STILL_THE_SAME = 0.6
"""Correlation with its look from before a restart from which a thing is taken for the same."""
SOON_S = 30.0
"""What stands in the place of a thing so soon after is that thing, however it looks: a bag falls over, or is pushed."""
AT_REST = 0.0002
"""Share of the picture, half of the least new thing, below which two looks are the same, and need no comparison with
the clean view: that is most of what a quiet scene costs beside decoding."""
COVER_SCORE = {Role.PERSON: 0.3, Role.VEHICLE: 0.3, Role.ANIMAL: 0.5}
"""A weaker detection speaks against a thing that stands there, but does not hide the place. Sacks are animals at up to
0.47, and an animal that is one moves."""
COVER_S = 1.2
"""A body seen this long ago still covers its place: the detector misses people now and then."""


class Scene:
    """State of one camera's view.

    For each frame call `wants_detections`, ask the detector if it says so, then `update`. Frames come in order of time.

    Args:
        camera_id: for the state handed to the rules.
        masks: (N, 2) polygons, fractions of the picture, that are never looked at (a burnt-in clock).
    """

    def __init__(self, camera_id: str, masks: tuple[np.ndarray, ...] = ()) -> None:
        self._camera_id = camera_id
        self._polygons = masks
        self._view = CleanView()
        self._heights = PeopleHeights()
        self._stood = WhoStood()
        self._size: tuple[int, int] | None = None
        self._last_look = -np.inf
        self._recent: Image | None = None
        self._last_image: Image | None = None
        self._memory: SceneMemory | None = None
        self._moved = 1.0
        self._last_update = -np.inf
        self._last_frame: float | None = None
        self._last_try = -np.inf
        self._recalled: dict[int, tuple[Box, Image]] = {}

    def wants_detections(self, frame: Frame) -> bool:
        """Whether this frame is worth the detector: something moves, is being followed or watched, or it is time."""
        self._prepare(frame)
        small = self._small(frame)
        previous, self._recent = self._recent, small
        self._moved = 1.0
        if previous is None or frame.time - self._last_look >= IDLE_LOOK_S:
            return True
        if any(not track.resting for track in self._tracker.tracks) or self._young_things(frame.time):
            return True
        moved = strongest_channel(cv2.absdiff(small, previous)) > 20
        moved[self._masked] = False
        self._moved = float(moved.mean())
        return self._moved > MOVEMENT

    def update(self, frame: Frame, detections: Detections | None) -> SceneState:
        """Take a frame, with the detections made on it or None when the detector was not asked."""
        self._prepare(frame)
        image = self._small(frame)
        taken_up = self._memory is not None and self._take_up(self._memory, image, frame.time)
        last, self._last_frame = self._last_frame, frame.time
        if last is not None:
            self._keeper.was_blind(last, frame.time)
        if not taken_up and detections is None and self._at_rest(frame.time):
            return self._state(frame, None, self._tracker.tracks, [], settled=True)
        tracks = self._tracker.tracks
        if detections is not None:
            detections = without_wrong_sizes(
                without_doubted_bodies(detections), self._keeper.things, self._heights, self._aspect
            )
            self._last_look = frame.time
            tracks = self._tracker.update(detections, frame.time)
            self._heights.learn(tracks, self._aspect, frame.time)
            self._stood.update(detections, frame.time)
            settle_parked(self._stood.vehicles, self._view, self._keeper, image.shape[:2], frame.time)
            for track in tracks:
                if track.role is Role.PERSON and track.last_seen == frame.time:
                    track.look = body_look(image, track.box)
            self._places.update(detections, [as_box(row) for row in detections.with_role(*BODIES).boxes], frame.time)
        self._last_image, self._last_update = image, frame.time
        covered = self._covered(tracks, detections, frame.time)
        change = self._view.update(image, frame.time, covered, self._keeper.held(image.shape[:2]))
        change.changed[self._masked] = False
        if detections is not None and change.settled:
            release_parked(self._stood.vehicles, self._view, self._keeper, image, change, covered, frame.time)
        things = self._keeper.update(image, change, covered, tracks, detections, frame.time)
        if self._recalled:
            things = self._recognise(image, covered)
        self._stills.offer(frame, quiet=not tracks and not things)
        return self._state(frame, detections, tracks, things, settled=change.settled)

    def suspended(self, frame: Frame) -> SceneState:
        """A frame of which nothing is to be concluded: all stays as it was, and nothing of it is remembered."""
        self._prepare(frame)
        self._last_look = -np.inf
        self._last_frame = frame.time
        return self._state(frame, None, [], [], settled=False)

    def _at_rest(self, time: float) -> bool:
        """Whether this look is as the last one was, with nothing in it to follow, and not too long ago."""
        return (
            self._moved < AT_REST
            and self._view.clean_everywhere
            and all(track.resting for track in self._tracker.tracks)
            and not self._keeper.things
            and time - self._last_update < IDLE_LOOK_S
        )

    def _young_things(self, time: float) -> bool:
        return any(t.gone_since is None and time - t.first_seen < YOUNG_S for t in self._keeper.things)

    def _state(
        self,
        frame: Frame,
        detections: Detections | None,
        tracks: list[Track],
        things: list[StaticThing],
        *,
        settled: bool,
    ) -> SceneState:
        return SceneState(
            self._camera_id,
            frame.time,
            frame,
            tuple(track for track in tracks if track.confirmed),
            tuple(things),
            tuple(self._places.places),
            detections,
            self._stills,
            settled,
            self._aspect,
            horizon=self._heights.horizon,
        )

    def remember(self) -> SceneMemory | None:
        """What must survive a restart; None before the first look."""
        view = self._view.remember(self._keeper.held(self._size[::-1])) if self._size is not None else None
        if view is None or self._last_image is None:
            return None
        standing = [thing for thing in self._keeper.things if thing.gone_since is None]
        looks = [cut(self._last_image, thing.box) for thing in standing]
        return SceneMemory(
            *view, standing, looks, self._stills.remember(), self._tracker.next_id, self._places.places,
            self._places.next_id, self._last_frame or 0.0, list(self._view.lights), list(self._heights.boxes),
        )  # fmt: skip

    def recall(self, memory: SceneMemory) -> None:
        """Go on from before a restart, once a frame shows the same place as it was then.

        Where the first one does not (it is night by now, or infrared), the clean view begins anew and what stood there
        waits for as long as `MEMORY_WAITS_S` for the old light to come back.
        """
        self._memory = memory

    def follow_view(self, frame: Frame, shift: tuple[float, float]) -> SceneMemory | None:
        """What `remember` gives, as it lies in a view that has been knocked by `shift` (right, down, shares of the
        picture), of which `frame` is one; None where the place is not found again there."""
        memory = self.remember()
        if memory is None:
            return None
        bare = memory.known & ~self._keeper.held(memory.known.shape)
        motion = motion_between(memory.clean, bare, self._small(frame), shift)
        return moved(memory, motion) if motion is not None else None

    def _take_up(self, memory: SceneMemory, image: Image, time: float) -> bool:
        """Whether it went on from `memory` at this frame; the memory is given up when it has waited for too long."""
        first = self._last_update == -np.inf
        if first:
            self._tracker.next_id = memory.next_track_id
        elif time - self._last_try < IDLE_LOOK_S:
            return False
        self._last_try = time
        views = [(memory.clean, memory.known), *memory.lights]
        light = self._view.recall(views, image, time) if first else None
        if light is not None:
            self._keeper.knows_the_place()
            self._last_frame = memory.time
            self._stills.recall(memory.views)
            self._heights.recall(memory.heights)
            self._places.places, self._places.next_id = memory.places, memory.next_place_id
            lost = memory.things
        elif not first and self._view.agrees(memory.clean, memory.known, image):
            standing = [thing.box for thing in self._keeper.things if thing.gone_since is None]
            lost = [t for t in memory.things if not any(intersection(t.box, box) > 0 for box in standing)]
            for thing in lost:
                self._view.restore(memory.clean, thing.mask, image)
        else:
            if not memory.things or time - memory.time > MEMORY_WAITS_S:
                self._memory = None
            return False
        self._memory = None
        self._keeper.goes_on(time)
        if memory.knocked:
            self._keeper.was_knocked(time)
        looks = {thing.thing_id: look for thing, look in zip(memory.things, memory.looks, strict=True)}
        if not light and time - memory.time > SOON_S:  # in another light than then a look says nothing
            self._recalled = {thing.thing_id: (thing.box, looks[thing.thing_id]) for thing in lost}
        for thing in lost:
            thing.visible = False
        self._keeper.things = [*lost, *self._keeper.things]
        return True

    def _recognise(self, image: Image, covered: Mask) -> list[StaticThing]:
        """Compare what stood there before with its look as it comes to sight; what has become another thing is dropped.

        Once nobody stands before any of it: half a sack beside a pair of legs looks like neither.

        Better found anew than taken for what it is not. What is gone stays, so that its case can be cleared.
        """
        others: set[int] = set()
        for thing in self._keeper.things:
            if thing.thing_id not in self._recalled or not (thing.visible or thing.gone_since is not None):
                continue
            if thing.visible and covered[thing.mask].any():
                continue
            box, look = self._recalled.pop(thing.thing_id)  # where it was then: what is seen of it now may be more
            if thing.visible and similarity(cut(image, box), look) <= STILL_THE_SAME:
                others.add(thing.thing_id)
        self._keeper.drop(others)
        return self._keeper.things

    def credit(self, thing_id: int, tracks: list[Track]) -> bool:
        """Take tracks found in the past (numbered from 1) for who was at a thing; whether one of them had been."""
        for track in tracks:
            track.track_id = self._tracker.next_id
            self._tracker.next_id += 1
        return self._keeper.credit(thing_id, tracks)

    def drop_things(self, thing_ids: set[int]) -> None:
        """Give up watching things that rules have settled as nothing."""
        self._keeper.drop(thing_ids)

    @property
    def busy(self) -> bool:
        """Whether somebody moves about, so that more pictures a second are worth their cost."""
        return any(
            track.confirmed and track.moving and track.role in (Role.PERSON, Role.VEHICLE)
            for track in self._tracker.tracks
        )

    def _prepare(self, frame: Frame) -> None:
        size = working_size(frame.width, frame.height)
        if size == self._size:
            return
        self._size = size
        self._aspect = frame.width / frame.height
        self._view = CleanView()
        self._tracker = Tracker(self._aspect)
        self._heights = PeopleHeights()
        self._stood = WhoStood()
        self._keeper = ThingKeeper(self._aspect, self._heights, self._stood)
        self._places = PlaceKeeper()
        self._stills = StillKeeper()
        self._recent = None
        masked = np.zeros(size[::-1], np.uint8)
        for polygon in self._polygons:
            cv2.fillPoly(masked, [np.round(polygon * size).astype(np.int32)], 1)
        self._masked: Mask = masked > 0

    def _small(self, frame: Frame) -> Image:
        assert self._size is not None
        return frame.bgr(*self._size)

    def _covered(self, tracks: list[Track], detections: Detections | None, time: float) -> Mask:
        """(h, w) mask of where bodies are, with a margin for shadows of feet and late boxes."""
        assert self._size is not None
        covered = np.zeros(self._size[::-1], np.bool_)
        boxes = [(t.predicted(time), t.role) for t in tracks if time - t.last_seen <= COVER_S or t.resting]
        if detections is not None:
            bodies = detections.with_role(*BODIES)
            boxes += [
                (as_box(row), role)
                for row, score, role in zip(bodies.boxes, bodies.scores, bodies.roles, strict=True)
                if score >= COVER_SCORE[role]
            ]
        for box, role in boxes:
            part = pixels(box, covered.shape)
            of_view = role is Role.VEHICLE and self._stood.vehicles.is_of_view(box)
            covered[part] |= ~self._view.aside[part] if of_view else True
        return covered
