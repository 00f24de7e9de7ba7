"""The pictures we measure on, each with reference boxes by class: {class id: (N, 4) pixels}.

`rubbish_cn` (real labels for rubbish and bin; for what the teacher knows, boxes of a referee), `stalls` (real, coarse
boxes), `composed` (held-out sprites anywhere in the pictures of rubbish_cn), `bays` (held-out locks on open ground in
the same), `vtest` (OpenCV's sample, boxes of a referee).
A referee is a network that looks at the picture in a much larger size than the measured ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from training.paste import Sprite, draw_ground, paste
from training.prepare import parse_labels
from training.recipe import Recipe

REFEREE_SIZE = 896
REFEREE_MIN_SCORE = 0.45
COMPOSED_PER_PICTURE = 2
BAY_PLACES = 8
"""Of so many places the smoothest is taken where a thing is to stand on open ground, as a lock on its bay does."""


@dataclass(slots=True)
class TestPicture:
    name: str
    image: np.ndarray
    boxes: dict[int, np.ndarray] = field(default_factory=dict)
    look_alikes: dict[str, np.ndarray] = field(default_factory=dict)
    """Where things that are none of our classes were pasted, by what they are: (N, 4) pixels."""


Referee = Callable[[np.ndarray], dict[int, np.ndarray]]


def make_referee(weights: Path, recipe: Recipe) -> Referee:
    """Boxes of an Ultralytics model with COCO classes as our classes; larger members of merged classes win by NMS."""
    from ultralytics import YOLO

    from training.detector import merge_same

    model = YOLO(str(weights))
    ours = {name: one.id for one in recipe.classes for name in one.teachers}
    ids = {number: ours[name] for number, name in model.names.items() if name in ours}

    def referee(image: np.ndarray) -> dict[int, np.ndarray]:
        result = model.predict(image, imgsz=REFEREE_SIZE, conf=REFEREE_MIN_SCORE, verbose=False)[0]
        rows = result.boxes.data.cpu().numpy()
        rows = rows[np.isin(rows[:, 5].astype(int), list(ids))]
        rows[:, 5] = [ids[int(value)] for value in rows[:, 5]]
        rows = merge_same(rows)
        return {int(key): rows[rows[:, 5] == key][:, :4] for key in np.unique(rows[:, 5])}

    return referee


def add_referee_boxes(pictures: list[TestPicture], referee: Referee, cache: Path) -> None:
    """Add the referee's boxes to the pictures; kept in `cache`, because they cost a minute."""
    kept = json.loads(cache.read_text("utf-8")) if cache.exists() else {}
    for picture in pictures:
        if picture.name not in kept:
            kept[picture.name] = {key: boxes.round(1).tolist() for key, boxes in referee(picture.image).items()}
        for key, boxes in kept[picture.name].items():
            picture.boxes[int(key)] = np.array(boxes, float).reshape(-1, 4)
    cache.write_text(json.dumps(kept), "utf-8")


def labelled(data: Path, prefix: str) -> Iterator[TestPicture]:
    """The pictures of val.txt whose name begins with `prefix`, with the labels of their source."""
    for line in (data / "val.txt").read_text("utf-8").split():
        path = Path(line)
        if not path.name.startswith(prefix):
            continue
        image = cv2.imread(line)
        rows, columns = image.shape[:2]
        label = data / "labels" / "val" / f"{path.stem}.txt"
        boxes: dict[int, list[list[float]]] = {}
        for key, x, y, w, h in parse_labels(label.read_text("utf-8"), str(label)):
            corners = [(x - w / 2) * columns, (y - h / 2) * rows, (x + w / 2) * columns, (y + h / 2) * rows]
            boxes.setdefault(key, []).append(corners)
        yield TestPicture(path.stem, image, {key: np.array(value) for key, value in boxes.items()})


def composed(
    pictures: list[TestPicture], sprites: list[Sprite], recipe: Recipe, seed: int, places: int = 1
) -> list[TestPicture]:
    """Held-out sprites pasted into pictures: the same ones for the same seed. Only the pasted classes have boxes.

    With one place to choose from a thing may stand on a wall, a tree or a person; see `paste`.
    """
    rng = np.random.default_rng(seed)
    result = []
    for picture in pictures:
        if not sprites:
            break
        image, ground = picture.image, draw_ground(rng, picture.image.shape[0])
        taken = [tuple(box) for boxes in picture.boxes.values() for box in boxes]
        found: dict[int, list[tuple[float, ...]]] = {}
        for _ in range(COMPOSED_PER_PICTURE):
            sprite = sprites[int(rng.integers(len(sprites)))]
            done = paste(rng, image, ground, sprite, taken, places)
            if done is not None:
                image, box = done
                taken.append(box)
                found.setdefault(recipe.id_of(sprite.kind), []).append(box)
        if found:
            boxes = {key: np.array(value) for key, value in found.items()}
            result.append(TestPicture(f"composed-{picture.name}", image, boxes))
    return result


def with_look_alikes(pictures: list[TestPicture], sprites: list[Sprite], seed: int) -> list[TestPicture]:
    """Look-alikes pasted into pictures: the same ones for the same seed. Only `look_alikes` is told of them."""
    rng = np.random.default_rng(seed)
    result = []
    for picture in pictures if sprites else ():
        image, ground = picture.image, draw_ground(rng, picture.image.shape[0])
        taken = [tuple(box) for boxes in picture.boxes.values() for box in boxes]
        found: dict[str, list[tuple[float, ...]]] = {}
        for _ in range(COMPOSED_PER_PICTURE):
            sprite = sprites[int(rng.integers(len(sprites)))]
            done = paste(rng, image, ground, sprite, taken)
            if done is not None:
                image, box = done
                taken.append(box)
                found.setdefault(sprite.name.rpartition("-")[0], []).append(box)
        if found:
            boxes = {kind: np.array(value) for kind, value in found.items()}
            result.append(TestPicture(f"look-alikes-{picture.name}", image, look_alikes=boxes))
    return result


def video_frames(path: Path, every_s: float, most: int) -> Iterator[TestPicture]:
    """Frames of a video, one per `every_s` seconds, at most `most`."""
    video = cv2.VideoCapture(str(path))
    rate = video.get(cv2.CAP_PROP_FPS) or 25.0
    step, number, given = max(1, round(rate * every_s)), 0, 0
    while given < most and video.grab():
        if number % step == 0:
            good, image = video.retrieve()
            if good:
                given += 1
                yield TestPicture(f"{path.parent.name}-{path.stem}-{number}", image)
        number += 1
    video.release()
