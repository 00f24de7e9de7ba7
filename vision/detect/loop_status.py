"""What the detection loop tells about itself: for metrics and for the health endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class BatchingCounters:
    """What the loop has done since it was made. Times are sums in milliseconds; divide by the count beside them.

    `superseded`, `failed`, `late` are requests; `late` were answered after the guard had already failed them.
    `invalid_rows` are answers of the network that were no boxes. `waiting` is the queue now.
    """

    batches: int = 0
    pictures: int = 0
    requests: int = 0
    answered: int = 0
    superseded: int = 0
    failed: int = 0
    late: int = 0
    invalid_rows: int = 0
    detect_ms: float = 0.0
    queue_wait_ms: float = 0.0
    largest_batch: int = 0
    waiting: int = 0


@dataclass(slots=True, frozen=True)
class DetectorHealth:
    """Whether the loop serves. `busy_s` is how long the batch under way has taken, 0 if none is."""

    ok: bool
    reason: str
    busy_s: float
    last_error: str | None
