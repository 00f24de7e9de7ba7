from __future__ import annotations

from fractions import Fraction

import pytest

from vision.sources import Timeline

from .conftest import START

BASE = Fraction(1, 1000)


class Clock:
    now = START

    def __call__(self) -> float:
        return self.now


def live() -> tuple[Timeline, Clock]:
    clock = Clock()
    line = Timeline(clock=clock)
    line.begin(BASE)
    return line, clock


def test_file_time_is_start_plus_the_distance_from_the_first_picture() -> None:
    line = Timeline(START)
    line.begin(BASE)
    assert line.stamp(5000, 4920, 40) == (START, 0.0)
    time, media_s = line.stamp(5480, 5400, 40)
    assert (time - START, media_s) == (pytest.approx(0.48), pytest.approx(0.48))
    assert not line.anomalies


def test_missing_timestamps_go_on_by_a_step() -> None:
    line = Timeline(START)
    line.begin(BASE)
    line.stamp(0, 0, 100)
    line.stamp(100, 100, 100)
    assert line.stamp(None, None, 100)[1] == pytest.approx(0.2)
    assert line.stamp(300, 300, 100)[1] == pytest.approx(0.3)
    assert line.anomalies == {"missing": 1}


def test_timestamps_that_jump_back_do_not_take_time_back() -> None:
    line = Timeline(START)
    line.begin(BASE)
    times = [line.stamp(ticks, ticks, 100)[0] for ticks in (5000, 5100, 5200, 0, 100, 200)]
    assert times == sorted(set(times))
    assert times[-1] - times[0] == pytest.approx(0.5)
    assert line.anomalies == {"backward": 1}


def test_timestamps_that_jump_forward_for_no_reason_are_pulled_back() -> None:
    line = Timeline(START)
    line.begin(BASE)
    times = [line.stamp(ticks, ticks, 100)[0] for ticks in (0, 100, 90_000_000, 90_000_100)]
    assert times[-1] - START == pytest.approx(0.3)
    assert line.anomalies == {"forward": 1}


def test_hole_in_a_recording_is_kept() -> None:
    line = Timeline(START)
    line.begin(BASE)
    line.stamp(0, 0, 100)
    assert line.stamp(20_000, 20_000, 100)[1] == pytest.approx(20.0)
    assert not line.anomalies


def test_live_time_begins_now_whatever_the_camera_thinks() -> None:
    line, _clock = live()
    assert line.stamp(987_654, 987_654, 40)[0] == START


def test_live_time_goes_on_over_a_reconnect() -> None:
    line, clock = live()
    line.stamp(0, 0, 40)
    line.begin(BASE)
    assert line.stamp(500_000, 500_000, 40)[0] > START
    clock.now = START + 30
    line.begin(BASE)
    assert line.stamp(7, 7, 40)[0] == pytest.approx(START + 30)


def test_live_time_that_falls_behind_is_brought_back_to_the_wall_clock() -> None:
    line, clock = live()
    line.stamp(0, 0, 40)
    clock.now = START + 3
    assert line.stamp(40, 40, 40)[0] == pytest.approx(START + 3)
    assert line.anomalies["drift"] == 1


def test_live_time_ahead_of_the_wall_clock_slows_down_and_never_turns_back() -> None:
    line, clock = live()
    times = [line.stamp(ticks, ticks, 40)[0] for ticks in range(0, 4000, 40)]  # 4 s at once
    for ticks in range(4000, 40_000, 40):
        clock.now += 0.04
        times.append(line.stamp(ticks, ticks, 40)[0])
    assert times == sorted(set(times))
    assert times[-1] - clock.now <= 0.15
    assert line.anomalies["drift"] == 1


def test_dwell_times_hold_when_the_clock_of_this_machine_is_set_back() -> None:
    line, clock = live()
    line.stamp(0, 0, 40)
    clock.now -= 3600
    times = []
    for ticks in range(40, 60_040, 40):
        clock.now += 0.04
        times.append(line.stamp(ticks, ticks, 40)[0])
    assert times == sorted(set(times))
    assert 0.89 * 60 < times[-1] - times[0] <= 60
    assert line.anomalies["drift"] == 1


def test_silence_that_the_wall_clock_confirms_is_no_fault() -> None:
    line, clock = live()
    line.stamp(0, 0, 40)
    clock.now = START + 20
    assert line.stamp(20_000, 20_000, 40)[0] == pytest.approx(START + 20)
    assert not +line.anomalies
