"""An evaluation as a folder to read: report.md, its plots, and a video of each scene with a miss or a false report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.evaluate import plots
from vision.evaluate.comparison import Compared, cost
from vision.evaluate.intervals import Interval
from vision.evaluate.runs import DOWN_S, SceneRun
from vision.evaluate.summary import Quiet, Row, over_confidence, quiet, rows

DELAY_GOAL_S = 5.0
"""How long after the dwell a report may come."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was replayed.

    Attributes:
        folder: where the scenes are.
        runs: the adaptive runs.
        full: the runs that looked at every picture; empty unless asked for.
        compared: both beside each other.
        restarted: runs with a restart at that share of the clip beside those without; empty unless asked for.
        over_dwell: the row of all categories by factor of each rule's dwell; empty unless asked for.
    """

    folder: Path
    runs: Sequence[SceneRun]
    full: Sequence[SceneRun] = ()
    compared: Sequence[Compared] = ()
    restarted: Sequence[tuple[float, Sequence[Compared]]] = ()
    over_dwell: Sequence[tuple[float, Row]] = ()


def write_report(done: Evaluation, folder: Path) -> Path:
    """Write report.md and its plots; `<scene>.mp4` in `folder`/videos are linked where they are. Returns its path.

    Raises:
        PlotError: matplotlib is missing.
    """
    pictures = folder / "plots"
    pictures.mkdir(parents=True, exist_ok=True)
    parts = [
        f"# Evaluation of {done.folder.name}",
        _results(done.runs),
        _faults(done.runs, folder),
        "## When what was reported\n\n" + _images(plots.timelines(done.runs, pictures), folder),
        _curves(done, pictures, folder),
        _delays(done.runs, pictures, folder),
        _cost(done, pictures, folder),
        _comparison(done.compared),
        _restarts(done.restarted),
        _errors(done.runs),
    ]
    path = folder / "report.md"
    path.write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")
    return path


def percent(value: float | None, interval: Interval | None = None) -> str:
    """A share with its interval, e.g. `93 % (81 to 98)`; a dash where it is not known."""
    if value is None:
        return "–"
    return f"{100 * value:.0f} %" + (f" ({100 * interval[0]:.0f} to {100 * interval[1]:.0f})" if interval else "")


def quiet_text(still: Quiet) -> str:
    """False reports where nothing happens, as a rate a camera-day with its interval."""
    if still.a_day is None or still.interval is None:
        return "no scene without an event"
    low, high = still.interval
    return (
        f"{still.false} false in {still.scenes} scenes without an event, {60 * still.hours:.0f} minutes: "
        f"{still.a_day:.1f} a camera-day, and so little time allows {low:.1f} to {high:.1f} (95 %)"
    )


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    body = "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
    return "| " + " | ".join(head) + " |\n|" + "---|" * len(head) + "\n" + body


def _results(runs: Sequence[SceneRun]) -> str:
    lines = [
        (r.name, f"{r.hits} of {r.labels}", percent(r.recall, r.recall_interval), r.false,
         percent(r.precision, r.precision_interval), "–" if r.f1 is None else f"{r.f1:.2f}")
        for r in rows(runs)
    ]  # fmt: skip
    hard = [(run.scores.hard_hits, run.scores.hard_labels) for run in runs if run.scores is not None]
    return (
        "## Result\n\n"
        + table(("category", "found", "recall", "false", "precision", "F1"), lines)
        + f"\n\nIn brackets: 95 % intervals (Wilson). Hard labels, counted apart: {sum(h for h, _ in hard)} of "
        + f"{sum(n for _, n in hard)}. {quiet_text(quiet(runs))[:1].upper()}{quiet_text(quiet(runs))[1:]}."
    )


def _faults(runs: Sequence[SceneRun], folder: Path) -> str:
    lines = []
    for run in runs:
        if run.scores is None or not run.at_fault:
            continue
        taken = {one.label for one in run.found}
        video = folder / "videos" / f"{run.scene.name}.mp4"
        link = f"[video]({video.relative_to(folder)})" if video.exists() else ""
        for number, label in enumerate(run.scene.events):
            if number not in taken:
                kind = "missed, hard" if label.hard else "missed"
                lines.append((run.scene.name, kind, label.category, f"{label.window_s[0]:.1f}", link))
        lines += [
            (run.scene.name, "false", one.category, f"{one.detected_s:.1f}", link)
            for one in run.found
            if one.verdict == "false"
        ]
    if not lines:
        return "## Missed and false\n\nNothing was missed, nothing was false."
    return "## Missed and false\n\n" + table(("scene", "what", "category", "at s", "as it was seen"), lines)


def _curves(done: Evaluation, pictures: Path, folder: Path) -> str:
    made = []
    if any(run.found for run in done.runs):
        label = "least confidence of a report"
        made.append(plots.trade_off(over_confidence(done.runs), label, pictures / "confidence.png", steps=True))
    if done.over_dwell:
        label = "dwell, times the configured one"
        made.append(plots.trade_off(done.over_dwell, label, pictures / "dwell.png"))
    return "## Precision and recall\n\n" + _images(made, folder) if made else ""


def _delays(runs: Sequence[SceneRun], pictures: Path, folder: Path) -> str:
    path = plots.delays(runs, pictures / "delays.png", DELAY_GOAL_S)
    values = sorted(delay for run in runs if run.scores is not None for delay in run.scores.delays_s)
    if path is None:
        return ""
    late = sum(value > DELAY_GOAL_S for value in values)
    middle = values[len(values) // 2]
    text = f"Median {middle:.1f} s, at most {values[-1]:.1f} s; {late} of {len(values)} later than {DELAY_GOAL_S:g} s."
    return f"## Delay\n\n{text}\n\n{_images([path], folder)}"


def _cost(done: Evaluation, pictures: Path, folder: Path) -> str:
    adaptive = cost(done.runs)
    lines = [("adaptive", f"{adaptive.frames:.2f}", f"{adaptive.looks:.2f}", f"{adaptive.cpu_ms:.1f}")]
    if done.full:
        full = cost(done.full)
        lines.append(("every picture", f"{full.frames:.2f}", f"{full.looks:.2f}", f"{full.cpu_ms:.1f}"))
    picture = plots.costs(done.runs, pictures / "cost.png", done.full)
    text = table(("run", "pictures decoded / s", "looks / s", "CPU ms / s"), lines)
    note = "Per second of video, detector on one thread. Scenes are short and full of events: a live camera costs less."
    return f"## Cost\n\n{text}\n\n{note}\n\n{_images([picture], folder)}"


def _comparison(compared: Sequence[Compared]) -> str:
    if not compared:
        return ""
    lines = [
        (c.scene, len(c.lost), len(c.gained), " ".join(f"{later:+.1f}" for later in c.later_s),
         f"{c.false} / {c.reference_false}", f"{c.cost.looks:.2f} / {c.reference_cost.looks:.2f}",
         f"{c.cost.cpu_ms:.0f} / {c.reference_cost.cpu_ms:.0f}")
        for c in compared
    ]  # fmt: skip
    head = ("scene", "lost", "gained", "later by s", "false", "looks / s", "CPU ms / s")
    return "## Adaptive / every picture\n\n" + table(head, lines)


def _restarts(restarted: Sequence[tuple[float, Sequence[Compared]]]) -> str:
    if not restarted:
        return ""
    lines = [
        (f"{share:.0%}", f"{sum(one.same for one in ways)} of {len(ways)}",
         ", ".join(one.scene for one in ways if one.lost) or "–",
         ", ".join(one.scene for one in ways if one.false > one.reference_false) or "–")
        for share, ways in restarted
    ]  # fmt: skip
    head = ("killed at", "same cases", "lost", "doubled or false")
    return f"## Restart in the middle\n\nAway for {DOWN_S:g} s each time.\n\n" + table(head, lines)


def _errors(runs: Sequence[SceneRun]) -> str:
    failed = [run for run in runs if run.error is not None]
    if not failed:
        return ""
    return "## Not replayed\n\n" + "\n".join(f"- {run.scene.name}:\n\n      {run.error}" for run in failed)


def _images(paths: Iterable[Path], folder: Path) -> str:
    return "\n\n".join(f"![{path.stem}]({path.relative_to(folder)})" for path in paths)
