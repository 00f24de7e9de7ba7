from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.detect import WHOLE, Detections, Look, merge_looks, prepare_look, tiles
from vision.detect.looks import MAX_TILES
from vision.sources import Box, Frame

INPUT = (640, 384)


def frame_of(image: np.ndarray) -> Frame:
    return Frame.from_bgr(image, camera_id="c", time=0.0)


def test_whole_picture_comes_at_the_networks_size() -> None:
    look = prepare_look(Look(frame_of(np.zeros((1080, 1920, 3), np.uint8))), INPUT)
    assert look.regions == (WHOLE,)
    assert look.images[0].shape == (360, 640, 3)


def test_small_picture_is_not_blown_up() -> None:
    look = prepare_look(Look(frame_of(np.zeros((120, 160, 3), np.uint8))), INPUT)
    assert look.images[0].shape == (120, 160, 3)


def test_part_comes_in_native_resolution() -> None:
    image = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    look = prepare_look(Look(frame_of(image), (WHOLE, (0.25, 0.5, 0.5, 1.0))), INPUT)
    assert look.regions == (WHOLE, (0.25, 0.5, 0.5, 1.0))
    np.testing.assert_array_equal(look.images[1], frame_of(image).bgr()[100:200, 100:200])


fraction = st.floats(0, 1)


@given(st.integers(2, 90), st.integers(2, 90), fraction, fraction, fraction, fraction)
def test_region_that_is_shown_is_told_to_the_pixel(
    width: int, height: int, x1: float, x2: float, y1: float, y2: float
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    region = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    look = prepare_look(Look(frame_of(image), (region,)), INPUT)
    [shown], [picture] = look.regions, look.images
    if shown == WHOLE:
        return
    assert picture.shape[1] == round((shown[2] - shown[0]) * width) >= 1
    assert picture.shape[0] == round((shown[3] - shown[1]) * height) >= 1
    assert shown[0] <= region[0] + 1e-9 or region[0] == 1.0
    assert shown[2] >= region[2] - 1e-9


def test_thing_in_a_part_is_told_in_fractions_of_the_whole(found: Callable[..., Detections]) -> None:
    merged = merge_looks([((0.5, 0.5, 1.0, 1.0), found((0.2, 0.4, 0.6, 0.8, 0.9, 0)))])
    np.testing.assert_allclose(merged.boxes, [[0.6, 0.7, 0.8, 0.9]], atol=1e-6)


def test_no_look_gives_nothing() -> None:
    assert len(merge_looks([])) == 0
    assert len(merge_looks([(WHOLE, Detections.empty()), ((0, 0, 0.5, 0.5), Detections.empty())])) == 0


def test_same_thing_in_whole_and_part_is_told_once_with_the_better_score(found: Callable[..., Detections]) -> None:
    whole = found((0.60, 0.70, 0.80, 0.90, 0.5, 0))
    part = found((0.21, 0.4, 0.6, 0.8, 0.8, 0))
    merged = merge_looks([(WHOLE, whole), ((0.5, 0.5, 1.0, 1.0), part)])
    np.testing.assert_allclose(merged.scores, [0.8])


def test_bag_on_a_person_stays_a_thing_of_its_own(found: Callable[..., Detections]) -> None:
    whole, part = found((0.6, 0.7, 0.8, 0.9, 0.5, 0)), found((0.2, 0.4, 0.6, 0.8, 0.8, 1))
    assert merge_looks([(WHOLE, whole), ((0.5, 0.5, 1.0, 1.0), part)]).names == ("bag", "person")


def test_box_cut_by_its_crop_gives_way_to_the_whole_one(found: Callable[..., Detections]) -> None:
    whole = found((0.3, 0.3, 0.7, 0.7, 0.4, 0))
    cut = found((0.0, 0.3, 0.4, 0.7, 0.95, 0))  # ends at the crop's left edge
    merged = merge_looks([((0.5, 0.0, 1.0, 1.0), cut), (WHOLE, whole)])
    np.testing.assert_allclose(merged.boxes, [[0.3, 0.3, 0.7, 0.7]], atol=1e-6)
    np.testing.assert_allclose(merged.scores, [0.4])


def test_box_at_the_pictures_own_edge_is_not_cut(found: Callable[..., Detections]) -> None:
    whole, part = found((0.81, 0.5, 1.0, 1.0, 0.4, 0)), found((0.6, 0.5, 1.0, 1.0, 0.9, 0))
    merged = merge_looks([(WHOLE, whole), ((0.5, 0.0, 1.0, 1.0), part)])
    np.testing.assert_allclose(merged.boxes, [[0.8, 0.5, 1.0, 1.0]], atol=1e-6)


def test_cut_box_that_nobody_else_saw_is_kept(found: Callable[..., Detections]) -> None:
    cut = found((0.0, 0.3, 0.4, 0.7, 0.9, 0))
    assert len(merge_looks([(WHOLE, Detections.empty()), ((0.5, 0.0, 1.0, 1.0), cut)])) == 1


def test_thing_in_the_overlap_of_two_tiles_is_told_once(found: Callable[..., Detections]) -> None:
    left, right = (0.0, 0.0, 0.6, 1.0), (0.4, 0.0, 1.0, 1.0)
    seen_left = found((0.75, 0.4, 0.9, 0.6, 0.7, 1))  # 0.45..0.54 of the picture
    seen_right = found((0.0833, 0.4, 0.2333, 0.6, 0.6, 1))
    merged = merge_looks([(left, seen_left), (right, seen_right)])
    np.testing.assert_allclose(merged.scores, [0.7])


@given(st.permutations(range(3)))
def test_order_of_the_parts_does_not_matter(order: list[int]) -> None:
    from vision.detect import Role

    def one(box: Box, score: float) -> Detections:
        table = np.array([box], np.float32), np.array([score], np.float32), np.zeros(1, np.int32)
        return Detections(*table, (Role.PERSON,), ("person",))

    parts = [
        (WHOLE, one((0.3, 0.3, 0.7, 0.7), 0.4)),
        ((0.5, 0.0, 1.0, 1.0), one((0.0, 0.3, 0.4, 0.7), 0.95)),
        ((0.0, 0.0, 0.5, 0.5), one((0.1, 0.1, 0.3, 0.3), 0.5)),
    ]
    merged, wanted = merge_looks([parts[i] for i in order]), merge_looks(parts)
    np.testing.assert_array_equal(merged.boxes, wanted.boxes)
    np.testing.assert_array_equal(merged.scores, wanted.scores)


def test_small_zone_is_one_native_tile_moved_into_the_picture() -> None:
    [tile] = tiles((0.0, 0.9, 0.1, 1.0), (1920, 1080), INPUT)
    np.testing.assert_allclose(tile, (0, (1080 - 384) / 1080, 640 / 1920, 1.0))


def test_picture_smaller_than_the_network_is_one_tile() -> None:
    assert tiles((0.1, 0.1, 0.9, 0.9), (320, 240), INPUT) == [WHOLE]


zones = st.tuples(fraction, fraction, fraction, fraction).map(
    lambda z: (min(z[0], z[1]), min(z[2], z[3]), max(z[0], z[1]), max(z[2], z[3]))
)


@given(zones, st.integers(16, 4000), st.integers(16, 4000))
def test_tiles_cover_the_zone_inside_the_picture_and_are_few(zone: Box, width: int, height: int) -> None:
    found = tiles(zone, (width, height), INPUT)
    assert 1 <= len(found) <= MAX_TILES
    for axis, length in ((0, width), (1, height)):
        spans = sorted((tile[axis], tile[axis + 2]) for tile in found)
        assert spans[0][0] <= zone[axis] + 0.51 / length
        assert spans[-1][1] >= zone[axis + 2] - 0.51 / length
        assert all(0 <= start < end <= 1 for start, end in spans)
        assert all(nxt[0] <= now[1] for now, nxt in pairwise(spans))


def test_neighbouring_tiles_overlap_by_the_share_asked_for() -> None:
    found = tiles((0.0, 0.0, 1.0, 0.3), (1920, 1080), INPUT, overlap=0.2)
    starts = [round(tile[0] * 1920) for tile in found]
    assert all(640 - (after - before) >= 0.2 * 640 - 1 for before, after in pairwise(starts))


def test_impossible_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        tiles(WHOLE, (1920, 1080), INPUT, overlap=1.0)
