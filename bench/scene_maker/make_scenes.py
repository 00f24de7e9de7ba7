"""Compose labelled scenes: real footage with things, people and weather laid in.

    python bench/scene_maker/make_scenes.py OUT --corpus [--only 'dump-*'] [--jobs 2]
    python bench/scene_maker/make_scenes.py OUT --seed 1 --count 200 [--footage DIR] [--things DIR]
    python bench/scene_maker/make_scenes.py OUT --sheet OUT.jpg [--only GLOB]

Each scene is a folder with clip.mp4, site.yaml and labels.json, as `vision eval` reads them. `--corpus` makes the fixed
list of corpus.yaml. The footage is OpenCV's sample vtest.avi (Debian: opencv-doc); `--footage` adds the scenes of a
folder whose labels have no events as further backgrounds, `--things` takes cut-outs of a folder for those that ship
(`cut_things.py`). Same seed, same scenes. Composed scenes are for testing and
tuning: they say so in labels.json and in the name of the site, and are never shown as real.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "sample_clips")]

import cv2  # noqa: E402
from make_clips import FOOTAGE  # noqa: E402

from scene_maker.backgrounds import Background, from_scenes, vtest  # noqa: E402
from scene_maker.kinds import compose  # noqa: E402
from scene_maker.placing import NoPlaceError  # noqa: E402
from scene_maker.recipes import corpus, cut_outs, drawn  # noqa: E402
from scene_maker.scenes import Recipe, write  # noqa: E402
from scene_maker.sheet import write_sheet  # noqa: E402

SEEDS = 4
"""Seeds that are tried, one after the other, where the footage has no place for a recipe; labels.json has the one."""
_backgrounds: list[Background] = []
"""Read once, before the processes part: they share its memory."""


def make(recipe: Recipe, out: Path, seconds: float | None) -> tuple[str, float, str]:
    """One scene; its name, what it took in seconds, and why it could not be made (else empty).

    Which background is by its seed, not by its number: every second recipe has an event, and with an even number of
    backgrounds half of them would never see one.
    """
    cv2.setNumThreads(1)
    begun = time.monotonic()
    why = ""
    for lot in range(SEEDS):
        tried = replace(recipe, seed=recipe.seed + lot)
        background = _backgrounds[tried.seed % len(_backgrounds)]
        try:
            write(compose(background, tried), tried, out / recipe.name, seconds)
            return recipe.name, time.monotonic() - begun, ""
        except NoPlaceError as error:
            why = str(error)
    return recipe.name, time.monotonic() - begun, why


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of scenes")
    parser.add_argument("--corpus", action="store_true", help="the fixed list of corpus.yaml")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--only", action="append", metavar="GLOB", help="only scenes with such names; may be repeated")
    parser.add_argument("--vtest", type=Path, default=FOOTAGE, help="vtest.avi, if not where Debian puts it")
    parser.add_argument("--footage", type=Path, metavar="DIR", help="scenes without events as further backgrounds")
    parser.add_argument("--things", type=Path, metavar="DIR", help="cut-outs in place of those that ship, by lot only")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--seconds", type=float, help="only the beginning of each clip, for a quick look")
    parser.add_argument("--keep", action="store_true", help="leave scenes that are there already as they are")
    parser.add_argument("--sheet", type=Path, metavar="JPG", help="no making: a picture of each scene in OUT")
    args = parser.parse_args()
    args.only = args.only or ["*"]
    return args


def main() -> None:
    """Command line."""
    args = _arguments()
    if args.sheet is not None:
        shown = write_sheet(args.out, args.sheet, args.only)
        sys.exit(0 if shown else f"make_scenes: no scenes {args.only} in {args.out}")
    try:
        own = [] if args.things is None else cut_outs(args.things)
        recipes = corpus() if args.corpus else drawn(args.seed, args.count, own)
        wanted = [recipe for recipe in recipes if any(fnmatch(recipe.name, glob) for glob in args.only)]
        _backgrounds.append(vtest(args.vtest))
        if args.footage is not None and not args.corpus:
            _backgrounds.extend(from_scenes(args.footage, args.out / ".walkers"))
    except (OSError, ValueError) as error:
        sys.exit(f"make_scenes: {error}")
    _backgrounds[:] = [replace(background, things=args.things) for background in _backgrounds]
    if args.keep:
        wanted = [recipe for recipe in wanted if not (args.out / recipe.name / "labels.json").exists()]
    missing = 0
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("fork")) as pool:
        made = [pool.submit(make, recipe, args.out, args.seconds) for recipe in wanted]
        for one in made:
            name, took, why = one.result()
            missing += bool(why)
            print(f"{name}: {took:.1f} s" + (f", NOT MADE: {why}" if why else ""), flush=True)  # noqa: T201
    if missing:
        sys.exit(f"make_scenes: {missing} of {len(wanted)} scenes could not be made")


if __name__ == "__main__":
    main()
