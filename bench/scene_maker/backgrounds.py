"""Footage that scenes are composed on: its empty place, its ground, its walkers, and what stands in front of what."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from composing import FPS, Footage, Ground, Picture
from composing.footage import SMALLEST, foreground
from make_clips import FOOTAGE, GROUND, unpacked

from scene_maker.walkers import Walker, find_people, follow, read_walkers, write_walkers

Polygon = list[tuple[float, float]]
Mask = npt.NDArray[np.float32]

VTEST_WALKERS = Path(__file__).parent / "vtest_walkers.json"
VTEST_ROAD: Polygon = [
    (0, 192), (130, 196), (262, 214), (400, 208), (470, 200), (640, 132), (728, 100), (700, 180), (695, 215),
    (768, 290), (768, 488), (600, 402), (430, 344), (300, 292), (190, 264), (0, 238),
]  # fmt: skip
"""Asphalt of vtest.avi, drawn by hand, pixels."""
LAMP_POST = ([(424, 40), (431, 40), (439, 391), (428, 391)], 391.0)
SIGN = ([(413, 202), (446, 202), (446, 245), (413, 245)], 391.0)
TRIPOD = ([(503, 336), (512, 336), (526, 482), (458, 470)], 480.0)
"""What stands in vtest.avi in front of the road: outline, and the row of its foot."""
LONGEST_S = 90
WIDEST = 768
PERSON_M = 1.7


@dataclass(frozen=True)
class Passer:
    """A connected patch of the footage that differs from the empty place: somebody, or people who touch."""

    x: int
    y: int
    mask: npt.NDArray[np.uint8]
    feet: int


@dataclass(frozen=True, eq=False)
class Background:
    """One piece of footage, ready to be composed on.

    Attributes:
        road: polygon on which parking bays can be painted.
        occluders: what stands in the footage itself: outline and row of its foot.
        things: folder whose cut-outs are taken before those that ship, by name.
        free: where things may stand at all; None: anywhere.
    """

    name: str
    footage: Footage
    ground: Ground
    walkers: list[Walker]
    road: Polygon
    occluders: list[tuple[Polygon, float]] = field(default_factory=list)
    things: Path | None = None
    free: Polygon | None = None
    _passers: dict[int, list[Passer]] = field(default_factory=dict, init=False, repr=False)

    @property
    def length(self) -> float:
        """Seconds."""
        return len(self.footage.frames) / FPS

    def passers(self, frame: int) -> list[Passer]:
        """Who moves in a frame; remembered for as long as the background is, for all scenes that are composed on it."""
        if frame not in self._passers:
            self._passers[frame] = _passers(self.footage, frame)
        return self._passers[frame]

    def hidden(self, frame: int, below: float, area: tuple[int, int, int, int]) -> Mask:
        """0..1 where passers-by with feet below row `below` cover `area` (x1, y1, x2, y2 pixels) of the picture."""
        x1, y1, x2, y2 = area
        covered = np.zeros((y2 - y1, x2 - x1), np.uint8)
        for passer in self.passers(frame):
            height, width = passer.mask.shape
            a, b = max(x1, passer.x), min(x2, passer.x + width)
            c, d = max(y1, passer.y), min(y2, passer.y + height)
            if passer.feet > below and a < b and c < d:
                part = passer.mask[c - passer.y : d - passer.y, a - passer.x : b - passer.x]
                covered[c - y1 : d - y1, a - x1 : b - x1] |= part
        return cv2.GaussianBlur(covered.astype(np.float32), (3, 3), 0.6)

    def fixed_in_front(self, below: float, area: tuple[int, int, int, int]) -> Mask:
        """0..1 where posts and signs of the footage cover `area` for a thing that stands on row `below`."""
        x1, y1, x2, y2 = area
        covered = np.zeros((y2 - y1, x2 - x1), np.uint8)
        for outline, foot in self.occluders:
            if foot > below:
                cv2.fillPoly(covered, [np.int32(outline) - np.int32([x1, y1])], 1)
        return covered.astype(np.float32)


def _passers(footage: Footage, frame: int) -> list[Passer]:
    mask = foreground(footage.frames[frame], footage.plate)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    found = []
    for number in range(1, count):
        x, y, width, height, area = stats[number]
        if area > SMALLEST:
            part = (labels[y : y + height, x : x + width] == number).astype(np.uint8)
            found.append(Passer(int(x), int(y), part, int(y + height)))
    return found


def vtest(path: Path = FOOTAGE) -> Background:
    """OpenCV's sample, with the walkers that `vtest_walkers.json` keeps: another model composes the same scenes.

    Raises:
        FileNotFoundError: it is not there; the text says what to install.
    """
    with tempfile.TemporaryDirectory() as folder:
        footage = Footage(unpacked(path, Path(folder)))
    return Background(
        "vtest", footage, GROUND, read_walkers(VTEST_WALKERS), VTEST_ROAD, [LAMP_POST, SIGN, TRIPOD]
    )  # fmt: skip


LEAST_WALKERS = 8
"""Who passes where a thing comes to light is one of these; with fewer hardly any recipe finds a place."""


def from_scenes(folder: Path, cache: Path) -> list[Background]:
    """Backgrounds of a folder's scenes whose labels have no events and in which people walk.

    Finding them takes about a minute a scene; `cache` keeps who was found, one file a scene. Footage that was made of
    stills (`make_streets.py`) brings its walkers along, in `.walkers` of `folder`, and its ground in its labels.

    Raises:
        FileNotFoundError: no scene there can be used.
    """
    found = []
    cache.mkdir(parents=True, exist_ok=True)
    for labels in sorted(folder.glob("*/labels.json")):
        clip = next((path for path in sorted(labels.parent.iterdir()) if path.stem == "clip"), None)
        told = json.loads(labels.read_text("utf-8"))
        if clip is None or told["events"]:
            continue
        footage = Footage.of(read_frames(clip))
        width, height = footage.width, footage.height
        kept = folder / ".walkers" / f"{labels.parent.name}.json"
        kept = kept if kept.exists() else cache / kept.name
        if not kept.exists():
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(note_walkers, clip, kept).result()
        walkers = read_walkers(kept)
        if len(walkers) < LEAST_WALKERS:
            continue
        known = told.get("ground")
        if known is not None:
            ground = Ground(width, height, known["focal"], known["horizon"], known["up"])
            free = [(x, y) for x, y in known["free"]]
            found.append(Background(labels.parent.name, footage, ground, walkers, free, free=free))
            continue
        fitted = fit_ground(width, height, np.concatenate([walker.boxes for walker in walkers]))
        if fitted is not None:
            whole = [(0.0, height * 0.4), (width, height * 0.4), (width, height), (0.0, height)]
            found.append(Background(labels.parent.name, footage, fitted, walkers, whole))
    if not found:
        raise FileNotFoundError(f"{folder}: no scene without events in which enough people walk to tell the ground")
    return found


def note_walkers(clip: Path, kept: Path) -> None:
    """Find who walks in a clip and write it to `kept`.

    In a process of its own: a network starts threads, and a process that has any must not be forked, as the maker does
    for its scenes; its children would wait for locks that nobody holds.
    """
    footage = Footage.of(read_frames(clip))
    write_walkers(kept, follow(find_people(footage.frames), footage.width, footage.height))


def read_frames(clip: Path) -> list[Picture]:
    """A clip at 10 pictures a second and at most 768 pixels wide, its first 90 s."""
    frames: list[Picture] = []
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            time = frame.time if frame.time is not None else number / FPS
            if len(frames) >= LONGEST_S * FPS:
                break
            while len(frames) <= time * FPS and len(frames) < LONGEST_S * FPS:
                scale = min(1.0, WIDEST / frame.width)
                size = (round(frame.width * scale / 2) * 2, round(frame.height * scale / 2) * 2)
                frames.append(frame.to_ndarray(format="bgr24", width=size[0], height=size[1], interpolation="AREA"))
    return frames


def fit_ground(width: int, height: int, people: npt.NDArray[np.float32]) -> Ground | None:
    """The ground plane from how tall people are at each row, or None where too few are seen or heights say nothing.

    The height of upright people of 1.7 m grows in proportion to how far below the horizon their feet are, by
    1.7 / (height of the camera). The median of slopes between pairs (Theil and Sen) leaves the odd box aside. The
    focal length is taken as 1.1 times the width: a 49 degree lens, as street cameras have.
    """
    whole = (people[:, 3] < height - 4) & (people[:, 0] > 4) & (people[:, 2] < width - 4)
    ratio = (people[:, 2] - people[:, 0]) / np.maximum(people[:, 3] - people[:, 1], 1)
    upright = people[whole & (ratio < 0.6)]
    if len(upright) < 40:
        return None
    rng = np.random.default_rng(0)
    feet, tall = upright[:, 3], upright[:, 3] - upright[:, 1]
    a, b = rng.integers(0, len(upright), (2, 20_000))
    apart = np.abs(feet[a] - feet[b]) > 0.08 * height
    if apart.sum() < 100:
        return None
    slope = float(np.median((tall[a] - tall[b])[apart] / (feet[a] - feet[b])[apart]))
    if slope < 0.05:
        return None
    horizon = float(np.median(feet - tall / slope))
    return Ground(width, height, 1.1 * width, horizon, PERSON_M / slope)
