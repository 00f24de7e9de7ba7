"""What is too small or too large for what the detector calls it, beside the people who walk there.

A camera's pixels have no metres, but a person has: whoever walks in a row of the picture is some 1.7 m high.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from vision.detect import Detections, Role
from vision.scene.geometry import as_box
from vision.scene.heights import PeopleHeights
from vision.scene.opinion import is_in_place
from vision.scene.static_thing import StaticThing
from vision.sources import Box

LEAST_HEIGHT = 0.5
"""Share of a standing person's height that somebody who sits or crouches there has at least. Sitting on the ground one
is half as high (sitting height is 0.52 of stature: Pheasant, Bodyspace, 1996), and looks higher from above; a filled
sack of 120 l is some 0.55 to 0.75 m high, 0.32 to 0.44 of 1.7 m, and a person's box on it a little higher."""
BEYOND_DOUBT = 0.7
"""Score from which a person is believed however small; sacks were seen at up to 0.64."""
LYING = 1.6
"""Width over height from which somebody may lie there; across the view one is 3 times as wide as high, a sack 1.3."""
LARGEST_LOCK = 0.75, 0.65
"""Width and height of the largest ground lock, as shares of a standing person's height: arches are sold 45 to 60 cm
wide and 30 to 45 cm high, posts up to 75 cm; twice that width is allowed, for boxes and views from above."""

CONE_HEIGHT, CONE_SHAPE = 0.4, (1.2, 2.0)
"""Height as share of a standing person's, and height over width, of cones: what is so high is a post, and posts are
narrower. Of 36 composed locks the arches are 0.6 to 1.15 times as high as wide, and at most 0.39 of a person but for
one, the posts 2.4 to 2.6 times; cones of 70 cm are 0.42 to 0.45 of a person, and 1.25 to 1.65 times as high as wide."""


def without_wrong_sizes(
    detections: Detections, things: Iterable[StaticThing], heights: PeopleHeights, aspect: float
) -> Detections:
    """The detections but for people who are far too small there, and locks that are far too large or shaped like cones.

    A black sack is a person at 0.2 to 0.5 to a small network, and would cover itself and speak against itself for as
    long as it stands; a heap is a lock now and then. How large a person is in a place is known from all who walk in the
    picture, else from those who were there when the thing in that place appeared. `aspect`: width over height of the
    picture.
    """
    standing = [thing for thing in things if thing.gone_since is None and thing.upright]
    wrong = np.array(
        [
            _has_wrong_size(role, body, score, heights.at(body[3]), aspect)
            or (role is Role.PERSON and _is_small_in_place(body, score, standing, aspect))
            for role, score, body in zip(
                detections.roles, detections.scores, map(as_box, detections.boxes), strict=True
            )
        ],
        np.bool_,
    )
    return detections.take(~wrong) if wrong.any() else detections


def is_too_small(body: Box, score: float, upright: float, aspect: float) -> bool:
    """Whether somebody not beyond doubt is too small for a person where one is `upright` picture heights high.

    Never where that is not known (0). Who lies there is small, too, but wide.
    """
    width, height = (body[2] - body[0]) * aspect, body[3] - body[1]
    return score < BEYOND_DOUBT and width < LYING * height and height < LEAST_HEIGHT * upright


def _has_wrong_size(role: Role, box: Box, score: float, upright: float, aspect: float) -> bool:
    width, height = (box[2] - box[0]) * aspect, box[3] - box[1]
    if not upright:
        return False
    if role is Role.PERSON:
        return is_too_small(box, score, upright, aspect)
    if role is not Role.LOCK:
        return False
    is_cone = height > CONE_HEIGHT * upright and CONE_SHAPE[0] * width < height < CONE_SHAPE[1] * width
    return is_cone or width > LARGEST_LOCK[0] * upright or height > LARGEST_LOCK[1] * upright


def _is_small_in_place(body: Box, score: float, standing: Iterable[StaticThing], aspect: float) -> bool:
    return any(is_too_small(body, score, one.upright, aspect) and is_in_place(body, one) for one in standing)
