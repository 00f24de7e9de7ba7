"""All scenes together: how much of what is found is right, how much is found, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vision.evaluate.intervals import Interval, rate_interval, share_interval
from vision.evaluate.runs import SceneRun

HOURS_A_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Row:
    """One category, or all of them: labels, hits among them, false reports. Hard labels are left out."""

    name: str
    labels: int
    hits: int
    false: int

    @property
    def precision(self) -> float | None:
        """Share of the reports that hit; None without a report."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else None

    @property
    def recall(self) -> float | None:
        """Share of the labels that were found; None without a label."""
        return self.hits / self.labels if self.labels else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where one is not known."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    @property
    def precision_interval(self) -> Interval | None:
        return share_interval(self.hits, self.hits + self.false)

    @property
    def recall_interval(self) -> Interval | None:
        return share_interval(self.hits, self.labels)


@dataclass(frozen=True, slots=True)
class Quiet:
    """False reports on scenes without a labelled event, as a rate a camera-day."""

    scenes: int
    hours: float
    false: int

    @property
    def a_day(self) -> float | None:
        """False reports a camera-day; None without such scenes."""
        return self.false / self.hours * HOURS_A_DAY if self.hours else None

    @property
    def interval(self) -> Interval | None:
        return rate_interval(self.false, self.hours / HOURS_A_DAY)


def rows(runs: Sequence[SceneRun]) -> list[Row]:
    """One row for each category that is labelled or reported, and one for all."""
    scored = [run for run in runs if run.scores is not None]
    labelled = {label.category for run in scored for label in run.scene.events}
    names = sorted(labelled | {one.category for run in scored for one in run.found})
    return [*(row(scored, name) for name in names), row(scored)]


def row(runs: Iterable[SceneRun], category: str | None = None, least_confidence: float = 0.0) -> Row:
    """What was found of a category (None: of all), if only reports of at least that confidence counted."""
    labels = hits = false = 0
    for run in runs:
        if run.scores is None:
            continue
        labels += sum(not label.hard and category in (None, label.category) for label in run.scene.events)
        for one in run.found:
            if category in (None, one.category) and one.confidence >= least_confidence:
                hits, false = hits + (one.verdict == "hit"), false + (one.verdict == "false")
    return Row(category or "all", labels, hits, false)


def quiet(runs: Iterable[SceneRun]) -> Quiet:
    """What was reported where nothing happens."""
    still = [run for run in runs if run.scores is not None and not run.scene.events]
    seconds = sum(run.scores.duration_s for run in still if run.scores is not None)
    return Quiet(len(still), seconds / 3600, sum(len(run.scores.false) for run in still if run.scores is not None))


def over_confidence(runs: Sequence[SceneRun], steps: int = 50) -> list[tuple[float, Row]]:
    """The row of all categories for thresholds on the confidence from 0 to 1."""
    return [(step / steps, row(runs, None, step / steps)) for step in range(steps + 1)]
