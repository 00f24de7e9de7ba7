"""Make the sample clips: real footage of a campus road, with things composed into it.

    python sample_clips/make_clips.py [--footage vtest.avi] [--out sample_clips] [--only NAME] [--seconds S]

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
from pathlib import Path

from composing import (
    FPS,
    Footage,
    Ground,
    Insert,
    PaintedBay,
    Picture,
    Seconds,
    Stander,
    Standing,
    box_of,
    encode,
    lay_in,
)

HERE = Path(__file__).resolve().parent
FOOTAGE = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
GROUND = Ground(width=768, height=576, focal=1100.0, horizon=-72.7, up=6.7)
"""Fitted to how tall the footage's walkers (1.74 m on average) are at each row: within 3 pixels from row 150 to 470."""


@dataclass(frozen=True)
class Clip:
    """One sample clip.

    Attributes:
        start, end: seconds of the footage.
        inserts: what is laid in, the farther first; the last one is the thing that is to be found.
        actor: when it is put down, the actor turns away, and is out of view: seconds of the clip.
        dwell: of the rule, in the clip's `site.yaml`.
    """

    name: str
    start: Seconds
    end: Seconds
    note: str
    inserts: Callable[[], list[Insert]] = list
    category: str | None = None
    actor: tuple[Seconds, Seconds, Seconds] = (0.0, 0.0, 0.0)
    dwell: Seconds = 5.0

    @property
    def length(self) -> Seconds:
        """Seconds."""
        return round(self.end - self.start, 3)


def _dumping() -> list[Insert]:
    return [Standing(HERE / "sprites", GROUND, "bag-01", (236, 265), start=10.0)]


def _vending() -> list[Insert]:
    # He stands still in the footage from 54.9 s on, and nobody else comes near him until 58.4 s.
    vendor = Stander(GROUND, (612, 288, 690, 420), 54.9, 58.4, own_foot=(655, 411), foot=(322, 347))
    return [vendor, Standing(HERE / "sprites", GROUND, "stall-03", (225, 356))]


def _ground_lock() -> list[Insert]:
    bay = PaintedBay(GROUND, (532, 396), heading=-50.4, wide=4.2, long=2.2)
    return [bay, Standing(HERE / "sprites", GROUND, "lock-09", (659, 405), start=12.0, gain=1.3)]


CLIPS = [
    Clip(
        "dumping", 10.0, 55.0, "composed: a walker leaves a bag on the road", _dumping, "illegal_dumping",
        (10.0, 10.2, 18.6),
    ),
    Clip(
        "vending", 0.0, 45.0, "composed: a stall on the verge with somebody who stays at it", _vending,
        "street_vending", dwell=15.0,
    ),
    Clip(
        "ground_lock", 9.4, 54.0, "composed: a lock appears on a painted bay behind a passer-by", _ground_lock,
        "ground_lock", (12.0, 12.4, 14.0), dwell=8.0,
    ),
    Clip("quiet", 0.0, 45.0, "real footage, nothing composed in: pedestrians, no event"),
]  # fmt: skip


def pictures(footage: Footage, clip: Clip, seconds: Seconds | None = None, skip: Seconds = 0.0) -> Iterator[Picture]:
    """The clip's pictures, or those of `seconds` of it from `skip` on."""
    inserts = clip.inserts()
    first, count = round(clip.start * FPS), round(clip.length * FPS)
    last = count if seconds is None else min(count, round((skip + seconds) * FPS))
    for number in range(round(skip * FPS), last):
        frame = footage.frames[first + number]
        yield lay_in(footage, frame, inserts, number / FPS) if inserts else frame


def labels(footage: Footage, clip: Clip) -> dict[str, object]:
    """What is to be found in the clip, as the scorer reads it.

    A report counts from one second before the dwell can be over until 8 s after it must be: the labels of the scored
    scenes are made so too.
    """
    events = []
    if clip.category is not None:
        put_down, turns, gone = clip.actor
        window = [max(0.0, put_down + clip.dwell - 1.0), min(clip.length, gone + clip.dwell + 8.0)]
        events.append(
            {
                "category": clip.category,
                "bbox": box_of(footage, clip.inserts()[-1]),
                "put_down_s": put_down,
                "actor_turns_away_s": turns,
                "actor_out_of_view_s": gone,
                "window_s": window,
            }
        )
    composed = clip.category is not None
    return {"note": clip.note, "composed": composed, "dwell_s": clip.dwell, "events": events, "ignore": []}


def unpacked(path: Path, folder: Path) -> Path:
    """The footage, also where Debian has compressed it.

    Raises:
        FileNotFoundError: it is not there; the text says how to get it.
    """
    packed = path.with_name(path.name + ".gz")
    if path.exists():
        return path
    if not packed.exists():
        raise FileNotFoundError(f"{path} is not there; install Debian's opencv-doc or give --footage")
    target = folder / path.name
    target.write_bytes(gzip.decompress(packed.read_bytes()))
    return target


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--footage", type=Path, default=FOOTAGE)
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--only", choices=[clip.name for clip in CLIPS])
    parser.add_argument("--seconds", type=float, help="only the beginning of each clip")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            footage = Footage(unpacked(args.footage, Path(folder)))
        except (OSError, ValueError) as error:
            sys.exit(f"make_clips: {error}")
        for clip in CLIPS:
            if args.only in (None, clip.name):
                target = args.out / clip.name
                target.mkdir(parents=True, exist_ok=True)
                encode(pictures(footage, clip, args.seconds), target / "clip.mp4")
                text = json.dumps(labels(footage, clip), indent=1, ensure_ascii=False)
                (target / "labels.json").write_text(text + "\n", "utf-8")
                print(f"{clip.name}: {(target / 'clip.mp4').stat().st_size / 1e6:.2f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
