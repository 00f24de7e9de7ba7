"""When a camera's state is written: at once where it matters, soon after the start, else seldom."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from vision.runtime.perception import Perception
from vision.runtime.saved_state import EVERY_S, SavedState


class Watching:
    """What `SavedState` asks of a perception, with nothing behind it."""

    watched: frozenset[int] = frozenset()
    views = cast(Any, type("Views", (), {"remember": staticmethod(dict), "part_names": staticmethod(list)}))

    def save(self) -> dict[str, Any]:
        return {}


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SavedState, list[float]]:
    """A saved state, and the times at which it was written."""
    state, times = SavedState(tmp_path, "a"), list[float]()
    monkeypatch.setattr(SavedState, "save", lambda self, perception: times.append(perception.now) or True)
    return state, times


def run(state: SavedState, until: int, reports: tuple[int, ...] = (), watched: tuple[int, ...] = ()) -> None:
    one = Watching()
    for now in range(until):
        cast(Any, one).now = now
        one.watched = frozenset(start for start in watched if start <= now)
        state.save_if_due(cast(Perception, one), now in reports, float(now))


def test_first_soon_then_ever_less_often(saved: tuple[SavedState, list[float]]) -> None:
    run(saved[0], 2000)
    assert saved[1][:4] == [5, 15, 35, 75]
    assert saved[1][-1] - saved[1][-2] == EVERY_S


def test_at_once_when_something_is_reported_or_begins_to_be_watched(saved: tuple[SavedState, list[float]]) -> None:
    run(saved[0], 34, reports=(20,), watched=(11,))
    assert saved[1] == [5, 11, 20, 30]
