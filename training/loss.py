"""What a step learns from: boxes for the new classes, the teacher for the classes it knows.

Pictures labelled for rubbish hold people and cars that nobody boxed. Instead of fixed pseudo-labels with a threshold,
the frozen teacher looks at the very same augmented picture in the same step, and its scores (0..1, at every anchor of
both branches) are the targets of the classes it knows; its boxes hold the boxes. Where a label says more than the
teacher, the larger of the two is the target. The teacher costs little: the student's trunk is frozen, so the teacher's
neck and head run on the student's own trunk features.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import v8DetectionLoss
from ultralytics.utils.metrics import bbox_iou
from ultralytics.utils.tal import make_anchors

from training.recipe import Recipe
from training.surgery import teacher_columns

BOX_TEACHER_FLOOR = 0.05
"""Anchors where the teacher's best score is below this do not hold the student's box."""

HOLD_GAIN = 3.0
"""Weight of the teacher's boxes beside the labelled ones. With 1.0, people lost 6 points of AP50-95 in three epochs but
only 2 of AP50: the boxes drifted, not the scores."""
KNOWN_GAIN = 2.0
"""Weight of the teacher's classes in the class loss: few of the training pictures show many people."""
GAIN_FLOOR = 0.05
"""A class's own gain (`class_gains` in the recipe) counts at anchors whose target is above this: where the thing is,
not in all the places where it is not, of which there are thousands for each."""

SAME_THING_IOU = 0.5
"""Where the teacher's box overlaps a label of its class so much, both mean one thing."""

MIDDLE = 0.8
"""Share of a thing's width and height in which it is no other thing: at the rim of its box another one may begin."""

Outputs = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Solid:
    """Things that are no person and no vehicle, whatever the teacher guesses of them: it does not know them."""

    things: tuple[int, ...] = ()
    """Class ids whose middle is solid: a sack, a lock. Not a stall: its vendor stands in its box."""
    never: tuple[int, ...] = ()
    """Class ids of the teacher's that are not believed there..."""
    below: float = 0.5
    """...unless its score (0..1) is at least this: somebody may stand in front."""

    @classmethod
    def of(cls, recipe: Recipe) -> Solid:
        """As `train.solid` of the recipe has it, by class names; none without it."""
        wanted = recipe.train.get("solid")
        if not wanted:
            return cls()
        things, never = (tuple(recipe.id_of(name) for name in wanted[key]) for key in ("things", "never"))
        return cls(things, never, float(wanted["below"]))


class FrozenTeacher(nn.Module):
    """The teacher's neck and head, run on the trunk features of the student (layers before `cut` are shared)."""

    def __init__(self, teacher: DetectionModel, student: DetectionModel, recipe: Recipe, cut: int) -> None:
        super().__init__()
        self.layers = copy.deepcopy(teacher.model[cut:]).eval().requires_grad_(False)
        self.cut = cut
        self.columns = teacher_columns(teacher.names, recipe)
        self.ids = [ours for ours, _ in self.columns]
        needed = {index for layer in self.layers for index in ([layer.f] if isinstance(layer.f, int) else layer.f)}
        self.needed = sorted({index for index in needed if 0 <= index < cut} | {cut - 1})
        self.features: dict[int, torch.Tensor] = {}
        for index in self.needed:
            student.model[index].register_forward_hook(self._keep(index))

    def _keep(self, index: int) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
            self.features[index] = output.detach()

        return hook

    @torch.no_grad()
    def forward(self) -> dict[str, Outputs]:
        """Outputs of both branches, {"scores": (B, classes known, A) 0..1, "boxes": (B, 4, A)}, for the last batch."""
        outputs: dict[int, torch.Tensor] = dict(self.features)
        x: Any = self.features[self.cut - 1]
        for layer in self.layers[:-1]:
            if layer.f != -1:
                x = [x if i == -1 else outputs[i] for i in layer.f] if isinstance(layer.f, list) else outputs[layer.f]
            x = layer(x)
            outputs[layer.i] = x
        head = self.layers[-1]
        levels = [outputs[i] for i in head.f]
        result = {}
        for name, branch in (("one2many", head.one2many), ("one2one", head.one2one)):
            raw = head.forward_head(levels, **branch)
            scores = raw["scores"].sigmoid()
            best = torch.stack([scores[:, members].amax(1) for _, members in self.columns], 1)
            result[name] = {"scores": best, "boxes": raw["boxes"]}
        return result


def _inside(anchors: torch.Tensor, box: torch.Tensor) -> torch.Tensor:
    """(A,) bool: which anchors lie in a box (centre x, y, width, height), all in pixels."""
    return ((anchors - box[:2]).abs() <= box[2:] / 2).all(1)


class BranchLoss(v8DetectionLoss):
    """Loss of one branch; see the module's text. `groups` are the class ids each kind of unknown region leaves open."""

    def __init__(
        self,
        model: DetectionModel,
        known: list[int],
        groups: list[list[int]],
        gains: dict[int, float],
        topk: int,
        topk2: int | None,
        solid: Solid,
    ) -> None:
        super().__init__(model, tal_topk=topk, tal_topk2=topk2)
        self.single = topk2 == 1
        self.solid = solid
        self.known = known
        self.groups = groups
        self.gains = gains

    def _unknown(
        self, batch: dict[str, Any], anchors: torch.Tensor, size: torch.Tensor, like: torch.Tensor
    ) -> torch.Tensor:
        """(B, A, classes) bool: True where absence is not taught. `anchors` (A, 2), `size` (w, h, w, h) in pixels.

        In the middle of a labelled thing that the teacher does not know, and of one that was pasted without a label
        (the id behind the last unknown group), absence of the other classes is known in any picture. A person's box
        says nothing: he may ride what is unlabelled.
        """
        unknown = torch.zeros_like(like, dtype=torch.bool)
        labels = batch["cls"].view(-1).long()
        region = (labels >= self.nc) & (labels < self.nc + len(self.groups))
        known = ~region & ~torch.isin(labels, labels.new_tensor(self.known))
        for row in region.nonzero().view(-1).tolist():
            columns = self.groups[int(labels[row]) - self.nc]
            unknown[int(batch["batch_idx"][row]), :, columns] |= _inside(anchors, batch["bboxes"][row] * size)[:, None]
        for row in known.nonzero().view(-1).tolist() if bool(unknown.any()) else ():
            middle = batch["bboxes"][row] * size * anchors.new_tensor([1, 1, MIDDLE, MIDDLE])
            unknown[int(batch["batch_idx"][row]), _inside(anchors, middle)] = False
        return unknown

    def _believed(
        self, taught: torch.Tensor, batch: dict[str, Any], anchors: torch.Tensor, size: torch.Tensor
    ) -> torch.Tensor:
        """The teacher's scores (B, A, classes known) without its weak guesses in the middle of solid things.

        Seen in events: a sack of which the teacher says 0.2 person taught the student that sacks are a little like
        people, and a sack that is taken for somebody who sits there is not found.
        """
        labels = batch["cls"].view(-1).long()
        columns = [number for number, key in enumerate(self.known) if key in self.solid.never]
        rows = torch.isin(labels, labels.new_tensor(self.solid.things)).nonzero().view(-1).tolist() if columns else []
        believed = taught.clone() if rows else taught
        for row in rows:
            image = int(batch["batch_idx"][row])
            middle = batch["bboxes"][row] * size * anchors.new_tensor([1, 1, MIDDLE, MIDDLE])
            guessed = believed[image][:, columns]
            weak = _inside(anchors, middle)[:, None] & (guessed < self.solid.below)
            believed[image][:, columns] = guessed.masked_fill(weak, 0.0)
        return believed

    def _told_once(
        self, taught: torch.Tensor, taught_boxes: torch.Tensor, labels: torch.Tensor, boxes: torch.Tensor
    ) -> torch.Tensor:
        """The teacher's scores (B, A, classes known) without those for what a label says already.

        `taught_boxes` (B, A, 4) and `boxes` (B, L, 4) are corners in the same unit, `labels` (B, L, 1) class ids; a box
        of no size is none. A label picks its anchor by what the student thinks, the teacher by what it thinks: where
        these are two anchors, both were taught, and a person had two boxes (241 of 1,442 boxes above 0.25 had a double
        of its class, 30 of the teacher's 619).
        """
        once = taught.clone()
        for image, row in (boxes.sum(2) > 0).nonzero().tolist():
            key = int(labels[image, row, 0])
            if key not in self.known:
                continue
            column = self.known.index(key)
            seen = (once[image, :, column] > 0).nonzero().view(-1)
            iou = bbox_iou(boxes[image, row][None], taught_boxes[image, seen], xywh=False).view(-1)
            once[image, seen[iou > SAME_THING_IOU], column] = 0.0
        return once

    def branch(
        self, preds: Outputs, teacher: Outputs, batch: dict[str, Any], near: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(box, class, distance) losses of one branch, weighted by their gains, and its targets (B, A, classes).

        `near`: targets of a branch that has many anchors for a thing. Gains count there too, so that a second box of a
        thing costs as much as its first is worth.
        """
        distances = preds["boxes"].permute(0, 2, 1).contiguous()
        scores = preds["scores"].permute(0, 2, 1).contiguous()
        points, strides = make_anchors(preds["feats"], self.stride, 0.5)
        size = torch.tensor(preds["feats"][0].shape[2:], device=self.device, dtype=scores.dtype) * self.stride[0]
        taught = self._believed(teacher["scores"].permute(0, 2, 1), batch, points * strides, size[[1, 0, 1, 0]])
        real = batch["cls"].view(-1) < self.nc
        rows = torch.cat([batch["batch_idx"].view(-1, 1), batch["cls"].view(-1, 1), batch["bboxes"]], 1)[real]
        targets = self.preprocess(rows, scores.shape[0], scale_tensor=size[[1, 0, 1, 0]])
        labels, boxes = targets.split((1, 4), 2)
        predicted = self.bbox_decode(points, distances)
        if self.single:
            taught_boxes = self.bbox_decode(points, teacher["boxes"].permute(0, 2, 1).contiguous()) * strides
            taught = self._told_once(taught, taught_boxes, labels, boxes)
        _, target_boxes, target_scores, foreground, _ = self.assigner(
            scores.detach().sigmoid(),
            (predicted.detach() * strides).type(boxes.dtype),
            points * strides,
            labels,
            boxes,
            boxes.sum(2, keepdim=True).gt_(0.0),
        )
        total = target_scores.sum().clamp_(min=1)
        merged = target_scores.clone()
        merged[..., self.known] = torch.maximum(merged[..., self.known], taught)
        weight = 1.0 - (self._unknown(batch, points * strides, size[[1, 0, 1, 0]], scores) & (merged == 0)).float()
        weight[..., self.known] *= KNOWN_GAIN
        around = merged if near is None else torch.maximum(merged, near)
        for key, gain in self.gains.items():
            weight[..., key] *= torch.where(around[..., key] > GAIN_FLOOR, gain, 1.0)
        loss = torch.zeros(3, device=self.device)
        # A soft target has a floor of its own entropy; taking it off leaves the gradient and makes the curve readable.
        floor = self.bce(torch.logit(merged.clamp(1e-6, 1 - 1e-6)), merged)
        loss[1] = ((self.bce(scores, merged) - floor) * weight).sum() / merged.sum().clamp(min=1)
        loss[0], loss[2] = self.bbox_loss(
            distances, predicted, points, target_boxes / strides, target_scores, total, foreground, size, strides
        )
        loss[0] += HOLD_GAIN * self._held_boxes(predicted, teacher, points, taught, foreground)
        return loss * loss.new_tensor([self.hyp.box, self.hyp.cls, self.hyp.dfl]), merged

    def _held_boxes(
        self,
        predicted: torch.Tensor,
        teacher: Outputs,
        points: torch.Tensor,
        taught: torch.Tensor,
        foreground: torch.Tensor,
    ) -> torch.Tensor:
        """1 - CIoU to the teacher's boxes, weighted by its scores, where it sees something and no label rules."""
        trust = taught.amax(-1)
        held = (trust > BOX_TEACHER_FLOOR) & ~foreground
        if not bool(held.any()):
            return predicted.sum() * 0
        boxes = self.bbox_decode(points, teacher["boxes"].permute(0, 2, 1).contiguous())
        iou = bbox_iou(predicted[held], boxes[held], xywh=False, CIoU=True).view(-1)
        return ((1 - iou) * trust[held]).sum() / trust[held].sum()


def _float32(outputs: Any) -> Any:
    """Outputs of a branch in float32: assignment and losses are not to be done in bfloat16."""
    if isinstance(outputs, dict):
        return {name: _float32(value) for name, value in outputs.items()}
    return [level.float() for level in outputs] if isinstance(outputs, list) else outputs.float()


class StreetLoss:
    """Both branches with equal weight (AdamW makes the step independent of the scale, the branches share no weights
    but the neck, which only one-to-many trains)."""

    def __init__(
        self,
        model: DetectionModel,
        known: list[int],
        groups: list[list[int]],
        gains: dict[int, float] | None = None,
        solid: Solid | None = None,
    ) -> None:
        solid = solid or Solid()
        self.branches = {
            "one2many": BranchLoss(model, known, groups, gains or {}, topk=10, topk2=None, solid=solid),
            "one2one": BranchLoss(model, known, groups, gains or {}, topk=7, topk2=1, solid=solid),
        }

    def __call__(
        self, preds: dict[str, Outputs], taught: dict[str, Outputs], batch: dict[str, Any]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss to minimise, and (box, class, distance) of the one-to-one branch for the curves."""
        losses, near = {}, None
        for name, loss in self.branches.items():  # one-to-many first: it says where each thing is seen from
            losses[name], near = loss.branch(_float32(preds[name]), _float32(taught[name]), batch, near)
        return losses["one2many"].sum() + losses["one2one"].sum(), losses["one2one"].detach()
