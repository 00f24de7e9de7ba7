"""Train street-n: the teacher with a new head, on labelled, pasted and teacher-scored pictures.

    python training/train.py --teacher yolo26n-coco.pt --data DIR --run DIR --epochs 10 [--minutes 40] [--sprites DIR]

A run folder holds last.pt (weights, average, optimizer, step: --resume goes on from it), curves.csv and compute.json.
"""

from __future__ import annotations

import argparse
import copy
import csv
import json
import math
import os
import platform
import random
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils import DEFAULT_CFG_DICT, IterableSimpleNamespace

from training.crops import load_crops, load_seen
from training.dataset import StreetDataset, look_alikes_of, sprites_of, with_cuts
from training.loss import FrozenTeacher, Solid, StreetLoss
from training.paste import load_sprites
from training.recipe import DEFAULT_RECIPE, Recipe, load_recipe
from training.surgery import load_teacher, street_model
from vision.detect.hardware import probe_hardware

TRUNK_LAYERS = 10
FINAL_LR_SHARE = 0.01
LOG_EVERY = 20
SAVE_EVERY = 100
CURVES = ("step", "epoch", "seconds", "lr", "box", "class", "distance")


@dataclass(slots=True)
class Run:
    """What a checkpoint holds."""

    model: DetectionModel
    average: DetectionModel
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


def trainable(model: DetectionModel, freeze: int) -> dict[str, list[nn.Parameter]]:
    """Freeze the first layers; return what learns: the rest of the trunk, neck and box heads (body), class heads."""
    groups: dict[str, list[nn.Parameter]] = {"trunk": [], "body": [], "heads": []}
    last = len(model.model) - 1
    for name, parameter in model.named_parameters():
        layer = int(name.split(".")[1])
        parameter.requires_grad = layer >= freeze
        if parameter.requires_grad:
            part = "trunk" if layer < TRUNK_LAYERS else "heads" if layer == last and "cv3" in name else "body"
            groups[part].append(parameter)
    return groups


def freeze_statistics(model: nn.Module) -> None:
    """Keep the batch-norm means and variances of the teacher: small batches of mosaics are not what a camera shows."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def learning_rate_share(step: int, steps: int, warmup: int) -> float:
    """Factor on the learning rate: a linear warm-up, then a cosine down to FINAL_LR_SHARE."""
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return FINAL_LR_SHARE + (1 - FINAL_LR_SHARE) * (1 + math.cos(math.pi * done)) / 2


def update_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average of the weights, faster at the start."""
    share = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.mul_(share).add_(new.detach(), alpha=1 - share)


def begin(recipe: Recipe, teacher: DetectionModel, start: Path | None) -> Run:
    """A fresh run: from the teacher by surgery, or from the weights of an earlier stage or release."""
    model = street_model(teacher, recipe) if start is None else load_teacher(start)
    groups = trainable(model, int(recipe.train["freeze"]))
    rates = {"trunk": "lr_trunk", "body": "lr", "heads": "lr_head"}
    optimizer = torch.optim.AdamW(
        [{"params": members, "base": recipe.train[rates[part]]} for part, members in groups.items() if members],
        lr=recipe.train["lr"],
        weight_decay=recipe.train["weight_decay"],
    )
    return Run(model, copy.deepcopy(model).requires_grad_(False), optimizer)


def save(run: Run, path: Path) -> None:
    """Write a checkpoint so that a crash in the middle leaves the former one."""
    model = copy.deepcopy(run.model)
    for module in model.modules():
        module._forward_hooks.clear()
    content = {
        "model": model,
        "average": run.average,
        "ema": run.average,
        "optimizer": run.optimizer.state_dict(),
        "step": run.step,
        "seconds": run.seconds,
    }
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


def resume(recipe: Recipe, teacher: DetectionModel, path: Path) -> Run:
    """Continue a run from its last checkpoint."""
    content = torch.load(path, map_location="cpu", weights_only=False)
    run = begin(recipe, teacher, None)
    run.model.load_state_dict(content["model"].state_dict())
    run.average.load_state_dict(content["average"].state_dict())
    run.optimizer.load_state_dict(content["optimizer"])
    run.step, run.seconds = content["step"], content["seconds"]
    return run


def _loader(recipe: Recipe, args: argparse.Namespace, groups: int) -> DataLoader:
    shares = dict(recipe.data.get("cut", {}))
    cuts = load_sprites(args.data / "crops", {name: name for name in shares})
    dataset = StreetDataset(
        recipe,
        args.data / "train.txt",
        groups,
        with_cuts(sprites_of(recipe, args.sprites, held_out=False), cuts, shares),
        load_crops(args.data / "crops"),
        look_alikes_of(recipe, args.sprites),
        load_seen(args.data),
        cache="ram",
    )

    def seed_worker(_worker: int) -> None:
        seed = torch.initial_seed() % 2**32
        random.seed(seed)
        np.random.seed(seed)
        dataset.rng = np.random.default_rng(seed)

    order = torch.Generator().manual_seed(recipe.seed)
    return DataLoader(
        dataset,
        batch_size=int(recipe.train["batch"]),
        shuffle=True,
        drop_last=True,
        num_workers=args.workers,
        collate_fn=dataset.collate_fn,
        worker_init_fn=seed_worker,
        generator=order,
    )


def train(recipe: Recipe, args: argparse.Namespace) -> None:
    random.seed(recipe.seed)
    np.random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(args.threads)
    args.run.mkdir(parents=True, exist_ok=True)
    last = args.run / "last.pt"
    teacher = load_teacher(args.teacher)
    run = resume(recipe, teacher, last) if args.resume and last.exists() else begin(recipe, teacher, args.start)
    run.model.args = IterableSimpleNamespace(**{**DEFAULT_CFG_DICT, **recipe.train["gains"]})
    groups = json.loads((args.data / "groups.json").read_text("utf-8"))
    frozen = FrozenTeacher(teacher, run.model, recipe, int(recipe.train["freeze"]))
    gains = {recipe.id_of(name): float(gain) for name, gain in recipe.train.get("class_gains", {}).items()}
    criterion = StreetLoss(run.model, frozen.ids, groups, gains, Solid.of(recipe))
    for module in (run.model, frozen):
        module.to(memory_format=torch.channels_last)
    loader = _loader(recipe, args, len(groups))
    steps = args.epochs * len(loader)
    run.model.train()
    freeze_statistics(run.model)
    curves = open_curves(args.run / "curves.csv", run.step)
    writer = csv.writer(curves)
    began, before, sums = time.monotonic(), run.seconds, torch.zeros(3)
    first_step = run.step
    while run.step < steps:
        for batch in loader:
            elapsed = time.monotonic() - began
            # When the time runs out before the epochs do, the cosine runs on time instead, so that it still ends low.
            progress = max(run.step / steps, (before + elapsed) / (args.minutes * 60) if args.minutes else 0.0)
            if progress >= 1:
                break
            share = learning_rate_share(round(progress * steps), steps, 0)
            share *= min(1.0, (run.step + 1) / recipe.train["warmup_steps"])
            for group in run.optimizer.param_groups:
                group["lr"] = group["base"] * share
            _step(run, frozen, criterion, batch, recipe, sums)
            run.seconds = before + time.monotonic() - began
            if run.step % LOG_EVERY == 0:
                mean = (sums / LOG_EVERY).tolist()
                sums.zero_()
                place = [run.step, f"{run.step / len(loader):.2f}", f"{run.seconds:.0f}", f"{share:.4f}"]
                writer.writerow([*place, *(f"{value:.4f}" for value in mean)])
                curves.flush()
            if run.step % SAVE_EVERY == 0:
                save(run, last)
        else:
            continue
        break
    save(run, last)
    curves.close()
    _report(recipe, args, run, first_step, len(loader))


def open_curves(path: Path, step: int) -> TextIO:
    """The curves up to `step`, opened to go on: rows that a resumed run will write again are taken out."""
    kept = [",".join(CURVES)]
    if path.exists():
        rows = path.read_text("utf-8").splitlines()[1:]
        kept += [row for row in rows if int(row.split(",")[0]) <= step]
    path.write_text("\n".join(kept) + "\n", "utf-8")
    return path.open("a", newline="", encoding="utf-8")


@cache
def in_bf16(precision: str) -> bool:
    """Whether to convolve in bfloat16: as asked for, or with `auto` where the processor does not emulate it."""
    return probe_hardware().has_bf16 if precision == "auto" else precision == "bf16"


def _step(
    run: Run, frozen: FrozenTeacher, criterion: StreetLoss, batch: dict[str, Any], recipe: Recipe, sums: torch.Tensor
) -> None:
    images = (batch["img"].float() / 255).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=in_bf16(str(recipe.train["precision"]))):
        preds, taught = run.model(images), frozen()
    loss, items = criterion(preds, taught, batch)
    run.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    parameters = [p for group in run.optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(parameters, recipe.train["clip"])
    run.optimizer.step()
    run.step += 1
    update_average(run.average, run.model, recipe.train["ema"], run.step)
    sums += items


def _report(recipe: Recipe, args: argparse.Namespace, run: Run, first_step: int, per_epoch: int) -> None:
    pictures = (run.step - first_step) * int(recipe.train["batch"])
    report = {
        "processor": platform.processor() or platform.machine(),
        "threads": args.threads,
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "steps": run.step,
        "epochs": round(run.step / per_epoch, 2),
        "pictures_this_call": pictures,
        "wall_minutes": round(run.seconds / 60, 1),
        "seconds_per_picture": round(run.seconds / max(1, run.step * int(recipe.train["batch"])), 4),
        "sprites": str(len(list(args.sprites.glob("*.png"))) if args.sprites and args.sprites.is_dir() else 0),
    }
    (args.run / "compute.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
    parser.add_argument("--teacher", type=Path, required=True, help="YOLO26n with COCO weights, both branches")
    parser.add_argument("--data", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--sprites", type=Path, help="folder of rendered cut-outs, <kind>-NN.png")
    parser.add_argument(
        "--start",
        type=Path,
        help="last.pt of an earlier stage, or exported weights with this class list (models/street-n/street-n.pt)",
    )
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--minutes", type=float, help="stop after this wall time; the learning rate ends with it")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    train(load_recipe(args.recipe), args)


if __name__ == "__main__":
    main()
