"""Cut things out of labelled pictures: real ones beside the rendered, for pasting and for `make_scenes.py --things`.

    python training/cut_things.py OUT --pictures DIR --class 0=heap [--split train] [--most 60] [--first 1000]

DIR holds `images/` and `labels/` in YOLO's format, all of which is taken or only a split's. What stands in a box is
told from its ground by GrabCut (Rother et al. 2004, as in OpenCV); cut-outs that are ragged, cut off by the picture's
edge or hardly smaller than their box are left out. Each becomes `NAME-NN.png` with its opacity, a soft shadow below it,
and a line in `views.json`, as `render_things.py` writes them. How high a thing is cannot be read off a picture: it is
drawn from what such things measure (`HEIGHT_M`). The cut-outs stay under the licence of the pictures: they are for
training and measuring, not for shipping.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import numpy.typing as npt

from training.prepare import PICTURES, Label, parse_labels
from training.recipe import RecipeError

Pixels = npt.NDArray[np.uint8]

HEIGHT_M = {"bag": (0.35, 0.7), "heap": (0.35, 0.8), "bulky": (0.7, 1.3), "stall": (1.2, 2.3), "bin": (0.9, 1.1)}
"""Metres between which the height of a thing is drawn, by the beginning of its name."""
LEAST_SIDE = 70
"""Pixels: a smaller box gives a cut-out without any detail."""
FILLED = (0.3, 0.88)
"""Share of its box that a cut-out covers; more is a box with its ground in it."""
WHOLE = 0.9
"""Share of a cut-out that is one piece."""
FLAT = (0.45, 3.2)
"""Width by height of a thing that stands or lies by itself; wider is a row of them."""
ROUNDS = 6


def boxes(picture: Pixels, labels: Sequence[Label], number: int) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of a class that are big enough and lie inside the picture, x1 y1 x2 y2 in pixels."""
    height, width = picture.shape[:2]
    for kind, x, y, w, h in labels:
        if kind != number:
            continue
        x1, y1 = round((x - w / 2) * width), round((y - h / 2) * height)
        x2, y2 = round((x + w / 2) * width), round((y + h / 2) * height)
        inside = x1 > 3 and y1 > 3 and x2 < width - 3 and y2 < height - 3
        if inside and min(x2 - x1, y2 - y1) >= LEAST_SIDE and FLAT[0] < (x2 - x1) / (y2 - y1) < FLAT[1]:
            yield x1, y1, x2, y2


def cut_out(picture: Pixels, box: tuple[int, int, int, int]) -> Pixels | None:
    """What stands in a box as (h, w, 4) BGR and opacity, cropped to it; None where it does not part from its ground."""
    x1, y1, x2, y2 = box
    height, width = picture.shape[:2]
    around = max(12, (x2 - x1) // 3), max(12, (y2 - y1) // 3)
    left, top = max(0, x1 - around[0]), max(0, y1 - around[1])
    part = picture[top : min(height, y2 + around[1]), left : min(width, x2 + around[0])].copy()
    inner = (x1 - left, y1 - top, x2 - x1, y2 - y1)
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.setRNGSeed(1)  # GrabCut's colours are clustered from a random start
    cv2.grabCut(part, mask, inner, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_RECT)
    thing = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    thing = cv2.morphologyEx(thing, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(thing)
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    area = int(stats[largest, cv2.CC_STAT_AREA])
    if area < WHOLE * int(thing.sum()) or not FILLED[0] < area / (inner[2] * inner[3]) < FILLED[1]:
        return None
    outline, _ = cv2.findContours((pieces == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(np.zeros_like(thing), outline, -1, 255, cv2.FILLED)
    soft = cv2.GaussianBlur(cv2.erode(whole, np.ones((3, 3), np.uint8)), (0, 0), 0.8)
    rows, columns = np.nonzero(soft > 10)
    shown = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    return np.dstack([part, soft])[shown]


def shadow_of(thing: Pixels) -> Pixels:
    """Where light from above does not reach the ground: soft, about the lower edge; (h, w) 0..255."""
    opacity = thing[..., 3]
    height, width = opacity.shape
    foot = np.nonzero((opacity[int(height * 0.7) :] > 128).any(axis=0))[0]
    shadow = np.zeros((height, width), np.float32)
    if len(foot):
        middle = int((foot.min() + foot.max()) / 2), int(height * 0.93)
        axes = max(2, int((foot.max() - foot.min()) * 0.55)), max(2, int(height * 0.1))
        cv2.ellipse(shadow, middle, axes, 0, 0, 360, 0.5, cv2.FILLED)
    return np.asarray(cv2.GaussianBlur(shadow, (0, 0), max(1.0, height * 0.03)) * 255, np.uint8)


def padded(thing: Pixels) -> Pixels:
    """With room for its shadow on all sides."""
    room = max(8, thing.shape[0] // 8)
    return cv2.copyMakeBorder(thing, room, room, room, room, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)).astype(np.uint8)


def write(out: Path, name: str, things: list[Pixels], first: int, rng: np.random.Generator) -> None:
    """Pictures numbered from `first`, shadows and `views.json`; what is there of other names stays."""
    (out / "shadows").mkdir(parents=True, exist_ok=True)
    listed = out / "views.json"
    views = json.loads(listed.read_text("utf-8")) if listed.exists() else {}
    for number, thing in enumerate(things, first):
        tall = float(rng.uniform(*HEIGHT_M[name]))
        whole = padded(thing)
        cv2.imwrite(str(out / f"{name}-{number:02d}.png"), whole)
        cv2.imwrite(str(out / "shadows" / f"{name}-{number:02d}.png"), shadow_of(whole))
        views[f"{name}-{number:02d}"] = {
            "height_m": round(tall, 3),
            "pixels_per_metre": round(thing.shape[0] / tall, 3),
        }
    listed.write_text(json.dumps(views, indent=1) + "\n", "utf-8")


def cut_all(folder: Path, split: str, number: int, most: int, rng: np.random.Generator) -> list[Pixels]:
    """The cut-outs of a class, of pictures drawn in any order until there are `most`.

    Raises:
        RecipeError: a label file cannot be read; the text names it and the line.
    """
    things: list[Pixels] = []
    labels = sorted((folder / "labels" / split).glob("**/*.txt"))
    for index in rng.permutation(len(labels)):
        label = labels[index]
        place = folder / "images" / label.relative_to(folder / "labels")
        picture = next((p for end in sorted(PICTURES) if (p := place.with_suffix(end)).exists()), None)
        pixels = None if picture is None else cv2.imread(str(picture))
        if pixels is None or len(things) >= most:
            continue
        cut = [
            cut_out(pixels, box) for box in boxes(pixels, parse_labels(label.read_text("utf-8"), str(label)), number)
        ]
        things += [thing for thing in cut if thing is not None]
    return things


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="images/ and labels/")
    parser.add_argument("--class", dest="kind", required=True, metavar="N=NAME", help="its number, and what to call it")
    parser.add_argument(
        "--split", default="", metavar="NAME", help="only what lies in this folder of images and labels"
    )
    parser.add_argument("--most", type=int, default=60, help="cut-outs")
    parser.add_argument("--first", type=int, default=0, help="number of the first: after those that are there already")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    number, _, name = args.kind.partition("=")
    if not number.isdigit() or name not in HEIGHT_M:
        sys.exit(f"cut_things: --class {args.kind}: a number and one of {', '.join(HEIGHT_M)}, as 0=heap")
    rng = np.random.default_rng(args.seed)
    try:
        things = cut_all(args.pictures, args.split, int(number), args.most, rng)
    except RecipeError as error:
        sys.exit(f"cut_things: {error}")
    if not things:
        sys.exit(f"cut_things: {args.pictures}: no box of class {number} could be cut out")
    write(args.out, name, things[: args.most], args.first, rng)
    print(f"{len(things[: args.most])} cut-outs {name} in {args.out}")  # noqa: T201


if __name__ == "__main__":
    main()
