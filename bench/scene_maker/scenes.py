"""A scene: what is laid into which part of which footage, in what weather, and what is to be found in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from composing import FPS, Picture, encode

from scene_maker.backgrounds import Background
from scene_maker.layers import Item, lay
from scene_maker.views import Box, View
from scene_maker.weather import Effect

DWELL_S = {"illegal_dumping": 15.0, "street_vending": 25.0, "ground_lock": 15.0}
"""Short, so that clips are short."""
LATE_S = 8.0
"""A report counts until this long after the dwell must be over, as in the scored scenes."""
QUALITY, LOW_QUALITY = 28, 40
"""x264's rate factor: an ordinary camera's stream, and one that is starved."""
PUMPING = "ipratio=0.35:qcomp=0.9:aq-mode=0"
"""Keyframes coded worse than what follows: the picture breathes with every one of them."""


@dataclass(frozen=True)
class Recipe:
    """What is asked for, as a row of `corpus.yaml` says it.

    Attributes:
        kind: one of `kinds.KINDS`.
        thing: sprite or sprites, for kinds that take one.
        light: one of `conditions.CONDITIONS`.
        view: see `views.view_of`.
        seed: of every choice that is left to chance.
        hard: scored apart: small, dark, half hidden.
    """

    name: str
    kind: str
    seed: int
    thing: tuple[str, ...] = ()
    light: str = "day"
    view: str = "full"
    hard: bool = False

    def rng(self) -> np.random.Generator:
        """The one source of chance of this scene."""
        return np.random.default_rng([self.seed, crc32(self.kind.encode())])

    def plain(self) -> dict[str, object]:
        """As JSON."""
        return {
            "kind": self.kind, "thing": list(self.thing), "light": self.light, "view": self.view, "seed": self.seed,
        }  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What is to be found: box in pixels of the footage, times in seconds of the clip."""

    category: str
    box: Box
    put_down: float
    turned: float
    gone: float
    removed: float | None = None


@dataclass(frozen=True)
class Composition:
    """A scene that can be drawn.

    Attributes:
        start, frames: first frame of the footage, and how many.
        bays: polygons in pixels of the footage on which ground locks are looked for; none: the whole picture.
        note: what happens, for people.
        dumping: whether dumping is looked for: not where nobody could say whether a new cone is something left.
    """

    background: Background
    view: View
    start: int
    frames: int
    note: str
    items: tuple[Item, ...] = ()
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    bays: tuple[tuple[tuple[float, float], ...], ...] = ()
    quality: int = QUALITY
    params: str = ""
    dumping: bool = True

    @property
    def length(self) -> float:
        """Seconds."""
        return self.frames / FPS

    def picture(self, number: int) -> Picture:
        """A picture of the clip, before it is encoded."""
        time = number / FPS
        shown = self.view.show(lay(self.background, self.start + number, self.items, time), time)
        for effect in self.effects:
            shown = effect(shown, time)
        return shown

    def pictures(self, seconds: float | None = None) -> Iterator[Picture]:
        """All of them, or those of the first seconds."""
        last = self.frames if seconds is None else min(self.frames, round(seconds * FPS))
        return (self.picture(number) for number in range(last))


def labels(scene: Composition, recipe: Recipe) -> dict[str, object]:
    """`labels.json`, as the scorer reads it."""
    events = []
    for event in scene.events:
        dwell = DWELL_S[event.category]
        end = min(scene.length, event.gone + dwell + LATE_S)
        row: dict[str, object] = {
            "category": event.category,
            "bbox": list(scene.view.box(event.box)),
            "put_down_s": round(event.put_down, 2),
            "actor_turns_away_s": round(event.turned, 2),
            "actor_out_of_view_s": round(event.gone, 2),
            "window_s": [round(max(0.0, event.put_down + dwell - 1), 2), round(end, 2)],
        }
        if recipe.hard:
            row["hard"] = True
        if event.removed is not None:
            row["removed_s"] = round(event.removed, 2)
        events.append(row)
    main = scene.events[0].category if scene.events else "illegal_dumping"
    return {
        "note": f"composed: {scene.note}", "composed": True, "background": scene.background.name,
        "recipe": recipe.plain(), "dwell_s": DWELL_S[main], "events": events, "ignore": [],
    }  # fmt: skip


def site(scene: Composition, recipe: Recipe) -> str:
    """`site.yaml`. Its name says that the scene is composed."""
    dwell = DWELL_S
    lock = f"{{rule: ground_lock, dwell: {dwell['ground_lock']:g}s}}"
    zones = [
        (
            "all", [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
            [
                *([f"{{rule: illegal_dumping, dwell: {dwell['illegal_dumping']:g}s}}"] if scene.dumping else []),
                f"{{rule: street_vending, dwell: {dwell['street_vending']:g}s}}",
                *([] if scene.bays else [lock]),
            ],
        )
    ]  # fmt: skip
    for number, bay in enumerate(scene.bays, 1):
        corners = [scene.view.point(x, y) for x, y in bay]
        zones.append((f"bay-{number}", [tuple(min(1.0, max(0.0, v)) for v in p) for p in corners], [lock]))
    lines = [
        f"site: {{id: composed, name: 'composed 合成: {recipe.name}', timezone: Asia/Shanghai}}",
        "mqtt: {url: 'mqtt://127.0.0.1:1883'}",
        "storage: {dir: var}",
        "detector: {model: default, device: auto}",
        "cameras:",
        f"  - id: {recipe.name}",
        "    source: clip.mp4",
        "    zones:",
    ]
    for name, polygon, rules in zones:
        corners_text = ", ".join(f"[{x:.4f}, {y:.4f}]" for x, y in polygon)
        lines += [f"      - id: {name}", f"        polygon: [{corners_text}]", "        rules:"]
        lines += [f"          - {rule}" for rule in rules]
    return "\n".join(lines) + "\n"


def write(scene: Composition, recipe: Recipe, folder: Path, seconds: float | None = None) -> None:
    """Clip, labels and configuration into `folder`; labels last, so that a folder with labels is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    encode(
        scene.pictures(seconds), folder / "clip.mp4", quality=scene.quality, preset="veryfast", params=scene.params
    )  # fmt: skip
    (folder / "site.yaml").write_text(site(scene, recipe), "utf-8")
    text = json.dumps(labels(scene, recipe), indent=1, ensure_ascii=False)
    (folder / "labels.json").write_text(text + "\n", "utf-8")
