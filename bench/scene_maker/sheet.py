"""A contact sheet: one picture of each scene, with the box of its label, as the clip shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from composing import Picture

TILE = (320, 240)
COLUMNS = 6


def write_sheet(folder: Path, out: Path, only: Sequence[str] = ("*",)) -> int:
    """A picture (JPEG or PNG) of all scenes in `folder` whose names fit; how many there are."""
    scenes = sorted({labels.parent for glob in only for labels in folder.glob(f"{glob}/labels.json")})
    tiles = [_tile(scene) for scene in scenes]
    if not tiles:
        return 0
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % min(COLUMNS, len(tiles)))
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(out), np.vstack(rows))
    return len(scenes)


def _tile(scene: Path) -> Picture:
    plain = json.loads((scene / "labels.json").read_text("utf-8"))
    events = plain["events"]
    clip = scene / "clip.mp4"
    with av.open(str(clip)) as container:
        length = float(container.duration or 0) / av.time_base
    at = events[0]["actor_out_of_view_s"] + 6 if events else length * 0.62
    picture = _at(clip, min(at, length - 1))
    height, width = picture.shape[:2]
    for event in events:
        x1, y1, x2, y2 = (round(v * s) for v, s in zip(event["bbox"], (width, height, width, height), strict=True))
        cv2.rectangle(picture, (x1 - 2, y1 - 2), (x2 + 1, y2 + 1), (0, 255, 255), 1)
    tile = cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA)
    for line, text in enumerate((scene.name, plain["note"].removeprefix("composed: ")[:52])):
        cv2.putText(tile, text, (4, 12 + 13 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(tile, text, (4, 12 + 13 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.36, (255, 255, 255), 1, cv2.LINE_AA)
    return tile


def _at(clip: Path, time: float) -> Picture:
    with av.open(str(clip)) as container:
        shown = None
        for frame in container.decode(video=0):
            shown = frame
            if frame.time is not None and frame.time >= time:
                break
        assert shown is not None
        return shown.to_ndarray(format="bgr24")
