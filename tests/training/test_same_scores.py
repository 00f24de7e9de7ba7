from __future__ import annotations

import numpy as np
import pytest

from training.same_scores import mapping, pairs


def test_scores_of_one_thing_are_paired_and_strangers_left_out() -> None:
    new = np.array([[0, 0, 10, 10, 0.6, 1], [50, 50, 60, 60, 0.9, 1], [0, 0, 10, 10, 0.3, 2]], float)
    former = np.array([[0, 0, 10, 9, 0.4, 1], [80, 80, 90, 90, 0.8, 1]], float)
    np.testing.assert_allclose(pairs([new, new[:0]], [former, former], 1), [[0.6, 0.4]])
    assert pairs([new], [former], 7).shape == (0, 2)


def test_the_mapping_undoes_what_was_done_to_the_logits() -> None:
    former = np.linspace(0.1, 0.9, 60)
    logits = np.log(former / (1 - former))
    new = 1 / (1 + np.exp(-(logits - 0.3) / 0.8))  # former = 0.8 * new + 0.3, in logits
    assert mapping(np.column_stack([new, former])) == pytest.approx((0.8, 0.3), abs=1e-6)
