from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vision.detect import Detections, Manifest, ModelError, Role
from vision.detect.decode import ClassTable, check_output_shape, decode, suppress
from vision.detect.letterbox import Letterbox

PLACED = Letterbox.of((64, 32), (64, 32))


@pytest.fixture
def end2end(manifest: Callable[..., Manifest]) -> ClassTable:
    return ClassTable.of(manifest())


@pytest.fixture
def yolo(manifest: Callable[..., Manifest]) -> ClassTable:
    return ClassTable.of(manifest(output={"layout": "yolo"}))


def rows(*values: tuple[float, ...]) -> np.ndarray:
    return np.array(values, np.float32)


def test_end_to_end_rows_become_fractions_with_roles(end2end: ClassTable) -> None:
    found, invalid = decode(rows((16, 8, 32, 24, 0.9, 0), (0, 0, 64, 32, 0.95, 1)), end2end, PLACED)
    assert invalid == 0
    assert found.names == ("bag", "person")
    assert found.roles == (Role.CARRIED, Role.PERSON)
    np.testing.assert_allclose(found.boxes, [[0, 0, 1, 1], [0.25, 0.25, 0.5, 0.75]])


def test_each_class_has_its_own_least_score(end2end: ClassTable) -> None:
    found, invalid = decode(rows((0, 0, 9, 9, 0.30, 0), (0, 0, 9, 9, 0.30, 1), (0, 0, 9, 9, 0.2, 1)), end2end, PLACED)
    assert found.names == ("bag",)
    assert invalid == 0


def test_calibrated_scores_mean_what_they_say_and_the_least_score_is_of_them(
    manifest: Callable[..., Manifest],
) -> None:
    classes = [
        {"id": 0, "name": "person", "role": "person", "min_score": 0.5, "calibration": {"scale": 2.0, "offset": 1.0}},
        {"id": 1, "name": "bag", "role": "carried", "min_score": 0.25},
    ]
    table = ClassTable.of(manifest(classes=classes))
    # sigmoid(2 · logit(s) + 1) = 0.5 where logit(s) = -0.5: s = 0.3775.
    given = [(x, 0, x + 9, 9, score, 0) for x, score in ((0, 0.37), (10, 0.38), (20, 0.5))] + [(0, 0, 9, 9, 0.3, 1)]
    found, _ = decode(rows(*given), table, PLACED)
    assert found.names == ("person", "person", "bag")
    np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-1.0)), 0.5052, 0.3], atol=2e-4)


def test_scores_without_calibration_keep_every_bit(end2end: ClassTable) -> None:
    scores = np.linspace(0.36, 1.0, 50, dtype=np.float32)
    found, _ = decode(rows(*((x, 0, x + 1, 9, score, 0) for x, score in enumerate(scores))), end2end, PLACED)
    assert sorted(found.scores.tolist()) == scores.tolist()


@pytest.mark.parametrize(
    "garbage",
    [
        (np.nan, 0, 9, 9, 0.9, 0),
        (0, 0, np.inf, 9, 0.9, 0),
        (0, 0, 9, 9, np.nan, 0),
        (0, 0, 9, 9, 7.5, 0),
        (0, 0, 9, 9, 0.9, 2),
        (0, 0, 9, 9, 0.9, 0.5),
        (9, 9, 0, 0, 0.9, 0),
        (-9, -9, -1, -1, 0.9, 0),
    ],
)
def test_garbage_is_dropped_and_counted(end2end: ClassTable, garbage: tuple[float, ...]) -> None:
    found, invalid = decode(rows(garbage, (16, 8, 32, 24, 0.9, 0)), end2end, PLACED)
    assert len(found) == 1
    assert invalid == 1


def test_box_over_the_edge_is_clipped(end2end: ClassTable) -> None:
    found, _ = decode(rows((-16, -8, 32, 16, 0.9, 0)), end2end, PLACED)
    np.testing.assert_allclose(found.boxes, [[0, 0, 0.5, 0.5]])


def test_two_boxes_that_the_end_to_end_head_gives_one_thing_become_one(end2end: ClassTable) -> None:
    found, _ = decode(rows((0, 0, 20, 20, 0.6, 0), (0, 0, 21, 20, 0.9, 0), (0, 0, 21, 20, 0.8, 1)), end2end, PLACED)
    assert found.names == ("person", "bag")
    np.testing.assert_allclose(found.scores, [0.9, 0.8])


def test_duplicates_of_a_yolo_head_become_one_per_class(yolo: ClassTable) -> None:
    anchors = rows(
        (24, 16, 16, 16, 0.9, 0), (25, 16, 16, 16, 0.8, 0), (24, 16, 16, 16, 0.1, 0.6), (50, 16, 8, 8, 0.5, 0)
    )
    found, invalid = decode(anchors.T.copy(), yolo, PLACED)
    assert found.names == ("person", "bag", "person")
    np.testing.assert_allclose(found.scores, [0.9, 0.6, 0.5])
    np.testing.assert_allclose(found.boxes[0], [0.25, 0.25, 0.5, 0.75])
    assert invalid == 0


def test_garbage_anchors_are_dropped_and_counted(yolo: ClassTable) -> None:
    anchors = rows((24, 16, 16, 16, np.nan, 0), (24, 16, 16, 16, 0.9, 3.0), (24, 16, 16, 16, 0.9, 0))
    found, invalid = decode(anchors.T.copy(), yolo, PLACED)
    assert len(found) == 1
    assert invalid == 2


@given(arrays(np.float32, (20, 6), elements=st.floats(width=32)))
def test_whatever_the_network_answers_the_detections_are_sound(answer: np.ndarray) -> None:
    table = ClassTable.of(Manifest.model_validate(SOUND))
    found, invalid = decode(answer, table, PLACED)
    assert isinstance(found, Detections)
    assert 0 <= invalid <= 20
    assert np.isfinite(found.boxes).all()
    assert ((found.boxes >= 0) & (found.boxes <= 1)).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    assert (np.diff(found.scores) <= 0).all()


SOUND = {
    "schema": "model-manifest/1",
    "name": "sound",
    "version": "1",
    "licence": "MIT",
    "input": {"width": 64, "height": 32},
    "output": {"layout": "end2end"},
    "classes": [{"id": 0, "name": "person", "role": "person"}, {"id": 1, "name": "bag", "role": "carried"}],
    "files": {"onnx": {"path": "a.onnx", "sha256": "0" * 64}},
}


def test_suppression_keeps_the_best_and_the_order(found: Callable[..., Detections]) -> None:
    things = found((0, 0, 0.5, 0.5, 0.5, 0), (0, 0, 0.5, 0.5, 0.9, 0), (0, 0, 0.5, 0.5, 0.7, 1))
    assert suppress(things.boxes, things.scores, things.class_ids, 0.5).tolist() == [1, 2]


@pytest.mark.parametrize(("layout", "shape"), [("end2end", (1, 300, 7)), ("end2end", (1, 6)), ("yolo", (1, 84, 100))])
def test_wrong_output_shape_is_refused(manifest: Callable[..., Manifest], layout: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="m: wrong output shape"):
        check_output_shape(shape, manifest(output={"layout": layout}), "m")
