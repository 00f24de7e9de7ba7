"""Which fit of the scores a model is exported with."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")

from training.export import calibrations


def fit(scale: float | None, error: float, error_fitted: float) -> dict[str, Any]:
    return {"scale": scale, "offset": 0.5, "error": error, "error_fitted": error_fitted}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (fit(1.2, 0.2, 0.05), {"ground_lock": {"scale": 1.2, "offset": 0.5}}),
        (fit(1.2, 0.04, 0.09), {}),
        (fit(None, 0.2, 0.2), {"ground_lock": {"scale": 1.5, "offset": 0.5}}),
    ],
    ids=["fitted", "true as they are", "too few to fit"],
)
def test_first_set_that_can_be_fitted_decides_on_a_class(first: dict[str, Any], expected: dict[str, Any]) -> None:
    report = {"reliability": {"ground_lock, composed": first, "ground_lock, bays": fit(1.5, 0.4, 0.02)}}
    assert calibrations(report) == expected


def test_people_keep_their_scores() -> None:
    assert calibrations({"reliability": {"person, streets": fit(1.6, 0.1, 0.03)}}) == {}
