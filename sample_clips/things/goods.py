"""What is sold: fruit in crates, folded clothes, small wares. Runs inside Blender."""

from __future__ import annotations

from random import Random

from . import materials, shapes

CRATE_GREEN: materials.Colour = (0.03, 0.18, 0.07)
FRUIT = [
    (0.55, 0.05, 0.03),
    (0.75, 0.26, 0.02),
    (0.62, 0.45, 0.03),
    (0.20, 0.33, 0.04),
    (0.16, 0.03, 0.10),
    (0.5, 0.12, 0.1),
]


def pile_of_fruit(
    rng: Random, width: float, depth: float, at: shapes.Point, ball: float, colour: materials.Colour
) -> None:
    """A crate or basket filled with fruit."""
    crate = materials.surface(
        rng.choice([(0.03, 0.12, 0.3), (0.3, 0.2, 0.1), (0.5, 0.5, 0.48), CRATE_GREEN]), 0.6, dirt=0.3
    )
    high = ball * 2.2
    for side in (-1, 1):
        shapes.box((width, 0.012, high), crate, (at[0], at[1] + side * depth / 2, at[2] + high / 2), bevel=0.003)
        shapes.box((0.012, depth, high), crate, (at[0] + side * width / 2, at[1], at[2] + high / 2), bevel=0.003)
    shapes.box((width, depth, high * 0.8), crate, (at[0], at[1], at[2] + high * 0.4), bevel=0)
    looks = [materials.surface(tuple(c * k for c in colour), 0.35, dirt=0.3, grain=18) for k in (0.75, 1.0, 1.2)]
    across, along = max(1, int(width / (2 * ball))), max(1, int(depth / (2 * ball)))
    for i in range(across):
        for j in range(along):
            x, y = ((i + 0.5) / across - 0.5) * width * 0.94, ((j + 0.5) / along - 0.5) * depth * 0.94
            lift = 0.9 * ball * (1 - (2 * x / width) ** 2) * (1 - (2 * y / depth) ** 2)
            where = (
                at[0] + x + rng.uniform(-0.2, 0.2) * ball,
                at[1] + y + rng.uniform(-0.2, 0.2) * ball,
                at[2] + high * 0.8 + lift,
            )
            shapes.ball(ball * rng.uniform(0.9, 1.08), rng.choice(looks), where, detail=2)


def folded_clothes(rng: Random, at: shapes.Point, turn: float) -> None:
    """A pile of folded clothes."""
    up = at[2]
    for _ in range(rng.randint(3, 7)):
        colour = (rng.uniform(0.02, 0.6), rng.uniform(0.02, 0.5), rng.uniform(0.02, 0.5))
        thick = rng.uniform(0.018, 0.035)
        turned = (0.0, rng.uniform(-0.03, 0.03), turn + rng.uniform(-0.1, 0.1))
        shapes.box(
            (rng.uniform(0.2, 0.26), rng.uniform(0.26, 0.32), thick),
            materials.cloth(colour, 0.0),
            (at[0], at[1], up + thick / 2),
            turned,
            0.012,
        )
        up += thick


def small_wares(rng: Random, width: float, depth: float, at: shapes.Point) -> None:
    """Boxes, bottles and toys in rows."""
    for i in range(int(width / 0.14)):
        for j in range(int(depth / 0.16)):
            x, y = at[0] - width / 2 + 0.07 + 0.14 * i, at[1] - depth / 2 + 0.08 + 0.16 * j
            colour = (rng.uniform(0.02, 0.7), rng.uniform(0.02, 0.6), rng.uniform(0.02, 0.6))
            look = materials.surface(colour, 0.35, dirt=0.1)
            kind = rng.random()
            if kind < 0.45:
                size = (rng.uniform(0.06, 0.11), rng.uniform(0.06, 0.12), rng.uniform(0.03, 0.12))
                shapes.box(size, look, (x, y, at[2] + size[2] / 2), (0, 0, rng.uniform(-0.4, 0.4)), 0.004)
            elif kind < 0.75:
                tall = rng.uniform(0.1, 0.22)
                shapes.cylinder(0.033, tall, look, (x, y, at[2]))
                shapes.cylinder(0.013, 0.04, materials.surface((0.6, 0.6, 0.6), 0.4), (x, y, at[2] + tall))
            elif kind < 0.9:
                shapes.ball(0.05, look, (x, y, at[2] + 0.045), rough=0.15, seed=rng.uniform(0, 9))


def lay_out(rng: Random, width: float, depth: float, up: float, kind: int) -> None:
    """Fruit in crates, clothes in piles, or small wares, over a table top."""
    if kind == 0:
        count = max(2, int(width / 0.42))
        for row in (-1, 1):
            for i in range(count):
                x = ((i + 0.5) / count - 0.5) * width
                pile_of_fruit(
                    rng,
                    width / count * 0.88,
                    depth * 0.42,
                    (x, row * depth * 0.245, up),
                    rng.uniform(0.034, 0.045),
                    rng.choice(FRUIT),
                )
    elif kind == 1:
        for i in range(int(width / 0.3)):
            for row in (-1, 1):
                folded_clothes(rng, (-width / 2 + 0.17 + 0.3 * i, row * depth * 0.24, up), rng.uniform(-0.1, 0.1))
    else:
        small_wares(rng, width * 0.94, depth * 0.9, (0, 0, up))
