"""What so many trials, or so many hours, allow to be said: confidence intervals."""

from __future__ import annotations

from scipy.stats import binomtest, chi2

LEVEL = 0.95
Interval = tuple[float, float]


def share_interval(hits: int, trials: int) -> Interval | None:
    """Wilson's interval of a share, e.g. precision or recall; None without a trial.

    Wilson (1927); unlike the usual one it stays within 0..1 and holds for few trials.
    """
    if trials == 0:
        return None
    interval = binomtest(hits, trials).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def rate_interval(events: int, exposure: float) -> Interval | None:
    """Exact interval of a Poisson rate, e.g. of false alarms a camera-day; None without exposure.

    Args:
        events: how many came.
        exposure: in how much time, in the unit in which the rate is wanted.

    Garwood (1936): chi-square quantiles. No event in a day still allows 3.7 a day.
    """
    if exposure <= 0:
        return None
    tail = (1 - LEVEL) / 2
    low = chi2.ppf(tail, 2 * events) / 2 if events else 0.0
    return float(low) / exposure, float(chi2.ppf(1 - tail, 2 * events + 2)) / 2 / exposure
