"""Statistics as JSON and as CSV."""

from __future__ import annotations

import csv
import io

from fastapi import APIRouter, Response
from pydantic import BaseModel

from vision.console.api.guard import ConsoleParts, Viewer
from vision.console.api.moments import Period
from vision.console.statistics import By, Tally, cases_between, hot_spots, key_of, local, tallies

router = APIRouter()

BOM = "\ufeff"
"""Without it spreadsheets take UTF-8 for something else, and Chinese becomes rubbish."""


class Row(BaseModel):
    """One camera, zone, category, street, month or model. Precision is of what was decided, with its 95 % interval."""

    key: str
    found: int
    confirmed: int
    rejected: dict[str, int]
    unsure: int
    unreviewed: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    standing_s_median: float | None
    standing_s_p90: float | None


class HotSpotJson(BaseModel):
    """A zone where cases come again and again."""

    camera: str
    zone: str
    count: int
    lat: float | None
    lon: float | None


class Day(BaseModel):
    """One day of the site."""

    day: str
    found: int
    confirmed: int
    rejected: int


class Statistics(BaseModel):
    """All of it."""

    rows: list[Row]
    total: Row
    hot_spots: list[HotSpotJson]
    per_day: list[Day]


@router.get("/api/statistics", response_model=Statistics)
def statistics(console: ConsoleParts, _visitor: Viewer, between: Period, by: By = "camera") -> Statistics:
    """Found, confirmed, rejected, and how precise that is."""
    site = console.site.site.site
    with console.store.reading() as session:
        rows = cases_between(session, *between)
    whole = tallies(rows, lambda _row: "total").get("total", Tally())
    days = tallies(rows, lambda row: local(row.detected_at, site.zone).date().isoformat())
    return Statistics(
        rows=[_row(key, tally) for key, tally in tallies(rows, key_of(by, site)).items()],
        total=_row("total", whole),
        hot_spots=[
            HotSpotJson(camera=spot.camera, zone=spot.zone, count=spot.count, lat=spot.lat, lon=spot.lon)
            for spot in hot_spots(rows)
        ],
        per_day=[
            Day(day=day, found=tally.found, confirmed=tally.confirmed, rejected=tally.rejections)
            for day, tally in days.items()
        ],
    )


@router.get("/api/statistics.csv")
def statistics_csv(console: ConsoleParts, _visitor: Viewer, between: Period, by: By = "camera") -> Response:
    """The rows as a table for spreadsheets."""
    site = console.site.site.site
    with console.store.reading() as session:
        found = tallies(cases_between(session, *between), key_of(by, site))
    text = io.StringIO()
    writer = csv.writer(text)
    plain = [name for name in Row.model_fields if name != "rejected"]
    writer.writerow([by, *plain[1:3], "rejected", *plain[3:], "rejected_by_reason"])
    for key, tally in found.items():
        values = _row(key, tally).model_dump()
        reasons = "; ".join(f"{reason}: {count}" for reason, count in values["rejected"].items())
        cells = [values[name] for name in plain]
        writer.writerow([_harmless(key), *cells[1:3], tally.rejections, *cells[3:], _harmless(reasons)])
    headers = {"Content-Disposition": f'attachment; filename="statistics-{by}.csv"'}
    return Response(BOM + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _row(key: str, tally: Tally) -> Row:
    precision, low, high = (None if value is None else round(value, 4) for value in tally.precision())
    return Row(
        key=key, found=tally.found, confirmed=tally.confirmed, rejected=dict(tally.rejected.most_common()),
        unsure=tally.unsure, unreviewed=tally.unreviewed, precision=precision, precision_low=low, precision_high=high,
        standing_s_median=tally.standing_s(0.5), standing_s_p90=tally.standing_s(0.9),
    )  # fmt: skip


def _harmless(text: str) -> str:
    """Spreadsheets take a cell that begins like a formula for one, and reasons are anybody's words."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
