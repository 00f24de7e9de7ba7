"""Loop footage in which nothing happens into hours, with changing light, noise, sway and bit rate.

    python bench/scene_maker/lengthen.py OUT [--scenes DIR] [--only GLOB] [--minutes 45] [--variants 1] [--jobs 2]
    vision eval OUT --json hours.json              # false alarms a camera-day, with their interval

Sources are OpenCV's vtest.avi (Debian: opencv-doc) and, with `--scenes`, the scenes of a folder whose labels have no
events. Leave out with `--only` those in which something is left behind too late to be scored: looped, it is an event.
Each becomes one long clip, as one camera sees its place for that long: where the loop begins anew the traffic jumps,
never the place. Light drifts by up to a third within minutes, the gain and the noise change, the camera sways by up
to two pixels, every second variant is mirrored or grey. Made with ffmpeg; the same seed, the same clips. Composed,
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
          - {{rule: illegal_dumping}}
          - {{rule: street_vending}}
          - {{rule: ground_lock}}
"""
"""Every rule with its defaults: that is what a new camera runs with."""


class Source(NamedTuple):
    """A clip in which nothing happens."""

    name: str
    clip: Path


def sources(scenes: Path | None, vtest: Path, only: Sequence[str] = ()) -> list[Source]:
    """OpenCV's sample and the scenes without events, or those of them whose names match one of `only`.

    Raises:
        OSError: the sample is not there, or a scene has no readable labels.
    """
    if not vtest.exists():
        raise FileNotFoundError(f"{vtest} is missing; Debian: apt-get install opencv-doc")
    found = [Source("vtest", vtest)]
    for labels in sorted(scenes.glob("*/labels.json")) if scenes is not None else ():
        clip = next((path for path in sorted(labels.parent.iterdir()) if path.stem == "clip"), None)
        if clip is not None and not json.loads(labels.read_text("utf-8"))["events"]:
            found.append(Source(labels.parent.name, clip))
    return [source for source in found if not only or any(fnmatch(source.name, pattern) for pattern in only)]


def picture_filter(rng: Random, variant: int) -> str:
    """An ffmpeg filter chain: how this camera's picture changes over the hours. Times are seconds."""
    sway, slow = rng.uniform(0.5, 2.0), rng.uniform(3, 11)
    light, light_s = rng.uniform(0.03, 0.12), rng.uniform(150, 900)
    gain, gain_s = rng.uniform(0.02, 0.15), rng.uniform(60, 600)
    steps = rng.uniform(0.0, 0.04)
    swaying = f"x='4+{sway:.2f}*sin(2*PI*t/{slow:.2f})':y='4+{sway / 2:.2f}*cos(2*PI*t/{slow * 0.7:.2f})'"
    stepping = f"{steps:.3f}*gt(mod(t,{light_s / 2:.0f}),{light_s / 4:.0f})"
    brightness = f"brightness='{light:.3f}*sin(2*PI*t/{light_s:.0f})+{stepping}'"
    parts = [
        f"fps={FPS}",
        f"scale={WIDTH}:-2",
        f"crop=w=iw-8:h=ih-8:{swaying}",
        f"eq=eval=frame:{brightness}:contrast='1+{gain:.3f}*sin(2*PI*t/{gain_s:.0f})'",
        f"noise=alls={rng.randint(0, 14)}:allf=t",
    ]
    if variant % 2 == 1:
        parts.append(rng.choice(("hflip", "hue=s=0")))
    return ",".join(parts)


def lengthen(source: Source, variant: int, out: Path, minutes: float, seed: int) -> str:
    """One long scene; its name.

    Raises:
        RuntimeError: ffmpeg failed; the text is its own.
    """
    name = re.sub(r"[^a-z0-9-]", "-", f"{source.name}-{variant}")
    rng = Random(f"{seed} {name}")
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    filters, crf = picture_filter(rng, variant), rng.randint(24, 34)
    part = folder / "part.mp4"
    command = [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-i", str(source.clip), "-an",
        "-t", f"{60 * minutes:.1f}", "-vf", filters, "-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf),
        "-g", str(FPS * GOP_S), "-sc_threshold", "0", "-threads", "1", str(part),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")
    part.replace(folder / "clip.mp4")
    (folder / "site.yaml").write_text(SITE.format(name=name), "utf-8")
    recipe = {"source": source.name, "variant": variant, "seed": seed, "filters": filters, "crf": crf}
    labels = {"note": "looped footage without an event", "composed": True, "recipe": recipe, "dwell_s": 30.0}
    (folder / "labels.json").write_text(json.dumps({**labels, "events": [], "ignore": []}, indent=1) + "\n", "utf-8")
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        sys.exit("lengthen: ffmpeg is missing; Debian: apt-get install ffmpeg")
    try:
        found = sources(args.scenes, args.vtest, args.only)
        with ThreadPoolExecutor(args.jobs) as pool:
            made = [
                pool.submit(lengthen, source, variant, args.out, args.minutes, args.seed)
                for source in found
                for variant in range(args.variants)
            ]
            for one in made:
                print(one.result(), flush=True)  # noqa: T201
    except (OSError, RuntimeError) as error:
        sys.exit(f"lengthen: {error}")


if __name__ == "__main__":
    main()
