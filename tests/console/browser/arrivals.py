"""A case that the worker finds while people look."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

from tests.console.conftest import Served
from tests.console.seeding import add_to_book
from vision.console.store.tables import Event


def add_case(served: Served) -> str:
    """Write a case into the worker's book, as new as now; its id. Its evidence is that of another."""
    with served.console.store.reading() as session:
        event = copy.deepcopy(session.query(Event).filter(Event.case_id == served.site.case_ids[0]).first().payload)
    shift = datetime.now().astimezone() - datetime.fromisoformat(event["detected_at"])
    case_id = event["case_id"][:-4] + "beef"
    event |= {"case_id": case_id, "event_id": event["event_id"][:-4] + "beef"}
    for key in ("occurred_at", "detected_at"):
        event[key] = (datetime.fromisoformat(event[key]) + shift - timedelta(seconds=1)).isoformat(
            timespec="milliseconds"
        )
    add_to_book(served.site.book, [[event]])
    return str(case_id)
