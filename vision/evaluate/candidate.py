"""Is a candidate model better than the one in force? Events decide: what is found on the same scenes, what is false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import binomtest

from vision.evaluate.comparison import Compared, compare
from vision.evaluate.runs import SceneRun


@dataclass(frozen=True, slots=True)
class Trial:
    """Two models on the same scenes; hard labels are counted in `gained` and `lost`, not in `hits`.

    Attributes:
        labels, hits, hits_in_force: labels that are not hard, and how many each found.
        false, false_in_force: false reports of each.
        gained, lost: labels that only the candidate found, and that only the one in force did.
        chance: probability of so uneven a split of gained and lost labels between two equally good models (two-sided
            sign test, McNemar's in its exact form); 1 where nothing differs.
        not_replayed: scenes that one of them could not be replayed with.
    """

    labels: int
    hits: int
    hits_in_force: int
    false: int
    false_in_force: int
    gained: int
    lost: int
    chance: float
    not_replayed: int
    scenes: tuple[Compared, ...]

    @property
    def better(self) -> bool:
        """Nothing worse in sum, something better, and every scene was replayed."""
        worse = self.hits < self.hits_in_force or self.false > self.false_in_force or self.gained < self.lost
        more = self.hits > self.hits_in_force or self.false < self.false_in_force or self.gained > self.lost
        return more and not worse and not self.not_replayed

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"better": self.better}


def trial(candidate: Sequence[SceneRun], in_force: Sequence[SceneRun]) -> Trial:
    """Judge a candidate; both sequences hold runs of the same scenes in the same order.

    Raises:
        ValueError: they do not.
    """
    if [run.scene.name for run in candidate] != [run.scene.name for run in in_force]:
        raise ValueError("both models must be tried on the same scenes")
    compared = compare(candidate, in_force)
    pairs = [(a.scores, b.scores) for a, b in zip(candidate, in_force, strict=True) if a.scores and b.scores]
    gained, lost = sum(len(one.gained) for one in compared), sum(len(one.lost) for one in compared)
    return Trial(
        labels=sum(ours.labels for ours, _ in pairs),
        hits=sum(ours.hits for ours, _ in pairs),
        hits_in_force=sum(theirs.hits for _, theirs in pairs),
        false=sum(len(ours.false) for ours, _ in pairs),
        false_in_force=sum(len(theirs.false) for _, theirs in pairs),
        gained=gained,
        lost=lost,
        chance=float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0,
        not_replayed=len(candidate) - len(pairs),
        scenes=tuple(compared),
    )
