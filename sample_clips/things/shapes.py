"""Primitives every model is built of. Lengths are metres, z is up, the ground is z = 0. Runs inside Blender."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, pi, sin
from random import Random

import bmesh
import bpy
from mathutils import Matrix, Vector, noise

Point = tuple[float, float, float]


def _finish(mesh: bmesh.types.BMesh, material: bpy.types.Material, smooth: bool) -> bpy.types.Object:
    data = bpy.data.meshes.new("thing")
    bmesh.ops.recalc_face_normals(mesh, faces=mesh.faces)
    mesh.to_mesh(data)
    mesh.free()
    for polygon in data.polygons:
        polygon.use_smooth = smooth
    thing = bpy.data.objects.new("thing", data)
    bpy.context.collection.objects.link(thing)
    data.materials.append(material)
    return thing


def move(thing: bpy.types.Object, at: Point, turn: Point = (0.0, 0.0, 0.0)) -> bpy.types.Object:
    """Place a thing; `turn` are Euler angles in radians."""
    thing.location = at
    thing.rotation_euler = turn
    return thing


def box(
    size: Point, material: bpy.types.Material, at: Point = (0, 0, 0), turn: Point = (0, 0, 0), bevel: float = 0.01
) -> bpy.types.Object:
    """A box around `at` with rounded edges."""
    mesh = bmesh.new()
    bmesh.ops.create_cube(mesh, size=1.0)
    bmesh.ops.scale(mesh, vec=Vector(size), verts=mesh.verts)
    thing = _finish(mesh, material, smooth=False)
    if bevel > 0:
        modifier = thing.modifiers.new("edges", "BEVEL")
        modifier.width, modifier.segments = min(bevel, min(size) * 0.45), 2
    return move(thing, at, turn)


def cylinder(
    radius: float, height: float, material: bpy.types.Material, at: Point = (0, 0, 0), top: float | None = None,
    turn: Point = (0, 0, 0), sides: int = 32,
) -> bpy.types.Object:  # fmt: skip
    """A cylinder, or a truncated cone where `top` gives the upper radius; `at` is the middle of its foot."""
    mesh = bmesh.new()
    bmesh.ops.create_cone(
        mesh, cap_ends=True, segments=sides, radius1=radius, radius2=radius if top is None else top, depth=height
    )
    bmesh.ops.translate(mesh, vec=(0, 0, height / 2), verts=mesh.verts)
    thing = _finish(mesh, material, smooth=True)
    thing.modifiers.new("edges", "EDGE_SPLIT").split_angle = 0.7
    return move(thing, at, turn)


def ball(
    radius: float, material: bpy.types.Material, at: Point = (0, 0, 0), squash: Point = (1, 1, 1), rough: float = 0.0,
    seed: float = 0.0, detail: int = 3,
) -> bpy.types.Object:  # fmt: skip
    """A ball; `rough` dents it by that share of its radius."""
    mesh = bmesh.new()
    bmesh.ops.create_icosphere(mesh, subdivisions=detail, radius=1.0)
    for vertex in mesh.verts:
        dent = rough * noise.noise(vertex.co * 1.4 + Vector((seed, seed * 0.7, 3.1)))
        vertex.co = Vector(a * b for a, b in zip(vertex.co, squash, strict=True)) * radius * (1 + 2 * dent)
    return move(_finish(mesh, material, smooth=True), at)


def chunk(
    size: float, material: bpy.types.Material, at: Point, turn: Point, seed: float, flat: float = 0.6
) -> bpy.types.Object:
    """A broken piece with hard edges, as of concrete or brick."""
    # A hull of scattered points, not a dented cube: Blender's subdivision differs from run to run.
    rng, mesh = Random(seed), bmesh.new()
    for _ in range(16):
        mesh.verts.new(
            Vector(rng.choice((-0.5, 0.5)) * rng.uniform(0.7, 1.0) if i else rng.uniform(-0.5, 0.5) for i in range(3))
        )
    hull = bmesh.ops.convex_hull(mesh, input=mesh.verts)
    bmesh.ops.delete(mesh, geom=list({*hull["geom_interior"], *hull["geom_unused"]}), context="VERTS")
    bmesh.ops.scale(mesh, vec=(size, size * 0.75, size * flat), verts=mesh.verts)
    return move(_finish(mesh, material, smooth=False), at, turn)


def tube(
    points: Sequence[Point], radius: float, material: bpy.types.Material, closed: bool = False
) -> bpy.types.Object:
    """A pipe through the points."""
    curve = bpy.data.curves.new("tube", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", radius, 4, True
    spline = curve.splines.new("POLY")
    spline.points.add(len(points) - 1)
    for target, point in zip(spline.points, points, strict=True):
        target.co = (*point, 1.0)
    spline.use_cyclic_u, spline.use_smooth = closed, True
    thing = bpy.data.objects.new("tube", curve)
    bpy.context.collection.objects.link(thing)
    curve.materials.append(material)
    return thing


def banded_tube(
    points: Sequence[Point], radius: float, materials: Sequence[bpy.types.Material], bands: int
) -> list[bpy.types.Object]:
    """A pipe through evenly spaced points, painted in bands of alternating materials."""
    things = []
    for band in range(bands):
        first, last = (round(i * (len(points) - 1) / bands) for i in (band, band + 1))
        things.append(tube(points[first : last + 1], radius, materials[band % len(materials)]))
    return things


def along(corners: Sequence[Point], rounding: float, steps: int = 120) -> list[Point]:
    """`steps` evenly spaced points of a line through the corners, each corner cut round at that distance."""
    dense: list[Vector] = [Vector(corners[0])]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        a, b, c = Vector(before), Vector(corner), Vector(after)
        start = b + (a - b).normalized() * min(rounding, (a - b).length * 0.49)
        end = b + (c - b).normalized() * min(rounding, (c - b).length * 0.49)
        for i in range(25):
            t = i / 24
            dense.append((1 - t) ** 2 * start + 2 * t * (1 - t) * b + t * t * end)
    dense.append(Vector(corners[-1]))
    lengths = [0.0]
    for a, b in pairwise(dense):
        lengths.append(lengths[-1] + (b - a).length)
    points, segment = [], 0
    for i in range(steps + 1):
        wanted = lengths[-1] * i / steps
        while segment < len(dense) - 2 and lengths[segment + 1] < wanted:
            segment += 1
        span = max(lengths[segment + 1] - lengths[segment], 1e-9)
        points.append(tuple(dense[segment].lerp(dense[segment + 1], min(1.0, (wanted - lengths[segment]) / span))))
    return points


def ring(radius: float, thickness: float, material: bpy.types.Material, at: Point, turn: Point) -> bpy.types.Object:
    """A torus in its own xy plane."""
    circle = [(radius * cos(a * pi / 24), radius * sin(a * pi / 24), 0.0) for a in range(48)]
    return move(tube(circle, thickness, material, closed=True), at, turn)


def sheet(
    columns: int, rows: int, place: Callable[[float, float], Point], material: bpy.types.Material,
    thickness: float = 0.0, round_trip: bool = False,
) -> bpy.types.Object:  # fmt: skip
    """A surface given by `place(u, v)` for u, v in 0..1; `round_trip` closes it in u."""
    mesh = bmesh.new()
    across = columns if round_trip else columns + 1
    grid = [[mesh.verts.new(place(u / columns, v / rows)) for u in range(across)] for v in range(rows + 1)]
    for low, high in pairwise(grid):
        for u in range(columns):
            right = (u + 1) % across
            mesh.faces.new((low[u], low[right], high[right], high[u]))
    thing = _finish(mesh, material, smooth=True)
    if thickness > 0:
        thing.modifiers.new("cloth", "SOLIDIFY").thickness = thickness
    return thing


def group(things: Sequence[bpy.types.Object], at: Point = (0, 0, 0), turn: Point = (0, 0, 0)) -> None:
    """Move things together, as if they were one."""
    bpy.context.view_layer.update()
    placement = (
        Matrix.Translation(at)
        @ Matrix.Rotation(turn[2], 4, "Z")
        @ Matrix.Rotation(turn[1], 4, "Y")
        @ Matrix.Rotation(turn[0], 4, "X")
    )
    for thing in things:
        thing.matrix_world = placement @ thing.matrix_world
