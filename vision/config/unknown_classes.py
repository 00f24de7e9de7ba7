"""Fixtures of a class that the model does not have."""

from __future__ import annotations

from collections.abc import Iterable

from vision.config.camera import Camera


def unknown_classes(cameras: Iterable[Camera], known: Iterable[str]) -> list[str]:
    """One text for each fixture whose class the model does not have: it never holds, and the remedy is named.

    Args:
        known: the names of the model's classes.
    """
    names = sorted(set(known))
    return [
        f"camera {camera.id}, zone {zone.id}, fixtures[{number}]: the model has no class {fixture.class_name!r}; "
        f"it knows {', '.join(names)}. Leave class out, and whatever fits the spot is taken for the fixture"
        for camera in cameras
        for zone in camera.zones
        for number, fixture in enumerate(zone.fixtures)
        if fixture.class_name is not None and fixture.class_name not in names
    ]
