"""What was found, confirmed and rejected, how precise that is, and how long things stood on the street."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.config import SiteIdentity
from vision.console.store.tables import Case
from vision.evaluate.intervals import share_interval

By = Literal["camera", "zone", "category", "street", "month", "model"]
MOST_HOT_SPOTS = 20
NO_REASON = "no_reason"


@dataclass(slots=True)
class Tally:
    """Cases of one key. `standing`: seconds from the beginning to the clearing, of those that were cleared."""

    found: int = 0
    confirmed: int = 0
    unsure: int = 0
    unreviewed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    standing: list[float] = field(default_factory=list)

    def add(self, row: Any) -> None:
        """Count one case by the verdict in force.

        A wrong category is no hit of the category that was found, and a duplicate none at all: both are rejected.
        """
        self.found += 1
        if row.verdict is None:
            self.unreviewed += 1
        elif row.verdict == "true":
            self.confirmed += 1
        elif row.verdict == "unsure":
            self.unsure += 1
        else:
            self.rejected[(row.verdict_reason or NO_REASON) if row.verdict == "false" else row.verdict] += 1
        if row.cleared_at is not None and row.verdict not in ("false", "duplicate"):
            self.standing.append(max(0.0, row.cleared_at - row.occurred_at))

    @property
    def rejections(self) -> int:
        """How many were rejected, for whatever reason."""
        return sum(self.rejected.values())

    def precision(self) -> tuple[float | None, float | None, float | None]:
        """Confirmed of decided, 0..1, and Wilson's 95 % interval; None without a decision."""
        decided = self.confirmed + self.rejections
        interval = share_interval(self.confirmed, decided)
        if interval is None:
            return None, None, None
        return self.confirmed / decided, interval[0], interval[1]

    def standing_s(self, share: float) -> float | None:
        """The time within which that share was cleared, seconds."""
        return float(np.quantile(self.standing, share)) if self.standing else None


@dataclass(frozen=True, slots=True)
class HotSpot:
    """A zone where cases come again and again; rejected ones do not count."""

    camera: str
    zone: str
    count: int
    lat: float | None
    lon: float | None


def cases_between(session: Session, start: float | None, end: float | None) -> Sequence[Any]:
    """What the statistics need of every case that was detected in a time (UNIX seconds, the end exclusive)."""
    query = select(
        Case.camera_id, Case.zone_id, Case.category, Case.model, Case.verdict, Case.verdict_reason, Case.occurred_at,
        Case.detected_at, Case.cleared_at, Case.lat, Case.lon,
    )  # fmt: skip
    if start is not None:
        query = query.where(Case.detected_at >= start)
    if end is not None:
        query = query.where(Case.detected_at < end)
    return session.execute(query.order_by(Case.detected_at)).all()


def tallies(rows: Iterable[Any], key: Callable[[Any], str]) -> dict[str, Tally]:
    """A tally of each key, in the order of the keys."""
    found: dict[str, Tally] = {}
    for row in rows:
        found.setdefault(key(row), Tally()).add(row)
    return dict(sorted(found.items()))


def key_of(by: By, site: SiteIdentity) -> Callable[[Any], str]:
    """What cases are counted by; months are the site's, and its street (街道) is one: for tables of many sites."""
    keys: dict[str, Callable[[Any], str]] = {
        "camera": lambda row: row.camera_id,
        "zone": lambda row: f"{row.camera_id}/{row.zone_id}",
        "category": lambda row: row.category,
        "model": lambda row: row.model,
        "street": lambda _row: site.name or site.id,
        "month": lambda row: local(row.detected_at, site.zone).strftime("%Y-%m"),
    }
    return keys[by]


def hot_spots(rows: Iterable[Any]) -> list[HotSpot]:
    """The zones with the most cases, the worst first."""
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for row in rows:
        if row.verdict not in ("false", "duplicate"):
            counts[row.camera_id, row.zone_id] += 1
            places[row.camera_id, row.zone_id] = (row.lat, row.lon)
    return [HotSpot(*place, count, *places[place]) for place, count in counts.most_common(MOST_HOT_SPOTS)]


def local(seconds: float, timezone: tzinfo) -> datetime:
    """UNIX seconds as the site's time."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(timezone)
