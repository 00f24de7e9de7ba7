"""Who stays at a selling point, and who only comes by."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from vision.detect import Role
from vision.rules.attendance import Attendance, attended
from vision.scene import Track
from vision.sources import Box

SPOT, BESIDE = (0.4, 0.4, 0.5, 0.7), (0.58, 0.4, 0.68, 0.7)


def person(track_id: int, box: Box = SPOT) -> Track:
    return Track(track_id, Role.PERSON, "person", box, 0.9, 0.0, 0.0, 0.0, box)


def test_stay_goes_on_under_a_new_track_in_the_same_spot() -> None:
    attendance: Attendance | None = None
    for second in range(0, 20, 2):
        attendance = attended(attendance, [person(1 if second < 10 else 2)], float(second))
    assert attendance is not None
    assert attendance.longest_stay() == 18


@pytest.mark.parametrize(("stood", "hidden", "stays"), [(8, 16, True), (8, 24, False), (4, 10, False)])
def test_a_vendor_whom_others_hide_for_a_while_is_the_same_when_he_is_seen_in_his_spot_again(
    stood: int, hidden: int, stays: bool
) -> None:
    """Somebody who has only just come to stand there is not."""
    attendance: Attendance | None = None
    for second in range(0, stood + hidden, 2):
        there = person(1) if second <= stood else person(2, BESIDE)
        attendance = attended(attendance, [there], float(second))
    back = float(stood + hidden)
    attendance = attended(attendance, [person(3)], back)
    assert attendance is not None
    assert any(stay.last == back and stay.there_s >= stood for stay in attendance.stays) is stays


@pytest.mark.parametrize(("looked", "stays_s"), [(False, 38), (True, 20)], ids=["nobody looked", "he was not there"])
def test_time_at_which_nobody_looked_belongs_to_him_who_was_there_before_and_after(looked: bool, stays_s: int) -> None:
    """A worker that is killed and started again: what it had seen is written down, and read."""
    attendance: Attendance | None = None
    for second in range(0, 12, 2):
        attendance = attended(attendance, [person(1)], float(second))
    assert attendance is not None
    if looked:
        attendance = attended(attendance, [], 12.0)
        assert attendance is not None
    attendance = Attendance.restored(json.loads(json.dumps(asdict(attendance))))
    for second in range(28, 40, 2):
        attendance = attended(attendance, [person(7)], float(second))
        assert attendance is not None
    assert attendance.longest_stay() == stays_s


def test_others_who_stand_elsewhere_begin_a_stay_of_their_own() -> None:
    attendance: Attendance | None = None
    for second in range(0, 20, 2):
        there = person(1) if second < 10 else person(2, BESIDE)
        attendance = attended(attendance, [there], float(second))
    assert attendance is not None
    assert attendance.longest_stay() == 8


def test_row_of_passers_by_is_nobody_who_stays() -> None:
    attendance: Attendance | None = None
    for second in range(0, 60, 2):
        x = 0.2 + 0.15 * (second // 2 % 4)
        attendance = attended(attendance, [person(1, (x, 0.4, x + 0.1, 0.7))], float(second))
    assert attendance is not None
    assert attendance.longest_stay() == 0
    assert attendance.visits == 0


def test_vendor_who_walks_about_and_is_never_lost_from_sight_stays() -> None:
    attendance: Attendance | None = None
    for step in range(60):
        x = 0.4 + 0.2 * (step % 10) / 10
        walking = person(1, (x, 0.4, x + 0.1, 0.7))
        walking.followed_since = -1.0
        attendance = attended(attendance, [walking], step / 5)
    assert attendance is not None
    assert attendance.longest_stay() == pytest.approx(11.8)


def test_point_left_alone_for_long_begins_anew() -> None:
    first = attended(None, [person(1)], 0.0)
    assert attended(first, [], 20.0) is first
    assert attended(first, [], 31.0) is None


def test_each_company_that_comes_and_goes_is_one_visit() -> None:
    attendance: Attendance | None = None
    for second in range(60):
        buyer = [person(second + 10, BESIDE)] if 10 <= second < 20 or 40 <= second < 50 else []
        attendance = attended(attendance, [person(1), *buyer], float(second))
    assert attendance is not None
    assert attendance.visits == 2


@pytest.mark.parametrize(("comes", "visits"), [(0, 0), (10, 1)], ids=["there from the start", "comes"])
def test_companion_who_is_missed_now_and_then_is_one_visit_if_he_came(comes: int, visits: int) -> None:
    attendance: Attendance | None = None
    for second in range(60):
        companion = [person(second + 10, BESIDE)] if second >= comes and second % 3 else []
        attendance = attended(attendance, [person(1), *companion], float(second))
    assert attendance is not None
    assert attendance.visits == visits


def test_body_with_two_tracks_is_nobody_beside_himself() -> None:
    attendance: Attendance | None = None
    x1, y1, x2, y2 = SPOT
    for second in range(60):
        double = [person(2, (x1, y1 + 0.01, x2, y2))] if second >= 20 else []
        attendance = attended(attendance, [person(1), *double], float(second))
    assert attendance is not None
    assert attendance.visits == 0


def test_attendance_survives_a_restart() -> None:
    attendance: Attendance | None = None
    for second in range(0, 20, 2):
        attendance = attended(attendance, [person(1)], float(second))
    assert attendance is not None
    again = Attendance.restored(json.loads(json.dumps(asdict(attendance))))
    again.note([person(900)], 40.0)
    again.note([person(900)], 42.0)
    assert again.longest_stay() == 42, "nobody looked for 22 s, and he stands there still"


def test_people_remembered_are_bounded_and_the_longest_stay_is_kept() -> None:
    attendance: Attendance | None = None
    for second in range(200):
        attendance = attended(attendance, [person(1), person(second + 10, BESIDE)], float(second))
    assert attendance is not None
    assert len(attendance.stays) <= 34
    assert attendance.longest_stay() == 199


def test_who_stood_there_for_a_while_and_left_no_longer_stands() -> None:
    attendance: Attendance | None = None
    for second in range(0, 40, 2):
        x = 0.4 if second < 20 else (0.05, 0.2, 0.6, 0.75, 0.9)[second // 2 % 5]
        there = person(second, (x, 0.4, x + 0.1, 0.7))
        attendance = attended(attendance, [there], float(second))
        assert attendance is not None
        assert attendance.somebody_stands(float(second)) == (6 <= second < 24)


def test_others_who_pass_through_the_spot_dressed_otherwise_do_not_stay() -> None:
    attendance: Attendance | None = None
    for second in range(0, 20, 2):
        passing = person(second)
        passing.look = (25.0 * (second // 2),) * 9
        attendance = attended(attendance, [passing], float(second))
    assert attendance is not None
    assert attendance.longest_stay() == 0


def test_a_vendor_before_whom_somebody_passes_is_the_same_afterwards() -> None:
    attendance: Attendance | None = None
    for second in range(0, 20, 2):
        seller = person(1 if second < 8 else 2)
        seller.look = ((20.0,) * 9, (60.0,) * 9)[second == 8]
        seller.followed_since = 0.0 if second == 8 else 50.0  # his own track goes on over the look at the other
        seller.track_id = 1 if second <= 8 else 2
        attendance = attended(attendance, [seller], float(second))
    assert attendance is not None
    assert attendance.longest_stay() == 18


def test_clothes_survive_a_restart() -> None:
    seller = person(1)
    seller.look = (20.0,) * 9
    attendance = attended(None, [seller], 0.0)
    assert attendance is not None
    again = Attendance.restored(json.loads(json.dumps({**asdict(attendance), "company_seen": None})))
    assert again.stays == attendance.stays
    plain = asdict(attendance)
    plain["stays"] = [{**stay, "look": stay.pop("looks")[0]} for stay in plain["stays"]]
    assert Attendance.restored(plain).stays == attendance.stays


@pytest.mark.parametrize(
    ("speed", "stay_s"),
    [((0.0, 0.0), 18), ((0.05, 0.0), 18), ((0.1, 0.0), 0), ((-0.1, 0.0), 0), ((0.0, 0.2), 0)],
    ids=["stands", "shifts his weight", "walks by", "the other way", "towards the camera"],
)
def test_row_of_passers_by_is_no_vendor(speed: tuple[float, float], stay_s: float) -> None:
    """Somebody else, dressed alike, is in the same spot at every look, a tenth of the picture wide."""
    attendance: Attendance | None = None
    for number in range(10):
        passer = person(number)
        passer.speed = speed
        attendance = attended(attendance, [passer], 2.0 * number)
    assert attendance is not None
    assert attendance.longest_stay() == stay_s
    assert attendance.last == 18.0, "the point is not alone"


@pytest.mark.parametrize(("apart", "stay_s"), [(6, 18), (18, 0)], ids=["one, hidden twice", "three in turn"])
def test_who_stands_in_one_spot_long_apart_is_not_one_who_stays(apart: int, stay_s: float) -> None:
    """For 10 s, for 4 and for 4 again, while others walk by."""
    there, second = {0.0, 2.0, 4.0, 6.0, 8.0, 10.0}, 10.0
    for _ in range(2):
        there |= {second + apart, second + apart + 2, second + apart + 4}
        second += apart + 4
    attendance: Attendance | None = None
    for step in range(int(second / 2) + 1):
        walking = person(step, BESIDE)
        walking.speed = (0.1, 0.0)
        standing = [person(100 + step)] if 2.0 * step in there else []
        attendance = attended(attendance, [walking, *standing], 2.0 * step)
    assert attendance is not None
    assert attendance.longest_stay() == stay_s
