"""What a rule keeps a list of whether or not it is a case: the locks that stood there at the start, and what became of
each. One list that the centre can ask for, instead of a flood of cases."""

from __future__ import annotations

from dataclasses import dataclass

from vision.sources import Box


@dataclass(frozen=True, slots=True)
class Registered:
    """One entry.

    Attributes:
        category, zone_id: whose list it is.
        box: fractions of the picture.
        state: what the rule calls it; of locks `inventory`, `open` or `removed`.
        since: media time of that, UNIX seconds: when it was first seen standing, or last, if it is gone.
        incident_id: where it is, or was, a case.
    """

    category: str
    zone_id: str
    box: Box
    state: str
    since: float
    incident_id: str | None = None
