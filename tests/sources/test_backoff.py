from __future__ import annotations

import random

from vision.sources.backoff import Backoff


def test_waits_double_up_to_the_longest_and_never_go_in_step() -> None:
    backoff = Backoff(1, 60, random.Random(1))
    waits = [backoff.wait_s() for _ in range(9)]
    for wait, most in zip(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert most / 2 <= wait <= most
    assert len(set(waits)) == 9


def test_no_use_in_hurrying_waits_longest() -> None:
    assert Backoff(1, 60).wait_s(longest=True) >= 30


def test_only_a_connection_that_held_begins_anew() -> None:
    backoff = Backoff(1, 60)
    for _ in range(5):
        backoff.wait_s()
    backoff.lasted(2)
    assert backoff.wait_s() >= 16
    backoff.lasted(600)
    assert backoff.wait_s() <= 1
