"""Footage of places of which there is only a still picture: people of another film walk through it.

    python bench/scene_maker/make_streets.py OUT --pictures ../shared/datasets [--only 'bins-*'] [--seed 1]
    python bench/scene_maker/make_scenes.py SCENES --seed 1 --count 80 --footage OUT

`streets.yaml` lists the pictures. What is written is a folder a place, with clip.mp4 and labels.json without events, as
`make_scenes.py --footage` reads them, and who walks there in OUT/.walkers. A few films show a few places, and rules
that were made with them know them by heart; this is the cheap way to see how they do elsewhere. It is composed twice
over: nothing measured on it says how the worker does on a real street.
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "sample_clips")]

from make_clips import FOOTAGE  # noqa: E402
from ruamel.yaml.error import YAMLError  # noqa: E402

from scene_maker.backgrounds import vtest  # noqa: E402
from scene_maker.streets import LIST, read_streets, strides, write_street  # noqa: E402


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of footage")
    parser.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="where the pictures are")
    parser.add_argument("--list", type=Path, default=LIST, help="which pictures, instead of streets.yaml")
    parser.add_argument("--only", action="append", metavar="GLOB", help="only places with such names; may be repeated")
    parser.add_argument("--vtest", type=Path, default=FOOTAGE, help="vtest.avi, if not where Debian puts it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    try:
        streets = read_streets(args.list, args.pictures)
        wanted = [street for street in streets if any(fnmatch(street.name, glob) for glob in args.only or ["*"])]
        people = strides(vtest(args.vtest))
        for street in wanted:
            print(f"{street.name}: {write_street(street, people, args.out, args.seed, args.seconds)} walkers")  # noqa: T201
    except (OSError, ValueError, YAMLError) as error:
        sys.exit(f"make_streets: {error}")


if __name__ == "__main__":
    main()
