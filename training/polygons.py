"""A small renderer of flat-shaded polygons: enough for a thing 10 to 150 pixels high in a street camera's picture.

Things are lists of polygons in metres, z upwards, the ground at 0. The camera is orthographic, as a distant one nearly
is; polygons are painted from far to near.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

Colour = tuple[float, float, float]
"""Blue, green, red, 0..255."""

SUPERSAMPLE = 2
AMBIENT = 0.45
TUBE_GUIDE = np.array([0.31, 0.87, 0.38])
"""A direction that no tube of ours runs along: its cross product with the tube gives the tube's sides."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corner points (N, 3) in metres and a colour."""

    points: np.ndarray
    colour: Colour


def quad(points: Sequence[Sequence[float]], colour: Colour) -> Polygon:
    return Polygon(np.array(points, float), colour)


def box(low: Sequence[float], high: Sequence[float], colour: Colour) -> list[Polygon]:
    """Five visible faces of a box between two corners."""
    (x1, y1, z1), (x2, y2, z2) = low, high
    corners = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], float)
    faces = [Polygon(np.column_stack([corners, np.full(4, z2)]), colour)]
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        faces.append(quad([[*a, z1], [*b, z1], [*b, z2], [*a, z2]], colour))
    return faces


def tube(line: np.ndarray, radius: float, colour: Callable[[float], Colour], pieces: int = 36) -> list[Polygon]:
    """A round tube along a line of points (N, 3); `colour` takes the share of the length, 0..1 (stripes)."""
    steps = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    at = np.linspace(0, steps[-1], pieces + 1)
    centres = np.column_stack([np.interp(at, steps, line[:, k]) for k in range(3)])
    along = np.gradient(centres, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    first = np.cross(along, TUBE_GUIDE)
    first /= np.linalg.norm(first, axis=1, keepdims=True) + 1e-9
    second = np.cross(along, first)
    angles = np.linspace(0, 2 * np.pi, 9)
    ring = [centres + radius * (np.cos(a) * first + np.sin(a) * second) for a in angles]
    return [
        Polygon(np.array([ring[s][p], ring[s + 1][p], ring[s + 1][p + 1], ring[s][p + 1]]), colour((p + 0.5) / pieces))
        for p in range(pieces)
        for s in range(8)
    ]


def cone(centre: Sequence[float], radius: float, height: float, colours: Sequence[Colour], sides: int) -> list[Polygon]:
    """A cone or pyramid with its rim at `centre`, sides in the colours by turn: an umbrella, a tent's roof."""
    angles = np.linspace(0, 2 * np.pi, sides + 1) + np.pi / sides
    rim = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(sides + 1)]) * radius + np.array(centre, float)
    tip = np.array([centre[0], centre[1], centre[2] + height], float)
    return [Polygon(np.array([rim[k], rim[k + 1], tip]), colours[k % len(colours)]) for k in range(sides)]


def wheel(centre: Sequence[float], radius: float, colour: Colour) -> list[Polygon]:
    """A wheel standing in the x-z plane: tyre and a lighter hub."""
    angles = np.linspace(0, 2 * np.pi, 17)[:-1]
    disc = np.column_stack([np.cos(angles), np.zeros(16), np.sin(angles)])
    middle = np.array(centre, float)
    return [
        Polygon(middle + disc * radius, colour),
        Polygon(middle + [0, -0.02, 0] + disc * radius * 0.6, (150, 150, 150)),
    ]


def render(
    polygons: Sequence[Polygon], yaw: float, pitch: float, pixels_per_metre: float, rng: np.random.Generator
) -> np.ndarray:
    """Paint the polygons, seen from `pitch` radians above the horizon, as BGRA (H, W, 4) uint8 with soft edges."""
    scale = pixels_per_metre * SUPERSAMPLE
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, np.sin(pitch), np.cos(pitch)], [0, -np.cos(pitch), np.sin(pitch)]])
    light = np.array([rng.uniform(-1, 1), rng.uniform(-1, 0), rng.uniform(0.5, 1.5)])
    light /= np.linalg.norm(light)
    seen = []
    for polygon in polygons:
        world = polygon.points @ turn.T
        camera = world @ tilt.T
        normal = np.cross(world[1] - world[0], world[2] - world[0])
        normal /= np.linalg.norm(normal) + 1e-9
        shade = AMBIENT + (1 - AMBIENT) * abs(float(normal @ light))
        # Rows grow downwards: image y is the second camera axis with the height taken off; the third is nearness.
        flat = np.column_stack([camera[:, 0], -camera[:, 1]]) * scale
        seen.append((float(camera[:, 2].mean()), flat, np.clip(np.array(polygon.colour) * shade, 0, 255)))
    flats = np.concatenate([flat for _, flat, _ in seen])
    low, high = flats.min(0) - 2, flats.max(0) + 2
    columns, rows = np.ceil(high - low).astype(int)
    canvas = np.zeros((rows, columns, 4), np.uint8)
    for _, flat, colour in sorted(seen, key=lambda item: item[0]):
        shade_noise = float(rng.uniform(0.94, 1.06))
        paint = tuple(float(v) for v in np.clip(colour * shade_noise, 0, 255))
        cv2.fillPoly(canvas, [np.round(flat - low).astype(np.int32)], (*paint, 255))
    dirt = cv2.resize(rng.uniform(0.8, 1.15, (5, 5)).astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
    canvas[..., :3] = np.clip(canvas[..., :3] * dirt[..., None], 0, 255)
    return cv2.resize(canvas, None, fx=1 / SUPERSAMPLE, fy=1 / SUPERSAMPLE, interpolation=cv2.INTER_AREA)
