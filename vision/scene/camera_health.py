"""Can this camera be believed? A stage of its own, before all others: who judges a place must know he sees that place.

What the camera shows is compared with how the place has looked before (`vision.scene.view_match`). At the first doubt
nothing is concluded from its pictures any more; only what lasts is told as a problem. Where the view comes back, the
scene goes on as it stood: nothing of the time between has got into its memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np

from vision.config import HealthSettings
from vision.scene.sway import Sway
from vision.scene.view_match import Match, View, blended, match, view_of
from vision.sources import Image

MEASURE_EVERY_S = 10.0
"""How often a view is measured in which hardly anything changes."""
CHANGED_EVERY_S = 1.0
"""How often at most one is measured in which much changes."""
CHANGED_SHARE = 0.04
"""Share of the picture that changes when more has happened than somebody walking by."""
CHANGED_LEVELS = 20
IN_PLACE = 0.45
"""Correlation of edges above which the view is in place; rain and night left 0.48, a knock of 3.5 % left 0.26 (measured
on composed scenes)."""
BETTER = 0.12
"""A shift counts as one only where the edges fit better by this much than in place."""
ELSEWHERE = 0.25
"""Correlation at the best shift below which nothing of the view is found: the camera looks elsewhere."""
LITTLE_BETTER = 0.08
"""The same for a view that is a little off, by less than counts as moved, and stays so: where nobody has touched the
camera edges never fit better elsewhere (24 composed scenes, all weathers); 22 knocks of 0.7 to 1.8 % gave 0.08 to 0.5.
"""
SAME_SHIFT = 1.5
"""It is the view from then on when it has been off by the same for some seconds (see `Sway`): within so many pixels at
which views are compared."""
DETAIL_LOST = 0.55
"""Share of the former detail below which the picture is blurred or covered: infrared leaves 0.66, dusk 0.96; a blur of
6 pixels in 480 takes it to 0.45 (measured on composed scenes and a driveway)."""
LAYOUT_LOST = 0.5
"""Correlation of light and dark below which this is not the place out of focus, but something before the lens."""
SAME_LAYOUT = 0.9
"""Correlation of light and dark above which a plain view shows the place alone: 0.96 and more there, 0.6 with a car."""
NOISE = 10.0
"""Grey levels of noise at 240 pixels across above which things drown in it: some 80 at full HD; night leaves 2."""
HIDDEN = 0.4
"""Share of the picture that people and vehicles cover above which the view cannot be judged: a bus before the lens."""
RECOVER_S = 3.0
"""The view must be in place for this long before it is believed again."""
FOLLOW_S = 600.0
"""Time constant with which the reference follows what is seen: dusk takes half an hour."""
ANOTHER_LOOK = 0.55
"""A view in place that agrees less than this with all its references is kept as one more: by night, in snow."""
MOST_LOOKS = 4
CONFIRMED_S = 60.0
"""A first view that has held for less than this was no reference: a lorry before the lens, a camera being fixed."""
_PARTS = ("edges", "detail", "layout", "bright", "noise")
LEAST_DETAIL = 1.5
"""Mean gradient, grey levels, without which a picture cannot be a reference: black, fog, a cap on the lens."""


class CameraProblem(StrEnum):
    """What can be wrong with a camera that delivers pictures."""

    MOVED = "moved"
    COVERED = "covered"
    DARK = "dark"
    BLURRED = "blurred"
    FROZEN = "frozen"
    NOISY = "noisy"


@dataclass(frozen=True, slots=True)
class HealthState:
    """How a camera is. Times are UNIX seconds of media time.

    Attributes:
        problem: what is wrong, once it has lasted; None while nothing is.
        since: when it began; None while nothing is wrong.
        value, threshold: what was measured, and what it was held against, in the same unit.
        usable: whether anything may be concluded from the pictures now; False from the first doubt on.
        shift: how far the view is from where it was, one that has moved from where the zones were drawn: (right, down),
            shares of the picture.
        preset: the preset that is shown; None where the camera has none.
    """

    problem: CameraProblem | None = None
    since: float | None = None
    value: float = 0.0
    threshold: float = 0.0
    usable: bool = True
    shift: tuple[float, float] = (0.0, 0.0)
    preset: str | None = None


@dataclass(slots=True)
class _Doubt:
    """What one measurement held against the view."""

    problem: CameraProblem
    value: float
    threshold: float
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(slots=True)
class KnownView:
    """How one place has looked, by day, by night: the latest used last. `held_s`: how long it has been in place."""

    looks: list[View] = field(default_factory=list)
    held_s: float = 0.0

    def nearest(self, now: View) -> tuple[int, Match]:
        """The look that agrees best in place, by its index.

        With one that is plain everything is in place and as sharp as it was: a car that drives by has more edges.
        """
        matches = [_in_place(match(look, now)) if look.is_plain else match(look, now) for look in self.looks]
        best = max(range(len(matches)), key=lambda index: matches[index].best)
        return best, matches[best]


class CameraHealth:
    """Health of one camera; call `update` with every frame, in order of time.

    Args:
        settings: thresholds and times.
        presets: the views of a camera that turns, by name; without any, the first view is the one.
    """

    def __init__(self, settings: HealthSettings, presets: Mapping[str, View] | None = None) -> None:
        self._settings = settings
        self._turns = bool(presets)
        self._views: dict[str | None, KnownView] = {name: KnownView([view]) for name, view in (presets or {}).items()}
        if not self._turns:
            self._views[None] = KnownView()
        self._preset: str | None = None
        self._last: Image | None = None
        self._measured_image: Image | None = None
        self._measured = -np.inf
        self._changed = -np.inf
        self._doubt: _Doubt | None = None
        self._since: float | None = None
        self._fine_since: float | None = None
        self._off: tuple[float, float] | None = None
        self._off_s = 0.0
        self._sway = Sway()
        self._offsets: dict[str | None, tuple[float, float]] = {}
        self._drift = (0.0, 0.0)
        self.state = HealthState()
        self.renewals = 0
        """How often the reference was given up for what is seen now: what was known of the place is void then ..."""
        self.knocked_by: tuple[float, float] | None = None
        """... unless it was the same place, a little off: by this, (right, down), shares of the picture ..."""
        self.knocked_preset: str | None = None
        """... at this preset. No motor stops twice in quite the same place."""

    def update(self, image: Image, time: float, hidden: float) -> HealthState:
        """Take a picture.

        Args:
            image: (h, w, 3) BGR at working size, the same size at every call.
            time: media time, seconds.
            hidden: share of the picture that people and vehicles cover, as far as is known, 0..1.
        """
        if not self._settings.watch:
            return self.state
        if self._last is None or image.shape != self._last.shape or not np.array_equal(image, self._last):
            self._changed = time
        self._last = image
        frozen_for = time - self._changed
        if frozen_for >= self._settings.frozen_after:
            self._take(_Doubt(CameraProblem.FROZEN, round(frozen_for, 1), self._settings.frozen_after), time, told=True)
        elif self._due(image, time) and (hidden <= HIDDEN or not self.state.usable):
            elapsed = time - self._measured
            self._measured, self._measured_image = time, image
            self._take(self._measure(view_of(image), elapsed), time, told=False)
        elif self._doubt is not None and self._doubt.problem is CameraProblem.FROZEN:
            self._take(None, time, told=False)
        return self.state

    def remember(self) -> dict[str, np.ndarray]:
        """The views known, as arrays by name, for `recall` after a restart."""
        held = {f"{name or ''}/held_s": np.asarray(view.held_s) for name, view in self._views.items()}
        return (
            held
            | {"drift": np.asarray(self._drift)}
            | {
                f"{name or ''}/{number}/{part}": np.asarray(getattr(look, part))
                for name, view in self._views.items()
                for number, look in enumerate(view.looks)
                for part in _PARTS
            }
        )

    def recall(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on with the views from before a restart; those of presets that are no longer there are left out.

        Raises:
            KeyError, ValueError: they are something else.
        """
        if "drift" in arrays:
            right, down = arrays["drift"]
            self._drift = (float(right), float(down))
        for name, view in self._views.items():
            looks: list[View] = []
            while f"{name or ''}/{len(looks)}/edges" in arrays and len(looks) < MOST_LOOKS:
                edges, detail, layout, bright, noise = (arrays[f"{name or ''}/{len(looks)}/{part}"] for part in _PARTS)
                looks.append(View(edges, detail, layout, float(bright), float(noise)))
            if looks:
                view.looks, view.held_s = looks, float(arrays[f"{name or ''}/held_s"])

    def _due(self, image: Image, time: float) -> bool:
        elapsed = time - self._measured
        if not self.state.usable or elapsed >= MEASURE_EVERY_S or self._measured_image is None:
            return True
        if elapsed < CHANGED_EVERY_S or self._off is not None or image.shape != self._measured_image.shape:
            return elapsed >= CHANGED_EVERY_S
        differs = cv2.absdiff(image[::4, ::4], self._measured_image[::4, ::4]).max(axis=2) > CHANGED_LEVELS
        return bool(differs.mean() > CHANGED_SHARE)

    def _measure(self, now: View, elapsed: float) -> _Doubt | None:
        """What speaks against this view; where nothing does, the reference follows it."""
        if now.bright < self._settings.dark:
            return _Doubt(CameraProblem.DARK, round(now.bright, 1), self._settings.dark)
        if now.noise > NOISE:
            return _Doubt(CameraProblem.NOISY, round(now.noise, 1), NOISE)
        known = {
            name: view for name, view in self._views.items()
            if view.looks and view.looks[0].edges.shape == now.edges.shape
        }  # fmt: skip
        if not known:
            if now.detail.mean() < LEAST_DETAIL:
                return _Doubt(CameraProblem.BLURRED, round(float(now.detail.mean()), 2), LEAST_DETAIL)
            self._views[None] = KnownView([now])
            return None
        nearest = {name: view.nearest(now) for name, view in known.items()}
        name = max(nearest, key=lambda preset: nearest[preset][1].best)
        index, found = nearest[name]
        doubt = self._judge(found)
        if doubt is None and not self._turns:
            self._sway.see(_pixels_off(found, now))
        if doubt is None and self._sway.is_in_the_middle(self._measured):
            return self._hold_against(name, found, now, is_knock=self._sway.was_knocked())
        if doubt is None and self._is_elsewhere(name, found, now):
            return self._settle(name, found, now, elapsed)
        if doubt is None and self._off is not None:
            self._sway.turned(self._measured)
        self._off = None
        if doubt is None:
            self._preset = name
            known[name].held_s += min(elapsed, MEASURE_EVERY_S)
            if not _is_off(found):
                self._follow(known[name], index, found, now, elapsed)
        elif doubt.problem is CameraProblem.MOVED and self._is_provisional(known):
            self._drift, self._views[None] = (0.0, 0.0), KnownView([now])
            self._renewed(None, None)
            return None
        return doubt

    def _is_elsewhere(self, name: str | None, found: Match, now: View) -> bool:
        """Whether the view lies elsewhere than it did last, though not far from it."""
        last = self._offsets.get(name, (0.0, 0.0))
        if not any(last):
            return _is_off(found)
        return not _is_same(last, found.shift if _is_off(found) else (0.0, 0.0), now)

    def _settle(self, name: str | None, found: Match, now: View, elapsed: float) -> _Doubt | None:
        """Take a view that is a little off for the view when it has stayed so; till then doubt it if it is clearly off.

        The zones still lie where they were drawn, but everything with an edge differs from the clean view.
        """
        before, self._off = self._off, found.shift
        same = before is not None and _is_same(before, found.shift, now)
        self._off_s = self._off_s + min(elapsed, MEASURE_EVERY_S) if same else 0.0
        if before is not None and not same:
            self._sway.turned(self._measured)
        clear = found.agreement < IN_PLACE and found.best - found.agreement > BETTER
        if self._off_s < self._sway.patience(self._measured):
            if not clear and (self.state.usable or not self._turns):
                return None  # as in wind; a camera that comes back to a preset is waited for
            return _Doubt(CameraProblem.MOVED, round(found.distance, 3), self._settings.moved, found.shift)
        return self._hold_against(name, found, now, is_knock=True)

    def _hold_against(self, name: str | None, found: Match, now: View, *, is_knock: bool) -> _Doubt | None:
        """Hold what comes against this view from now on, unless it lies too far from the zones."""
        shift = found.shift if _is_off(found) else (0.0, 0.0)
        right, down = self._offsets.get(name, (0.0, 0.0))
        if self._turns:  # the picture of the preset stays what it is
            self._offsets[name] = shift
        else:
            drift = self._from_drawn(shift)
            if np.hypot(*drift) > self._settings.moved:  # by many a little
                distance = round(float(np.hypot(*drift)), 3)
                return _Doubt(CameraProblem.MOVED, distance, self._settings.moved, drift)
            self._drift, self._views[None] = drift, KnownView([now], self._views[None].held_s)
        self._off, self._preset = None, name
        self._sway.turned(self._measured)
        if is_knock:
            self._renewed(name, (shift[0] - right, shift[1] - down))
        self._sway.begin()
        return None

    def _renewed(self, preset: str | None, knocked_by: tuple[float, float] | None) -> None:
        self.knocked_preset, self.knocked_by = preset, knocked_by
        self.renewals += 1

    def _is_provisional(self, known: Mapping[str | None, KnownView]) -> bool:
        """Whether the only view known is a first one that has not held, and the doubt has lasted."""
        view = known.get(None)
        return view is not None and view.held_s < CONFIRMED_S and self.state.problem is not None

    def _judge(self, found: Match) -> _Doubt | None:
        if found.detail < DETAIL_LOST:
            kind = CameraProblem.BLURRED if found.layout >= LAYOUT_LOST else CameraProblem.COVERED
            return _Doubt(kind, round(found.detail, 2), DETAIL_LOST)
        if found.agreement >= IN_PLACE and found.distance <= self._settings.moved:
            return None
        if self._has_moved(found) and found.best - found.agreement > BETTER and found.best > ELSEWHERE:
            shift = self._from_drawn(found.shift)
            return _Doubt(CameraProblem.MOVED, round(float(np.hypot(*shift)), 3), self._settings.moved, shift)
        if found.best < ELSEWHERE:
            return _Doubt(CameraProblem.MOVED, round(found.best, 2), ELSEWHERE)
        return None  # rain, snow, a crowd: less of it is seen, and in its place

    def _has_moved(self, found: Match) -> bool:
        """Whether a view lies too far from the one known, and is not one that has been knocked back to the zones."""
        if found.distance <= self._settings.moved:
            return False
        return not _is_off(found) or float(np.hypot(*self._from_drawn(found.shift))) > self._settings.moved

    def _from_drawn(self, shift: tuple[float, float]) -> tuple[float, float]:
        """How far a view lies from the one that the zones were drawn on: what is known of it may lie elsewhere by now.

        The picture of a preset stays what it is.
        """
        return shift if self._turns else (self._drift[0] + shift[0], self._drift[1] + shift[1])

    def _follow(self, view: KnownView, index: int, found: Match, now: View, elapsed: float) -> None:
        if found.agreement < ANOTHER_LOOK:
            if self.state.usable and np.isfinite(elapsed) and found.agreement >= IN_PLACE:
                view.looks = [*view.looks, now][-MOST_LOOKS:]
            return
        if view.looks[index].is_plain and found.layout < SAME_LAYOUT:
            return  # with the edges of cars that drive by it would not be plain for long
        share = float(1 - np.exp(-min(elapsed, 60.0) / FOLLOW_S))
        look = blended(view.looks.pop(index), now, share)
        view.looks.append(look)

    def _take(self, doubt: _Doubt | None, time: float, *, told: bool) -> None:
        """Bring the state up to date with one measurement."""
        if doubt is None:
            self._fine_since = self._fine_since if self._fine_since is not None else time
            if self._doubt is None or time - self._fine_since >= RECOVER_S:
                self._doubt = self._since = None
                self.state = HealthState(preset=self._preset)
            return
        self._fine_since = None
        if doubt.problem is CameraProblem.FROZEN:
            self._since = self._changed
        elif self._doubt is None or self._since is None:
            self._since = time
        self._doubt = doubt
        lasted = time - self._since
        problem = doubt.problem if told or self.state.problem is not None or lasted >= self._settings.after else None
        since = self._since if problem is not None else None
        self.state = HealthState(problem, since, doubt.value, doubt.threshold, False, doubt.shift, self._preset)


def _is_same(a: tuple[float, float], b: tuple[float, float], view: View) -> bool:
    """Whether two shifts, shares of the picture, differ by no more than what is measured of one."""
    height, width = view.edges.shape
    return bool(np.hypot((a[0] - b[0]) * width, (a[1] - b[1]) * height) <= SAME_SHIFT)


def _in_place(found: Match) -> Match:
    return replace(found, agreement=ANOTHER_LOOK, best=ANOTHER_LOOK, shift=(0.0, 0.0), detail=1.0)


def _pixels_off(found: Match, now: View) -> tuple[float, float]:
    height, width = now.edges.shape
    return (found.shift[0] * width, found.shift[1] * height) if _is_off(found) else (0.0, 0.0)


def _is_off(found: Match) -> bool:
    """Whether the edges lie elsewhere than in place, though not far from it."""
    return found.best >= IN_PLACE and found.best - found.agreement > LITTLE_BETTER
