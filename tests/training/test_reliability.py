"""Whether a score means what it says, on scores of which that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.reliability import applied, calibration_error, fit, judged, plot, reliability


def drawn(count: int, truth: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores over 0.05..1, right with probability sigmoid(logit(score) * truth)."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.05, 1, count)
    return scores, rng.random(count) < applied(scores, truth, 0.0)


def pictures(scores: np.ndarray, right: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """One detection a picture: on its label, or far from it."""
    found = [np.array([[0.0, 0, 10, 10, score]]) for score in scores]
    return found, [np.array([[0.0, 0, 10, 10]]) + (0 if good else 50) for good in right]


def test_scores_that_are_probabilities_have_no_error() -> None:
    error, bins = calibration_error(*drawn(20_000, 1.0))
    assert error < 0.02
    assert len(bins) == 10
    assert sum(count for *_, count in bins) == 20_000


def test_error_of_two_bins_by_hand() -> None:
    scores, right = np.array([0.85, 0.85, 0.85, 0.15]), np.array([True, True, False, False])
    error, _ = calibration_error(scores, right)
    assert error == pytest.approx((3 * abs(0.85 - 2 / 3) + 0.15) / 4)


def test_fit_finds_the_scale_that_was_put_in() -> None:
    scale, offset = fit(*drawn(20_000, 0.4))
    assert scale == pytest.approx(0.4, abs=0.05)
    assert offset == pytest.approx(0.0, abs=0.05)


def test_overconfident_scores_are_found_and_mended_on_pictures_that_were_not_fitted_on() -> None:
    found = reliability(*pictures(*drawn(3000, 0.3)))
    assert found.error > 0.1
    assert found.error_fitted is not None
    assert found.error_fitted < 0.05


def test_few_detections_are_not_fitted() -> None:
    found = reliability(*pictures(*drawn(40, 0.3)))
    assert (found.scale, found.error_fitted) == (None, None)
    assert found.count == 40


def test_second_box_on_one_label_is_wrong() -> None:
    boxes = np.array([[0.0, 0, 10, 10, 0.6], [0, 0, 10, 9, 0.9], [0, 0, 10, 10, 0.01]])
    scores, right = judged([boxes], [np.array([[0.0, 0, 10, 10]])])
    assert scores.tolist() == [0.9, 0.6]
    assert right.tolist() == [True, False]


def test_plot_is_a_picture(tmp_path: Path) -> None:
    plot({"stall": reliability(*pictures(*drawn(300, 0.3)))}, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes()[:4] == b"\x89PNG"
