"""Measure an exported model beside its teacher: AP per class, quiet on other people's scenes, speed.

    python training/evaluate.py --data DIR --teacher yolo26n-coco.pt --referee yolo11n-coco.pt
        [--model models/street-n/street-n.onnx] [--sprites DIR] [--vtest vtest.avi] [--quiet DIR] --out DIR

Both networks get the same picture, letterboxed to the recipe's input size. `--quiet` is a folder of <scene>/clip.*
in which there is no stall, no ground lock and no rubbish: the scores found there set the classes' min_score.
Writes report.json, report.md, reliability.png and min_scores.json to --out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from training.average_precision import IOUS, iou_matrix, recall_precision, score_class
from training.crops import teacher_detector
from training.dataset import look_alikes_of, sprites_of
from training.detector import ExportedDetector
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe
from training.reliability import Reliability, plot, reliability
from training.report import markdown
from training.test_sets import (
    BAY_PLACES,
    TestPicture,
    add_referee_boxes,
    composed,
    labelled,
    make_referee,
    video_frames,
    with_look_alikes,
)  # fmt: skip

DEFAULT_MIN_SCORE = 0.35
NEW_MIN_SCORE = 0.4
QUIET_FLOOR = 0.25
"""A class whose min_score the quiet scenes set does not go below this, however silent they were."""
QUIET_MARGIN = 0.05
"""A new class's min_score stands this much above the highest score that it reached on the quiet scenes."""
QUIET_CLASSES = ("stall", "ground_lock", "rubbish", "tricycle", "bin")
STRICT_CLASSES = ("stall", "ground_lock", "rubbish", "tricycle")
"""Classes whose min_score must lie above the quiet scenes; a bin may well stand in one of them."""
HIGHEST_MIN_SCORE = 0.85
PASTED = ("tricycle", "stall", "ground_lock")
COMPOSED = {
    "composed": "composed, held-out rendered things in held-out pictures",
    "bays": "bays, held-out rendered locks on open ground in held-out pictures",
}
MEASURED = (
    ("streets", "rubbish"),
    ("streets", "bin"),
    ("streets", "person"),
    ("stalls", "stall"),
    *(("composed", name) for name in PASTED),
    ("bays", "ground_lock"),
)
"""Set and class of which recall, precision and reliability are told."""
SIZES = (("small", 0.0, 32.0), ("medium", 32.0, 96.0), ("large", 96.0, 1e9))
"""COCO's: side of a square of the box's area."""


def detections(detector: ExportedDetector, pictures: list[TestPicture]) -> list[np.ndarray]:
    return [detector.find(picture.image) for picture in pictures]


def by_class(rows: list[np.ndarray], key: int) -> list[np.ndarray]:
    return [found[found[:, 5] == key][:, :5] for found in rows]


def table(
    recipe: Recipe, pictures: list[TestPicture], found: dict[str, list[np.ndarray]], wanted: list[int] | None = None
) -> list[dict[str, Any]]:
    """One row per class that has a reference box: boxes, and AP50 / AP50-95 in per cent for each model."""
    rows = []
    for one in recipe.classes:
        if wanted is not None and one.id not in wanted:
            continue
        labels = [picture.boxes.get(one.id, np.zeros((0, 4))) for picture in pictures]
        count = sum(len(boxes) for boxes in labels)
        if count == 0:
            continue
        row: dict[str, Any] = {"class": one.name, "boxes": count}
        for name, results in found.items():
            if name == "teacher" and not one.teachers:
                continue
            score = score_class(by_class(results, one.id), labels)
            row[name] = {"ap50": round(100 * score.ap50, 1), "ap": round(100 * score.ap, 1)}
        rows.append(row)
    return rows


def by_size(
    recipe: Recipe, pictures: list[TestPicture], found: list[np.ndarray], wanted: list[int]
) -> list[dict[str, Any]]:
    """AP50 of each class for small, medium and large boxes, by COCO's bounds, in pixels of the network's input."""
    rows = []
    for key in wanted:
        row: dict[str, Any] = {"class": recipe.classes[key].name}
        for name, least, most in SIZES:
            kept, labels = [], []
            for picture, boxes in zip(pictures, by_class(found, key), strict=True):
                scale = min(recipe.width / picture.image.shape[1], recipe.height / picture.image.shape[0])
                real = picture.boxes.get(key, np.zeros((0, 4)))
                inside = _between(real, scale, least, most)
                # A box on a label of another size is neither right nor wrong here.
                elsewhere = real[~inside]
                on_other = iou_matrix(boxes[:, :4], elsewhere).max(1, initial=0) >= IOUS[0]
                kept.append(boxes[_between(boxes, scale, least, most) & ~on_other])
                labels.append(real[inside])
            count = sum(len(boxes) for boxes in labels)
            row[name] = {"boxes": count, "ap50": round(100 * score_class(kept, labels).ap50, 1) if count else None}
        rows.append(row)
    return rows


def _between(boxes: np.ndarray, scale: float, least: float, most: float) -> np.ndarray:
    side = np.sqrt(np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)) * scale
    return (side >= least) & (side < most)


def confused(
    recipe: Recipe, detector: ExportedDetector, pictures: list[TestPicture], scores: dict[str, float]
) -> list[dict[str, Any]]:
    """For each kind of look-alike, the share of pasted ones that each new class fires on at its min_score."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for picture in pictures:
        found = detector.find(picture.image)
        for kind, boxes in picture.look_alikes.items():
            counts[kind]["pasted"] += len(boxes)
            for name in QUIET_CLASSES:
                loud = found[(found[:, 5] == recipe.id_of(name)) & (found[:, 4] >= scores[name])]
                hit = iou_matrix(boxes, loud[:, :4]).max(1, initial=0) >= IOUS[0]
                counts[kind][name] += int(hit.sum())
    return [
        {"look_alike": kind, "pasted": count["pasted"]}
        | {name: round(count[name] / count["pasted"], 3) for name in QUIET_CLASSES}
        for kind, count in sorted(counts.items())
    ]


def quiet_scores(recipe: Recipe, detector: ExportedDetector, folder: Path) -> dict[str, dict[str, Any]]:
    """Per scene: frames looked at, and the highest score of each class of QUIET_CLASSES."""
    result: dict[str, dict[str, Any]] = {}
    for clip in sorted(folder.glob("*/clip.*")):
        best, frames = dict.fromkeys(QUIET_CLASSES, 0.0), 0
        for picture in video_frames(clip, 1.0, 60):
            found, frames = detector.find(picture.image), frames + 1
            for name in QUIET_CLASSES:
                scores = found[found[:, 5] == recipe.id_of(name)][:, 4]
                best[name] = max(best[name], float(scores.max(initial=0.0)))
        result[clip.parent.name] = {"frames": frames, **{name: round(value, 3) for name, value in best.items()}}
    return result


def choose_min_scores(recipe: Recipe, quiet: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The default for what the teacher knew; for new classes above everything that the quiet scenes brought up."""
    scores = {one.name: DEFAULT_MIN_SCORE if one.teachers else NEW_MIN_SCORE for one in recipe.classes}
    for name in STRICT_CLASSES:
        loudest = max((scene[name] for scene in quiet.values()), default=0.0)
        scores[name] = round(min(HIGHEST_MIN_SCORE, max(QUIET_FLOOR, loudest + QUIET_MARGIN)), 2)
    return scores


def build_sets(recipe: Recipe, args: argparse.Namespace) -> dict[str, list[TestPicture]]:
    """All test sets that the arguments allow, with their reference boxes."""
    streets, stalls = list(labelled(args.data, "rubbish_cn")), list(labelled(args.data, "stalls"))
    if args.only:
        streets = streets[: args.only]
    referee = make_referee(args.referee, recipe)
    add_referee_boxes(streets, referee, args.out / "referee-streets.json")
    sets = {"streets": streets, "stalls": stalls}
    if args.vtest:
        frames = list(video_frames(args.vtest, 2.0, 40))
        add_referee_boxes(frames, referee, args.out / "referee-vtest.json")
        sets["vtest"] = frames
    sprites = sprites_of(recipe, args.sprites, held_out=True)
    locks = [sprite for sprite in sprites if sprite.kind == "ground_lock"]
    sets["composed"] = composed(streets, sprites, recipe, recipe.seed + 1)
    sets["bays"] = composed(streets, locks, recipe, recipe.seed + 3, BAY_PLACES)
    return {name: pictures for name, pictures in sets.items() if pictures}


def evaluate(recipe: Recipe, args: argparse.Namespace) -> dict[str, Any]:
    args.out.mkdir(parents=True, exist_ok=True)
    names = [one.name for one in recipe.classes]
    ours = ExportedDetector(args.model, recipe.width, recipe.height, overview=recipe.overview, names=names)
    once = None if recipe.overview is None else ExportedDetector(args.model, recipe.width, recipe.height)
    teacher = teacher_detector(recipe, args.teacher, args.out, recipe.width, recipe.height)
    sets = build_sets(recipe, args)
    found = {name: {"street-n": detections(ours, pictures)} for name, pictures in sets.items()}
    for name in ("streets", "vtest"):
        if name in sets:
            found[name]["teacher"] = detections(teacher, sets[name])
    for name, pictures in sets.items() if once is not None else ():
        found[name]["one look"] = detections(once, pictures)
    new = [one.id for one in recipe.classes if not one.teachers]
    known = [one.id for one in recipe.classes if one.teachers]
    tables = {
        "rubbish_cn val, real labels": table(recipe, sets["streets"], found["streets"], new),
        "rubbish_cn val, boxes of the referee": table(recipe, sets["streets"], found["streets"], known),
    }
    if "stalls" in sets:
        tables["stalls held out by repository, coarse real boxes"] = table(recipe, sets["stalls"], found["stalls"], new)
    if "vtest" in sets:
        tables["vtest.avi, boxes of the referee"] = table(recipe, sets["vtest"], found["vtest"], known)
    pasted = [recipe.id_of(name) for name in PASTED]
    for where, title in COMPOSED.items():
        if where in sets:
            tables[title] = table(recipe, sets[where], found[where], pasted)
    sized = {
        "rubbish_cn val": by_size(
            recipe, sets["streets"], found["streets"]["street-n"], [recipe.id_of("rubbish"), recipe.id_of("bin")]
        )
    }
    for where in COMPOSED:
        if where in sets:
            sized[where] = by_size(recipe, sets[where], found[where]["street-n"], pasted)
    believed = _reliability(recipe, sets, found)
    plot({f"{name}, {where}": one for (where, name), one in believed.items()}, args.out / "reliability.png")
    lures = with_look_alikes(sets["streets"], look_alikes_of(recipe, args.sprites), recipe.seed + 2)
    quiet = quiet_scores(recipe, ours, args.quiet) if args.quiet else {}
    scores = choose_min_scores(recipe, quiet)
    return {
        "model": args.model.name,
        "input": [recipe.width, recipe.height],
        "tables": tables,
        "quiet": quiet,
        "min_scores": scores,
        "at_min_score": _at_min_score(recipe, sets, found, scores),
        "by_size": sized,
        "reliability": {f"{name}, {where}": asdict(one) for (where, name), one in believed.items()},
        "look_alikes": confused(recipe, ours, lures, scores),
    }


def _reliability(
    recipe: Recipe, sets: dict[str, list[TestPicture]], found: dict[str, dict[str, list[np.ndarray]]]
) -> dict[tuple[str, str], Reliability]:
    done = {}
    for where, name in MEASURED:
        if where in sets:
            key = recipe.id_of(name)
            labels = [picture.boxes.get(key, np.zeros((0, 4))) for picture in sets[where]]
            done[where, name] = reliability(by_class(found[where]["street-n"], key), labels)
    return done


def _at_min_score(
    recipe: Recipe,
    sets: dict[str, list[TestPicture]],
    found: dict[str, dict[str, list[np.ndarray]]],
    scores: dict[str, float],
) -> list[dict[str, Any]]:
    rows = []
    for where, name in MEASURED:
        if where not in sets:
            continue
        key = recipe.id_of(name)
        labels = [picture.boxes.get(key, np.zeros((0, 4))) for picture in sets[where]]
        recall, precision = recall_precision(by_class(found[where]["street-n"], key), labels, scores[name])
        row = {"set": where, "class": name, "min_score": scores[name]}
        rows.append({**row, "recall": round(recall, 2), "precision": round(precision, 2)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--model", type=Path, default=Path("models/street-n/street-n.onnx"))
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--referee", type=Path, required=True, help="another COCO model, used at a large input size")
    parser.add_argument("--data", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--sprites", type=Path)
    parser.add_argument("--vtest", type=Path)
    parser.add_argument("--quiet", type=Path)
    parser.add_argument("--only", type=int, help="only the first N street pictures, for a quick look")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    report = evaluate(load_recipe(args.recipe), args)
    (args.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (args.out / "report.md").write_text(markdown(report, QUIET_CLASSES), "utf-8")
    (args.out / "min_scores.json").write_text(json.dumps(report["min_scores"], indent=1) + "\n", "utf-8")
    print(markdown(report, QUIET_CLASSES))  # noqa: T201


if __name__ == "__main__":
    main()
