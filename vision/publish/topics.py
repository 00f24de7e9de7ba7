"""The names of all topics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names of one worker at one site.

    Raises:
        ValueError: a name is empty or holds `/`, `+`, `#` or NUL, which MQTT reads as levels and wildcards.

    >>> Topics("bajiao", "w-1").case("bj-001", "illegal_dumping")
    'vision/bajiao/cases/bj-001/illegal_dumping'
    """

    site: str
    worker: str

    def __post_init__(self) -> None:
        _level("site", self.site)
        _level("worker", self.worker)

    def case(self, camera: str, category: str) -> str:
        """Case events; not retained."""
        return f"vision/{self.site}/cases/{_level('camera', camera)}/{_level('category', category)}"

    def camera_status(self, camera: str) -> str:
        """State of a camera; retained."""
        return f"vision/{self.site}/cameras/{_level('camera', camera)}/status"

    def worker_status(self) -> str:
        """State of this worker; retained, and the topic of its last will."""
        return f"vision/{self.site}/workers/{self.worker}/status"

    def verdict(self, case_id: str) -> str:
        """Operators' verdicts on a case; not retained."""
        return f"vision/{self.site}/verdicts/{_level('case', case_id)}"

    def answers(self) -> str:
        """Filter for what the centre says to a case."""
        return f"vision/{self.site}/answers/+"

    def answered_case(self, topic: str) -> str | None:
        """The case_id that a topic of `answers()` speaks of; None for any other topic."""
        start = f"vision/{self.site}/answers/"
        case_id = topic.removeprefix(start)
        return case_id if topic.startswith(start) and case_id and "/" not in case_id else None


def _level(what: str, name: str) -> str:
    if not name or set(name) & set("/+#\0"):
        raise ValueError(f"{what} {name!r} cannot be part of an MQTT topic: it must not be empty nor hold / + # or NUL")
    return name
