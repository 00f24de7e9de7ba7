"""What speaks against a thing that was put down and left."""

from __future__ import annotations

import numpy as np
import pytest

from vision.detect import Role
from vision.rules.left_things import against
from vision.scene.static_thing import StaticThing


def came_to_light(**roles: float) -> StaticThing:
    """New beside a place where something was taken away, after ten looks; `roles`: the detector's scores in all."""
    thing = StaticThing(1, (0.5, 0.6, 0.55, 0.68), np.ones((2, 2), np.bool_), 10.0, 12.0, 30.0, 12.0, looks=10)
    thing.beside_ghost = True
    for role, scores in roles.items():
        thing.roles[Role(role)] += scores
    return thing


@pytest.mark.parametrize(
    ("roles", "speaks_against_it"),
    [({}, True), ({"waste": 0.7}, True), ({"waste": 1.5}, False), ({"carried": 1.6}, False), ({"fixture": 9.0}, True)],
    ids=["unknown", "waste once", "waste twice in ten", "a bag", "a bin"],
)
def test_what_comes_to_light_beside_a_thing_taken_away_counts_only_if_the_model_knows_it_for_waste(
    roles: dict[str, float], speaks_against_it: bool
) -> None:
    assert against(came_to_light(**roles)) is speaks_against_it
