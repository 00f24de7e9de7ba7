"""Zones tried on what has happened: recordings and clips of a camera, with the zones in force and with others.

What only the new zones find is gained, what only those in force find is lost. A medium is replayed in its own time, so
that schedules are judged by when it was recorded. The replays run in a process of their own (trying.py), niced, with
one thread for the detector.

What a medium cannot show, it does not: of a clip of 15 s no rule with a dwell of 30 s makes a case, with any zones.
Such media are named in `too_short`. A record of keyframes only is seen as the worker sees a quiet scene.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vision.config import Camera, RuleSettings, Site, Zone
from vision.evaluate.scoring import overlaps
from vision.evaluate.sweeps import MOST_VARIANTS
from vision.evaluate.trying import Job, plain_camera, plain_site, work
from vision.sources import Box

MOST_MEDIA = 500
"""A few days of ten-minute files; more is a job for `vision eval`."""
SAME_START_S = 30.0
"""Cases of two replays are one when they begin this near each other and at the same place: another dwell moves the
report, and an edge of a zone the moment at which a thing was in it."""
POLL_S = 0.2
Progress = Callable[[float], None]
Cancelled = Callable[[], bool]


class TryoutError(Exception):
    """It could not be tried; the text says why."""


class TryoutCancelled(Exception):  # noqa: N818  it is no error
    """Whoever asked does not want it any more."""


@dataclass(frozen=True, slots=True)
class Media:
    """A recording or clip. `start`: of its first picture, UNIX seconds; `seconds`: how long, None if not known."""

    id: str
    path: Path
    start: float
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TriedCase:
    """A case that a replay opened.

    Attributes:
        started, detected: UNIX seconds, in the medium's own time.
        why: the rule's reasons, each with `condition`, `value`, `threshold`.
        medium: id of the medium; `media_s`: seconds into it at which it was reported.
        picture: the place at that moment, with masks; kept until there is too much.
    """

    category: str
    zone_id: str
    started: float
    detected: float
    bbox: Box
    confidence: float
    why: tuple[Mapping[str, Any], ...]
    medium: str
    media_s: float
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Tryout:
    """What other zones would have changed.

    Attributes:
        skipped: medium → why it could not be replayed (gone meanwhile, damaged).
        too_short: media that end before the shortest dwell of the new zones.
    """

    gained: tuple[TriedCase, ...] = ()
    lost: tuple[TriedCase, ...] = ()
    unchanged: tuple[TriedCase, ...] = ()
    skipped: Mapping[str, str] | None = None
    too_short: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownCase:
    """A past case of which an operator has said whether it was one; `started`: UNIX seconds."""

    category: str
    bbox: Box
    started: float
    true: bool


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """What one value would have found. `false`: of those, known to be none; `missed`: known cases it would not find."""

    value: Any
    found: int
    false: int
    missed: int
    cases: tuple[TriedCase, ...] = ()


def try_zones(
    site: Site,
    camera: Camera,
    zones: Sequence[Zone],
    media: Sequence[Media],
    progress: Progress = lambda share: None,
    cancelled: Cancelled = lambda: False,
) -> Tryout:
    """Replay media with the camera's zones in force and with others.

    Args:
        site: the configuration, read with the rules' settings.
        camera: as it is in force; `zones`: those to be tried, of the same model as the camera's own.
        progress: told the share that is done, 0..1.
        cancelled: asked some times a second; the replays end when it says so.

    Raises:
        TryoutError: there is no medium or too many, the model cannot be loaded, or the process died.
        TryoutCancelled: it was cancelled.
    """
    tried = camera.model_copy(update={"zones": tuple(zones)})
    (before, after), skipped = _replayed(site, [camera, tried], media, progress, cancelled)
    unchanged = []
    lost = list(before)
    gained = []
    for case in after:
        twin = next((other for other in lost if _is_same(case, other)), None)
        if twin is None:
            gained.append(case)
        else:
            lost.remove(twin)
            unchanged.append(case)
    dwells = [rule.dwell for zone in zones for rule in zone.rules]
    short = [one.id for one in media if one.seconds is not None and dwells and one.seconds < min(dwells)]
    return Tryout(tuple(gained), tuple(lost), tuple(unchanged), skipped, tuple(short))


def sweep_parameter(
    site: Site,
    camera: Camera,
    zone_id: str,
    rule: str,
    parameter: str,
    values: Sequence[Any],
    media: Sequence[Media],
    known: Sequence[KnownCase] = (),
    progress: Progress = lambda share: None,
    cancelled: Cancelled = lambda: False,
) -> list[SweepPoint]:
    """Replay media with several values for one parameter of a rule in a zone; one point a value, in their order.

    Args:
        values: as they would be written in the configuration.
        known: past cases with a verdict; those outside of the media's time do not count. Cases of other zones or rules
            do not count either.

    Raises:
        TryoutError: no such zone, rule, parameter or value; or as `try_zones`.
        TryoutCancelled: it was cancelled.
    """
    if not values or len(values) > MOST_VARIANTS:
        raise TryoutError(f"{len(values)} values; give 1 to {MOST_VARIANTS}")
    cameras = [_with_value(camera, zone_id, rule, parameter, value) for value in values]
    found, skipped = _replayed(site, cameras, media, progress, cancelled)
    seen = [one for one in media if one.id not in skipped]
    relevant = [
        one for one in known
        if one.category == rule and any(m.start <= one.started <= m.start + (m.seconds or 0.0) for m in seen)
    ]  # fmt: skip
    points = []
    for value, cases in zip(values, found, strict=True):
        own = tuple(case for case in cases if case.zone_id == zone_id and case.category == rule)
        false = sum(any(not one.true and _is_known(case, one) for one in relevant) for case in own)
        missed = sum(one.true and not any(_is_known(case, one) for case in own) for one in relevant)
        points.append(SweepPoint(value, len(own), false, missed, own))
    return points


def _with_value(camera: Camera, zone_id: str, rule: str, parameter: str, value: Any) -> Camera:
    zone = next((zone for zone in camera.zones if zone.id == zone_id), None)
    settings = next((one for one in zone.rules if one.rule == rule), None) if zone is not None else None
    if zone is None or settings is None:
        raise TryoutError(f"camera {camera.id} has no rule {rule} in a zone {zone_id}")
    if parameter == "rule" or parameter not in type(settings).model_fields:
        known = ", ".join(sorted(set(type(settings).model_fields) - {"rule"}))
        raise TryoutError(f"{rule} has no parameter {parameter!r}; it has: {known}")
    try:
        checked = type(settings).model_validate({"rule": rule, parameter: value})
    except ValidationError as error:
        raise TryoutError(f"{parameter}: {error.errors()[0]['msg']}") from None
    changed: RuleSettings = settings.model_copy(update={parameter: getattr(checked, parameter)})
    rules = tuple(changed if one is settings else one for one in zone.rules)
    zones = tuple(one.model_copy(update={"rules": rules}) if one is zone else one for one in camera.zones)
    return camera.model_copy(update={"zones": zones})


def _is_same(one: TriedCase, other: TriedCase) -> bool:
    near = abs(one.started - other.started) <= SAME_START_S
    return one.medium == other.medium and one.category == other.category and near and overlaps(one.bbox, other.bbox)


def _is_known(case: TriedCase, known: KnownCase) -> bool:
    near = abs(case.started - known.started) <= SAME_START_S
    return case.category == known.category and near and overlaps(case.bbox, known.bbox)


def _replayed(
    site: Site, cameras: Sequence[Camera], media: Sequence[Media], progress: Progress, cancelled: Cancelled
) -> tuple[list[list[TriedCase]], dict[str, str]]:
    """The cases of each variant of the camera, and why media were left out."""
    if not 0 < len(media) <= MOST_MEDIA:
        raise TryoutError(f"{len(media)} recordings and clips; give 1 to {MOST_MEDIA}")
    job = Job(
        plain_site(site), site.folder, tuple(map(plain_camera, cameras)),
        tuple((one.path, one.start) for one in media), site.resolve(site.storage.dir) / "tryouts" / cameras[0].id,
    )  # fmt: skip
    # A process that inherits OpenVINO's threads hangs: it starts afresh.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(job, sender), name="tryout", daemon=True)
    child.start()
    sender.close()
    found: list[list[TriedCase]] = [[] for _ in cameras]
    skipped: dict[str, str] = {}
    asked = float("-inf")
    try:
        while True:
            if time.monotonic() - asked >= POLL_S:
                asked = time.monotonic()
                if cancelled():
                    raise TryoutCancelled
            if not receiver.poll(POLL_S):
                continue
            try:
                kind, *content = receiver.recv()
            except (EOFError, OSError):
                raise TryoutError("the process that tried it has died; is there enough memory?") from None
            if kind == "done":
                progress(1.0)
                return found, skipped
            if kind == "failed":
                raise TryoutError(str(content[0]))
            if kind == "progress":
                progress(content[0])
            elif kind == "skipped":
                skipped[media[content[0]].id] = content[1]
            else:
                variant, number, case = content
                found[variant].append(_tried(case, media[number]))
    finally:
        child.terminate()
        child.join(5.0)
        if child.is_alive():
            child.kill()
        receiver.close()


def _tried(plain: dict[str, Any], medium: Media) -> TriedCase:
    picture = plain.pop("picture")
    x1, y1, x2, y2 = plain.pop("bbox")
    why = tuple(plain.pop("why"))
    return TriedCase(
        **plain, bbox=(x1, y1, x2, y2), why=why, medium=medium.id, picture=None if picture is None else Path(picture)
    )
