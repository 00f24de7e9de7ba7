"""Make docs/case.jpg, the README's picture: before, act and after of the sample clip's case, from a real replay.

.venv/bin/python docs/case_picture.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
HEIGHT = 360


def main() -> None:
    """Replay, then lay the three pictures side by side; the case's box is drawn into the last one."""
    scene = ROOT / "sample_clips" / "dumping"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "events.jsonl"
        replay = [str(scene / "clip.mp4"), "-c", str(scene / "site.yaml"), "--out", str(out), "--evidence", folder]
        subprocess.run([sys.executable, "-m", "vision.cli", "replay", *replay], check=True)
        event = json.loads(out.read_text("utf-8").splitlines()[0])
        stills = {item["role"]: unquote(urlsplit(item["uri"]).path) for item in event["evidence"]}
        pictures = [cv2.imread(stills[role]) for role in ("before", "act", "after")]
    height, width = pictures[2].shape[:2]
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(event["bbox"], (width, height) * 2, strict=True))
    cv2.rectangle(pictures[2], (x1 - 5, y1 - 5), (x2 + 5, y2 + 5), (40, 40, 230), 2)
    size = (round(width * HEIGHT / height), HEIGHT)
    gap = np.full((HEIGHT, 6, 3), 255, np.uint8)
    row: list[np.ndarray] = []
    for picture in pictures:
        row += [cv2.resize(picture, size, interpolation=cv2.INTER_AREA), gap]
    cv2.imwrite(str(ROOT / "docs" / "case.jpg"), np.hstack(row[:-1]), [cv2.IMWRITE_JPEG_QUALITY, 84])


if __name__ == "__main__":
    main()
