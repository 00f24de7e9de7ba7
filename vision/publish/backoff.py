"""Waiting longer after each failure, never in step with others."""

from __future__ import annotations

import random


def backoff(failures: int, first_s: float, cap_s: float) -> float:
    """Seconds to wait after so many failures in a row (≥ 1): doubling, capped, jittered over its upper half.

    Without jitter all workers of a city would come back to a restarted broker in the same instant.
    """
    longest = min(cap_s, first_s * 2.0 ** min(failures - 1, 30))
    return longest * random.uniform(0.5, 1.0)
