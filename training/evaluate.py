"""Measure an exported model beside its teacher: AP per class, quiet on other people's scenes, speed.

    python training/evaluate.py --data DIR --teacher yolo26n-coco.pt --referee yolo11n-coco.pt
        [--model models/street-n/street-n.onnx] [--sprites DIR] [--vtest vtest.avi] [--quiet DIR] --out DIR

Both networks get the same picture, letterboxed to the recipe's input size. `--quiet` is a folder of <scene>/clip.*
in which there is no stall, no ground lock and no rubbish: the scores found there set the classes' min_score.
Writes report.json, report.md and min_scores.json to --out.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from training.average_precision import recall_precision, score_class
from training.dataset import sprites_of
from training.detector import ExportedDetector
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe
from training.surgery import load_teacher, teacher_columns
from training.test_sets import TestPicture, add_referee_boxes, composed, labelled, make_referee, video_frames

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


def markdown(report: dict[str, Any]) -> str:
    """The report as tables for the model card."""
    parts = []
    for title, rows in report["tables"].items():
        parts += [
            f"\n**{title}**\n",
            "| class | boxes | teacher AP50 / AP50-95 | street-n AP50 / AP50-95 |",
            "|---|---|---|---|",
        ]
        for row in rows:
            cells = [f"{row[n]['ap50']} / {row[n]['ap']}" if n in row else "–" for n in ("teacher", "street-n")]
            parts.append(f"| {row['class']} | {row['boxes']} | {cells[0]} | {cells[1]} |")
    if report["at_min_score"]:
        parts += [
            "\n**At the manifest's min_score**\n",
            "| set | class | min_score | recall | precision |",
            "|---|---|---|---|---|",
        ]
        parts += [
            f"| {r['set']} | {r['class']} | {r['min_score']} | {r['recall']} | {r['precision']} |"
            for r in report["at_min_score"]
        ]
    if report["quiet"]:
        parts += ["\n**Highest score on scenes without such things**\n"]
        parts += ["| scene | frames | " + " | ".join(QUIET_CLASSES) + " |", "|---|---|" + "---|" * len(QUIET_CLASSES)]
        parts += [
            f"| {name} | {scene['frames']} | " + " | ".join(str(scene[key]) for key in QUIET_CLASSES) + " |"
            for name, scene in report["quiet"].items()
        ]
    return "\n".join(parts) + "\n"


def _teacher_detector(recipe: Recipe, weights: Path, out: Path) -> ExportedDetector:
    from training.export import export_onnx

    path = out / "teacher.onnx"
    teacher = load_teacher(weights)
    if not path.exists():
        export_onnx(teacher, recipe, path)
    classes = {member: ours for ours, members in teacher_columns(teacher.names, recipe) for member in members}
    return ExportedDetector(path, recipe.width, recipe.height, classes)


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
    pasted = composed(streets, sprites_of(recipe, args.sprites, held_out=True), recipe, recipe.seed + 1)
    if pasted:
        sets["composed"] = pasted
    return sets


def evaluate(recipe: Recipe, args: argparse.Namespace) -> dict[str, Any]:
    args.out.mkdir(parents=True, exist_ok=True)
    ours = ExportedDetector(args.model, recipe.width, recipe.height)
    teacher = _teacher_detector(recipe, args.teacher, args.out)
    sets = build_sets(recipe, args)
    found = {name: {"street-n": detections(ours, pictures)} for name, pictures in sets.items()}
    for name in ("streets", "vtest"):
        if name in sets:
            found[name]["teacher"] = detections(teacher, sets[name])
    new = [one.id for one in recipe.classes if not one.teachers]
    known = [one.id for one in recipe.classes if one.teachers]
    tables = {
        "rubbish_cn val, real labels": table(recipe, sets["streets"], found["streets"], new),
        "rubbish_cn val, boxes of the referee": table(recipe, sets["streets"], found["streets"], known),
        "stalls held out by repository, coarse real boxes": table(recipe, sets["stalls"], found["stalls"], new),
    }
    if "vtest" in sets:
        tables["vtest.avi, boxes of the referee"] = table(recipe, sets["vtest"], found["vtest"], known)
    if "composed" in sets:
        tables["composed, held-out rendered things in held-out pictures"] = table(
            recipe, sets["composed"], found["composed"], [recipe.id_of(n) for n in ("tricycle", "stall", "ground_lock")]
        )
    quiet = quiet_scores(recipe, ours, args.quiet) if args.quiet else {}
    scores = choose_min_scores(recipe, quiet)
    return {
        "model": args.model.name,
        "input": [recipe.width, recipe.height],
        "tables": tables,
        "quiet": quiet,
        "min_scores": scores,
        "at_min_score": _at_min_score(recipe, sets, found, scores),
    }


def _at_min_score(
    recipe: Recipe,
    sets: dict[str, list[TestPicture]],
    found: dict[str, dict[str, list[np.ndarray]]],
    scores: dict[str, float],
) -> list[dict[str, Any]]:
    rows = []
    pairs = [("streets", "rubbish"), ("streets", "bin"), ("streets", "person"), ("stalls", "stall")]
    pairs += [("composed", name) for name in ("tricycle", "stall", "ground_lock")]
    for where, name in pairs:
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
    (args.out / "report.md").write_text(markdown(report), "utf-8")
    (args.out / "min_scores.json").write_text(json.dumps(report["min_scores"], indent=1) + "\n", "utf-8")
    print(markdown(report))  # noqa: T201


if __name__ == "__main__":
    main()
