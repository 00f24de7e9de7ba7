"""One rule's parameters, many values: what each would have found and what it would have reported wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from statistics import median
from typing import Any

from vision.evaluate.runs import SceneRun, Task, run_scenes
from vision.evaluate.scenes import Scene
from vision.evaluate.summary import Row, row

MOST_VARIANTS = 200
FEW_LABELS = 10
"""Below that many labels a recommendation is a guess: with 10 of 10 found, recall may still be 0.72 (Wilson, 95 %)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Values tried, and what came of them. `delay_s`: median beyond the actor's leaving and the dwell."""

    settings: Mapping[str, Any]
    found: Row
    delay_s: float | None
    time_to_report_s: float | None
    failed: tuple[SceneRun, ...] = ()

    @property
    def name(self) -> str:
        """The values, e.g. `dwell=30s min_area=0.001`; empty for those in force."""
        return " ".join(f"{key}={value}" for key, value in self.settings.items())

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        found = asdict(self.found) | {
            "precision": self.found.precision,
            "recall": self.found.recall,
            "f1": self.found.f1,
        }
        delays = {"delay_s": self.delay_s, "time_to_report_s": self.time_to_report_s}
        return {"settings": dict(self.settings)} | found | delays


def variants(swept: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every combination of the values, those in force (no settings) first.

    Raises:
        ValueError: there are more than `MOST_VARIANTS`.
    """
    chosen = [dict(zip(swept, values, strict=True)) for values in product(*swept.values())]
    if len(chosen) > MOST_VARIANTS:
        raise ValueError(f"{len(chosen)} combinations; at most {MOST_VARIANTS}: sweep fewer keys or values at a time")
    return [{}, *chosen]


def try_variant(
    scenes: Sequence[Scene],
    task: Task,
    settings: Mapping[str, str],
    jobs: int | None = None,
    step: Callable[[], None] | None = None,
) -> Variant:
    """Replay the scenes with the task's rule so configured; `step` is called after each scene.

    Only reports and labels of the rule's own category count.
    """
    runs = []
    for run in run_scenes(scenes, replace(task, settings=tuple(settings.items())), jobs):
        runs.append(run)
        if step is not None:
            step()
    delays, waits = [], []
    for run in runs:
        for one in run.found:
            if one.label is not None and one.category == task.rule:
                left = run.scene.events[one.label].actor_out_of_view_s
                waits.append(one.detected_s - left)
                delays.append(one.detected_s - left - run.scene.dwell_s)
    return Variant(
        settings,
        row(runs, task.rule),
        round(median(delays), 2) if delays else None,
        round(median(waits), 2) if waits else None,
        tuple(run for run in runs if run.error is not None),
    )


def recommend(tried: Sequence[Variant]) -> Variant:
    """The variant to take: the best F1; among equals the fewest false reports, then the soonest report, then the first.

    The values in force come first, so they stay unless something is better.
    """
    return max(tried, key=lambda one: (one.found.f1 or 0.0, -one.found.false, -(one.time_to_report_s or 0.0)))
