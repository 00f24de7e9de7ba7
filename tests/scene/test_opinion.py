"""One box that the detector calls two things is what it is surest of."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Detections, Role
from vision.scene.opinion import body_evidence, without_doubted_bodies

BAG = (0.36, 0.33, 0.41, 0.39)
BESIDE = (0.36, 0.23, 0.41, 0.39)


def seen(*things: tuple[tuple[float, float, float, float], float, Role]) -> Detections:
    return Detections(
        np.array([box for box, _, _ in things], np.float32).reshape(-1, 4),
        np.array([score for _, score, _ in things], np.float32),
        np.arange(len(things), dtype=np.int32),
        tuple(role for _, _, role in things),
        tuple(role.value for _, _, role in things),
    )


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ((BAG, 0.4, Role.PERSON), False),
        ((BAG, 0.4, Role.ANIMAL), False),
        ((BAG, 0.7, Role.PERSON), True),
        ((BESIDE, 0.4, Role.PERSON), True),
        ((BAG, 0.4, Role.FIXTURE), True),
    ],
    ids=["person", "animal", "hardly less sure", "stands behind it", "no body"],
)
def test_a_body_in_the_very_box_of_surer_rubbish_is_none(
    body: tuple[tuple[float, float, float, float], float, Role], kept: bool
) -> None:
    rubbish = (BAG, 0.8, Role.WASTE)
    assert without_doubted_bodies(seen(rubbish, body)).roles == ((Role.WASTE, body[2]) if kept else (Role.WASTE,))


BINS = [(0.5 + 0.1 * n, 0.4, 0.58 + 0.1 * n, 0.6) for n in range(3)]
TRUCK = (0.5, 0.4, 0.78, 0.6)


@pytest.mark.parametrize(
    ("truck", "bins", "kept"),
    [(0.3, BINS, False), (0.3, BINS[:1], False), (0.8, BINS, True), (0.3, [(0.5, 0.5, 0.55, 0.6)], True)],
    ids=["three bins", "the two others missed", "a garbage truck", "a bin before a truck"],
)
def test_weak_vehicle_that_bins_fill_is_none(
    truck: float, bins: list[tuple[float, float, float, float]], kept: bool
) -> None:
    looked = seen((TRUCK, truck, Role.VEHICLE), *((box, 0.9, Role.FIXTURE) for box in bins))
    assert (Role.VEHICLE in without_doubted_bodies(looked).roles) is kept


def test_nothing_and_bodies_alone_stay_as_they_are() -> None:
    assert len(without_doubted_bodies(Detections.empty())) == 0
    assert without_doubted_bodies(seen((BAG, 0.3, Role.PERSON))).roles == (Role.PERSON,)


@pytest.mark.parametrize(
    ("role", "score", "counts"),
    [
        (Role.PERSON, 0.2, 0.0), (Role.PERSON, 0.5, 1.0), (Role.VEHICLE, 0.25, 0.5),
        (Role.ANIMAL, 0.3, 0.0), (Role.ANIMAL, 0.5, 0.5), (Role.ANIMAL, 0.8, 1.0),
    ],
)  # fmt: skip
def test_a_weak_word_for_a_body_counts_less_and_for_an_animal_least(role: Role, score: float, counts: float) -> None:
    """A sack is an animal at up to 0.47."""
    assert body_evidence(score, role) == pytest.approx(counts)
