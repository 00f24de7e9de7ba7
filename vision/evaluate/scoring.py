"""Events found against events labelled.

A report is a hit when its category is right, it came in the label's window, and its box overlaps the labelled one (IoU
of at least 0.2, or one's centre lies in the other: piles and stalls have no crisp box). One label takes one hit; every
other report is a false alarm, unless an ignored region covers it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal

from vision.evaluate.replay import ReplayedEvent, ReplayResult, opened
from vision.evaluate.scenes import Scene
from vision.scene.geometry import iou
from vision.sources import Box

IOU_HIT = 0.2


Verdict = Literal["hit", "hard", "false", "ignored"]
"""hard: a hit of a hard label, which is counted apart; ignored: a report where and when reports do not count."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A report and what it is worth. `label`: number of the label it took, None unless it hit one."""

    report: ReplayedEvent
    verdict: Verdict
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """One scene's result. `false`: reports that hit nothing; `delays_s`: beyond the actor's leaving and the dwell;
    `frames`: pictures handed out, `looks`: those that the detector saw."""

    scene: str
    labels: int
    hits: int
    hard_labels: int
    hard_hits: int
    false: tuple[dict[str, Any], ...]
    delays_s: tuple[float, ...]
    duration_s: float
    looks: int
    frames: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def overlaps(a: Box, b: Box) -> bool:
    """Whether two boxes mean the same thing."""
    return iou(a, b) >= IOU_HIT or _centre_inside(a, b) or _centre_inside(b, a)


def judge_scene(scene: Scene, result: ReplayResult) -> list[Judged]:
    """Each report of a replay of the scene with its verdict, in the order of their times."""
    taken: set[int] = set()
    judged = []
    for report in sorted(opened(result), key=lambda report: report.detected_s):
        label = _hit(scene, report, taken)
        if label is not None:
            taken.add(label)
            judged.append(Judged(report, "hard" if scene.events[label].hard else "hit", label))
        else:
            judged.append(Judged(report, "ignored" if _ignored(scene, report) else "false"))
    return judged


def score_scene(scene: Scene, result: ReplayResult) -> Scores:
    """Score what a replay of the scene found."""
    judged = judge_scene(scene, result)
    hits = [(one.report, scene.events[one.label]) for one in judged if one.label is not None]
    hard = sum(label.hard for label in scene.events)
    return Scores(
        scene=scene.name,
        labels=len(scene.events) - hard,
        hits=sum(one.verdict == "hit" for one in judged),
        hard_labels=hard,
        hard_hits=sum(one.verdict == "hard" for one in judged),
        false=tuple(_alarm(one.report) for one in judged if one.verdict == "false"),
        delays_s=tuple(
            round(report.detected_s - label.actor_out_of_view_s - scene.dwell_s, 2) for report, label in hits
        ),
        duration_s=result.media_s,
        looks=result.looks,
        frames=result.frames,
    )


def _alarm(report: ReplayedEvent) -> dict[str, Any]:
    box = list(report.event.bbox)
    return {"category": report.event.category, "at_s": round(report.detected_s, 2), "bbox": box}


def totals(rows: list[Scores]) -> dict[str, Any]:
    """Precision, recall and F1 over all scenes; hard labels are counted apart."""
    labels, hits = sum(row.labels for row in rows), sum(row.hits for row in rows)
    false = sum(len(row.false) for row in rows)
    hours = sum(row.duration_s for row in rows) / 3600
    precision = hits / (hits + false) if hits + false else 0.0
    recall = hits / labels if labels else 0.0
    delays = [delay for row in rows for delay in row.delays_s]
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0,
        "false": false,
        "hours": round(hours, 3),
        "hard": f"{sum(row.hard_hits for row in rows)}/{sum(row.hard_labels for row in rows)}",
        "median_delay_s": round(median(delays), 2) if delays else None,
    }


def _hit(scene: Scene, report: ReplayedEvent, taken: set[int]) -> int | None:
    for number, label in enumerate(scene.events):
        in_time = label.window_s[0] <= report.detected_s <= label.window_s[1]
        same = label.category == report.event.category and overlaps(report.event.bbox, label.box)
        if number not in taken and in_time and same:
            return number
    return None


def _ignored(scene: Scene, report: ReplayedEvent) -> bool:
    return any(
        zone.window_s[0] <= report.detected_s <= zone.window_s[1]
        and (zone.box is None or overlaps(report.event.bbox, zone.box))
        for zone in scene.ignored
    )


def _centre_inside(a: Box, b: Box) -> bool:
    x, y = (a[0] + a[2]) / 2, (a[1] + a[3]) / 2
    return b[0] <= x <= b[2] and b[1] <= y <= b[3]
