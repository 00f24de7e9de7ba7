"""Who is at a selling point, and for how long: vendors stay, buyers come and go, passers-by do neither."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vision.scene import Track
from vision.scene.body_look import BodyLook, dressed_alike
from vision.scene.geometry import iou
from vision.sources import Box

ALONE_S = 30.0
"""A stall may be alone for this long (the vendor fetches goods) before its time starts anew."""
SAME_PERSON_S = 6.0
"""Whoever stands in a spot this soon after somebody was seen there is he: three looks at the usual rate."""
HIDDEN_S = 20.0
"""The same of somebody who has stood there for `BUYER_STAYS_S`: a queue hides the vendor for longer."""
LOOKS_S = 4.5
"""Two looks at most this far apart show that he was there in between: keyframes are relied on up to 4 s apart."""
SPOT = (1.2, 0.4)
"""How far from where he came to stand somebody may be, in widths and heights of his own box: some 0.8 m either way, a
step at his stall. A walker is past it before the next look."""
WALKS = (0.8, 0.35)
"""Own widths across, and own heights up or down the picture, a second, from which somebody walks: who passes at 1.4 m/s
makes 2 and 0.8. A row of passers-by made one vendor of themselves at a stall that was only stored there."""
LEAST_THERE = 0.4
"""Share of the time since he came for which somebody must have been seen there to have stayed: two who stood in one
spot one after the other are no vendor."""
MOST_LOOKS = 6
"""Looks at somebody's clothes that are kept. With the last alone a vendor was another once somebody had passed before
him: he stood at his stall for 50 s and was told after 42."""
MOST_STAYS = 32
"""People remembered at one point; those who left first are forgotten first."""
BUYER_STAYS_S = 6.0
"""Somebody who stands beside the vendor for this long buys or looks; who passes is gone sooner."""
BUYER_GONE_S = 6.0
"""The vendor must have been by himself this long before the next buyer counts: a companion is missed now and then."""
SAME_BODY_IOU = 0.5
"""Two boxes that overlap by more at one time are one body that has been given two tracks."""


@dataclass(slots=True)
class _Stay:
    """Somebody in one spot: from when to when, for how long of that he was there, where he came to stand, his track,
    and how he was dressed at the last looks: at one of them somebody may have passed before him."""

    start: float
    last: float
    there_s: float
    box: Box
    track_id: int
    looks: list[BodyLook] = field(default_factory=list)

    @property
    def may_be_hidden_s(self) -> float:
        """For how long he may be out of sight and be the same when somebody stands there again."""
        return HIDDEN_S if self.there_s >= BUYER_STAYS_S else SAME_PERSON_S

    def go_on(self, track: Track, time: float, looked: float) -> None:
        """He is there still. What lies between two looks that are too far apart is not his, unless nobody looked."""
        if time - self.last <= LOOKS_S or self.last >= looked:
            self.there_s += time - self.last
        self.last, self.track_id = time, track.track_id
        self.looks = [*self.looks, *_looks(track)][-MOST_LOOKS:]


@dataclass(slots=True)
class Attendance:
    """Presence at one selling point. Times are UNIX seconds of media time.

    Who stays is told by where somebody stands and how he is dressed, not by his track alone: at a look in two seconds
    tracks change owners in a crowd.

    Attributes:
        since, last: first and last time somebody was there, without a gap longer than `ALONE_S`.
        stays: who stood in which spot from when to when.
        looked: the last look at the point, whoever was there. Who stood there then and stands there at the next one has
            been there in between, however long that took: a worker is killed and started again within a minute.
        visits: how many times somebody came and stood beside the one who was there.
        company_seen: when somebody who had come last stood there with another; minus infinity if never.
    """

    since: float
    last: float
    stays: list[_Stay] = field(default_factory=list)
    looked: float = -math.inf
    visits: int = 0
    company_seen: float = -math.inf

    def note(self, there: Sequence[Track], time: float) -> None:
        """Take who is there now; `there` is not empty."""
        away, self.last = time - self.last, time
        free = [stay for stay in self.stays if time - stay.last <= max(stay.may_be_hidden_s, away)]
        standing: list[_Stay] = []
        for track in there:
            if _walks(track):
                continue
            stay = next((stay for stay in free if _goes_on(stay, track)), None)
            if stay is None:
                self.stays.append(_Stay(time, time, 0.0, track.box, track.track_id, _looks(track)))
                continue
            free.remove(stay)
            stay.go_on(track, time, self.looked)
            if stay.there_s >= BUYER_STAYS_S:
                standing.append(stay)
        if len(self.stays) > MOST_STAYS:
            latest = sorted(self.stays, key=lambda stay: stay.last)[-MOST_STAYS // 2 :]
            longest = max(self.stays, key=lambda stay: stay.there_s)
            self.stays = latest if longest in latest else [longest, *latest]
        if len(standing) >= 2 and any(self._has_come(stay, standing) for stay in standing):
            self.visits += time - self.company_seen >= BUYER_GONE_S
            self.company_seen = time

    def _has_come(self, stay: _Stay, others: Sequence[_Stay]) -> bool:
        """Whether he came to somebody who was there: not who was there from the start, nor a body with two tracks."""
        doubled = (one for one in others if one.start < stay.start and iou(one.box, stay.box) > SAME_BODY_IOU)
        return stay.start - self.since >= BUYER_GONE_S and next(doubled, None) is None

    @classmethod
    def restored(cls, plain: dict[str, Any]) -> Attendance:
        """From `dataclasses.asdict` and back through JSON, which makes lists of the boxes."""
        stays = []
        for stay in plain["stays"]:
            older = stay.get("look")  # as 2026.11 kept it: the last look alone
            looks = [tuple(look) for look in stay.get("looks", [older] if older else [])]
            kept = {name: value for name, value in stay.items() if name != "look"}
            stays.append(_Stay(**{**kept, "box": tuple(stay["box"]), "looks": looks}))
        never = {name: -math.inf for name in ("company_seen", "looked") if plain.get(name) is None}
        return cls(**{**plain, "stays": stays, **never})

    def longest_stay(self) -> float:
        """How long one person stood there, seconds."""
        stayed = (s.there_s for s in self.stays if s.there_s >= LEAST_THERE * (s.last - s.start))
        return max(stayed, default=0.0)

    def somebody_stands(self, time: float) -> bool:
        """Whether one of those who have stayed for a while is still there, and not just the next passer-by."""
        return any(stay.there_s >= BUYER_STAYS_S and time - stay.last <= LOOKS_S for stay in self.stays)

    @property
    def track_ids(self) -> set[int]:
        """Tracks by which those who stood there were last seen."""
        return {stay.track_id for stay in self.stays}


def _goes_on(stay: _Stay, track: Track) -> bool:
    """Whether this is the one who stays: he stands in that spot, dressed alike, or was never lost from sight."""
    if track.track_id == stay.track_id and track.followed_since <= stay.start:
        return True
    x1, y1, x2, y2 = track.box
    u1, v1, u2, v2 = stay.box
    across, down = abs(x1 + x2 - u1 - u2) / 2, abs(y1 + y2 - v1 - v2) / 2
    alike = not stay.looks or any(dressed_alike(look, track.look) for look in stay.looks)
    return across <= SPOT[0] * (x2 - x1) and down <= SPOT[1] * (y2 - y1) and alike


def _walks(track: Track) -> bool:
    """Whether he is on his way, as far as two looks at him tell."""
    (dx, dy), (x1, y1, x2, y2) = track.speed, track.box
    return abs(dx) > WALKS[0] * (x2 - x1) or abs(dy) > WALKS[1] * (y2 - y1)


def _looks(track: Track) -> list[BodyLook]:
    return [] if track.look is None else [track.look]


def attended(attendance: Attendance | None, there: Sequence[Track], time: float) -> Attendance | None:
    """The attendance after this look: gone on with, begun, or None when nobody has been there for too long."""
    if attendance is not None and time - attendance.last > ALONE_S:
        attendance = None
    if there:
        attendance = attendance or Attendance(time, time)
        attendance.note(there, time)
    if attendance is not None:
        attendance.looked = time
    return attendance
