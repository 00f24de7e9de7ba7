"""Pictures of an evaluation, as PNG. matplotlib is asked for only here: the extra `evaluate` brings it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vision.evaluate.runs import SceneRun
from vision.evaluate.summary import Row
from vision.evaluate.sweeps import Variant

SCENES_A_PICTURE = 40
_COLOUR = {"hit": "#1a7f37", "hard": "#7fbf7f", "false": "#cf222e", "ignored": "#8c8c8c"}


class PlotError(Exception):
    """Plots cannot be drawn; the text says what to install."""


def timelines(runs: Sequence[SceneRun], folder: Path) -> list[Path]:
    """A line for each scene: when labels were to be reported, when which reports came; some scenes a picture."""
    paths = []
    shown = [run for run in runs if run.scores is not None]
    for number, first in enumerate(range(0, len(shown), SCENES_A_PICTURE)):
        part = shown[first : first + SCENES_A_PICTURE]
        figure, axes = _figure(11, 0.9 + 0.24 * len(part))
        for row, run in enumerate(part):
            _timeline(axes, row, run)
        axes.set_yticks(range(len(part)), [run.scene.name for run in part], fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel("seconds of the clip: grey line its length, bar the label's window (light: hard), dots reports")
        handles = [axes.scatter([], [], color=colour, s=28) for colour in _COLOUR.values()]
        axes.legend(handles, list(_COLOUR), ncols=4, fontsize=7, loc="lower right", bbox_to_anchor=(1.0, 1.0))
        axes.grid(axis="x", alpha=0.25)
        paths.append(_save(figure, folder / f"timeline-{number + 1}.png"))
    return paths


def trade_off(points: Sequence[tuple[float, Row]], label: str, path: Path, steps: bool = False) -> Path:
    """Precision and recall over something, with their 95 % intervals as bands."""
    figure, axes = _figure(6.4, 3.6)
    x = [value for value, _ in points]
    for name, colour, line in (("precision", "#0969da", "--"), ("recall", "#bc4c00", "-")):
        values = [getattr(row, name) for _, row in points]
        bands = [getattr(row, f"{name}_interval") for _, row in points]
        known = [i for i, value in enumerate(values) if value is not None]
        shown = [x[i] for i in known], [values[i] for i in known]
        axes.plot(*shown, line, color=colour, label=name, marker=None if steps else "o")
        low, high = ([bands[i][side] for i in known] for side in (0, 1))
        axes.fill_between([x[i] for i in known], low, high, color=colour, alpha=0.12, linewidth=0)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel(label)
    axes.legend(loc="lower left", fontsize=8)
    axes.grid(alpha=0.25)
    return _save(figure, path)


def delays(runs: Sequence[SceneRun], path: Path, allowed_s: float) -> Path | None:
    """How long after dwell and leaving the reports came; None where nothing was found."""
    values = [delay for run in runs if run.scores is not None for delay in run.scores.delays_s]
    if not values:
        return None
    figure, axes = _figure(6.4, 3.0)
    axes.hist(values, bins=min(30, max(6, len(values) // 2)), color="#0969da")
    axes.axvline(allowed_s, color="#cf222e", linestyle="--", label=f"allowed: {allowed_s:g} s")
    axes.set_xlabel("delay of a report beyond the actor's leaving and the dwell, s")
    axes.set_ylabel("reports")
    axes.legend(fontsize=8)
    return _save(figure, path)


def costs(runs: Sequence[SceneRun], path: Path, full: Sequence[SceneRun] = ()) -> Path:
    """Processor time of each scene per second of video, dearest first; the full run beside it where there was one."""
    both = {run.scene.name: [_cpu_ms(run)] for run in runs if run.scores is not None}
    for run in full:
        if run.scores is not None and run.scene.name in both:
            both[run.scene.name].append(_cpu_ms(run))
    names = sorted(both, key=lambda name: -both[name][0])
    figure, axes = _figure(9, 3.2)
    axes.bar(range(len(names)), [both[name][0] for name in names], color="#0969da", label="adaptive")
    if full:
        marks = [(i, both[name][1]) for i, name in enumerate(names) if len(both[name]) > 1]
        axes.scatter([i for i, _ in marks], [ms for _, ms in marks], color="#cf222e", s=10, label="every picture")
        axes.set_yscale("log")
        axes.legend(fontsize=8)
    axes.set_ylabel("CPU ms per second")
    axes.set_xlabel("scenes, dearest first")
    return _save(figure, path)


def sweep(tried: Sequence[Variant], chosen: Variant, path: Path) -> Path:
    """Each variant by what it costs (false reports) and what it gives (recall); delay written beside it."""
    figure, axes = _figure(7.6, 4.4)
    for one in tried:
        best = one is chosen
        recall = one.found.recall or 0.0
        axes.scatter(one.found.false, recall, s=70 if best else 30, color="#1a7f37" if best else "#0969da", zorder=3)
        wait = "" if one.time_to_report_s is None else f" ({one.time_to_report_s:.0f} s)"
        axes.annotate(f"{one.name or 'in force'}{wait}", (one.found.false, recall), fontsize=7, xytext=(5, 4),
                      textcoords="offset points")  # fmt: skip
    axes.set_xlabel("false reports")
    axes.set_ylabel("recall")
    axes.set_ylim(-0.03, 1.08)
    axes.margins(x=0.25)
    axes.grid(alpha=0.25)
    return _save(figure, path)


def require() -> None:
    """Raise PlotError now rather than after an hour of replays."""
    _figure(1, 1)


def _timeline(axes: Any, row: int, run: SceneRun) -> None:
    assert run.scores is not None
    axes.plot([0, run.scores.duration_s], [row, row], color="#d0d0d0", linewidth=1, zorder=1)
    for label in run.scene.events:
        start, end = label.window_s
        colour = "#f5d8a0" if label.hard else "#f0a830"
        axes.barh(row, end - start, left=start, height=0.62, color=colour, zorder=2)
    for one in run.found:
        axes.scatter(one.detected_s, row, color=_COLOUR[one.verdict], s=28, zorder=3)


def _cpu_ms(run: SceneRun) -> float:
    assert run.scores is not None
    return 1000 * run.cpu_s / max(run.scores.duration_s, 1e-9)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError("plots need matplotlib: pip install 'street-vision[evaluate]'") from None
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path)
    return path
