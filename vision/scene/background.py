"""What the place looks like when nothing new is there, and what differs from that now.

Two time scales of one scene, as in the dual-background methods for left objects (Porikli 2008): a *clean view* that
learns slowly and never learns what is being watched, and a *recent view* that follows within seconds. A pixel that
differs from the clean view but no longer from the recent one shows something new that stands still.

All ageing is in seconds of media time, so that it holds at any picture rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.scene.known_lights import SAME_LIGHT, KnownLights
from vision.scene.light import (
    CHANGED,
    Mask,
    colourfulness,
    differing_share,
    in_light_of,
    is_colourless,
    light_field,
    outside_neighbourhood,
    strongest_channel,
    without_colour,
)
from vision.scene.set_aside import SetAside
from vision.sources import Image

Seconds = npt.NDArray[np.float64]

WORK_WIDTH = 480
"""Pixels across which the place is compared; a bag 10 m away is about 12 wide then, and a picture costs about 2 ms."""
MOVED = 16
"""Grey levels between two looks that count as movement."""
LIGHT_DOUBT = 60.0
"""Grey levels added to CHANGED per unit of log light: one factor for a whole cell fits the less the larger it is."""
BURNT, BURNT_DOUBT = 240.0, 20.0
"""Strongest channel (grey levels) from which the ground is burnt out, so that how bright it was, and of what colour, is
lost; and grey levels added to CHANGED there. What is put down on such ground and is not white differs by 100."""
UNSURE = 0.15
"""Log light from which a dark thing can hide in the allowance for light: 9 grey levels of it are added to CHANGED."""
LEARN_S = 20.0
"""Time constant of the clean view where nothing differs: follows the sun, not a cloud."""
KNOWN_AFTER_S = 2.0
"""A pixel of the clean view counts once it has been seen still and uncovered for this long."""
ABSORB_S = 120.0
"""What nobody watches and stays this long (a moved chair, wet asphalt) becomes part of the clean view."""
UPHEAVAL = 0.35
"""Share of the picture that differs at once: the light was switched or the camera moved, not that much was dumped."""
UNEXPLAINED = 0.28
"""The same of what neither light nor tones explain: of a place with little colour that went over to infrared they leave
0.35, where the light alone leaves 0.42."""
GREY = 5.0, 1.5
"""Median colourfulness below which a picture is one by infrared: to stay one, and to become one. Cameras give 0 by
infrared; of 17 real places by day and by lamps the greyest two have 0 to 2 and 3 to 4, the others 6 to 100. Whoever
passes in red is no median."""
SETTLE_S = 3.0
RECENT_S = 1.0
LEAST_SEEN = 0.05
"""Share of the picture that must show the bare place for its colours to tell how those under a thing have changed."""
LEAST_TELLING = 0.05
"""Share of a parked vehicle's place in which it must differ from the ground for that to tell whether it has left."""
_SPARSE = 4


@dataclass(slots=True)
class Change:
    """How the picture differs from the clean view; arrays of (height, width) at working size.

    Attributes:
        changed: differs from the clean view, light allowed for.
        still_since: media time (s) since when the pixel has not moved, as far as no body covered it.
        changed_since: media time (s) since when the pixel has differed; NaN-free, `inf` where it does not.
        moving: moved since the last look at which no body covered it.
        known: the clean view is known here.
        clean: the clean view under the present light, BGR.
        settled: False while the light has just changed as a whole.
        unsure: where the light has changed so much of late that what does not differ may be another thing all the same.
    """

    changed: Mask
    still_since: Seconds
    changed_since: Seconds
    moving: Mask
    known: Mask
    clean: Image
    settled: bool
    unsure: Mask


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
        self._lights = KnownLights()
        self._before: tuple[Image, Mask] | None = None
        self._aside = SetAside((1, 1))
        self._grey: bool | None = None

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
        moving = self._follow(blurred, covered, time, elapsed)
        if self._before is not None and time >= self._unsettled_until:
            self._enter_light(*self._before, blurred, held)
        lit, light = in_light_of(blurred, self._clean, ~(covered | self._last_changed))
        doubt = np.abs(np.log(light[..., 0]))
        burnt = strongest_channel(cv2.convertScaleAbs(self._clean)) >= BURNT
        changed = outside_neighbourhood(blurred, lit) > CHANGED + LIGHT_DOUBT * doubt + BURNT_DOUBT * burnt
        self._note_changes(changed, time)
        if self._has_switched(blurred) or (changed & ~covered & self._known).mean() > UNEXPLAINED:
            self._begin_upheaval(time)
        settled = time >= self._unsettled_until
        self._age_unseen(lit, blurred, ~(changed | covered | held), elapsed)
        self._learn(blurred, changed, covered, held, time, elapsed)
        self._all_clean = bool((self._known | covered).all()) and not (changed & ~covered).any()
        self._time = time
        return Change(
            changed, self._still_since.copy(), self._changed_since.copy(), moving, self._known.copy(), lit, settled,
            doubt > UNSURE,
        )  # fmt: skip

    @property
    def clean_everywhere(self) -> bool:
        """Whether at the last look all that no body covered was known and unchanged, and the light settled."""
        return self._clean is not None and self._time >= self._unsettled_until and self._all_clean

    @property
    def aside(self) -> Mask:
        """(h, w) where the clean view shows a parked vehicle, and the ground is remembered behind it."""
        return self._aside.where

    def set_aside(self, where: Mask, before: Mask, time: float) -> None:
        """Learn a vehicle that has parked at `where` (h, w) as a part of the place, and remember the ground behind it.

        Where one was learnt before, the present one is learnt in its stead. Where something is known to stand `before`
        it (h, w), since before a restart, it has been learnt, and what the ground is like is not known.
        """
        if self._clean is None:
            return  # before the first look
        self._aside.keep(self._clean, self._known & ~before, where, time)
        new = where & ~before
        self._known[new], self._still_since[new], self._changed_since[new] = False, time, np.inf

    def differs_since(self, where: Mask) -> float | None:
        """Since when most of what differs at `where` (h, w) has, media time in seconds; None where nothing does."""
        times = self._changed_since[where & np.isfinite(self._changed_since)]
        return float(np.median(times)) if times.size else None

    def ground_share(self, where: Mask, image: Image, time: float) -> float:
        """How much of `where` (h, w), 0..1, looks as the ground behind a parked vehicle rather than as that.

        Of the pixels in which the two differ: a grey van leaves grey asphalt. 0 where the ground is not remembered.
        """
        assert self._clean is not None
        where = where & self._aside.where & self._known
        if not where.any():
            return 0.0
        ground, remembered = self._aside.ground(self._clean, self._known, where, time)
        now, vehicle = image[where].astype(np.float32), self._clean[where]
        telling = remembered & (np.abs(ground - vehicle).max(axis=1) > CHANGED)
        if telling.mean() < LEAST_TELLING:
            return 0.0
        nearer = np.abs(now - ground).max(axis=1) < np.abs(now - vehicle).max(axis=1)
        return float(nearer[telling].mean())

    def put_back(self, where: Mask, image: Image, held: Mask, since: float, time: float) -> None:
        """A vehicle has left at `since`: the ground is as it was before, and what differs from that has since then.

        Where it is not remembered it is learnt anew; under what is watched (`held`) it is guessed from the ground
        around, as `image` (h, w, 3) shows it.
        """
        assert self._clean is not None
        where = where & self._aside.where
        self._clean[where], self._known[where] = self._aside.ground(self._clean, self._known, where, time)
        self._aside.release(where)
        self._changed_since[where] = since
        unknown, blurred = where & ~self._known, cv2.GaussianBlur(image, (5, 5), 0)
        self._clean[unknown] = blurred[unknown]
        hidden = unknown & held
        if hidden.any():
            guess = cv2.inpaint(blurred, hidden.astype(np.uint8), 3, cv2.INPAINT_TELEA)
            self._clean[hidden], self._known[hidden] = guess[hidden], True

    def remember(self, standing: Mask | None = None) -> tuple[Image, Mask] | None:
        """The clean view (h, w, 3) and where it is known (h, w), for `recall`; None before the first look.

        It shows the ground without parked vehicles, except where something stands before one (`standing`, (h, w)).
        """
        if self._clean is None:
            return None
        standing = np.zeros(self._known.shape, np.bool_) if standing is None else standing
        return self._aside.laid_over(cv2.convertScaleAbs(self._clean), self._known.copy(), standing, self._time)

    @property
    def lights(self) -> list[tuple[Image, Mask]]:
        """Clean views of the place in other light, for `recall`."""
        return self._lights.views

    def recall(self, views: Sequence[tuple[Image, Mask]], image: Image, time: float) -> int | None:
        """Go on with a clean view from before a restart, if `image` (first look, working size) still shows that place.

        Args:
            views: the clean view and where it was known, then those in other light. The first that the picture agrees
                with is taken: less than `UPHEAVAL` of it may differ, light allowed for. The others are kept, but for
                those of another size: the camera has been set to another.

        Returns:
            Which one it was; None when the picture shows none of them.
        """
        agreeing = next((i for i, (clean, known) in enumerate(views) if self.agrees(clean, known, image)), None)
        others = [view for i, view in enumerate(views) if i != agreeing and view[0].shape == image.shape]
        self._lights.recall(others[::-1])
        if agreeing is None:
            return None
        clean, known = views[agreeing]
        self._begin(cv2.GaussianBlur(image, (5, 5), 0), time)
        self._clean, self._known = clean.astype(np.float32), known.copy()
        return agreeing

    def agrees(self, clean: Image, known: Mask, image: Image) -> bool:
        """Whether a picture (working size) shows the place of that clean view, in much the same light."""
        if clean.shape != image.shape:
            return False
        return differing_share(clean, known, cv2.GaussianBlur(image, (5, 5), 0)) <= UPHEAVAL

    def restore(self, clean: Image, mask: Mask, image: Image) -> None:
        """Take back, under `mask`, a clean view that `image` agrees with: what is there now is to be told from it."""
        assert self._clean is not None
        around = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        blurred = cv2.GaussianBlur(image, (5, 5), 0)
        lit = clean.astype(np.float32) * light_field(clean.astype(np.float32), blurred, np.ones(mask.shape, np.bool_))
        self._clean[around] = lit[around]
        self._known[around] = True

    def recalibrate(self) -> None:
        """Forget the clean view: the camera shows another place."""
        self._clean = None
        self._lights = KnownLights()

    def _begin(self, image: Image, time: float) -> None:
        shape = image.shape[:2]
        self._clean = image.astype(np.float32)
        self._recent = image.astype(np.float32)
        self._still_since: Seconds = np.full(shape, time)
        self._changed_since: Seconds = np.full(shape, np.inf)
        self._known = np.zeros(shape, np.bool_)
        self._before = None
        self._aside = SetAside(shape)
        self._last_changed: Mask = np.zeros(shape, np.bool_)
        self._time = time

    def _follow(self, image: Image, covered: Mask, time: float, elapsed: float) -> Mask:
        """What moved, and since when each pixel has been as it is. Who passes is no movement of what he hides."""
        moving = strongest_channel(cv2.absdiff(image, cv2.convertScaleAbs(self._recent))) > MOVED
        moving = cv2.morphologyEx(moving.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
        moving &= ~covered
        self._still_since[moving] = time
        cv2.accumulateWeighted(image, self._recent, 1 - math.exp(-elapsed / RECENT_S), (~covered).view(np.uint8))
        self._recent[moving] = image[moving]
        return moving

    def _note_changes(self, changed: Mask, time: float) -> None:
        self._changed_since[changed & np.isinf(self._changed_since)] = time
        self._changed_since[~changed] = np.inf
        self._last_changed = changed

    def _has_switched(self, image: Image) -> bool:
        """Whether the camera has gone over to infrared or back: what is left of the place may differ by little then."""
        colour = float(np.median(colourfulness(image[::_SPARSE, ::_SPARSE])))
        before, self._grey = self._grey, colour < GREY[not self._grey]
        return before is not None and before != self._grey

    def _begin_upheaval(self, time: float) -> None:
        self._unsettled_until = time + SETTLE_S
        self._aside.forget()
        if self._before is None:
            assert self._clean is not None
            self._before = cv2.convertScaleAbs(self._clean), self._known.copy()
            self._adopted: Mask = np.zeros(self._known.shape, np.bool_)

    def _enter_light(self, clean: Image, known: Mask, image: Image, held: Mask) -> None:
        """The light has settled, `clean` is how the place looked before: what is the ground like under what is watched?

        As it was when this light was seen last, else as before without the colours that the camera may have lost. Where
        somebody stood all the while, it is not known.
        """
        self._before = None
        if differing_share(clean, known, image) <= SAME_LIGHT:
            return  # headlights, a flash
        assert self._clean is not None
        self._lights.keep(clean, known)
        view, where = self._lights.take(image) or (without_colour(clean) if is_colourless(image) else clean, known)
        under = held & where
        lit = view.astype(np.float32) * light_field(view.astype(np.float32), image, where & ~held)
        self._clean[under] = lit[under]
        self._known &= self._adopted | held

    def _age_unseen(self, lit: Image, image: Image, follow: Mask, elapsed: float) -> None:
        """Let the ground that is not learnt, under a body or what is watched, follow the light and the tones as the
        ground around it does, which can be seen.

        Else somebody who stands for minutes in a picture that turns brighter leaves a darker patch behind.
        """
        assert self._clean is not None
        unseen = ~follow & self._known
        if not unseen.any():
            return
        rate = 1 - math.exp(-elapsed / LEARN_S)
        hue = np.ones(3, np.float32)
        seen = follow[::_SPARSE, ::_SPARSE]
        if seen.mean() > LEAST_SEEN:
            now, then = (a[::_SPARSE, ::_SPARSE][seen].astype(np.float32) for a in (image, lit))
            hue = np.median((now + 4) / (then + 4), axis=0).astype(np.float32)
        cv2.accumulateWeighted(lit * hue, self._clean, rate, unseen.view(np.uint8))

    def _learn(self, image: Image, changed: Mask, covered: Mask, held: Mask, time: float, elapsed: float) -> None:
        assert self._clean is not None
        still_for = time - self._still_since
        fresh = ~self._known & ~covered & (still_for >= KNOWN_AFTER_S)
        upset = (time < self._unsettled_until) & (still_for >= SETTLE_S / 2) & ~covered & ~held
        stale = changed & ~covered & ~held & (time - self._changed_since > ABSORB_S) & (still_for > KNOWN_AFTER_S)
        adopt = fresh | upset | stale
        if self._before is not None:
            self._adopted |= upset
        self._known |= fresh
        follow = ~changed & ~covered & ~held
        cv2.accumulateWeighted(image, self._clean, 1 - math.exp(-elapsed / LEARN_S), follow.view(np.uint8))
        at_once = adopt | ~self._known
        self._clean[at_once] = image[at_once]
        self._changed_since[adopt] = np.inf
