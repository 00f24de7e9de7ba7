"""Labelled scenes: a folder each with a clip, a configuration and what is to be found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from vision.sources import Box


class LabelError(Exception):
    """Labels that cannot be used; the text names file and key."""


@dataclass(frozen=True, slots=True)
class Label:
    """An event that is to be found: box in fractions, times in seconds of the clip."""

    category: str
    box: Box
    window_s: tuple[float, float]
    actor_out_of_view_s: float
    hard: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """Where (None: anywhere) and when reports do not count."""

    box: Box | None
    window_s: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene. `config` need not exist where another configuration is tried on the clip."""

    name: str
    clip: Path
    config: Path
    dwell_s: float
    events: tuple[Label, ...]
    ignored: tuple[Ignored, ...]


def find_scenes(folder: Path, only: Sequence[str] = (), *, configured: bool = True) -> list[Scene]:
    """The scenes in a folder, by name.

    Args:
        folder: holds a folder for each scene.
        only: shell patterns of names; all unless given.
        configured: each scene brings its own site.yaml.

    Raises:
        LabelError: there are none, or one of them is not whole.
    """
    paths = [path.parent for path in sorted(folder.glob("*/labels.json"))]
    if not paths:
        raise LabelError(f"{folder}: no scenes; a scene is a folder with clip.*, site.yaml and labels.json")
    chosen = [path for path in paths if not only or any(fnmatchcase(path.name, pattern) for pattern in only)]
    if not chosen:
        names = ", ".join(path.name for path in paths)
        raise LabelError(f"{folder}: no scene is called {' or '.join(only)}; there are: {names}")
    return [_scene(path, configured) for path in chosen]


def with_dwell(scene: Scene, dwell_s: float) -> Scene:
    """The scene as it must be scored when things are reported after another dwell: its windows move with it."""
    later = dwell_s - scene.dwell_s
    events = tuple(replace(e, window_s=(e.window_s[0] + min(0.0, later), e.window_s[1] + later)) for e in scene.events)
    return replace(scene, dwell_s=dwell_s, events=events)


def cut_short(scene: Scene, ends_s: float) -> Scene:
    """The scene without the labels that no one could report before the clip ends; reports of them do not count."""
    late = [e for e in scene.events if e.actor_out_of_view_s + scene.dwell_s > ends_s]
    if not late:
        return scene
    kept = tuple(e for e in scene.events if e not in late)
    return replace(scene, events=kept, ignored=(*scene.ignored, *(Ignored(e.box, e.window_s) for e in late)))


def _scene(folder: Path, configured: bool) -> Scene:
    labels = folder / "labels.json"
    clip = next((path for path in sorted(folder.iterdir()) if path.stem == "clip"), None)
    if clip is None or (configured and not (folder / "site.yaml").is_file()):
        raise LabelError(f"{folder}: clip.* or site.yaml is missing")
    try:
        plain = json.loads(labels.read_text("utf-8"))
        return Scene(
            folder.name,
            clip,
            folder / "site.yaml",
            float(plain["dwell_s"]),
            tuple(_label(event, f"events[{number}]") for number, event in enumerate(plain["events"])),
            tuple(Ignored(_box(zone["bbox"]), _window(zone)) for zone in plain["ignore"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LabelError(f"{labels}: {type(error).__name__}: {error}") from None


def _label(event: dict[str, Any], where: str) -> Label:
    box = _box(event["bbox"])
    if box is None:
        raise ValueError(f"{where} needs its bbox")
    gone = event["actor_out_of_view_s"]
    if not isinstance(gone, int | float):
        raise ValueError(f"{where}.actor_out_of_view_s must be seconds, not {gone!r}; where nobody goes, put_down_s")
    return Label(event["category"], box, _window(event), float(gone), bool(event.get("hard")))


def _box(value: Any) -> Box | None:
    if value is None:
        return None
    x1, y1, x2, y2 = (float(v) for v in value)
    return x1, y1, x2, y2


def _window(value: dict[str, Any]) -> tuple[float, float]:
    start, end = value["window_s"]
    return float(start), float(end)
