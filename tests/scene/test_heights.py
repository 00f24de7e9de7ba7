"""How high somebody is in a row is learnt from who walks there, and from nobody else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import siegelslopes

from vision.detect import Role
from vision.scene.heights import LEAST_BOXES, MOST_BOXES, PeopleHeights, repeated_medians
from vision.scene.tracking import Track
from vision.sources import Box

ASPECT = 16 / 9
HORIZON, SLOPE = 0.1, 0.5


def upright(foot: float, share: float = 1.0, x: float = 0.5) -> Box:
    """A person on level ground under a camera that has the horizon at `HORIZON`, or `share` of his height."""
    high = SLOPE * (foot - HORIZON) * share
    half = 0.35 * high / share / ASPECT / 2
    return x - half, foot - high, x + half, foot


def walker(number: int, box: Box, time: float, /, **changes: object) -> Track:
    track = Track(number, Role.PERSON, "person", box, 0.8, time - 2.0, time, time, box, hits=3)
    for name, value in changes.items():
        setattr(track, name, value)
    return track


def learnt(boxes: list[Box], **changes: object) -> PeopleHeights:
    heights = PeopleHeights()
    for number, box in enumerate(boxes):
        heights.learn([walker(number, box, 10.0 + number, **changes)], ASPECT, 10.0 + number)
    return heights


def test_the_line_is_that_of_most_where_a_quarter_are_cut_off() -> None:
    feet = np.linspace(0.4, 0.8, 24)
    heights = learnt([upright(float(foot), 0.6 if number % 4 == 0 else 1.0) for number, foot in enumerate(feet)])
    for foot in (0.4, 0.6, 0.78):
        assert heights.at(foot) == pytest.approx(SLOPE * (foot - HORIZON), rel=0.1)


def test_the_horizon_is_where_nobody_has_any_height() -> None:
    feet = np.linspace(0.4, 0.8, 24)
    assert learnt([upright(float(foot)) for foot in feet]).horizon == pytest.approx(HORIZON, abs=0.02)
    assert learnt([upright(0.6)] * 24).horizon == -np.inf, "all in one row"
    assert learnt([upright(float(foot)) for foot in feet[:LEAST_BOXES:2]]).horizon == -np.inf, "a few"


def test_the_horizon_is_still_known_when_all_have_walked_in_one_row_for_long() -> None:
    heights = learnt([upright(float(foot)) for foot in np.linspace(0.4, 0.8, 24)])
    assert heights.horizon == pytest.approx(HORIZON, abs=0.02)
    for number in range(24, 24 + MOST_BOXES):
        heights.learn([walker(number, upright(0.6), 10.0 + number)], ASPECT, 10.0 + number)
    assert heights.horizon == pytest.approx(HORIZON, abs=0.02)


def test_nothing_is_known_from_a_few_nor_far_from_where_people_were_seen() -> None:
    few = learnt([upright(0.6)] * (LEAST_BOXES - 1))
    assert few.at(0.6) == 0.0
    enough = learnt([upright(0.6)] * LEAST_BOXES)
    assert enough.at(0.6) == pytest.approx(SLOPE * (0.6 - HORIZON))
    assert enough.at(0.2) == enough.at(0.9) == 0.0


@pytest.mark.parametrize(
    "changes",
    [
        {"role": Role.VEHICLE},
        {"score": 0.4},
        {"hits": 1, "score": 0.59},
        {"still_since": 0.0, "first_seen": 0.0},
        {"box": (0.5, 0.2, 0.51, 0.6)},
        {"box": (0.3, 0.4, 0.7, 0.6)},
        {"box": (0.0, 0.4, 0.06, 0.6)},
        {"last_seen": 1.0},
    ],
    ids=["vehicle", "unsure", "seen once", "stands", "a post", "a crowd", "cut off by the border", "not seen now"],
)
def test_who_is_not_surely_a_whole_person_who_walks_tells_nothing(changes: dict[str, object]) -> None:
    assert len(learnt([upright(0.6)] * LEAST_BOXES, **changes).boxes) == 0


def test_a_walker_counts_once_a_second() -> None:
    heights = PeopleHeights()
    for time in np.arange(10.0, 13.0, 0.2):
        heights.learn([walker(1, upright(0.6), float(time))], ASPECT, float(time))
    assert len(heights.boxes) == 3


def test_it_goes_on_from_what_was_kept() -> None:
    boxes = [(0.4 + 0.02 * number, SLOPE * (0.3 + 0.02 * number)) for number in range(LEAST_BOXES)]
    assert PeopleHeights(boxes).at(0.5) == pytest.approx(SLOPE * 0.4)


def test_the_line_is_the_one_that_scipy_finds() -> None:
    rng = np.random.default_rng(3)
    feet = rng.integers(40, 80, 60) / 100  # some in the same row
    heights = 0.5 * feet - 0.05 + rng.normal(0, 0.01, 60) - 0.1 * (rng.random(60) < 0.3)
    slope, base = siegelslopes(heights, feet)
    assert repeated_medians(feet.tolist(), heights.tolist()) == pytest.approx((slope, base))
