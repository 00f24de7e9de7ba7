"""Does a score mean what it says? Bins of scores against the share of them that is right, and what makes them agree.

Guo et al., On Calibration of Modern Neural Networks (2017): the expected calibration error is the mean distance of
score and share, weighted by how many detections a bin holds. Platt scaling (Platt 1999) fits sigmoid(a * logit + b).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from training.average_precision import match

BINS = 10
LEAST_SCORE = 0.05
"""Below this nobody looks, and there are a hundred times as many detections as above."""
LEAST_DETECTIONS = 60
"""With fewer a fit is a guess; the class keeps its scores."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """One class on one set.

    Attributes:
        count: detections of at least LEAST_SCORE.
        error: expected calibration error, 0..1, as the network says; `error_fitted` after Platt scaling, measured on
            the half of the pictures that it was not fitted on.
        scale, offset: Platt's a and b, fitted on the other half; None with too few detections.
        bins: (mean score, share right, count) of each bin that holds any.
    """

    count: int
    error: float
    error_fitted: float | None
    scale: float | None
    offset: float | None
    bins: tuple[tuple[float, float, int], ...]


def judged(found: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N,) and whether each detection is right at IoU 0.5 (N,), of one class over pictures."""
    scores, right = [np.zeros(0)], [np.zeros(0, bool)]
    for boxes, real in zip(found, labels, strict=True):
        ordered = boxes[np.argsort(-boxes[:, 4], kind="stable")]
        kept = ordered[:, 4] >= LEAST_SCORE
        scores.append(ordered[kept, 4])
        right.append(match(ordered, real)[kept, 0])
    return np.concatenate(scores), np.concatenate(right)


def calibration_error(scores: np.ndarray, right: np.ndarray) -> tuple[float, list[tuple[float, float, int]]]:
    """The expected calibration error, and the bins."""
    rows = []
    at = np.minimum((scores * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        here = at == number
        if here.any():
            rows.append((float(scores[here].mean()), float(right[here].mean()), int(here.sum())))
    total = sum(count for *_, count in rows)
    return (sum(abs(score - share) * count for score, share, count in rows) / total if total else 0.0), rows


def fit(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Platt's scale (above 0, so that no order changes) and offset, by maximum likelihood."""
    logits = _logit(scores)
    # Platt's targets: a class that was always right must not be trusted without end.
    positive, negative = right.sum(), (~right).sum()
    wanted = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(values: np.ndarray) -> float:
        answer = np.exp(values[0]) * logits + values[1]
        return float((np.logaddexp(0, answer) - wanted * answer).sum())

    scale, offset = minimize(loss, np.zeros(2), method="Nelder-Mead").x
    return float(np.exp(scale)), float(offset)


def applied(scores: np.ndarray, scale: float, offset: float) -> np.ndarray:
    """Scores after Platt scaling."""
    return 1 / (1 + np.exp(-(scale * _logit(scores) + offset)))


def reliability(found: Sequence[np.ndarray], labels: Sequence[np.ndarray]) -> Reliability:
    """How far one class's scores can be believed; fitted on every second picture, judged on the others."""
    scores, right = judged(found, labels)
    error, bins = calibration_error(scores, right)
    halves = [judged(found[half::2], labels[half::2]) for half in (0, 1)]
    if min(len(half[0]) for half in halves) < LEAST_DETECTIONS or right.all() or not right.any():
        return Reliability(len(scores), error, None, None, None, tuple(bins))
    scale, offset = fit(*halves[0])
    after, _ = calibration_error(applied(halves[1][0], scale, offset), halves[1][1])
    return Reliability(len(scores), error, after, scale, offset, tuple(bins))


def plot(by_name: dict[str, Reliability], target: Path) -> None:
    """Reliability diagram of several classes (PNG): on the line a score means what it says."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8.6, 5), constrained_layout=True)
    axes.plot([0, 1], [0, 1], color="0.6", linestyle="--", linewidth=1)
    for name, one in by_name.items():
        if one.bins:
            xs, ys, counts = (np.array(values) for values in zip(*one.bins, strict=True))
            (line,) = axes.plot(xs, ys, linewidth=1, label=f"{name} (error {one.error:.2f}, n = {one.count})")
            axes.scatter(xs, ys, s=8 + 60 * counts / counts.max(), color=line.get_color())
    axes.set(xlabel="score", ylabel="share that is right (IoU ≥ 0.5)", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8, frameon=False)
    figure.savefig(target, dpi=110)
    pyplot.close(figure)


def _logit(scores: np.ndarray) -> np.ndarray:
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))
