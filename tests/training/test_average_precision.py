"""The measure itself, on cases that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from training.average_precision import average_precision, recall_precision, score_class

LABELS = np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]])


def boxes(*rows: tuple[float, float, float, float, float]) -> np.ndarray:
    return np.array(rows, float).reshape(-1, 5)


def test_perfect_detections_score_one() -> None:
    score = score_class([boxes((0, 0, 10, 10, 0.9), (20, 20, 30, 30, 0.8))], [LABELS])
    assert score.ap50 == pytest.approx(1)
    assert score.ap == pytest.approx(1)
    assert score.boxes == 2


def test_one_of_two_found_scores_a_half() -> None:
    assert score_class([boxes((0, 0, 10, 10, 0.9))], [LABELS]).ap50 == pytest.approx(51 / 101)


def test_a_second_box_on_one_label_is_a_false_alarm() -> None:
    found = [boxes((0, 0, 10, 10, 0.9), (0, 0, 10, 10, 0.8))]
    assert recall_precision(found, [LABELS[:1]], 0.5) == (1.0, 0.5)
    assert recall_precision(found, [LABELS[:1]], 0.85) == (1.0, 1.0)


def test_a_louder_false_alarm_costs_precision() -> None:
    assert average_precision(np.array([False, True]), 1) == pytest.approx(0.5)


def test_loose_boxes_count_at_half_but_not_at_strict_overlap() -> None:
    score = score_class([boxes((0, 0, 10, 6, 0.9))], [LABELS[:1]])
    assert score.ap50 == pytest.approx(1)
    assert score.ap == pytest.approx(0.3), "IoU 0.6 meets the thresholds 0.50, 0.55 and 0.60"


def test_without_labels_there_is_no_score() -> None:
    assert math.isnan(score_class([boxes((0, 0, 10, 10, 0.9))], [np.zeros((0, 4))]).ap50)
