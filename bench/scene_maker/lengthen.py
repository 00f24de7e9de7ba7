"""Loop footage in which nothing happens into hours, with changing light, noise, sway and bit rate.

    python bench/scene_maker/lengthen.py OUT [--scenes DIR] [--only GLOB] [--minutes 45] [--variants 1] [--shifts 6]
                                          [--dwell 5s] [--jobs 2]
    vision eval OUT --json hours.json              # false alarms a camera-day, with their interval

Sources are OpenCV's vtest.avi (Debian: opencv-doc) and, with `--scenes`, the scenes of a folder whose labels have no
events. Leave out with `--only` those in which something is left behind too late to be scored: looped, it is an event.
Each becomes one long clip, as one camera sees its place for that long: where the loop begins anew the traffic jumps,
never the place. Light drifts by up to a third within minutes, the gain and the noise change, the camera sways by up
to two pixels, every second variant is mirrored or grey. With `--shifts 6` it is also knocked every few minutes, by up
to that many pixels of 640, and stays so. Made with ffmpeg; the same seed, the same clips. Composed,
for testing; never presented as hours of real footage: `labels.json` says so.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "sample_clips"))

from make_clips import FOOTAGE  # noqa: E402

FPS = 10
GOP_S = 2
WIDTH = 640
SITE = """site: {{id: long, name: 'composed 合成: {name}', timezone: Asia/Shanghai}}
mqtt: {{url: 'mqtt://127.0.0.1:1883'}}
storage: {{dir: var}}
detector: {{model: default, device: auto}}
cameras:
  - id: {name}
    source: clip.mp4
    zones:
      - id: all
        polygon: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
        rules:
          - {{rule: illegal_dumping{dwell}}}
          - {{rule: street_vending}}
          - {{rule: ground_lock}}
"""
"""Every rule with its defaults, which is what a new camera runs with; another dwell of dumping if one is asked for."""


LITTER = (0.07, 0.89, 0.21, 0.96)
"""In vtest.avi a piece of yellow plastic lies on the grass from the start: a pile to report, and none that came."""
MARGIN = 0.02
"""What an ignored region is wider for, each way: the view is cut and sways."""

Region = tuple[float, ...]
"""x1, y1, x2, y2 as fractions of the picture."""


class Source(NamedTuple):
    """A clip in which nothing happens; reports from its `ignored` regions count neither way."""

    name: str
    clip: Path
    ignored: tuple[Region, ...] = ()


class Plan(NamedTuple):
    """What every clip is made into.

    Attributes:
        minutes: how long it is.
        seed: with the source and the variant, what decides how the picture changes.
        shifts: the furthest knock of the camera, in pixels of a picture `WIDTH` wide; 0: it is never knocked.
        dwell: of dumping, as in a site's file; empty: the default.
    """

    minutes: float = 45.0
    seed: int = 1
    shifts: int = 0
    dwell: str = ""


def sources(scenes: Path | None, vtest: Path, only: Sequence[str] = ()) -> list[Source]:
    """OpenCV's sample and the scenes without events, or those of them whose names match one of `only`.

    Raises:
        OSError: the sample is not there, or a scene has no readable labels.
    """
    if not vtest.exists():
        raise FileNotFoundError(f"{vtest} is missing; Debian: apt-get install opencv-doc")
    found = [Source("vtest", vtest, (LITTER,))]
    for labels in sorted(scenes.glob("*/labels.json")) if scenes is not None else ():
        clip = next((path for path in sorted(labels.parent.iterdir()) if path.stem == "clip"), None)
        plain = json.loads(labels.read_text("utf-8"))
        if clip is not None and not plain["events"]:
            ignored = tuple(tuple(region["bbox"]) for region in plain.get("ignore", []))
            found.append(Source(labels.parent.name, clip, ignored))
    return [source for source in found if not only or any(fnmatch(source.name, pattern) for pattern in only)]


def knocks(rng: Random, most: int, seconds: float) -> tuple[str, str]:
    """Two ffmpeg expressions of `t`: how far the view has been shifted by then, in whole pixels within ±`most`."""
    along, across, at = "0", "0", rng.uniform(60, 300)
    while at < seconds:
        until = at + rng.uniform(60, 400)
        held = f"gte(t,{at:.1f})*lt(t,{until:.1f})"
        along += f"+{rng.randint(-most, most)}*{held}"
        across += f"+{rng.randint(-most, most)}*{held}"
        at = until
    return along, across


def picture_filter(rng: Random, variant: int, plan: Plan) -> str:
    """An ffmpeg filter chain: how this camera's picture changes over the hours. Times are seconds.

    An odd variant is mirrored or grey. Without knocks the same seed gives the changes that it always gave.
    """
    sway, slow = rng.uniform(0.5, 2.0), rng.uniform(3, 11)
    light, light_s = rng.uniform(0.03, 0.12), rng.uniform(150, 900)
    gain, gain_s = rng.uniform(0.02, 0.15), rng.uniform(60, 600)
    steps = rng.uniform(0.0, 0.04)
    along = across = "0"
    if plan.shifts:
        along, across = knocks(Random(rng.random()), plan.shifts, 60 * plan.minutes)
    margin = 4 + plan.shifts
    swaying = (
        f"x='{margin}+{sway:.2f}*sin(2*PI*t/{slow:.2f})+{along}'"
        f":y='{margin}+{sway / 2:.2f}*cos(2*PI*t/{slow * 0.7:.2f})+{across}'"
    )
    stepping = f"{steps:.3f}*gt(mod(t,{light_s / 2:.0f}),{light_s / 4:.0f})"
    brightness = f"brightness='{light:.3f}*sin(2*PI*t/{light_s:.0f})+{stepping}'"
    parts = [
        f"fps={FPS}",
        f"scale={WIDTH}:-2",
        f"crop=w=iw-{2 * margin}:h=ih-{2 * margin}:{swaying}",
        f"eq=eval=frame:{brightness}:contrast='1+{gain:.3f}*sin(2*PI*t/{gain_s:.0f})'",
        f"noise=alls={rng.randint(0, 14)}:allf=t",
    ]
    if variant % 2 == 1:
        parts.append(rng.choice(("hflip", "hue=s=0")))
    return ",".join(parts)


def shown(region: Region, mirrored: bool) -> list[float]:
    """Where a region of the source lies in its long clip, fractions of the picture."""
    x1, y1, x2, y2 = region
    left, right = (1 - x2, 1 - x1) if mirrored else (x1, x2)
    return [max(0.0, left - MARGIN), max(0.0, y1 - MARGIN), min(1.0, right + MARGIN), min(1.0, y2 + MARGIN)]


def lengthen(source: Source, variant: int, out: Path, plan: Plan) -> str:
    """One long scene; its name.

    Raises:
        RuntimeError: ffmpeg failed; the text is its own.
    """
    name = re.sub(r"[^a-z0-9-]", "-", f"{source.name}-{variant}")
    rng = Random(f"{plan.seed} {name}")
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    filters, crf = picture_filter(rng, variant, plan), rng.randint(24, 34)
    part = folder / "part.mp4"
    command = [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(source.clip), "-an",
        "-t", f"{60 * plan.minutes:.1f}", "-vf", filters, "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf),
        "-g", str(FPS * GOP_S), "-sc_threshold", "0", "-threads", "1", str(part),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")
    part.replace(folder / "clip.mp4")
    (folder / "site.yaml").write_text(SITE.format(name=name, dwell=plan.dwell and f", dwell: {plan.dwell}"), "utf-8")
    recipe = {"source": source.name, "variant": variant, "seed": plan.seed, "filters": filters, "crf": crf}
    window = [0.0, 60 * plan.minutes]
    ignore = [{"bbox": shown(region, "hflip" in filters), "window_s": window} for region in source.ignored]
    labels = {"note": "looped footage without an event", "composed": True, "recipe": recipe, "dwell_s": 30.0}
    (folder / "labels.json").write_text(
        json.dumps({**labels, "events": [], "ignore": ignore}, indent=1) + "\n", "utf-8"
    )
    return name


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of scenes")
    parser.add_argument("--scenes", type=Path, metavar="DIR", help="scenes without events as further sources")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="only such sources")
    parser.add_argument("--vtest", type=Path, default=FOOTAGE, help="vtest.avi, if not where Debian puts it")
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--variants", type=int, default=1, help="clips of each source")
    parser.add_argument("--shifts", type=int, default=0, metavar="PIXELS", help="furthest knock of the camera")
    parser.add_argument("--dwell", default="", metavar="5s", help="dwell of illegal_dumping, if not its default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("lengthen: ffmpeg is missing; Debian: apt-get install ffmpeg")
    try:
        plan = Plan(args.minutes, args.seed, args.shifts, args.dwell)
        found = sources(args.scenes, args.vtest, args.only)
        with ThreadPoolExecutor(args.jobs) as pool:
            made = [
                pool.submit(lengthen, source, variant, args.out, plan)
                for source in found
                for variant in range(args.variants)
            ]
            for one in made:
                print(one.result(), flush=True)  # noqa: T201
    except (OSError, RuntimeError) as error:
        sys.exit(f"lengthen: {error}")


if __name__ == "__main__":
    main()
