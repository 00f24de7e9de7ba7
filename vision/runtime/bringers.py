"""Who brought it, and how did that look? Searched for in the recent packets, for the few things of which it matters.

A quiet scene is decoded at its keyframes only, and who puts a bag down between two of them is in no picture that was
looked at. The packets still are in the ring: a few seconds of them, decoded and looked at once a thing has turned up
that would be a case if its bringer were known, cost less than decoding every passer-by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from vision.detect import Detections, Look, Role
from vision.scene import Still
from vision.scene.geometry import gap
from vision.scene.opinion import without_doubted_bodies
from vision.scene.stills import whole
from vision.scene.tracking import Track, Tracker
from vision.sources import Box, Budget, Frame, PacketRing, decode_window

log = structlog.get_logger(__name__)

BEFORE_S, AFTER_S = 4.0, 2.0
"""Before a thing was first noticed and after it was first seen: keyframes are up to 2 s apart, and putting something
down takes 2 to 5 s."""
LOOKS_PER_S = 4.0
"""A walker moves by a third of his height from look to look."""
SHARE = 0.1
"""Share of the time that may be decoded again; a place where things turn up all the time is not searched for each."""
SAVED_SEARCHES = 4
"""So many may be saved up: two bags put down in one minute are two searches."""

Detect = Callable[[Look], Detections | None]


@dataclass(slots=True)
class Finding:
    """What a search found: confirmed tracks, ids from 1, and the picture in which one of them was nearest."""

    tracks: list[Track]
    act: Still | None


class BringerSearch:
    """Finds people and vehicles around the moment when something appeared.

    Args:
        ring: the camera's recent packets.
        detect: the detector; None from it (busy, failed) skips a picture.
    """

    def __init__(self, ring: PacketRing, detect: Detect) -> None:
        self._ring, self._detect = ring, detect
        self._budget = Budget(SHARE, SAVED_SEARCHES * (BEFORE_S + AFTER_S))
        self._time: float | None = None
        self.searches = 0

    def pass_time(self, time: float) -> None:
        """Let media time (s) go on, which fills the budget."""
        self._budget.pass_time(0.0 if self._time is None else min(60.0, max(0.0, time - self._time)))
        self._time = time
        self._budget.refill(BEFORE_S + AFTER_S)

    @property
    def affordable(self) -> bool:
        """Whether there is time for a search that is not for a case."""
        return not self._budget.empty

    def search(self, box: Box, appeared: float, seen: float, aspect: float, *, case: bool = False) -> Finding | None:
        """Look at the time from shortly before `appeared` to shortly after `seen` (UNIX s).

        None when the packets are gone, or when the budget is spent; a case is searched all the same, there are few.
        """
        if self._budget.empty and not case:
            return None
        start = appeared - BEFORE_S
        clip = self._ring.window(start, seen + AFTER_S)
        if clip is None or clip.packets[0].time > appeared:
            return None
        self._budget.spend(clip.packets[-1].time - clip.packets[0].time)
        self.searches += 1
        tracker = Tracker(aspect)
        found: dict[int, Track] = {}
        nearest: tuple[float, Frame] | None = None
        for frame in decode_window(clip, LOOKS_PER_S):
            detections = self._detect(Look(frame)) if frame.time >= start else None
            if detections is None:
                continue
            for track in tracker.update(without_doubted_bodies(detections), frame.time):
                found[track.track_id] = track
                if frame.time > seen or track.last_seen < frame.time or track.role is Role.ANIMAL:
                    continue
                distance = gap(track.box, box, aspect) + 1e-3 * abs(frame.time - appeared)
                if nearest is None or distance < nearest[0]:
                    nearest = distance, frame
        tracks = [track for track in found.values() if track.confirmed]
        return Finding(tracks, whole(nearest[1], "act") if nearest is not None else None)
