"""Durations, sizes, schedules and polygons, each read and written back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.config import Polygon, Schedule, format_duration, format_size, parse_duration, parse_size

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("500ms", 0.5), ("2d", 172800), (12, 12), ("7", 7)]
)
def test_duration_is_read(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "-3s", "3 weeks", "s", True, None, float("nan"), float("inf"), [1]])
def test_what_is_no_duration_is_refused(text: object) -> None:
    if text == "5":
        assert parse_duration(text) == 5
        return
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.integers(0, 10**7) | st.floats(0, 1e5, allow_nan=False))
def test_duration_written_is_read_back_the_same(seconds: float) -> None:
    assert parse_duration(format_duration(float(seconds))) == pytest.approx(seconds, rel=1e-12, abs=1e-12)


@given(st.integers(0, 10**15))
def test_size_written_is_read_back_the_same(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize("text", ["10", "ten GB", "-1GB", 1.5, True, None])
def test_what_is_no_size_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="amount of data"):
        parse_size(text)


@given(
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.integers(0, 7 * 1440 - 1),
)
def test_schedule_agrees_with_counting_minutes(first: int, last: int, start: int, end: int, minute: int) -> None:
    text = f"{DAYS[first]}-{DAYS[last]} {start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    at = datetime(2026, 11, 23, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(minutes=minute)  # a Monday
    days = {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    length = end - start if end > start else end - start + 1440
    begins = [day * 1440 + start for day in days]
    expected = any((minute - begin) % (7 * 1440) < length for begin in begins)
    assert Schedule.parse([text]).active(at) == expected


def test_schedule_knows_chinese_days_and_goes_over_midnight() -> None:
    schedule = Schedule.parse(["周六,周日 22:00-02:00"])
    zone = ZoneInfo("Asia/Shanghai")
    assert schedule.active(datetime(2026, 11, 28, 23, 0, tzinfo=zone))
    assert schedule.active(datetime(2026, 11, 30, 1, 59, tzinfo=zone))  # still Sunday's night
    assert not schedule.active(datetime(2026, 11, 30, 2, 0, tzinfo=zone))
    assert not schedule.active(datetime(2026, 11, 27, 23, 0, tzinfo=zone))


def test_schedule_without_spans_is_always_and_needs_a_timezone() -> None:
    assert Schedule().active(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="timezone"):
        Schedule().active(datetime(2026, 1, 1))


@pytest.mark.parametrize("text", ["Mon", "06:00", "Mon 25:00-26:00", "Funday 06:00-07:00", "Mon 24:00-02:00", "6-7"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Schedule.parse([text])


point = st.lists(st.floats(-0.5, 1.5) | st.integers(-1, 2) | st.text(max_size=2), max_size=3)


@given(st.lists(point, max_size=8) | st.none() | st.text(max_size=5))
def test_any_points_make_a_polygon_or_a_clear_error(points: object) -> None:
    try:
        polygon = Polygon(points)
    except ValueError:
        return  # anything but ValueError fails the test
    assert polygon.area > 0
    assert polygon == Polygon([list(p) for p in polygon.points])
    x1, y1, x2, y2 = polygon.bounds
    assert 0 <= x1 < x2 <= 1
    assert 0 <= y1 < y2 <= 1


@given(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 0.1), st.floats(0, 1), st.floats(0, 1))
def test_rectangle_contains_what_lies_between_its_sides(x: float, y: float, size: float, px: float, py: float) -> None:
    polygon = Polygon([[x, y], [x + size, y], [x + size, y + size], [x, y + size]])
    assert polygon.contains(px, py) == (x <= px <= x + size and y <= py <= y + size)
    assert polygon.overlap((x, y, x + size / 2, y + size)) == pytest.approx(1.0)
    assert polygon.overlap((x - size, y, x + size, y + size)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([[0, 0], [1, 1]], "3 to"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "crosses"),
        ([[0, 0], [0.5, 0], [1, 0]], "no area|crosses"),
        ([[0, 0], [1.2, 0], [1, 1]], "point 2"),
        ([[0, 0], [1, 0], ["a", 1]], "point 3"),
    ],
)
def test_bad_polygon_says_what_is_wrong(points: list, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Polygon(points)
