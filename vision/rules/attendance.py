"""Who is at a selling point, and for how long: vendors stay, buyers come and go, passers-by do neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vision.scene import Track
from vision.scene.geometry import iou
from vision.sources import Box

ALONE_S = 30.0
"""A stall may be alone for this long (the vendor fetches goods) before its time starts anew."""
SAME_PERSON_S = 6.0
"""A person whose track broke off is the one who stands in the same spot this soon after: three looks at the slowest
rate."""
SAME_SPOT_IOU = 0.3
MOST_STAYS = 32
"""People remembered at one point; those who left first are forgotten first."""
BUYER_STAYS_S = 4.0
"""Somebody beside the vendor for this long buys or looks; who passes is gone sooner."""
BUYER_GONE_S = 6.0
"""The vendor must have been by himself this long before the next buyer counts: a companion is missed now and then."""


@dataclass(slots=True)
class _Stay:
    start: float
    last: float
    box: Box


@dataclass(slots=True)
class Attendance:
    """Presence at one selling point. Times are UNIX seconds of media time.

    Attributes:
        since, last: first and last time somebody was there, without a gap longer than `ALONE_S`.
        stays: by track id, who was there from when to when; a track that goes on where another broke off inherits it.
        visits: how many times somebody came and stood beside the one who was there.
        company_since, company_seen, company_counted: since when two or more have been there, when they last were, and
            whether that is in `visits`.
    """

    since: float
    last: float
    stays: dict[int, _Stay] = field(default_factory=dict)
    visits: int = 0
    company_since: float | None = None
    company_seen: float = 0.0
    company_counted: bool = False

    def note(self, there: Sequence[Track], time: float) -> None:
        """Take who is there now; `there` is not empty."""
        away, self.last = time - self.last, time
        for track in there:
            stay = self.stays.get(track.track_id)
            if stay is None:
                stay = self.stays[track.track_id] = _Stay(self._inherited(track, there, time, away), time, track.box)
            stay.last, stay.box = time, track.box
        if len(self.stays) > MOST_STAYS:
            latest = sorted(self.stays.items(), key=lambda item: item[1].last)[-MOST_STAYS // 2 :]
            longest = max(self.stays.items(), key=lambda item: item[1].last - item[1].start)
            self.stays = dict([*latest, longest])
        self._count_visit(len(there), time)

    @classmethod
    def restored(cls, plain: dict[str, Any]) -> Attendance:
        """From `dataclasses.asdict` and back through JSON, which makes text of the keys and lists of the boxes."""
        stays = {
            int(track_id): _Stay(stay["start"], stay["last"], tuple(stay["box"]))
            for track_id, stay in plain["stays"].items()
        }
        return cls(**{**plain, "stays": stays})

    def longest_stay(self) -> float:
        """How long one person was there, seconds."""
        return max((stay.last - stay.start for stay in self.stays.values()), default=0.0)

    def _inherited(self, track: Track, there: Sequence[Track], time: float, away: float) -> float:
        """When the stay began that this track goes on with; `away`: for how long nobody was seen here, s."""
        present = {other.track_id for other in there}
        broken_off = [
            stay.start
            for track_id, stay in self.stays.items()
            if track_id not in present
            and time - stay.last <= SAME_PERSON_S + away
            and iou(stay.box, track.box) > SAME_SPOT_IOU
        ]
        return min(broken_off, default=time)

    def _count_visit(self, people: int, time: float) -> None:
        """A visit is a time with two or more people: counting tracks instead would count each that breaks."""
        if people >= 2:
            self.company_since = self.company_since if self.company_since is not None else time
            self.company_seen = time
            if not self.company_counted and time - self.company_since >= BUYER_STAYS_S:
                self.visits += 1
                self.company_counted = True
        elif self.company_since is not None and time - self.company_seen >= BUYER_GONE_S:
            self.company_since, self.company_counted = None, False


def attended(attendance: Attendance | None, there: Sequence[Track], time: float) -> Attendance | None:
    """The attendance after this look: gone on with, begun, or None when nobody has been there for too long."""
    if attendance is not None and time - attendance.last > ALONE_S:
        attendance = None
    if there:
        attendance = attendance or Attendance(time, time)
        attendance.note(there, time)
    return attendance
