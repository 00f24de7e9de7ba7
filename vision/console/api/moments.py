"""Times in requests: a day or a moment; without an offset it is the site's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query

from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts

DAY = len("2026-11-25")


def period(
    console: ConsoleParts,
    start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40)] = None,
) -> tuple[float | None, float | None]:
    """`from` and `to` as UNIX seconds, the end exclusive; a day as `to` is meant with all its hours.

    Raises:
        ApiError: one of them is no time.
    """
    zone = console.site.site.site.zone

    def seconds(key: str, text: str | None) -> float | None:
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign in an address is a blank
            found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
            return (found + timedelta(days=1) if key == "to" and len(text) == DAY else found).timestamp()
        except (ValueError, OverflowError):
            raise ApiError("invalid", 422, fields={key: ApiError("bad_request").body["message"]}) from None

    return seconds("from", start), seconds("to", end)


Period = Annotated[tuple[float | None, float | None], Depends(period)]
