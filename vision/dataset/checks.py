"""Is a set fit to train and to measure on? Broken rows, twins, and pictures that leak from one split into the other."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from vision.dataset.pictures import LISTING, Picture, PictureSet
from vision.sources import Image

NEAR_BITS = 3
"""Difference hashes no further apart are of one picture, cut or compressed anew (as in training/street_n.yaml)."""
FEW = 20
"""A class with fewer boxes in a split can hardly be learnt, or measured."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong. An `error` makes the set unusable, a `warning` makes results on it doubtful."""

    level: Literal["error", "warning"]
    where: str
    text: str


def check(pictures: PictureSet, classes: Collection[str]) -> list[Finding]:
    """All that is wrong with a set.

    Args:
        pictures: the set.
        classes: names that there are.
    """
    found: list[Finding] = []
    hashes: dict[int, int] = {}
    for number, picture in enumerate(pictures.pictures, 1):
        where = f"{pictures.folder / LISTING}:{number}"
        unknown = {one.name for one in (*picture.boxes, *picture.absent)} - set(classes)
        found += [Finding("error", where, f"{picture.file}: no class {name!r}") for name in sorted(unknown)]
        if not picture.boxes and not picture.absent:
            found.append(Finding("warning", where, f"{picture.file}: nothing is known of it, so it teaches nothing"))
        try:
            content = pictures.path(picture).read_bytes()
        except OSError as error:
            found.append(Finding("error", where, f"{picture.file}: {error.strerror}"))
            continue
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            found.append(Finding("error", where, f"{picture.file}: its content is not what was listed (sha256)"))
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
        if image is None:
            found.append(Finding("error", where, f"{picture.file}: no picture"))
            continue
        hashes[number] = difference_hash(image)
    return [*found, *_twins(pictures, hashes), *_leaks(pictures), *_balance(pictures, classes)]


def difference_hash(image: Image) -> int:
    """64-bit difference hash of a grey picture (H, W): one bit per horizontal neighbour pair of a 9×8 thumbnail."""
    small = cv2.resize(image, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def _twins(pictures: PictureSet, hashes: dict[int, int]) -> list[Finding]:
    """Pictures that are in both splits, or nearly; twins within one split are views of one camera, and no fault."""
    of_split = {
        split: [(number, code) for number, code in hashes.items() if pictures.pictures[number - 1].split == split]
        for split in ("train", "val")
    }
    return [
        Finding(
            "error",
            f"{pictures.folder / LISTING}:{number}",
            f"{_file(pictures, number)} (train) is all but the same picture as {_file(pictures, other)} (val)",
        )
        for number, code in of_split["train"]
        for other, held in of_split["val"]
        if (code ^ held).bit_count() <= NEAR_BITS
    ]


def _file(pictures: PictureSet, number: int) -> str:
    return pictures.pictures[number - 1].file


def _leaks(pictures: PictureSet) -> list[Finding]:
    splits: dict[str, set[str]] = defaultdict(set)
    for picture in pictures.pictures:
        splits[picture.source].add(picture.split)
    return [
        Finding("error", str(pictures.folder / LISTING), f"source {source}: its pictures are in both splits")
        for source, both in sorted(splits.items())
        if len(both) > 1
    ]


def _balance(pictures: PictureSet, classes: Collection[str]) -> list[Finding]:
    used = {one.name for picture in pictures.pictures for one in (*picture.boxes, *picture.absent)} & set(classes)
    found = []
    for split in ("train", "val"):
        boxes = Counter(one.name for picture in _in(pictures, split) for one in picture.boxes)
        few = [name for name in sorted(used) if boxes[name] < FEW]
        where = str(pictures.folder / LISTING)
        found += [
            Finding("warning", where, f"{split}: {boxes[name]} boxes of {name}, fewer than {FEW}") for name in few
        ]
    return found


def _in(pictures: PictureSet, split: str) -> list[Picture]:
    return [picture for picture in pictures.pictures if picture.split == split]
