"""Still pictures made into footage: the place from a picture, people who walk from a film, noise as of a camera."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt
from composing import FPS, Ground, Picture, encode
from ruamel.yaml import YAML

from scene_maker.backgrounds import Background, Passer
from scene_maker.walkers import Walker, write_walkers

LIST = Path(__file__).parent / "streets.yaml"

WIDTH, HEIGHT = 640, 480
"""Pixels of the footage; pictures upright lose their upper part."""
FOCAL = 1.1
"""Focal length by width, as `fit_ground` takes it: a 49 degree lens."""
HAND_M = 1.6
QUALITY = 20
"""x264's rate factor: better than the scenes that are composed on it, so that these are not pressed twice."""
SHORTEST = 20
"""Frames that somebody must be seen alone for, to be cut out walking."""
DIFFERS = 20
"""Grey levels from the film's empty place that make a pixel somebody's."""
LARGEST = 3.0
"""How much larger than in the film somebody may be shown; more is a blur."""
EVERY_S = 3.2
"""Seconds from one who sets out to the next, on average."""
PACE = (1.0, 1.5)
"""Metres a second."""
DARKEST, BRIGHTEST = 0.2, 1.2
"""Of how people are lit, against the film."""
NOISE = 2.0
"""Standard deviation in grey levels, pixel by pixel and picture by picture."""

Alpha = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Street:
    """A place: its picture (HEIGHT, WIDTH, 3), its ground, and the polygon (pixels) where people may walk."""

    name: str
    picture: Picture
    ground: Ground
    free: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stride:
    """Somebody who walks alone in the film: cut-outs frame by frame, and how tall he is.

    Attributes:
        looks: picture and outline (0..1) of each frame; his feet are in the middle of the lower edge.
        heading: direction of his way, radians on the ground, 0 to the right and pi/2 away from the camera.
        metres: his height.
    """

    looks: list[tuple[Picture, Alpha]]
    heading: float
    metres: float


def read_streets(listed: Path, pictures: Path) -> list[Street]:
    """The places of a list such as `streets.yaml`.

    Raises:
        ValueError: a row cannot be used or its picture is missing; the text names list and row.
    """
    found = []
    for number, row in enumerate(YAML(typ="safe").load(listed.read_text("utf-8")) or (), 1):
        try:
            name, file = str(row["name"]), pictures / str(row["picture"])
            horizon, up = float(row["horizon"]), float(row.get("up", HAND_M))
            free = np.float32(row["free"]).reshape(-1, 2) * np.float32([WIDTH, HEIGHT])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{listed}: row {number}: {type(error).__name__}: {error}") from None
        picture = cv2.imread(str(file))
        if picture is None:
            raise ValueError(f"{listed}: row {number}: no picture {file}")
        ground = Ground(WIDTH, HEIGHT, FOCAL * WIDTH, horizon * HEIGHT, up)
        found.append(Street(name, _fitted(picture), ground, free))
    return found


def _fitted(picture: Picture) -> Picture:
    """Of the footage's size. Square pictures were pressed to squares by their publisher, and are stretched again."""
    height, width = picture.shape[:2]
    tallest = width * HEIGHT // WIDTH
    kept = picture if height <= width else picture[height - tallest :]
    return cv2.resize(kept, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def strides(background: Background) -> list[Stride]:
    """Who walks in a film and is seen alone and whole for `SHORTEST` frames or more."""
    found = []
    for walker in background.walkers:
        looks: list[tuple[Picture, Alpha]] = []
        first = 0
        for index, frame in enumerate(walker.frames):
            look = _alone(background, walker, index, int(frame))
            if look is not None:
                first = first if looks else index
                looks.append(look)
            if looks and (look is None or index == len(walker.frames) - 1):
                stride = _stride(background, walker, first, looks)
                found += [stride] if stride is not None else []
                looks = []
    return found


def _alone(background: Background, walker: Walker, index: int, frame: int) -> tuple[Picture, Alpha] | None:
    """Somebody's cut-out in one frame, if the patch that moves there is he and nobody else."""
    x1, y1, x2, y2 = (int(v) for v in walker.boxes[index])
    height, width = background.footage.plate.shape[:2]
    if frame >= len(background.footage.frames) or x1 < 8 or y1 < 8 or x2 > width - 8 or y2 > height - 8:
        return None
    middle, tall = (x1 + x2) / 2, y2 - y1
    for passer in background.passers(frame):
        if passer.x <= middle <= passer.x + passer.mask.shape[1] and _is_he(passer, (x1, y1, x2, y2)):
            rows, columns = passer.mask.shape
            area = slice(passer.y, passer.y + rows), slice(passer.x, passer.x + columns)
            part = background.footage.frames[frame][area]
            # The patch has its holes closed, and with them the ground between legs, brighter than most streets.
            differs = (cv2.absdiff(part, background.footage.plate[area]).max(axis=2) > DIFFERS).astype(np.uint8)
            mask = cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) & passer.mask
            alpha = cv2.GaussianBlur(cv2.erode(mask, np.ones((2, 2), np.uint8)).astype(np.float32), (3, 3), 0.7)
            # Copied: a view would keep the whole picture, and of hundreds of cut-outs a gigabyte.
            return (part.copy(), alpha) if tall > 40 else None
    return None


def _is_he(passer: Passer, box: tuple[int, int, int, int]) -> bool:
    rows, columns = passer.mask.shape
    x1, y1, x2, y2 = box
    return (
        abs(passer.feet - y2) < 0.12 * (y2 - y1)
        and 0.85 < rows / (y2 - y1) < 1.15
        and columns < 1.4 * (x2 - x1)
        and columns < 0.75 * rows
    )


def _stride(background: Background, walker: Walker, first: int, looks: list[tuple[Picture, Alpha]]) -> Stride | None:
    """A piece of a walker's way, if it is long enough and he does walk."""
    last = first + len(looks) - 1
    if len(looks) < SHORTEST:
        return None
    begin, end = (background.ground.metres(*walker.feet(index)) for index in (first, last))
    away = np.hypot(end[0] - begin[0], end[1] - begin[1])
    if away < 0.6 * (last - first) / FPS:
        return None
    tall = [look[0].shape[0] for look in looks]
    scale = [background.ground.pixels_per_metre(walker.feet(first + i)[1]) for i in range(len(looks))]
    metres = float(np.median(np.divide(tall, scale)))
    return Stride(looks, float(np.arctan2(end[1] - begin[1], end[0] - begin[0])), float(np.clip(metres, 1.5, 1.9)))


@dataclass(frozen=True)
class _Way:
    """One who walks through a street from `begin` to `end` (metres right, metres ahead), setting out at `frame`."""

    stride: Stride
    mirrored: bool
    begin: tuple[float, float]
    end: tuple[float, float]
    frame: int
    pace: float

    def frames(self) -> int:
        return int(np.hypot(self.end[0] - self.begin[0], self.end[1] - self.begin[1]) / self.pace * FPS)

    def foot(self, number: int, ground: Ground) -> tuple[float, float]:
        share = number / max(self.frames(), 1)
        right, ahead = (a + (b - a) * share for a, b in zip(self.begin, self.end, strict=True))
        return ground.pixel(right, ahead)


def _ways(street: Street, people: Sequence[Stride], rng: np.random.Generator, frames: int) -> list[_Way]:
    """Who walks when and where: from one edge of what is free to another, with a gait of about that direction."""
    ground = street.ground
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.int32(street.free)], 1)
    rows = np.flatnonzero(mask.any(axis=1))
    found: list[_Way] = []
    frame = -20.0
    while frame < frames - 20:
        frame += float(rng.exponential(EVERY_S * FPS))
        for _ in range(40):
            ends = []
            for y in rng.choice(rows, 2):
                columns = np.flatnonzero(mask[y])
                x = float(columns[0] if len(ends) == 0 else columns[-1])
                outside = 40.0 if x in (0.0, WIDTH - 1.0) else 0.0
                ends.append((x + (outside if x > WIDTH / 2 else -outside), float(y)))
            if rng.random() < 0.5:
                ends.reverse()
            stride = people[int(rng.integers(len(people)))]
            mirrored = bool(rng.random() < 0.5)
            tallest = max(ground.pixels_per_metre(y) for _, y in ends) * stride.metres
            begin, end = (ground.metres(x, y) for x, y in ends)
            heading = np.arctan2(end[1] - begin[1], end[0] - begin[0])
            own = np.pi - stride.heading if mirrored else stride.heading
            turned = abs((heading - own + np.pi) % (2 * np.pi) - np.pi)
            if tallest <= LARGEST * max(len(look[0]) for look in stride.looks) and turned < 0.6:
                found.append(_Way(stride, mirrored, begin, end, int(frame), float(rng.uniform(*PACE))))
                break
    return found


def write_street(street: Street, people: Sequence[Stride], out: Path, seed: int, seconds: float) -> int:
    """A folder with clip.mp4 and labels.json, and the street's walkers in `out`/.walkers; how many these are."""
    rng = np.random.default_rng([seed, crc32(street.name.encode())])
    frames = round(seconds * FPS)
    ways = _ways(street, people, rng, frames)
    folder = out / street.name
    folder.mkdir(parents=True, exist_ok=True)
    boxes: list[dict[int, tuple[float, float, float, float]]] = [{} for _ in ways]
    encode(_pictures(street, ways, boxes, rng, frames), folder / "clip.mp4", quality=QUALITY, preset="veryfast")
    walkers = [
        Walker(np.int32(sorted(seen)), np.float32([seen[frame] for frame in sorted(seen)]))
        for seen in boxes
        if len(seen) >= SHORTEST
    ]
    (out / ".walkers").mkdir(exist_ok=True)
    write_walkers(out / ".walkers" / f"{street.name}.json", walkers)
    ground = street.ground
    plain = {"focal": ground.focal, "horizon": ground.horizon, "up": ground.up, "free": street.free.tolist()}
    labels = {"note": "composed: people walk in a still picture", "composed": True, "events": [], "ground": plain}
    (folder / "labels.json").write_text(json.dumps(labels, indent=1) + "\n", "utf-8")
    return len(walkers)


def _pictures(
    street: Street,
    ways: Sequence[_Way],
    boxes: list[dict[int, tuple[float, float, float, float]]],
    rng: np.random.Generator,
    frames: int,
) -> Iterator[Picture]:
    """The pictures of the footage; where everybody is goes into `boxes`, one for each of `ways`."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.int32(street.free)], 1)
    light = float(np.clip(np.median(street.picture[mask > 0]) / 110, DARKEST, BRIGHTEST))
    for frame in range(frames):
        shown = street.picture.astype(np.float32)
        present = [(way.foot(frame - way.frame, street.ground), number) for number, way in enumerate(ways)
                   if 0 <= frame - way.frame < way.frames()]  # fmt: skip
        for foot, number in sorted(present, key=lambda one: one[0][1]):
            box = _walk_in(shown, street.ground, ways[number], frame - ways[number].frame, foot, light)
            if box is not None:
                boxes[number][frame] = box
        shown += rng.normal(0, NOISE, shown.shape[:2]).astype(np.float32)[..., None]
        yield np.clip(shown, 0, 255).astype(np.uint8)


def _walk_in(
    shown: npt.NDArray[np.float32], ground: Ground, way: _Way, number: int, foot: tuple[float, float], light: float
) -> tuple[float, float, float, float] | None:
    """Lay one walker into a picture, with a soft shadow at his feet; his box within it, or None out of view."""
    part, alpha = way.stride.looks[number % len(way.stride.looks)]
    scale = way.stride.metres * ground.pixels_per_metre(foot[1]) / part.shape[0]
    size = (max(2, round(part.shape[1] * scale)), max(2, round(part.shape[0] * scale)))
    look = cv2.resize(part, size, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA).astype(np.float32)
    cover = np.clip(cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR), 0, 1)
    if way.mirrored:
        look, cover = look[:, ::-1], cover[:, ::-1]
    x, y = round(foot[0] - size[0] / 2), round(foot[1] - size[1])
    x1, y1, x2, y2 = max(0, x), max(0, y), min(WIDTH, x + size[0]), min(HEIGHT, y + size[1])
    if x2 - x1 < 4 or y2 - y1 < 4:
        return None
    shade = np.zeros(shown.shape[:2], np.uint8)
    cv2.ellipse(shade, (round(foot[0]), round(foot[1]) - 1), (size[0] // 2, max(1, size[0] // 9)), 0, 0, 360, 80, -1)
    top, low = max(0, y2 - size[0]), min(HEIGHT, y2 + size[0])
    left, right = max(0, x1 - size[0]), min(WIDTH, x2 + size[0])
    soft = cv2.GaussianBlur(shade[top:low, left:right], (0, 0), max(1.0, size[0] / 14)).astype(np.float32) / 255
    shown[top:low, left:right] *= 1 - soft[..., None]
    kept = cover[y1 - y : y2 - y, x1 - x : x2 - x, None]
    shown[y1:y2, x1:x2] = shown[y1:y2, x1:x2] * (1 - kept) + look[y1 - y : y2 - y, x1 - x : x2 - x] * light * kept
    return float(x1), float(y1), float(x2), float(y2)
