"""Render the scene maker's own sprites into `bench/scene_maker/sprites`, as `sample_clips/render_sprites.py` does its.

    blender --background --factory-startup --python-exit-code 1 --python bench/scene_maker/render_sprites.py -- \\
            [--only car-00,bin] [--samples 48]

Needs Debian's `blender`; about four minutes on one core. Same camera, same sky, same files as of the sample clips.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIPS = HERE.parents[1] / "sample_clips"
sys.path[:0] = [str(HERE), str(CLIPS)]
import furniture  # noqa: E402

spec = importlib.util.spec_from_file_location("clip_sprites", CLIPS / "render_sprites.py")
assert spec is not None
assert spec.loader is not None
rendering = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rendering)

rendering.KINDS = {
    "car": (furniture.cars, 4, 448),
    "umbrella": (furniture.umbrellas, 2, 256),
    "bin": (furniture.bins, 2, 192),
    "bulky": (furniture.bulky, 3, 256),
    "crates": (furniture.crates, 2, 224),
}

if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    sys.argv = ["render_sprites.py", "--", "--out", str(HERE / "sprites"), *given]
    rendering.main()
