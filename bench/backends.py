"""What one picture costs on one core, by backend and precision, all of them in one interleaved run.

    make bench-backends ARGS="--rounds 60 --json backends.json"

Every round runs each variant for a few pictures in a row, in an order that is drawn anew, so that what else the machine
does hits all alike. The first of them is not counted: it pays for the caches that the variant before it has filled, and
a worker has one network only. A ratio is taken within its round and the median of the rounds is told. CPU time is what
the process used, and the figure to read on a machine that others use too; wall time is told beside it. See
bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from vision.detect import Detector, ModelError, load_classifier, load_detector
from vision.detect.hardware import probe_hardware

VARIANTS = (
    ("openvino", "f32"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
    ("onnxruntime", "f32"),
    ("ultralytics", "f32"),
)
REFERENCE = "openvino f32"
BOTH_LOOKS = f"{REFERENCE}, both looks"
"""With the second, smaller look that the model's manifest asks for: what a worker pays unless it is turned off."""
CLOSE_LOOK = "close look"
"""One thing of 60 x 65 pixels, cut out of a 1080p picture and told by the classifier; no backend of the detector."""
WARM_UP = 5
IN_A_ROW = 4
"""Pictures of a variant in each round; the first is not counted."""
SEED = 20261125
BUDGET_MS, BUDGET_SPEEDUP = 9.0, 2.0
"""The project's budget for int8 on one core: milliseconds a picture, or times faster than f32; either will do."""

console = Console(stderr=True)


@dataclass(slots=True, frozen=True)
class Cost:
    """One variant over all rounds.

    Attributes:
        cpu_ms, wall_ms: medians, milliseconds a picture.
        ratio: median over the rounds of its CPU time divided by the reference's in the same round.
        low, high: quartiles of that ratio.
    """

    variant: str
    cpu_ms: float
    wall_ms: float
    ratio: float
    low: float
    high: float


def measure(
    runs: Mapping[str, Callable[[], object]], rounds: int, rng: random.Random
) -> dict[str, list[tuple[float, float]]]:
    """(CPU, wall) seconds a picture of every run in every round; each round in an order of its own."""
    for run in runs.values():
        for _ in range(WARM_UP):
            run()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    counted = IN_A_ROW - 1
    for _ in range(rounds):
        for name in rng.sample(list(runs), len(runs)):
            runs[name]()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(counted):
                runs[name]()
            times[name].append(((time.process_time() - cpu) / counted, (time.perf_counter() - wall) / counted))
    return times


def costs(times: Mapping[str, list[tuple[float, float]]], reference: str = REFERENCE) -> list[Cost]:
    """Medians and ratios, in the order of the variants. Raises KeyError without the reference."""
    base = np.array(times[reference])
    found = []
    for name, pairs in times.items():
        both = np.array(pairs)
        low, middle, high = np.percentile(both[:, 0] / base[:, 0], [25, 50, 75])
        cpu, wall = np.median(both, axis=0) * 1000
        found.append(
            Cost(name, *(round(float(value), digits) for value, digits in
                         ((cpu, 1), (wall, 1), (middle, 3), (low, 3), (high, 3))))
        )  # fmt: skip
    return found


def meets_budget(found: list[Cost]) -> bool | None:
    """Whether int8 is fast enough; None where there is no int8."""
    for one in found:
        if one.variant == "openvino int8":
            return one.cpu_ms <= BUDGET_MS or one.ratio <= 1 / BUDGET_SPEEDUP
    return None


def load_once(model: str, backend: str, precision: str) -> Detector:
    """A detector that looks once, as the networks of others do."""
    return load_detector(model, device="cpu", backend=backend, precision=precision, threads=1, overview=False)


def load(model: str) -> tuple[dict[str, Callable[[], object]], dict[str, str]]:
    """What can be run here, ready to run, and why the others cannot."""
    runs: dict[str, Callable[[], object]] = {}
    missing: dict[str, str] = {}
    for backend, precision in VARIANTS:
        name = f"{backend} {precision}"
        try:
            detector = load_once(model, backend, precision)
        except ModelError as error:
            missing[name] = str(error)
            continue
        width, height = detector.input_size
        picture = np.random.default_rng(SEED).integers(0, 255, (height, width, 3), np.uint8)
        runs[name] = lambda detector=detector, picture=picture: detector.detect([picture])  # type: ignore[misc]
        if name == REFERENCE:
            twice = load_detector(model, device="cpu", backend=backend, precision=precision, threads=1)
            runs[BOTH_LOOKS] = lambda twice=twice, picture=picture: twice.detect([picture])  # type: ignore[misc]
    classifier, street = load_classifier(), np.random.default_rng(SEED).integers(0, 255, (1080, 1920, 3), np.uint8)
    runs[CLOSE_LOOK] = lambda: classifier.classify(street, [(0.4, 0.5, 0.43, 0.56)])
    return runs, missing


def show(found: list[Cost], missing: dict[str, str]) -> None:
    """The table for people."""
    table = Table("variant", "CPU ms", "wall ms", f"CPU, {REFERENCE} = 1", "quartiles")
    for one in found:
        table.add_row(
            one.variant,
            f"{one.cpu_ms:.1f}",
            f"{one.wall_ms:.1f}",
            f"{one.ratio:.2f}",
            f"{one.low:.2f} to {one.high:.2f}",
        )
    console.print(table)
    for name, why in missing.items():
        console.print(f"{name}: not measured. {why}")


def main() -> int:
    """Command line; 1 when something could not be measured, or with --check when int8 misses its budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="default", help="name of a model, or a model folder")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="exit 1 unless there is an int8 file and it is fast enough"
    )
    args = parser.parse_args()
    runs, missing = load(args.model)
    if REFERENCE not in runs:
        console.print(f"nothing to compare with: {missing[REFERENCE]}")
        return 1
    found = costs(measure(runs, args.rounds, random.Random(SEED)))
    show(found, missing)
    if args.json:
        flags = probe_hardware().cpu_flags & {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16"}
        report: dict[str, Any] = {"machine": platform.machine(), "cpu_flags": sorted(flags), "rounds": args.rounds}
        report |= {"costs": [asdict(one) for one in found], "missing": missing}
        args.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return int(args.check and not meets_budget(found))


if __name__ == "__main__":
    sys.exit(main())
