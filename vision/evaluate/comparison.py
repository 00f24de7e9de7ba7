"""Runs of the same scenes beside each other: did one find what the other did, and for how much less?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vision.evaluate.runs import SceneRun


@dataclass(frozen=True, slots=True)
class Cost:
    """Per second of video: pictures handed out by the decoder, looks of the detector, processor milliseconds."""

    frames: float
    looks: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Compared:
    """One scene, replayed in two ways.

    Attributes:
        lost: labels (numbers in the scene) that only the reference found.
        gained: labels that only the run itself found.
        later_s: how much later than the reference it reported what both found; negative is earlier.
        false, reference_false: false reports of either.
        cost, reference_cost: what either cost.
    """

    scene: str
    lost: tuple[int, ...]
    gained: tuple[int, ...]
    later_s: tuple[float, ...]
    false: int
    reference_false: int
    cost: Cost
    reference_cost: Cost

    @property
    def same(self) -> bool:
        """Nothing lost, and no more false reports."""
        return not self.lost and self.false <= self.reference_false

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(runs: Sequence[SceneRun], reference: Sequence[SceneRun]) -> list[Compared]:
    """Both runs of the same scenes, side by side; what could not be replayed both ways is left out."""
    pairs = zip(runs, reference, strict=True)
    return [_compared(run, other) for run, other in pairs if run.scores is not None and other.scores is not None]


def cost(runs: Sequence[SceneRun]) -> Cost:
    """What runs cost together."""
    scored = [(run, run.scores) for run in runs if run.scores is not None]
    seconds = sum(scores.duration_s for _, scores in scored) or 1.0
    return Cost(
        sum(scores.frames for _, scores in scored) / seconds,
        sum(scores.looks for _, scores in scored) / seconds,
        1000 * sum(run.cpu_s for run, _ in scored) / seconds,
    )


def _compared(run: SceneRun, reference: SceneRun) -> Compared:
    ours, theirs = (
        {one.label: one.detected_s for one in each.found if one.label is not None} for each in (run, reference)
    )
    return Compared(
        scene=run.scene.name,
        lost=tuple(sorted(theirs.keys() - ours.keys())),
        gained=tuple(sorted(ours.keys() - theirs.keys())),
        later_s=tuple(round(ours[label] - theirs[label], 2) for label in sorted(ours.keys() & theirs.keys())),
        false=sum(one.verdict == "false" for one in run.found),
        reference_false=sum(one.verdict == "false" for one in reference.found),
        cost=cost([run]),
        reference_cost=cost([reference]),
    )
