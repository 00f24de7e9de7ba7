"""Make the sample clips: real footage of a campus road, with things composed into it.

    python sample_clips/make_clips.py [--footage vtest.avi] [--out sample_clips] [--only NAME]

The footage is OpenCV's sample `vtest.avi` as Debian packages it (opencv-doc). Three clips get something composed in
that is not in the footage: a bag that stays behind a walker, a stall with somebody who stays at it, a lock on a painted
bay. People of the footage who pass in front cover it. Composed clips are for showing and testing the program, not for
measuring how well it does on real streets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from training.polygons import Polygon, render
from training.sketches import ground_lock, stall

Picture = npt.NDArray[np.uint8]
FOOTAGE = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
FPS = 10
GOP = 20
FOREGROUND = 28
"""Grey levels from the empty road above which a pixel belongs to a passer-by."""


@dataclass(frozen=True)
class Insert:
    """Something put into the footage.

    Attributes:
        bgra: cut-out, (h, w, 4) at the size at which it is shown.
        foot: where the middle of its lower edge stands, fractions of the picture.
        start: from when on it is there, seconds of the clip.
        sway: pixels by which it moves to and fro (somebody who stands is never quite still).
    """

    bgra: Picture
    foot: tuple[float, float]
    start: float
    sway: float = 0.0

    def place(self, width: int, height: int, time: float) -> tuple[int, int]:
        """Left and top pixel at a time."""
        h, w = self.bgra.shape[:2]
        shift = self.sway * np.sin(2 * np.pi * time / 3.7) + 0.5 * self.sway * np.sin(2 * np.pi * time / 1.3)
        return round(self.foot[0] * width - w / 2 + shift), round(self.foot[1] * height - h)


@dataclass(frozen=True)
class Clip:
    """One sample clip; times in seconds of the footage."""

    name: str
    start: float
    end: float
    note: str
    make: Callable[[Footage], tuple[list[Insert], Picture | None]]
    category: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    actor: tuple[float, float, float] | None = None
    """Put down, turns away, out of view: seconds of the clip."""
    dwell: float = 5.0


class Footage:
    """The decoded footage and its empty road."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            self.frames: list[Picture] = [f.to_ndarray(format="bgr24") for f in container.decode(video=0)]
        self.plate: Picture = np.median(np.stack(self.frames[::12]), axis=0).astype(np.uint8)
        self.height, self.width = self.plate.shape[:2]

    def people(self, frame: Picture, below: float = 0.0) -> Picture:
        """(h, w) 0..1 mask of passers-by whose feet are lower in the picture than `below` (fraction): nearer."""
        mask = (cv2.absdiff(frame, self.plate).max(axis=2) > FOREGROUND).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        near = np.zeros_like(mask)
        for i in range(1, count):
            foot = (stats[i, cv2.CC_STAT_TOP] + stats[i, cv2.CC_STAT_HEIGHT]) / self.height
            if stats[i, cv2.CC_STAT_AREA] > 60 and foot > below:
                near[labels == i] = 1
        return near

    def cut_out(self, time: float, region: tuple[float, float, float, float]) -> Picture:
        """The passer-by inside `region` (fractions) at a time of the footage, as BGRA."""
        frame = self.frames[round(time * FPS)]
        x1, y1, x2, y2 = (
            round(v * s) for v, s in zip(region, (self.width, self.height, self.width, self.height), strict=True)
        )
        mask = self.people(frame)[y1:y2, x1:x2]
        count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        largest = 1 + int(np.argmax(stats[1:count, cv2.CC_STAT_AREA]))
        x, y, w, h = (int(v) for v in stats[largest, :4])
        alpha = cv2.GaussianBlur((labels == largest).astype(np.float32) * 255, (3, 3), 0)[y : y + h, x : x + w]
        return np.dstack([frame[y1 + y : y1 + y + h, x1 + x : x1 + x + w], alpha.astype(np.uint8)])


def tied_bag(height: int, seed: int, colour: tuple[int, int, int] = (38, 34, 32)) -> Picture:
    """A full, tied rubbish bag of plastic film, (h, w, 4): a lumpy outline, folds towards the knot, highlights."""
    rng = np.random.default_rng(seed)
    size = 4 * height
    angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    radius = 0.36 + sum(rng.normal(0, 0.018 / k) * np.cos(k * angles + rng.uniform(0, 6.3)) for k in range(2, 8))
    x = 0.5 + radius * np.cos(angles) * 1.05
    y = 0.6 + radius * np.sin(angles) * np.where(np.sin(angles) > 0, 0.9, 1.0)
    y = np.minimum(y, 0.93)
    outline = np.stack([x, y], axis=1)
    knot = np.array([[0.44, 0.3], [0.38, 0.1], [0.46, 0.17], [0.5, 0.06], [0.55, 0.17], [0.63, 0.09], [0.56, 0.3]])
    alpha = np.zeros((size, size), np.uint8)
    for shape in (outline, knot):
        cv2.fillPoly(alpha, [np.round(shape * size).astype(np.int32)], 255)
    rows, columns = np.mgrid[0:size, 0:size] / size
    shade = 1.15 - 0.75 * rows + 0.35 * (columns - 0.5)
    folds = np.zeros((size, size))
    for _ in range(26):
        angle = rng.uniform(0, 2 * np.pi)
        along = np.arctan2(rows - 0.28, columns - 0.5)
        distance = np.abs(np.angle(np.exp(1j * (along - angle))))
        folds += rng.uniform(-1, 1.4) * np.exp(-((distance / 0.07) ** 2))
    folds *= np.clip(np.hypot(rows - 0.28, columns - 0.5) / 0.2, 0, 1)
    gloss = cv2.GaussianBlur(rng.normal(0, 1, (size, size)), (0, 0), size / 40)
    gloss = np.clip(gloss / gloss.std() - 1.2, 0, None)
    light = shade * 0.9 + 0.22 * folds + 0.8 * gloss
    picture = np.clip(np.array(colour) * np.clip(light, 0.25, 3.2)[..., None] + 18 * gloss[..., None], 0, 255)
    big = np.dstack([picture.astype(np.uint8), alpha])
    small = cv2.resize(big, (height, height), interpolation=cv2.INTER_AREA)
    used = np.nonzero(small[..., 3] > 20)
    return small[used[0].min() : used[0].max() + 1, used[1].min() : used[1].max() + 1]


def drawn(shapes: list[Polygon], yaw: float, pitch: float, height: int, seed: int) -> Picture:
    """A model of polygons seen from a street camera, scaled to `height` pixels."""
    big = render(shapes, yaw, pitch, 180.0, np.random.default_rng(seed))
    used = np.nonzero(big[..., 3] > 20)
    big = big[used[0].min() : used[0].max() + 1, used[1].min() : used[1].max() + 1]
    scale = height / big.shape[0]
    return cv2.resize(big, (max(1, round(big.shape[1] * scale)), height), interpolation=cv2.INTER_AREA)


def compose(footage: Footage, clip: Clip) -> Iterator[Picture]:
    """The clip's pictures."""
    inserts, ground = clip.make(footage)
    for number in range(round(clip.start * FPS), min(round(clip.end * FPS), len(footage.frames))):
        frame = footage.frames[number]
        time = number / FPS - clip.start
        picture = frame.copy()
        if ground is not None:
            paint = (ground[..., 3:] / 255.0) * (1 - footage.people(frame)[..., None])
            picture = (picture * (1 - paint) + ground[..., :3] * paint).astype(np.uint8)
        for insert in inserts:
            if time >= insert.start:
                near = footage.people(frame, below=insert.foot[1] - 0.004)
                picture = _lay_in(picture, insert, near, time)
        yield picture


def _lay_in(picture: Picture, insert: Insert, near: Picture, time: float) -> Picture:
    height, width = picture.shape[:2]
    left, top = insert.place(width, height, time)
    h, w = insert.bgra.shape[:2]
    layer = np.zeros((height, width, 4), np.float32)
    x1, y1, x2, y2 = max(0, left), max(0, top), min(width, left + w), min(height, top + h)
    layer[y1:y2, x1:x2] = insert.bgra[y1 - top : y2 - top, x1 - left : x2 - left]
    layer = cv2.GaussianBlur(layer, (3, 3), 0.7)  # as sharp as the footage, not sharper
    alpha = layer[..., 3:] / 255 * (1 - near[..., None])
    shadow = np.zeros((height, width), np.float32)
    centre = (left + w // 2 + h // 12, top + h - max(2, h // 16))
    cv2.ellipse(shadow, centre, (max(3, round(w * 0.55)), max(2, h // 9)), 0, 0, 360, 0.5, -1)
    shadow = cv2.GaussianBlur(shadow, (0, 0), max(1.5, h / 14))[..., None] * (1 - near[..., None])
    lit = picture * (1 - shadow)
    return np.clip(lit * (1 - alpha) + layer[..., :3] * alpha, 0, 255).astype(np.uint8)


def _bay(footage: Footage, corners: list[tuple[float, float]]) -> Picture:
    """White lines of a parking bay, worn, as a BGRA layer of the whole picture."""
    size = np.array([footage.width, footage.height])
    layer = np.zeros((footage.height, footage.width, 4), np.uint8)
    layer[..., :3] = 225
    points = np.round(np.array(corners) * size).astype(np.int32)
    mask = np.zeros((footage.height, footage.width), np.uint8)
    cv2.polylines(mask, [points], True, 255, 4, cv2.LINE_AA)
    wear = cv2.GaussianBlur(
        np.random.default_rng(3).random((footage.height, footage.width)).astype(np.float32), (0, 0), 2
    )
    layer[..., 3] = (mask * np.clip((wear - 0.42) * 8, 0.25, 0.75)).astype(np.uint8)
    return layer


def _nothing(_footage: Footage) -> tuple[list[Insert], Picture | None]:
    return [], None


def _dumping(_footage: Footage) -> tuple[list[Insert], Picture | None]:
    return [Insert(tied_bag(50, 4), (0.457, 0.893), 13.2)], None


def _vending(footage: Footage) -> tuple[list[Insert], Picture | None]:
    table = drawn(stall(np.random.default_rng(12)), 0.5, 0.5, 128, 1)
    vendor = footage.cut_out(65.8, (0.34, 0.55, 0.52, 0.9))
    vendor = cv2.resize(vendor, None, fx=0.86, fy=0.86, interpolation=cv2.INTER_AREA)
    return [Insert(vendor, (0.275, 0.70), 0.0, sway=1.2), Insert(table, (0.2, 0.72), 0.0)], None


def _lock(footage: Footage) -> tuple[list[Insert], Picture | None]:
    bay = _bay(footage, [(0.80, 0.66), (0.90, 0.64), (0.97, 0.74), (0.85, 0.775)])
    arch = drawn(ground_lock(np.random.default_rng(11)), 0.35, 0.55, 30, 2)
    return [Insert(arch, (0.875, 0.718), 13.2)], bay


CLIPS = [
    Clip(
        "dumping", 52.0, 79.5, "composed: a bag stays behind a walker on the grass", _dumping, "illegal_dumping",
        (0.43, 0.80, 0.485, 0.895), (13.2, 13.4, 15.4),
    ),
    Clip(
        "vending", 0.0, 45.0, "composed: a stall on the grass with somebody who stays at it", _vending,
        "street_vending", (0.13, 0.48, 0.27, 0.73), (0.0, 0.0, 0.0), dwell=15.0,
    ),
    Clip(
        "ground_lock", 8.0, 45.0, "composed: a lock on a painted bay appears behind a passer-by", _lock, "ground_lock",
        (0.84, 0.665, 0.91, 0.72), (13.2, 13.4, 14.5), dwell=8.0,
    ),
    Clip("quiet", 0.0, 40.0, "real footage, nothing composed in: pedestrians, no event", _nothing),
]  # fmt: skip


def encode(pictures: Iterator[Picture], path: Path) -> None:
    """H.264 with a keyframe every 2 s and no others; one thread, so that the same pictures give the same bytes."""
    options = {
        "crf": "31", "preset": "slow", "tune": "film",
        "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:threads=1:bframes=0",
    }  # fmt: skip
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=Fraction(FPS), options=options)
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode())


def labels(clip: Clip) -> dict[str, object]:
    """What is to be found in the clip, as the scorer reads it."""
    length = clip.end - clip.start
    events = []
    if clip.category is not None:
        assert clip.actor is not None
        put_down, turns, gone = clip.actor
        window = [max(put_down, gone + clip.dwell - 4.0), length]
        events.append(
            {
                "category": clip.category, "bbox": clip.bbox, "put_down_s": put_down, "actor_turns_away_s": turns,
                "actor_out_of_view_s": gone, "window_s": window,
            }
        )  # fmt: skip
    composed = clip.category is not None
    return {"note": clip.note, "composed": composed, "dwell_s": clip.dwell, "events": events, "ignore": []}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footage", type=Path, default=FOOTAGE)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--only", help="one clip of: " + ", ".join(clip.name for clip in CLIPS))
    args = parser.parse_args()
    path = args.footage
    packed = path.with_name(path.name + ".gz")
    if not path.exists() and not packed.exists():
        sys.exit(f"{path} is not there; install Debian's opencv-doc or give --footage")
    with tempfile.TemporaryDirectory() as folder:
        if not path.exists():
            path = Path(folder) / "vtest.avi"
            path.write_bytes(gzip.decompress(packed.read_bytes()))
        footage = Footage(path)
        for clip in CLIPS:
            if args.only in (None, clip.name):
                target = args.out / clip.name
                target.mkdir(parents=True, exist_ok=True)
                encode(compose(footage, clip), target / "clip.mp4")
                (target / "labels.json").write_text(json.dumps(labels(clip), indent=1, ensure_ascii=False) + "\n")
                print(f"{clip.name}: {(target / 'clip.mp4').stat().st_size / 1e6:.2f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
