"""Who and what moves before the camera: tracks that hold at 0.5 to 10 pictures a second.

Our own, because the maintained trackers (ByteTrack, OC-SORT, norfair, Roboflow's trackers) step once per picture: their
motion models and lifetimes count frames. Here the interval changes from 2 s (keyframes) to 0.1 s within a minute, and
at 2 s a walker has moved by more than his own width, so IoU alone finds no partner. So: velocity in picture shares per
second, lifetimes in seconds, and a gate that grows with the time since the last look. What is known to work is kept:
the assignment is the Hungarian method on IoU (SORT, Bewley 2016), weak detections may go on with a track but not begin
one (ByteTrack, Zhang 2022).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from vision.detect import Detections, Role, suppress
from vision.scene.body_look import BodyLook
from vision.scene.geometry import as_box, iou, iou_matrix
from vision.sources import Box

BEGIN_SCORE = 0.4
"""A track begins only with a detection this sure; ByteTrack's high threshold is 0.5 to 0.6, street people are small."""
MOST_SPEED = 2.5
"""Body heights per second that a person or vehicle may move and still be the same: a runner does 3, a walker 0.9."""
LOST_AFTER_S = 4.0
"""A track not seen for this long is over: two looks at the slowest rate."""
REST_S = 20.0
"""A track whose box has not moved for this long rests: a parked car, somebody who sits. It is kept without being looked
at, for as long as it is not missed: nothing moves in a quiet street, and it is full of parked cars."""
FOLLOWED_S = 1.0
"""From look to look so far apart, two people who pass one another cannot change places unnoticed."""
PATH_LENGTH = 96
STILL_IOU = 0.75
"""A box that overlaps the one it rested in by this much has not moved: detector jitter stays above it."""
DOUBLE_IOU = 0.85
"""Two boxes of one kind that overlap by more are one body. YOLO's end-to-end head is trained to give each thing one box
and often gives two: of pairs above 0.5 at 638 looks 183 had 0.85 and more, 27 less. Each had a track, and so a courier
by himself was two at a parked car, and his double the buyer who came and went. The decoder keeps one box of a class
now; what is left are two classes at one vehicle, a car that is a truck too."""
_EXCHANGEABLE = {Role.PERSON: 0, Role.VEHICLE: 1, Role.ANIMAL: 2}


@dataclass(slots=True)
class Track:
    """One moving (or standing) thing over time. Times are UNIX seconds of media time, boxes fractions of the picture.

    Attributes:
        still_since: since when the box has rested where it is.
        followed_since: since when it has been seen at least once a second, so that it is surely the same.
        missed_since: first look at which it was not seen any more; None while it is.
        last_score: of the last detection; `score` is that of the surest of late.
        speed: (dx, dy) in picture shares per second.
        path: the last positions, oldest first.
        look: how it was dressed when it was last seen; None where nobody has looked.
    """

    track_id: int
    role: Role
    name: str
    box: Box
    score: float
    first_seen: float
    last_seen: float
    still_since: float
    rest_box: Box
    speed: tuple[float, float] = (0.0, 0.0)
    hits: int = 1
    followed_since: float = math.inf
    missed_since: float | None = None
    path: deque[tuple[float, Box]] = field(default_factory=lambda: deque(maxlen=PATH_LENGTH))
    look: BodyLook | None = None
    last_score: float = 1.0

    @property
    def confirmed(self) -> bool:
        """Seen twice, or once and beyond doubt."""
        return self.hits >= 2 or self.score >= 0.6

    @property
    def resting(self) -> bool:
        """Whether it has stood where it is for `REST_S`."""
        return self.last_seen - self.still_since >= REST_S

    @property
    def moving(self) -> bool:
        """Whether it has been seen to move of late; what stood there when it was first seen has not."""
        return not self.resting and self.still_since > self.first_seen

    def boxes_between(self, start: float, end: float) -> list[Box]:
        """Where it was from `start` to `end`."""
        return [box for time, box in self.path if start <= time <= end]

    def predicted(self, time: float) -> Box:
        """Where it should be at `time`; the guess does not run on for more than 2 s."""
        step = min(time - self.last_seen, 2.0)
        dx, dy = self.speed[0] * step, self.speed[1] * step
        return self.box[0] + dx, self.box[1] + dy, self.box[2] + dx, self.box[3] + dy

    def saw(self, box: Box, score: float, name: str, time: float) -> None:
        """Take the next detection of this track."""
        step = max(time - self.last_seen, 1e-3)
        self.followed_since = time if step > FOLLOWED_S else min(self.followed_since, self.last_seen)
        moved = (
            (box[0] + box[2] - self.box[0] - self.box[2]) / 2 / step,
            (box[1] + box[3] - self.box[1] - self.box[3]) / 2 / step,
        )
        keep = 0.5 if self.hits > 1 else 0.0
        self.speed = (keep * self.speed[0] + (1 - keep) * moved[0], keep * self.speed[1] + (1 - keep) * moved[1])
        if iou(box, self.rest_box) < STILL_IOU:
            self.rest_box, self.still_since = box, time
        if score > self.score:
            self.name = name
        self.box, self.score, self.last_seen = box, max(score, 0.9 * self.score), time
        self.last_score = score
        self.hits += 1
        self.missed_since = None
        self.path.append((time, box))


class Tracker:
    """Joins the detections of successive looks into tracks.

    Args:
        aspect: picture width over height.
        roles: which roles are tracked; persons, vehicles and animals are matched among their own kind.
    """

    def __init__(self, aspect: float, roles: tuple[Role, ...] = (Role.PERSON, Role.VEHICLE, Role.ANIMAL)) -> None:
        self._aspect = aspect
        self._roles = roles
        self._next_id = 1
        self.tracks: list[Track] = []

    def update(self, detections: Detections, time: float) -> list[Track]:
        """Take one look's detections at media time `time` (seconds); returns the tracks that are alive."""
        seen = _without_doubles(detections.with_role(*self._roles))
        free = set(range(len(seen)))
        for track, index in self._pairs(seen, time):
            free.discard(index)
            box = as_box(seen.boxes[index])
            track.saw(box, float(seen.scores[index]), seen.names[index], time)
        for index in sorted(free):
            if seen.scores[index] >= BEGIN_SCORE:
                self._begin(seen, index, time)
        self.tracks = [track for track in self.tracks if not _lost(track, time)]
        return self.tracks

    @property
    def next_id(self) -> int:
        """The id that the next track gets; set it to go on counting after a restart."""
        return self._next_id

    @next_id.setter
    def next_id(self, value: int) -> None:
        self._next_id = value

    def forget(self) -> None:
        """Drop all tracks: after a reconnect or a jump in time nothing is where it was."""
        self.tracks = []

    def _begin(self, seen: Detections, index: int, time: float) -> None:
        box = as_box(seen.boxes[index])
        track = Track(
            self._next_id, seen.roles[index], seen.names[index], box, float(seen.scores[index]), time, time, time, box
        )
        track.path.append((time, box))
        track.last_score = track.score
        self._next_id += 1
        self.tracks.append(track)

    def _pairs(self, seen: Detections, time: float) -> list[tuple[Track, int]]:
        if not self.tracks or not len(seen):
            return []
        cost = self._costs(seen, time)
        rows, columns = linear_sum_assignment(cost)
        return [(self.tracks[r], int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < 1.0]

    def _costs(self, seen: Detections, time: float) -> npt.NDArray[np.float64]:
        """(tracks, detections): below 0.5 where boxes overlap, 0.5 to 1 where only distance joins them, 9 never."""
        scale = np.array([self._aspect, 1, self._aspect, 1], np.float32)
        predicted = np.array([track.predicted(time) for track in self.tracks], np.float32) * scale
        current = np.array([track.box for track in self.tracks], np.float32) * scale
        boxes = seen.boxes * scale
        overlap = np.maximum(iou_matrix(predicted, boxes), iou_matrix(current, boxes))
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        distance = np.minimum(
            *(
                np.linalg.norm(((b[:, :2] + b[:, 2:]) / 2)[:, None] - centres[None], axis=2)
                for b in (predicted, current)
            )
        )
        heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
        size = np.maximum(heights, widths)
        track_size = np.maximum(current[:, 3] - current[:, 1], current[:, 2] - current[:, 0])
        wait = np.array([min(time - track.last_seen, LOST_AFTER_S) for track in self.tracks])
        gate = (0.4 + MOST_SPEED * wait)[:, None] * np.minimum(size[None], track_size[:, None])
        ratio = size[None] / np.maximum(track_size[:, None], 1e-6)
        cost = np.where(overlap > 0.1, 0.5 * (1 - overlap), 0.5 + 0.5 * distance / np.maximum(gate, 1e-6))
        kinds = np.array(
            [[_EXCHANGEABLE.get(t.role, 9) == _EXCHANGEABLE.get(r, 9) for r in seen.roles] for t in self.tracks]
        )
        # A weak detection goes on with a track only where it overlaps it: from afar it would carry it off to anything.
        near = (overlap > 0.1) | (seen.scores >= BEGIN_SCORE)[None]
        possible = kinds & near & (ratio > 0.4) & (ratio < 2.5)
        return np.where(possible, cost, 9.0)


def _without_doubles(seen: Detections) -> Detections:
    """One detection a body, the surest; boxes of persons and vehicles do not exclude one another."""
    kinds = np.array([_EXCHANGEABLE.get(role, 9) for role in seen.roles], np.int32)
    return seen.take(np.sort(suppress(seen.boxes, seen.scores, kinds, DOUBLE_IOU)))


def _lost(track: Track, time: float) -> bool:
    """Whether it is over; `time`: of a look. One at rest is missed from the first look that does not show it."""
    if track.last_seen == time:
        return False
    track.missed_since = track.missed_since or time
    return time - (track.missed_since if track.resting else track.last_seen) > LOST_AFTER_S
