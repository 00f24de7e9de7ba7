"""The working half of a try-out: in a process of its own, with low priority and one thread for the detector.

What a medium gives with certain zones is kept on disk (`keep`), so that the zones in force are replayed once and not
with every attempt. The key is the camera's configuration, the model and the file; the oldest go when there is too much.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import vision
from vision.config import Camera, Site
from vision.config.site import site_model
from vision.detect import BatchingDetector, ModelError
from vision.evaluate.parent_watch import end_with_parent
from vision.evaluate.replay import ReplayedEvent, length_s, opened, replay
from vision.rules import RULE_SETTINGS
from vision.runtime.logs import configure_logging
from vision.runtime.site_detector import load_site_detector
from vision.sources import SourceError

NICENESS = 15
"""The worker beside it sees the street; a try-out may wait."""
MOST_KEPT = 200
MOST_KEPT_BYTES = 100_000_000
"""Of one camera."""
TOLD_EVERY = 0.002
"""Share of all after which the progress is told anew."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the child does: every medium with every variant of the camera.

    Attributes:
        site: plain values of a site with nothing but what a replay needs (`plain_site`).
        folder: of the configuration.
        cameras: plain values, one a variant.
        media: (path, UNIX seconds of the first picture).
        keep: folder for what was found.
    """

    site: dict[str, Any]
    folder: Path
    cameras: tuple[dict[str, Any], ...]
    media: tuple[tuple[Path, float], ...]
    keep: Path


def plain_site(site: Site) -> dict[str, Any]:
    """What a replay needs of a site, as plain values; no secret is in it."""
    needed = {"site", "storage", "detector", "runtime", "cases"}
    parts = site.model_dump(mode="json", by_alias=True, include=needed)
    parts["storage"]["evidence_url"] = None  # what is kept here is nobody else's
    parts["detector"]["shadow"] = None
    parts["cases"]["views"] = []
    return parts


def plain_camera(camera: Camera) -> dict[str, Any]:
    """The same of a camera."""
    left_out = {"username", "password", "password_file", "source", "substream"}
    return camera.model_dump(mode="json", by_alias=True, exclude=left_out) | {"source": "tried.mkv"}


def work(job: Job, out: Connection) -> None:
    """Replay everything; messages are `("progress", 0..1)`, `("case", variant, medium, case)`, `("skipped", medium,
    reason)`, and at the end `("done",)` or `("failed", text)`."""
    end_with_parent()
    configure_logging("error")
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        _work(job, out)
        out.send(("done",))
    except (ModelError, OSError, ValueError) as error:
        out.send(("failed", str(error)))


def _work(job: Job, out: Connection) -> None:
    model = site_model(RULE_SETTINGS)
    sites = []
    for camera in job.cameras:
        site = model.model_validate(job.site | {"cameras": [camera]})
        site._folder = job.folder
        for preset in site.cameras[0].health.presets:
            preset._path = site.resolve(preset.view)
        sites.append(site)
    job.keep.mkdir(parents=True, exist_ok=True)
    detector = load_site_detector(sites[0], threads=1)
    try:
        _replay_all(job, sites, detector, out)
    finally:
        detector.stop()
        _prune(job.keep)


def _replay_all(job: Job, sites: Sequence[Site], detector: BatchingDetector, out: Connection) -> None:
    total = len(job.media) * len(sites)
    last = 0.0
    for number, (path, start) in enumerate(job.media):
        for variant, site in enumerate(sites):
            done = number * len(sites) + variant

            def told(share: float, done: int = done) -> None:
                nonlocal last
                now = min(1.0, (done + share) / total)
                if now - last >= TOLD_EVERY or share >= 1.0:
                    last = now
                    out.send(("progress", now))

            try:
                found = _found(job, site, detector, path, start, told)
            except SourceError as error:
                out.send(("skipped", number, str(error)))
                break
            for case in found:
                out.send(("case", variant, number, case))
            told(1.0)


def _found(
    job: Job, site: Site, detector: BatchingDetector, path: Path, start: float, told: Callable[[float], None]
) -> list[dict[str, Any]]:
    """The cases of one medium, from what is kept or by replaying it."""
    camera = site.cameras[0]
    try:
        stat = path.stat()
    except OSError as error:
        raise SourceError(camera.id, str(path), f"it cannot be read: {error.strerror}", "it may be too old") from None
    parts = (
        vision.__version__, detector.detector.model_sha256, plain_camera(camera), job.site, str(path), stat.st_size,
        stat.st_mtime_ns, start,
    )  # fmt: skip
    folder = job.keep / hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads((folder / "cases.json").read_text("utf-8"))
        os.utime(folder)
        return list(kept)
    shutil.rmtree(folder, ignore_errors=True)
    length = length_s(path, camera)

    def reached(media_s: float) -> None:
        told(media_s / length if length > 0 else 0.0)

    result = replay(path, camera, site, detector, evidence=folder, start=start, progress=reached)
    cases = [_case(event, start) for event in opened(result)]
    folder.mkdir(exist_ok=True)
    part = folder / "cases.part"
    part.write_text(json.dumps(cases, ensure_ascii=False), "utf-8")
    part.replace(folder / "cases.json")
    return cases


def _case(found: ReplayedEvent, start: float) -> dict[str, Any]:
    event = found.event
    picture = next((item.uri for item in event.evidence if item.role == "after"), None)
    local = None if picture is None or not picture.startswith("file://") else unquote(urlsplit(picture).path)
    return {
        "category": event.category,
        "zone_id": event.zone_id,
        "started": start + found.started_s,
        "detected": start + found.detected_s,
        "bbox": event.bbox,
        "confidence": event.confidence,
        "why": [why.model_dump() for why in event.why],
        "media_s": found.detected_s,
        "picture": local,
    }


def _prune(keep: Path) -> None:
    """Remove what was not used for longest while there is too much."""
    folders = sorted((path for path in keep.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    sizes = {path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) for path in folders}
    while folders and (len(folders) > MOST_KEPT or sum(sizes[path] for path in folders) > MOST_KEPT_BYTES):
        shutil.rmtree(folders.pop(0), ignore_errors=True)
