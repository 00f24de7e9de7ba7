"""The arithmetic of the backend benchmark: medians, ratios within a round, the budget, and what is not there."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "backends.py"


@pytest.fixture(scope="module")
def backends() -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location("bench_backends", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_backends"] = module
    spec.loader.exec_module(module)
    return module


def test_a_ratio_is_taken_within_its_round(backends: ModuleType) -> None:
    # The machine was three times slower in the last two rounds: between the medians of the two int8 looks slower.
    times = {
        "openvino f32": [(0.02, 0.02), (0.02, 0.02), (0.02, 0.02), (0.06, 0.09), (0.06, 0.09)],
        "openvino int8": [(0.01, 0.01), (0.01, 0.01), (0.03, 0.04), (0.03, 0.04), (0.03, 0.04)],
    }
    f32, int8 = backends.costs(times)
    assert (f32.ratio, f32.cpu_ms, f32.wall_ms) == (1.0, 20.0, 20.0)
    assert (int8.ratio, int8.cpu_ms) == (0.5, 30.0)
    assert int8.low <= int8.ratio <= int8.high


@pytest.mark.parametrize(
    ("cpu_ms", "ratio", "met"), [(8.9, 0.7, True), (30.0, 0.5, True), (9.1, 0.51, False), (30.0, 0.9, False)]
)
def test_int8_is_fast_enough_in_milliseconds_or_against_f32(
    backends: ModuleType, cpu_ms: float, ratio: float, met: bool
) -> None:
    assert backends.meets_budget([backends.Cost("openvino int8", cpu_ms, cpu_ms, ratio, ratio, ratio)]) is met


def test_without_int8_nothing_is_claimed(backends: ModuleType) -> None:
    assert backends.meets_budget([backends.Cost("openvino f32", 5.0, 5.0, 1.0, 1.0, 1.0)]) is None


def test_every_round_runs_every_variant_in_changing_order(backends: ModuleType) -> None:
    calls: list[str] = []
    runs = {name: lambda name=name: calls.append(name) for name in "abc"}
    times = backends.measure(runs, 20, random.Random(1))
    assert {name: len(pairs) for name, pairs in times.items()} == {"a": 20, "b": 20, "c": 20}
    row = backends.IN_A_ROW
    turns = [calls[at : at + row] for at in range(3 * backends.WARM_UP, len(calls), row)]
    assert all(len(set(turn)) == 1 for turn in turns), "a variant's pictures come in a row"
    rounds = [tuple(turn[0] for turn in turns[at : at + 3]) for at in range(0, len(turns), 3)]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len(set(rounds)) > 3


def test_the_first_picture_of_a_row_is_not_counted(backends: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It pays for what the variant before it has left in the caches."""
    clock, calls = [0.0], [0]

    def run() -> None:
        clock[0] += 1.0 if calls[0] % backends.IN_A_ROW == backends.WARM_UP % backends.IN_A_ROW else 0.25
        calls[0] += 1

    monkeypatch.setattr(backends.time, "process_time", lambda: clock[0])
    monkeypatch.setattr(backends.time, "perf_counter", lambda: clock[0])
    assert backends.measure({"a": run}, 3, random.Random(1)) == {"a": [(0.25, 0.25)] * 3}


def test_the_shipped_model_runs_and_what_cannot_is_told_with_the_reason(backends: ModuleType) -> None:
    runs, missing = backends.load("street-n")
    assert backends.REFERENCE in runs
    variants = {f"{backend} {precision}" for backend, precision in backends.VARIANTS}
    assert set(runs) | set(missing) == variants | {backends.CLOSE_LOOK, backends.BOTH_LOOKS}
    assert len(runs[backends.CLOSE_LOOK]()) == 1  # type: ignore[arg-type]
    assert all(missing.values())
    assert len(runs[backends.REFERENCE]()) == 1  # type: ignore[arg-type]
