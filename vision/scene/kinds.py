"""What a close look has told a thing to be: the classifier's last answers, averaged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 8
"""Answers: who stood before the thing at first is forgotten after so many."""
YOUNG_LOOKS = 6
YOUNG_EVERY_S, LATER_EVERY_S = 1.5, 15.0
"""How often a thing is looked at closely: what it is shows in a few looks, apart enough to differ."""
LEAST_LOOKS = 3
"""Answers without which nothing is concluded."""

WASTE = ("rubbish", "bulky")
BODIES = ("person", "cycle", "vehicle", "tricycle", "animal")
AS_HIGH_AS_PEOPLE = ("cycle", "vehicle", "tricycle", "stall")
PLAIN_KIND = 0.8
"""Share of these from which something low is one all the same, or a piece of one."""
STALL, LOCK, POST, TRICYCLE, BIN = "stall", "lock", "post", "tricycle", "bin"
OTHER, NOTHING, VEHICLE, PERSON = "other", "nothing", "vehicle", "person"


@dataclass(slots=True)
class KindShares:
    """The last answers, one mapping of kind to share (0..1, together 1) each.

    Attributes:
        looks: how many there have been.
        last: media time of the last one, UNIX seconds.
    """

    looks: int = 0
    last: float = float("-inf")
    answers: deque[Mapping[str, float]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def due(self, time: float) -> bool:
        """Whether it is time for another look."""
        return time - self.last >= (YOUNG_EVERY_S if self.looks < YOUNG_LOOKS else LATER_EVERY_S)

    def add(self, answer: Mapping[str, float], time: float) -> None:
        """Take an answer."""
        self.answers.append(answer)
        self.looks += 1
        self.last = time

    @property
    def known(self) -> bool:
        """Whether there are answers enough to conclude from."""
        return len(self.answers) >= LEAST_LOOKS

    def share(self, *kinds: str) -> float:
        """Mean share of these kinds together, 0..1; 0 while there are too few answers."""
        if not self.known:
            return 0.0
        return sum(answer.get(kind, 0.0) for answer in self.answers for kind in kinds) / len(self.answers)

    def low_share(self, *kinds: str) -> float:
        """Mean share of these kinds among all that something can be that is less than half as high as people, 0..1.

        It is no vehicle and no stall, however much it looks like one (a bag or a lock by infrared), unless that is all
        it looks like: a wheel, a bumper, a piece of cloth.
        """
        large = self.share(*AS_HIGH_AS_PEOPLE)
        return min(1.0, self.share(*kinds) / (1.0 - large)) if large < PLAIN_KIND else self.share(*kinds)

    def plain(self) -> dict[str, Any]:
        """As JSON values; `KindShares.of` reads them."""
        return {
            "looks": self.looks,
            "last": self.last if self.looks else None,
            "answers": [dict(answer) for answer in self.answers],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any] | None) -> KindShares:
        """What `plain` gave; nothing known where there is none."""
        kinds = cls()
        if plain is not None:
            kinds.looks = int(plain["looks"])
            kinds.last = float(plain["last"]) if plain["last"] is not None else float("-inf")
            kinds.answers.extend(_checked(plain["answers"]))
        return kinds


def _checked(answers: Iterable[Mapping[str, Any]]) -> list[dict[str, float]]:
    return [{str(kind): float(share) for kind, share in answer.items()} for answer in answers]
