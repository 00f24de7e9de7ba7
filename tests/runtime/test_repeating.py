"""A loop of the worker goes on whatever a turn raises, and tells each trouble once."""

from __future__ import annotations

import threading

from vision.runtime.repeating import Repeating


def test_each_trouble_is_told_once_and_the_loop_goes_on() -> None:
    raised = iter(["full", "full", "gone", None, "gone"])
    told: list[str] = []
    done = threading.Event()

    def turn() -> None:
        try:
            trouble = next(raised)
        except StopIteration:
            done.set()
            return
        if trouble is not None:
            raise OSError(trouble)

    loop = Repeating("test", 0.001, turn, lambda error: told.append(str(error)))
    loop.start()
    assert done.wait(10)
    assert loop.stop(5)
    assert told == ["full", "gone", "gone"]


def test_stop_says_whether_it_had_begun() -> None:
    assert not Repeating("test", 0.001, lambda: None, lambda error: None).stop(5)
