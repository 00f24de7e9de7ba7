"""What evaluate.py measured, as tables for the model card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

MODELS = ("teacher", "street-n", "one look")
"""Columns of the tables of boxes; the last is street-n without its second, smaller look."""


def markdown(report: dict[str, Any], quiet_classes: Sequence[str]) -> str:
    """Every table of the report, in Markdown."""
    parts: list[str] = []
    for title, rows in report["tables"].items():
        shown = [name for name in MODELS if name != "one look" or any(name in row for row in rows)]
        parts += _table(
            title, ("class", "boxes", *(f"{name} AP50 / AP50-95" for name in shown)), (_ap(row, shown) for row in rows)
        )
    kept = ("set", "class", "min_score", "recall", "precision")
    parts += _table("At the manifest's min_score", kept, ([row[key] for key in kept] for row in report["at_min_score"]))
    for title, rows in report["by_size"].items():
        sizes = [key for key in rows[0] if key != "class"] if rows else []
        cells = ([row["class"], *(f"{row[key]['ap50']} ({row[key]['boxes']})" for key in sizes)] for row in rows)
        parts += _table(f"{title}: AP50 (boxes) by size in the input", ("class", *sizes), cells)
    head = ("class, set", "detections", "calibration error", "after Platt scaling", "scale, offset")
    parts += _table("Calibration", head, (_belief(name, one) for name, one in report["reliability"].items()))
    parts += _table(
        "Share of pasted look-alikes that are taken for …, at min_score",
        ("look-alike", "pasted", *quiet_classes),
        ([row["look_alike"], row["pasted"], *(row[key] for key in quiet_classes)] for row in report["look_alikes"]),
    )
    parts += _table(
        "Highest score on scenes without such things",
        ("scene", "frames", *quiet_classes),
        ([name, one["frames"], *(one[key] for key in quiet_classes)] for name, one in report["quiet"].items()),
    )
    return "\n".join(parts) + "\n"


def _ap(row: dict[str, Any], shown: Sequence[str]) -> list[object]:
    scores = (f"{row[name]['ap50']} / {row[name]['ap']}" if name in row else "–" for name in shown)
    return [row["class"], row["boxes"], *scores]


def _belief(name: str, one: dict[str, Any]) -> list[object]:
    if one["scale"] is None:
        return [name, one["count"], f"{one['error']:.3f}", "–", "–"]
    fitted = f"{one['error_fitted']:.3f}"
    return [name, one["count"], f"{one['error']:.3f}", fitted, f"{one['scale']:.2f}, {one['offset']:.2f}"]


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A titled table; nothing without rows."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return [f"\n**{title}**\n", f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines] if lines else []
