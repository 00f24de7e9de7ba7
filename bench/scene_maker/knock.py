"""Knock the camera of labelled scenes a little, while something stands there that has not been told yet.

    python bench/scene_maker/knock.py OUT --scenes DIR [--only GLOB] [--count 60] [--seed 1] [--jobs 2]
    vision eval OUT

By 0.7 to 1.85 % of the picture and up to half a degree, less than counts as moved (`health.moved`, 2 %): the zones
still hold, but every edge lies elsewhere from then on. In a scene with an event the knock comes 4 to 9 s after the
thing was put down, in the others half way. Labels lie where the thing is seen then, and a report counts for `LATE_S`
longer, as nothing is concluded while the view is doubted. The same seed gives the same knocks. Composed, and
`labels.json` says so.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Any

import av
import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "sample_clips"))

from composing import FPS, Picture, encode  # noqa: E402

LEAST, MOST = 0.007, 0.0185
"""Length of the shift, share of the picture."""
MOST_TURNED = 0.5
"""Degrees."""
AFTER_S, QUIET_S = (4.0, 9.0), 14.0
"""After the thing was put down; and from when on at the earliest: the place must be known first."""
REST_S = 15.0
"""So long before the end at the latest: else half way."""
LATE_S = 8.0


def knock_of(
    name: str, labels: dict[str, Any], length_s: float, seed: int, reach: tuple[float, float] = (LEAST, MOST)
) -> tuple[float, np.ndarray]:
    """When the camera of a scene is knocked, seconds, and how: (2, 3), the turn about the picture's middle, the shift.

    The shift is (right, down) in shares of the picture's width and height.
    """
    rng = Random(f"{seed} {name}")
    after, far, way = rng.uniform(*AFTER_S), rng.uniform(*reach), rng.uniform(0, 2 * math.pi)
    turned = math.radians(rng.uniform(-MOST_TURNED, MOST_TURNED))
    put_down = labels["events"][0]["put_down_s"] if labels["events"] else math.inf
    at = max(QUIET_S, put_down + after) if put_down + after < length_s - REST_S else length_s / 2
    c, s = math.cos(turned), math.sin(turned)
    return at, np.array([[c, s, far * math.cos(way)], [-s, c, far * math.sin(way)]])


def motion_in_pixels(knock: np.ndarray, width: int, height: int) -> np.ndarray:
    """(2, 3), as `cv2.warpAffine` takes it: where a pixel of before lies afterwards."""
    middle = np.array([width / 2, height / 2])
    turn, shift = knock[:, :2], knock[:, 2] * (width, height)
    return np.column_stack([turn, middle - turn @ middle + shift])


def moved_box(box: Sequence[float], motion: np.ndarray, width: int, height: int) -> list[float]:
    """The box, fractions of the picture, around where its corners lie after the motion; cut at the picture."""
    x1, y1, x2, y2 = box
    corners = np.array([[x1, y1, 1], [x2, y1, 1], [x1, y2, 1], [x2, y2, 1]]) * (width, height, 1)
    now = np.clip(corners @ motion.T / (width, height), 0, 1)
    return [round(float(value), 4) for value in (*now.min(axis=0), *now.max(axis=0))]


def knock(scene: Path, out: Path, seed: int, reach: tuple[float, float]) -> str:
    """One knocked scene; its name.

    Raises:
        OSError, ValueError, KeyError: the scene has no clip, site or labels of a composed scene.
    """
    labels = json.loads((scene / "labels.json").read_text("utf-8"))
    with av.open(str(scene / "clip.mp4")) as clip:
        stream = clip.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        at, how = knock_of(scene.name, labels, float((clip.duration or 0) / 1e6), seed, reach)
        motion = motion_in_pixels(how, width, height)
        folder = out / scene.name
        folder.mkdir(parents=True, exist_ok=True)
        encode(_pictures(clip, at, motion), folder / "clip.mp4", preset="veryfast")
    for event in labels["events"]:
        event["bbox"] = moved_box(event["bbox"], motion, width, height)
        event["window_s"] = [event["window_s"][0], event["window_s"][1] + LATE_S]
    for ignored in labels.get("ignore", ()):
        ignored["bbox"] = moved_box(ignored["bbox"], motion, width, height)
    labels["note"] += f"; the camera is knocked at {at:.1f} s"
    (folder / "labels.json").write_text(json.dumps(labels, indent=1) + "\n", "utf-8")
    (folder / "site.yaml").write_bytes((scene / "site.yaml").read_bytes())
    return scene.name


def _pictures(clip: av.container.InputContainer, at: float, motion: np.ndarray) -> Iterator[Picture]:
    for number, frame in enumerate(clip.decode(video=0)):
        picture = frame.to_ndarray(format="bgr24")
        height, width = picture.shape[:2]
        if number / FPS >= at:
            picture = cv2.warpAffine(picture, motion, (width, height), borderMode=cv2.BORDER_REFLECT)
        yield picture


def chosen(scenes: Path, only: Sequence[str], count: int, seed: int) -> list[Path]:
    """Scenes by lot, or all that match where there are fewer.

    Raises:
        FileNotFoundError: none is there.
    """
    found = [path.parent for path in sorted(scenes.glob("*/labels.json"))]
    found = [path for path in found if not only or any(fnmatch(path.name, pattern) for pattern in only)]
    if not found:
        raise FileNotFoundError(f"{scenes} holds no scene that matches")
    return sorted(Random(seed).sample(found, min(count, len(found))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of scenes")
    parser.add_argument(
        "--scenes", type=Path, required=True, metavar="DIR", help="composed scenes, at 10 pictures a second"
    )
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="only such scenes")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=LEAST, help="shift, share of the picture")
    parser.add_argument("--most", type=float, default=MOST)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    reach = (args.least, args.most)
    try:
        found = chosen(args.scenes, args.only, args.count, args.seed)
        with ProcessPoolExecutor(args.jobs) as pool:
            for one in [pool.submit(knock, scene, args.out, args.seed, reach) for scene in found]:
                print(one.result(), flush=True)  # noqa: T201
    except (OSError, ValueError, KeyError, av.FFmpegError) as error:
        sys.exit(f"knock: {error}")


if __name__ == "__main__":
    main()
