"""Close looks at one thing, averaged."""

from __future__ import annotations

import pytest

from vision.scene.kinds import LEAST_LOOKS, REMEMBERED, YOUNG_LOOKS, KindShares


def known(*answers: dict[str, float]) -> KindShares:
    kinds = KindShares()
    for number, answer in enumerate(answers):
        kinds.add(answer, 10.0 + 2 * number)
    return kinds


def test_nothing_is_concluded_from_fewer_than_three_looks() -> None:
    assert known(*[{"lock": 1.0}] * (LEAST_LOOKS - 1)).share("lock") == 0.0
    assert known(*[{"lock": 1.0}] * LEAST_LOOKS).share("lock") == 1.0


def test_shares_are_averaged_and_added_over_kinds() -> None:
    kinds = known({"rubbish": 0.6, "bulky": 0.2}, {"rubbish": 0.3}, {"bulky": 0.1})
    assert kinds.share("rubbish") == pytest.approx(0.3)
    assert kinds.share("rubbish", "bulky") == pytest.approx(0.4)
    assert kinds.share("lock") == 0.0


@pytest.mark.parametrize(("large", "share"), [(0.0, 0.1), (0.5, 0.2), (0.75, 0.4), (0.9, 0.1)])
def test_what_is_low_is_no_vehicle_unless_it_looks_like_nothing_else(large: float, share: float) -> None:
    kinds = known(*[{"vehicle": large / 2, "stall": large / 2, "lock": 0.1}] * 3)
    assert kinds.low_share("lock") == pytest.approx(share)


def test_who_stood_before_it_at_first_is_forgotten() -> None:
    kinds = known(*[{"person": 1.0}] * 3, *[{"rubbish": 1.0}] * REMEMBERED)
    assert kinds.share("person") == 0.0
    assert kinds.looks == 3 + REMEMBERED


def test_a_thing_that_is_known_is_looked_at_seldom() -> None:
    kinds = KindShares()
    assert kinds.due(0.0)
    kinds.add({"rubbish": 1.0}, 0.0)
    assert not kinds.due(1.0)
    assert kinds.due(2.0)
    for number in range(1, YOUNG_LOOKS):
        kinds.add({"rubbish": 1.0}, 2.0 * number)
    assert not kinds.due(2.0 * YOUNG_LOOKS)
    assert kinds.due(2.0 * YOUNG_LOOKS + 15.0)


def test_comes_back_from_plain_values() -> None:
    kinds = known({"lock": 0.9}, {"lock": 0.7}, {"post": 0.5})
    back = KindShares.of(kinds.plain())
    assert back == kinds
    assert KindShares.of(None) == KindShares.of(KindShares().plain()) == KindShares()
