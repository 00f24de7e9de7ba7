"""What the place looks like when nothing new is there, and what differs from that now.

Two time scales of one scene, as in the dual-background methods for left objects (Porikli 2008): a *clean view* that
learns slowly and never learns what is being watched, and a *recent view* that follows within seconds. A pixel that
differs from the clean view but no longer from the recent one shows something new that stands still.

All ageing is in seconds of media time, so that it holds at any picture rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.sources import Image

Mask = npt.NDArray[np.bool_]
Seconds = npt.NDArray[np.float64]

WORK_WIDTH = 480
"""Pixels across which the place is compared; a bag 10 m away is about 12 wide then, and a picture costs about 2 ms."""
CHANGED = 22
"""Grey levels (0..255) by which a pixel must leave the range of its clean neighbourhood; night noise stays below 15."""
MOVED = 16
"""Grey levels between two looks that count as movement."""
LIGHT_DOUBT = 60.0
"""Grey levels added to CHANGED per unit of log light: one factor for a whole cell fits the less the larger it is."""
LEARN_S = 20.0
"""Time constant of the clean view where nothing differs: follows the sun, not a cloud."""
KNOWN_AFTER_S = 2.0
"""A pixel of the clean view counts once it has been seen still and uncovered for this long."""
ABSORB_S = 120.0
"""What nobody watches and stays this long (a moved chair, wet asphalt) becomes part of the clean view."""
UPHEAVAL = 0.35
"""Share of the picture that differs at once: the light was switched or the camera moved, not that much was dumped."""
SETTLE_S = 3.0
RECENT_S = 1.0
_SPARSE = 4
"""Every fourth pixel each way is enough for a median over a cell: 150 samples."""
_GRID = (8, 6)
"""Columns and rows of the light field: an object smaller than half a cell does not shift a cell's median."""


@dataclass(slots=True)
class Change:
    """How the picture differs from the clean view; arrays of (height, width) at working size.

    Attributes:
        changed: differs from the clean view, light allowed for.
        still_since: media time (s) since when the pixel has not moved.
        changed_since: media time (s) since when the pixel has differed; NaN-free, `inf` where it does not.
        moving: moved since the last look.
        known: the clean view is known here.
        clean: the clean view under the present light, BGR.
        settled: False while the light has just changed as a whole.
    """

    changed: Mask
    still_since: Seconds
    changed_since: Seconds
    moving: Mask
    known: Mask
    clean: Image
    settled: bool


def working_size(width: int, height: int) -> tuple[int, int]:
    """Size (width, height) at which a picture of the given size is compared: never larger than it is, even numbers."""
    scale = min(1.0, WORK_WIDTH / width)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


class CleanView:
    """Learns the clean view of one camera. One call of `update` per look, in order of time."""

    def __init__(self) -> None:
        self._clean: npt.NDArray[np.float32] | None = None
        self._unsettled_until = -np.inf
        self._time = -np.inf
        self._known: Mask = np.zeros((1, 1), np.bool_)
        self._all_clean = False

    def update(self, image: Image, time: float, covered: Mask, held: Mask) -> Change:
        """Compare a picture with the clean view, then learn from it.

        Args:
            image: (h, w, 3) BGR at working size, the same size at every call.
            time: media time, seconds.
            covered: where people, vehicles and animals are: neither compared for long nor learnt.
            held: where new things are being watched: not learnt.
        """
        blurred = cv2.GaussianBlur(image, (5, 5), 0)
        if self._clean is None:
            self._begin(blurred, time)
        assert self._clean is not None
        elapsed = max(0.0, time - self._time)
        moving = self._follow(blurred, time, elapsed)
        light = _light_field(self._clean, blurred, ~(covered | self._last_changed))
        lit = cv2.convertScaleAbs(self._clean * light)
        changed = _outside_neighbourhood(blurred, lit) > CHANGED + LIGHT_DOUBT * np.abs(np.log(light[..., 0]))
        self._note_changes(changed, time)
        self._check_upheaval(changed & ~covered & self._known, time)
        settled = time >= self._unsettled_until
        self._learn(blurred, changed, covered, held, time, elapsed)
        self._all_clean = bool((self._known | covered).all()) and not (changed & ~covered).any()
        self._time = time
        return Change(
            changed, self._still_since.copy(), self._changed_since.copy(), moving, self._known.copy(), lit, settled
        )

    @property
    def clean_everywhere(self) -> bool:
        """Whether at the last look all that no body covered was known and unchanged, and the light settled."""
        return self._clean is not None and self._time >= self._unsettled_until and self._all_clean

    def remember(self) -> tuple[Image, Mask] | None:
        """The clean view (h, w, 3) and where it is known (h, w), for `recall`; None before the first look."""
        if self._clean is None:
            return None
        return cv2.convertScaleAbs(self._clean), self._known.copy()

    def recall(self, clean: Image, known: Mask, image: Image, time: float) -> bool:
        """Go on with a clean view from before a restart, if `image` (first look, working size) still shows that place.

        Whether it does: less than `UPHEAVAL` of the picture may differ, light allowed for.
        """
        if not self.agrees(clean, known, image):
            return False
        self._begin(cv2.GaussianBlur(image, (5, 5), 0), time)
        self._clean, self._known = clean.astype(np.float32), known.copy()
        return True

    def agrees(self, clean: Image, known: Mask, image: Image) -> bool:
        """Whether a picture (working size) shows the place of that clean view, in much the same light."""
        if clean.shape != image.shape:
            return False
        blurred = cv2.GaussianBlur(image, (5, 5), 0)
        light = _light_field(clean.astype(np.float32), blurred, known)
        differs = _outside_neighbourhood(blurred, cv2.convertScaleAbs(clean.astype(np.float32) * light)) > CHANGED
        return bool((differs & known).mean() <= UPHEAVAL)

    def restore(self, clean: Image, mask: Mask, image: Image) -> None:
        """Take back, under `mask`, a clean view that `image` agrees with: what is there now is to be told from it."""
        assert self._clean is not None
        around = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        blurred = cv2.GaussianBlur(image, (5, 5), 0)
        lit = clean.astype(np.float32) * _light_field(clean.astype(np.float32), blurred, np.ones(mask.shape, np.bool_))
        self._clean[around] = lit[around]
        self._known[around] = True

    def recalibrate(self) -> None:
        """Forget the clean view: the camera shows another place."""
        self._clean = None

    def _begin(self, image: Image, time: float) -> None:
        shape = image.shape[:2]
        self._clean = image.astype(np.float32)
        self._recent = image.astype(np.float32)
        self._still_since: Seconds = np.full(shape, time)
        self._changed_since: Seconds = np.full(shape, np.inf)
        self._known = np.zeros(shape, np.bool_)
        self._last_changed: Mask = np.zeros(shape, np.bool_)
        self._time = time

    def _follow(self, image: Image, time: float, elapsed: float) -> Mask:
        moving = strongest_channel(cv2.absdiff(image, cv2.convertScaleAbs(self._recent))) > MOVED
        moving = cv2.morphologyEx(moving.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
        self._still_since[moving] = time
        cv2.accumulateWeighted(image, self._recent, 1 - math.exp(-elapsed / RECENT_S))
        self._recent[moving] = image[moving]
        return moving

    def _note_changes(self, changed: Mask, time: float) -> None:
        self._changed_since[changed & np.isinf(self._changed_since)] = time
        self._changed_since[~changed] = np.inf
        self._last_changed = changed

    def _check_upheaval(self, changed: Mask, time: float) -> None:
        if changed.mean() > UPHEAVAL:
            self._unsettled_until = time + SETTLE_S

    def _learn(self, image: Image, changed: Mask, covered: Mask, held: Mask, time: float, elapsed: float) -> None:
        assert self._clean is not None
        still_for = time - self._still_since
        fresh = ~self._known & ~covered & (still_for >= KNOWN_AFTER_S)
        upset = (time < self._unsettled_until) & (still_for >= SETTLE_S / 2) & ~covered & ~held
        stale = changed & ~covered & ~held & (time - self._changed_since > ABSORB_S) & (still_for > KNOWN_AFTER_S)
        adopt = fresh | upset | stale
        self._known |= fresh
        follow = ~changed & ~covered & ~held
        cv2.accumulateWeighted(image, self._clean, 1 - math.exp(-elapsed / LEARN_S), follow.view(np.uint8))
        at_once = adopt | ~self._known
        self._clean[at_once] = image[at_once]
        self._changed_since[adopt] = np.inf


def _light_field(clean: npt.NDArray[np.float32], image: Image, usable: Mask) -> npt.NDArray[np.float32]:
    """(h, w, 1) factor by which `image` is brighter than the clean view, smooth over the picture.

    `usable`: (h, w) where both show the same things, as far as is known.
    """
    sparse = np.s_[::_SPARSE, ::_SPARSE]
    now = cv2.cvtColor(image[sparse], cv2.COLOR_BGR2GRAY).astype(np.float32) + 4
    then = cv2.cvtColor(clean[sparse], cv2.COLOR_BGR2GRAY) + 4
    ratio = now / then
    usable = usable[sparse]
    overall = float(np.median(ratio[usable])) if usable.mean() > 0.05 else float(np.median(ratio))
    columns, rows = _GRID
    field = np.full((rows, columns), overall, np.float32)
    height, width = ratio.shape
    for row in range(rows):
        for column in range(columns):
            cell = np.s_[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            if usable[cell].mean() > 0.3:
                field[row, column] = np.median(ratio[cell][usable[cell]])
    smooth = cv2.GaussianBlur(cv2.medianBlur(field, 3), (3, 3), 0)
    full = (image.shape[1], image.shape[0])
    factor = cv2.resize(np.clip(smooth, 0.3, 3.0), full, interpolation=cv2.INTER_LINEAR)
    return factor[..., None]


def _outside_neighbourhood(image: Image, clean: Image) -> Image:
    """(h, w) grey levels by which a pixel leaves the range that the clean view takes within one pixel around it.

    The range, not the pixel: a camera on a mast sways by a pixel.
    """
    around = np.ones((3, 3), np.uint8)
    above = cv2.subtract(image, cv2.dilate(clean, around))
    below = cv2.subtract(cv2.erode(clean, around), image)
    return strongest_channel(cv2.max(above, below))


def strongest_channel(image: Image) -> Image:
    """(h, w) largest of the three channels; OpenCV's, because NumPy's reduction over 3 values is 20 times slower."""
    blue, green, red = cv2.split(image)
    return cv2.max(cv2.max(blue, green), red)
