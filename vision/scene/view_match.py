"""Is this the view that it was? What is measured to tell a moved, covered, dark or blurred camera from another light.

Edges are compared, not brightness: where they are stays when the sun goes, the lamps come on or the filter for infrared
swings away, and each edge is taken relative to those around it, so that contrast does not count either.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.sources import Image

Field = npt.NDArray[np.float32]

WIDTH = 240
"""Pixels across at which views are compared: a shift of 0.4 % of the picture is one pixel; a look costs 2 ms."""
REACH = 0.12
"""Shifts up to this share of the picture each way are found; further, it is simply another view."""
_FLOOR = 6.0
"""Grey levels of gradient that are noise: places without edges must not be stretched until noise looks like edges."""
_AROUND = 15
"""Pixels across over which edges are relative to each other: larger than a window frame, smaller than a house."""
_CELLS = (8, 6)
"""Columns and rows in which detail is counted."""
LEAST_CELLS = 10
"""Cells of 48 with edges without which a view is plain: 4 on a bare road seen from above, which agrees less with itself
a minute later than with a car on it; 24 to 48 at 16 other places, by night too."""
_BLACK = 10.0
"""Grey levels that a sensor gives for nothing at all: added before brightnesses are divided."""
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Blind to edges and slopes (Immerkaer 1996); noise of deviation s answers with 6 s. The median leaves corners out."""
_COARSE = (32, 18)
"""Size at which only the layout of light and dark is left."""


@dataclass(frozen=True, slots=True)
class View:
    """What is kept of a picture.

    Attributes:
        edges: (h, WIDTH) strength of the edges relative to their surroundings.
        detail: (6, 8) mean gradient by cell, grey levels.
        layout: (18, 32) brightness, grey levels.
        bright: 98th percentile of the brightness, grey levels 0..255: one lamp in the dark is enough to see by.
        noise: standard deviation of the noise, grey levels, at the size at which views are compared.
    """

    edges: Field
    detail: Field
    layout: Field
    bright: float
    noise: float

    @property
    def is_plain(self) -> bool:
        """Whether it has too few edges to be known again by them: bare asphalt from above."""
        return int(_has_detail(self.detail).sum()) < LEAST_CELLS


@dataclass(frozen=True, slots=True)
class Match:
    """How a view agrees with a reference.

    Attributes:
        agreement: correlation of the edges in place, -1..1.
        best: the same at the shift at which it is best, -1..1.
        shift: that shift, (right, down), shares of the picture's width and height.
        detail: median over the cells of detail now / detail then, relative to the brightness: 1 is as sharp as before.
        layout: correlation of light and dark, -1..1.
    """

    agreement: float
    best: float
    shift: tuple[float, float]
    detail: float
    layout: float

    @property
    def distance(self) -> float:
        """Length of the shift, share of the picture."""
        return float(np.hypot(*self.shift))


def view_of(image: Image) -> View:
    """What is kept of a BGR picture of any size."""
    height = max(8, round(image.shape[0] * WIDTH / image.shape[1]))
    grey = cv2.cvtColor(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    smooth = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    gradient = cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)) / 4
    edges = gradient / (cv2.blur(gradient, (_AROUND, _AROUND)) + _FLOOR)
    return View(
        edges,
        cv2.resize(gradient, _CELLS, interpolation=cv2.INTER_AREA),
        cv2.resize(grey, _COARSE, interpolation=cv2.INTER_AREA).astype(np.float32),
        float(np.percentile(grey[::2, ::2], 98)),
        float(np.median(np.abs(cv2.filter2D(grey, cv2.CV_32F, _NOISE)))) / (6 * 0.6745),
    )


def match(reference: View, now: View) -> Match:
    """Compare a view with the reference; both of pictures of the same shape."""
    height, width = now.edges.shape
    right, down = round(REACH * width), round(REACH * height)
    inner = np.ascontiguousarray(reference.edges[down : height - down, right : width - right])
    scores = cv2.matchTemplate(now.edges, inner, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    had = _has_detail(reference.detail)
    darker = (float(now.layout.mean()) + _BLACK) / (float(reference.layout.mean()) + _BLACK)
    ratio = now.detail[had] / reference.detail[had] / darker if had.any() else np.ones(1, np.float32)
    return Match(
        float(scores[down, right]),
        float(best),
        ((x - right) / width, (y - down) / height),
        float(np.median(ratio)),
        _correlation(reference.layout, now.layout),
    )


def blended(reference: View, now: View, share: float) -> View:
    """The reference, followed by `share` (0..1) towards what is seen now: dusk and snow come slowly."""
    return View(
        (1 - share) * reference.edges + share * now.edges,
        (1 - share) * reference.detail + share * now.detail,
        (1 - share) * reference.layout + share * now.layout,
        (1 - share) * reference.bright + share * now.bright,
        now.noise,
    )


def _has_detail(detail: Field) -> npt.NDArray[np.bool_]:
    return detail > _FLOOR / 2


def _correlation(a: Field, b: Field) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 1e-6 else 0.0
