"""The adaptive run beside the run that decodes and looks at every picture: the same events, for how much less."""

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
    """One scene, replayed both ways.

    Attributes:
        lost: labels (numbers in the scene) that only the full run found.
        gained: labels that only the adaptive run found.
        later_s: how much later than the full run the adaptive one reported what both found; negative is earlier.
        adaptive_false: false reports of the adaptive run.
        full_false: false reports of the full run.
    """

    scene: str
    lost: tuple[int, ...]
    gained: tuple[int, ...]
    later_s: tuple[float, ...]
    adaptive_false: int
    full_false: int
    adaptive: Cost
    full: Cost

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(adaptive: Sequence[SceneRun], full: Sequence[SceneRun]) -> list[Compared]:
    """Both runs of the same scenes, side by side; what could not be replayed both ways is left out."""
    pairs = zip(adaptive, full, strict=True)
    return [_compared(a, f) for a, f in pairs if a.scores is not None and f.scores is not None]


def cost(runs: Sequence[SceneRun]) -> Cost:
    """What runs cost together."""
    scored = [(run, run.scores) for run in runs if run.scores is not None]
    seconds = sum(scores.duration_s for _, scores in scored) or 1.0
    return Cost(
        sum(scores.frames for _, scores in scored) / seconds,
        sum(scores.looks for _, scores in scored) / seconds,
        1000 * sum(run.cpu_s for run, _ in scored) / seconds,
    )


def _compared(adaptive: SceneRun, full: SceneRun) -> Compared:
    ours, theirs = (
        {one.label: one.detected_s for one in run.found if one.label is not None} for run in (adaptive, full)
    )
    return Compared(
        scene=adaptive.scene.name,
        lost=tuple(sorted(theirs.keys() - ours.keys())),
        gained=tuple(sorted(ours.keys() - theirs.keys())),
        later_s=tuple(round(ours[label] - theirs[label], 2) for label in sorted(ours.keys() & theirs.keys())),
        adaptive_false=sum(one.verdict == "false" for one in adaptive.found),
        full_false=sum(one.verdict == "false" for one in full.found),
        adaptive=cost([adaptive]),
        full=cost([full]),
    )
