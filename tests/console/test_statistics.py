"""Statistics: what is counted as what, with its interval, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from tests.console.conftest import Served
from tests.console.test_cases import decide
from vision.console.statistics import Tally
from vision.evaluate.intervals import share_interval

pytestmark = pytest.mark.network


def test_precision_is_of_what_was_decided_with_wilsons_interval(serve: Callable[..., Served]) -> None:
    served = serve(9)
    client = served.client()
    ids = served.site.case_ids
    for number, (verdict, more) in enumerate(
        [("true", {}), ("true", {}), ("false", {"reason": "weather"}), ("unsure", {}),
         ("wrong_category", {"category": "ground_lock"}), ("duplicate", {"duplicate_of": ids[0]})]
    ):  # fmt: skip
        assert decide(client, ids[number], verdict, None, **more).status_code == 200
    total = client.get("/api/statistics").json()["total"]
    assert (total["found"], total["confirmed"], total["unsure"], total["unreviewed"]) == (9, 2, 1, 3)
    assert total["rejected"] == {"weather": 1, "wrong_category": 1, "duplicate": 1}
    low, high = share_interval(2, 5) or (0, 0)
    assert (total["precision"], total["precision_low"], total["precision_high"]) == (0.4, round(low, 4), round(high, 4))


@pytest.mark.parametrize("by", ["camera", "zone", "category", "street", "month", "model"])
def test_rows_add_up_to_the_whole_whatever_they_are_by(served: Served, by: str) -> None:
    client = served.client("viewer")
    found = client.get("/api/statistics", params={"by": by}).json()
    assert sum(row["found"] for row in found["rows"]) == found["total"]["found"] == 6
    assert sum(day["found"] for day in found["per_day"]) == 6
    assert found["rows"][0]["precision"] is None
    rows = list(csv.reader(io.StringIO(client.get("/api/statistics.csv", params={"by": by}).text.lstrip("\ufeff"))))
    assert (rows[0][0], [row[0] for row in rows[1:]]) == (by, [row["key"] for row in found["rows"]])


def test_hot_spots_are_where_cases_come_again_rejected_ones_not_counted(serve: Callable[..., Served]) -> None:
    served = serve(7)
    client = served.client()
    spots = client.get("/api/statistics").json()["hot_spots"]
    assert (spots[0]["camera"], spots[0]["count"]) == ("bj-001", 3)
    for case in client.get("/api/cases?camera=bj-001").json()["items"]:
        decide(client, case["case_id"], "false")
    assert "bj-001" not in {spot["camera"] for spot in client.get("/api/statistics").json()["hot_spots"]}


def test_time_is_a_day_of_the_site_or_a_moment(served: Served) -> None:
    client = served.client("viewer")
    days = client.get("/api/statistics").json()["per_day"]
    for day in days:
        found = client.get("/api/statistics", params={"from": day["day"], "to": day["day"]}).json()
        assert found["total"]["found"] == day["found"]
    assert client.get("/api/statistics?from=2031-01-01T00:00:00%2B08:00").json()["total"]["found"] == 0
    wrong = client.get("/api/statistics?from=yesterday")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["from"])


def test_own_words_of_an_operator_are_no_formula_in_a_spreadsheet(served: Served) -> None:
    client = served.client()
    decide(client, served.site.case_ids[0], "false", None, reason='=HYPERLINK("http://evil.example")')
    text = client.get("/api/statistics.csv").text
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    assert any(row[-1].startswith("'=HYPERLINK") for row in rows)


def test_standing_time_is_told_by_median_and_ninth_tenth() -> None:
    tally = Tally(standing=[float(second) for second in range(101)])
    assert (tally.standing_s(0.5), tally.standing_s(0.9), Tally().standing_s(0.5)) == (50.0, 90.0, None)
