"""Head surgery: the teacher's 80 COCO classes become the classes of the street, without a training step.

Backbone, neck, box heads and the hidden layers of the class heads stay as they are; only the last 1×1 convolution of
each class head is cut: one row (weights and bias) per class of ours. Done in both branches, one-to-many (which trains
the neck) and one-to-one (which answers). People and vehicles start at exactly the teacher's scores.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from pathlib import Path

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel, load_checkpoint

from training.recipe import Recipe, RecipeError, StreetClass

NEW_CLASS_BIAS = -7.0
"""Logit of a class that has not been taught: a score of 0.1 %, so that an untrained class is silent. The teacher's own
biases lie between -6 and -13."""
NEW_CLASS_WEIGHT = 0.3
"""How much of the look-alikes' weights a new class starts with: enough of a direction, too little to fire."""


def load_teacher(path: Path) -> DetectionModel:
    """The teacher in float32, both branches, on the CPU."""
    model, _ = load_checkpoint(str(path))
    return model.float()


def class_rows(
    weight: torch.Tensor, bias: torch.Tensor, teacher_names: dict[int, str], classes: Sequence[StreetClass]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of a class convolution, from (80, C, 1, 1) and (80,) to (len(classes), C, 1, 1) and (len(classes),).

    Raises RecipeError for a name that the teacher does not know.
    """
    index = {name: number for number, name in teacher_names.items()}
    rows, biases = [], []
    for one in classes:
        wanted = one.teachers or one.like
        unknown = [name for name in wanted if name not in index]
        if unknown:
            raise RecipeError(f"class {one.name}: the teacher has no class {unknown[0]!r}")
        if one.teachers:
            rows.append(weight[index[one.teachers[0]]])
            biases.append(bias[index[one.teachers[0]]])
        else:
            rows.append(weight[[index[name] for name in one.like]].mean(0) * NEW_CLASS_WEIGHT)
            biases.append(bias.new_tensor(NEW_CLASS_BIAS))
    return torch.stack(rows), torch.stack(biases)


def _cut(conv: nn.Conv2d, teacher_names: dict[int, str], classes: Sequence[StreetClass]) -> nn.Conv2d:
    weight, bias = class_rows(conv.weight.data, conv.bias.data, teacher_names, classes)
    new = nn.Conv2d(conv.in_channels, len(classes), 1)
    new.weight.data.copy_(weight)
    new.bias.data.copy_(bias)
    return new


def street_model(teacher: DetectionModel, recipe: Recipe) -> DetectionModel:
    """A copy of the teacher whose class heads answer with the recipe's classes; the teacher is not changed."""
    model = copy.deepcopy(teacher)
    head = model.model[-1]
    for branch in (head.cv3, head.one2one_cv3):
        for level in branch:
            level[-1] = _cut(level[-1], teacher.names, recipe.classes)
    head.nc = len(recipe.classes)
    head.no = head.nc + 4 * head.reg_max
    head.end2end = True
    model.names = dict(recipe.names)
    model.nc = head.nc
    model.yaml = {**model.yaml, "nc": head.nc}
    return model


def teacher_columns(teacher_names: dict[int, str], recipe: Recipe) -> list[tuple[int, list[int]]]:
    """For each class of ours that the teacher knows: our id and the teacher's ids whose largest score teaches it."""
    index = {name: number for number, name in teacher_names.items()}
    return [(one.id, [index[name] for name in one.teachers]) for one in recipe.classes if one.teachers]


def blend(trained: DetectionModel, start: DetectionModel, share: float, kept: Collection[int] = ()) -> DetectionModel:
    """The trained weights, moved by `share` (0..1) back towards those they started from.

    `kept` are ids of classes that `start` does not know: their rows stay as trained.

    Between two networks with one origin the way is smooth; a little of the old weights often brings back more of what
    was known than it costs of what was learned (Wortsman et al., Robust fine-tuning of zero-shot models, 2022).
    """
    model = copy.deepcopy(trained)
    old = start.state_dict()
    count, rows = trained.model[-1].nc, list(kept)
    mixed = {}
    for name, value in model.state_dict().items():
        if not value.dtype.is_floating_point:
            mixed[name] = value
            continue
        mixed[name] = torch.lerp(value, old[name], share)
        if "cv3" in name and value.shape[0] == count:
            mixed[name][rows] = value[rows]
    model.load_state_dict(mixed)
    return model
