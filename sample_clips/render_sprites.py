"""Render the sprites: rubbish, stalls, cargo tricycles, ground locks and what looks like one, cut out on nothing.

    blender --background --factory-startup --python-exit-code 1 --python sample_clips/render_sprites.py -- \\
            [--out sample_clips/sprites] [--only bag-03,lock] [--samples 64]

Needs Debian's `blender` (3.4, Cycles on the CPU; about ten minutes on one core). The models are built from primitives
by `things/`, each from its own seed: nothing is downloaded, so sprites and models are this project's (AGPL-3.0).

Written: `<kind>-NN.png`, RGBA, straight alpha; `shadows/<kind>-NN.png`, the same view at half the size, whose alpha is
how much of its light the ground loses to the thing (black); and `views.json`, how each was seen. Pictures are taken as
a street camera sees the thing: from 4 to 8 m up, 20 to 40 degrees down, under a sky between overcast and hazy sun.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable
from math import asin, cos, degrees, pi, radians, sin, tan
from pathlib import Path
from random import Random
from typing import NamedTuple

import bpy
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).resolve().parent))
from things import carts, locks, rubbish, stalls

KINDS: dict[str, tuple[Callable[[Random, int], None], int, int]] = {
    "bag": (rubbish.bags, 10, 192),
    "heap": (rubbish.heaps, 6, 224),
    "stall": (stalls.stalls, 8, 320),
    "cart": (carts.carts, 6, 288),
    "lock": (locks.locks, 12, 192),
    "cone": (locks.cones, 3, 192),
    "bollard": (locks.bollards, 4, 192),
    "wheelstop": (locks.wheel_stops, 2, 192),
}
"""Kind → what builds it, how many, side of the picture in pixels."""


class Pose(NamedTuple):
    """Where a camera looks from: metres up, degrees down, radians round from the thing's front (either way)."""

    up: tuple[float, float] = (4, 8)
    down: tuple[float, float] = (20, 40)
    round: float = 0.75


FILL = 0.80
"""Share of the picture the thing may take, so that its shadow still fits."""
SAMPLES = 48


def _empty_scene() -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def _settings(scene: bpy.types.Scene, side: int, samples: int, threads: int) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.seed = "CPU", 0
    scene.cycles.samples, scene.cycles.max_bounces = samples, 6
    scene.cycles.use_denoising = False
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode, scene.render.image_settings.compression = "RGBA", 100
    scene.view_settings.view_transform, scene.view_settings.look = "Filmic", "Medium High Contrast"


def _sky(scene: bpy.types.Scene, rng: Random, bearing: float) -> None:
    """Mostly overcast, sometimes a hazy sun from behind or beside the camera."""
    world = bpy.data.worlds.new("sky")
    scene.world = world
    world.use_nodes = True
    grey = rng.uniform(0.85, 1.0)
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (grey * 0.93, grey * 0.97, 1.0, 1)
    sunny = rng.random() < 0.35
    background.inputs["Strength"].default_value = rng.uniform(0.6, 0.75) if sunny else rng.uniform(0.95, 1.15)
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy = rng.uniform(1.6, 2.4) if sunny else rng.uniform(0.35, 0.7)
    sun.angle = radians(rng.uniform(3, 8) if sunny else 60)
    sun.color = (1.0, 0.95, 0.88)
    lamp = bpy.data.objects.new("sun", sun)
    lamp.rotation_euler = (radians(rng.uniform(25, 50)), 0, bearing + rng.uniform(-1.2, 1.2))
    scene.collection.objects.link(lamp)


def _corners(things: list[bpy.types.Object]) -> list[Vector]:
    depsgraph = bpy.context.evaluated_depsgraph_get()
    corners = []
    for thing in things:
        mesh = thing.evaluated_get(depsgraph).to_mesh()
        step = max(1, len(mesh.vertices) // 400)
        corners += [thing.matrix_world @ mesh.vertices[i].co for i in range(0, len(mesh.vertices), step)]
    return [corner for corner in corners if corner.z > -0.01]


def _camera(scene: bpy.types.Scene, rng: Random, things: list[bpy.types.Object], pose: Pose) -> dict[str, float]:
    """Look at the things from a pole; the lens as long as they need.

    Returns the view: degrees down and degrees round from the thing's front, the thing's height in metres, and pixels
    that a metre across takes at its middle.
    """
    bpy.context.view_layer.update()
    corners = _corners(things)
    low, high = (Vector(f(c[i] for c in corners) for i in range(3)) for f in (min, max))
    middle = (low + high) / 2
    up, down = rng.uniform(*pose.up), radians(rng.uniform(*pose.down))
    bearing = rng.uniform(-pose.round, pose.round)
    away = (up - middle.z) / sin(down)
    data = bpy.data.cameras.new("camera")
    camera = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    flat = away * cos(down)
    camera.location = middle + Vector((flat * sin(bearing), -flat * cos(bearing), away * sin(down)))
    camera.rotation_euler = (pi / 2 - down, 0, bearing)
    data.angle = radians(30)
    bpy.context.view_layer.update()
    for _ in range(3):
        seen = [world_to_camera_view(scene, camera, corner) for corner in corners]
        spans = [(min(s[i] for s in seen), max(s[i] for s in seen)) for i in (0, 1)]
        data.shift_x += sum(spans[0]) / 2 - 0.5
        data.shift_y += sum(spans[1]) / 2 - 0.5
        zoom = max(hi - lo for lo, hi in spans) / FILL
        data.shift_x, data.shift_y = data.shift_x / zoom, data.shift_y / zoom
        data.angle = 2 * asin(min(0.99, tan(data.angle / 2) * zoom / (1 + (tan(data.angle / 2) * zoom) ** 2) ** 0.5))
        bpy.context.view_layer.update()
    _sky(scene, rng, bearing)
    across = 2 * tan(data.angle / 2) * away / scene.render.resolution_x
    view = {"down": degrees(down), "round": degrees(bearing), "height_m": high.z, "pixels_per_metre": 1 / across}
    return {key: round(value, 3) for key, value in view.items()}


def _ground(scene: bpy.types.Scene) -> bpy.types.Object:
    """Asphalt: throws light back up, hides what sticks in it, catches the shadow, but is itself not in the picture."""
    mesh = bpy.data.meshes.new("ground")
    mesh.from_pydata([(-30, -30, 0), (30, -30, 0), (30, 30, 0), (-30, 30, 0)], [], [(0, 1, 2, 3)])
    ground = bpy.data.objects.new("ground", mesh)
    material = bpy.data.materials.new("asphalt")
    material.use_nodes = True
    base = material.node_tree.nodes["Principled BSDF"]
    base.inputs["Base Color"].default_value, base.inputs["Roughness"].default_value = (0.16, 0.16, 0.16, 1), 1.0
    mesh.materials.append(material)
    scene.collection.objects.link(ground)
    return ground


def _drop_texts(path: Path) -> None:
    """Take date, render time and folder out of a PNG, which would make every rendering a new file."""
    data = path.read_bytes()
    kept, at = data[:8], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept += data[at:end]
        at = end
    path.write_bytes(kept)


def _write(scene: bpy.types.Scene, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    _drop_texts(path)


def render(
    build: Callable[[Random, int], None],
    name: str,
    side: int,
    out: Path,
    samples: int,
    threads: int,
    *,
    pose: Pose | None = None,
    shadow: bool = True,
) -> dict[str, float]:
    """Build the thing `name` (`<kind>-NN`), write its picture and its shadow (nothing for 0 samples).

    Returns how it was seen. `side` is in pixels; `samples` are light paths a pixel.
    """
    rng = Random(zlib.crc32(name.encode()))
    scene = _empty_scene()
    build(rng, int(name.rpartition("-")[2]))
    things = [thing for thing in scene.objects if thing.type in ("MESH", "CURVE")]
    _settings(scene, side, samples, threads)
    view = _camera(scene, rng, things, pose or Pose())
    if samples == 0:
        return view
    ground = _ground(scene)
    ground.is_holdout = True
    _write(scene, out / f"{name}.png")
    if not shadow:
        return view
    ground.is_holdout, ground.is_shadow_catcher = False, True
    for thing in things:
        thing.visible_camera = False
    scene.cycles.samples = samples * 2
    scene.render.resolution_percentage = 50
    _write(scene, out / "shadows" / f"{name}.png")
    return view


def main() -> None:
    """Command line, behind Blender's own `--`."""
    parser = argparse.ArgumentParser(prog="render_sprites.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "sprites")
    parser.add_argument("--only", default="", help="kinds or names, separated by commas")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="light paths a pixel; 0: only views.json")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else [])
    (args.out / "shadows").mkdir(parents=True, exist_ok=True)
    listed = args.out / "views.json"
    views = json.loads(listed.read_text()) if listed.exists() else {}
    only = {part for part in args.only.split(",") if part}
    for kind, (build, count, side) in KINDS.items():
        for name in (f"{kind}-{number:02d}" for number in range(count)):
            if not only or kind in only or name in only:
                started = time.monotonic()
                views[name] = render(build, name, side, args.out, args.samples, args.threads)
                print(f"{name}: {time.monotonic() - started:.1f} s")  # noqa: T201
    rows = (f"{json.dumps(name)}: {json.dumps(views[name])}" for name in sorted(views))
    listed.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
