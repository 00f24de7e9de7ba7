"""The whole way round: a zone drawn in the browser fires in a running worker, and a verdict by key reaches a broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CommandCentre, Mosquitto, wait_until
from tests.console.browser.drawing import draw, save
from tests.console.conftest import console_over
from tests.console.records import TRY_OUT_S, record
from tests.console.seeding import SeededSite
from tests.end_to_end.conftest import CASE_WITHIN_S, SAMPLES, camera_servers, camera_status, cases, worker_in
from vision.console.store.tables import Verdict

pytestmark = [pytest.mark.network, pytest.mark.timeout(TRY_OUT_S + 180)]

CLIP = SAMPLES / "dumping" / "clip.mp4"
AROUND_THE_BAG = [(0.2, 0.4), (0.4, 0.38), (0.42, 0.56), (0.2, 0.5)]
"""The bag is put down at (0.31, 0.44), ten seconds after the clip's start."""


def test_zone_drawn_by_mouse_is_tried_and_saved_and_fires_and_a_verdict_by_key_reaches_the_centre(
    tmp_path: Path, visit: Callable[..., Any], mosquitto: Mosquitto, centre_at: Callable[..., CommandCentre]
) -> None:
    with worker_in(tmp_path / "site") as worker, camera_servers() as serve:
        stream = serve({"a": CLIP}).url("a")
        camera = (
            f"  - {{id: c-1, name: 东街, source: '{stream}', location: {{lat: 39.9, lon: 116.2}}}}  # by the shop\n"
        )
        worker.configure(mosquitto.url, camera)
        console = "console: {hold_for_review: true, listen: '127.0.0.1:0'}\n"
        worker.config.write_text(worker.config.read_text("utf-8") + console, "utf-8")
        record(CLIP, worker.folder / "var", "c-1")
        with console_over(SeededSite(worker.folder, [])) as served:
            page = visit(served, "tuner", "/zones/c-1", size=(1440, 900))
            draw(page, AROUND_THE_BAG)
            page.wait_for_selector("input[value=zone]")
            page.select_option("select.add", "illegal_dumping")
            page.get_by_label("停留时间", exact=True).fill("2")
            page.wait_for_selector(".check-state .good")
            page.click("#tab-try >> visible=true")
            page.click(".try .b.primary")
            page.wait_for_selector(".outcome", timeout=TRY_OUT_S * 1000)
            assert page.inner_text(".outcome .gained strong") == "1", "the record holds the bag"
            page.wait_for_selector(".tried.gained img")
            assert "illegal_dumping" not in worker.config.read_text("utf-8"), "trying saves nothing"

            centre = centre_at(mosquitto.port)
            worker.start()
            assert wait_until(lambda: camera_status(centre, "c-1").get("online"), 40), worker.log[-2000:]
            save(page, "堆放多发")
            assert wait_until(lambda: worker.logged("config_reloaded"), 10)
            assert "# by the shop" in worker.config.read_text("utf-8")
            page.goto("/review")
            page.wait_for_selector(".case.selected", timeout=CASE_WITHIN_S * 1000)
            found = worker.logged("case")[0]
            assert (found["camera"], found["kind"]) == ("c-1", "opened")
            assert cases(centre) == [], "it waits for its operator"

            page.wait_for_selector(".whys li")
            page.keyboard.press("t")
            assert wait_until(lambda: cases(centre), 20), worker.log[-2000:]
            told = cases(centre)[0]
            assert (told["case_id"], told["zone_id"], told["category"]) == (found["case"], "zone", "illegal_dumping")
            assert wait_until(lambda: centre.heard(f"vision/test/verdicts/{found['case']}"), 10)
            verdict = json.loads(centre.heard(f"vision/test/verdicts/{found['case']}")[0].payload)
            assert verdict["verdict"] == "true"
            with served.console.store.reading() as session:
                (row,) = session.query(Verdict).all()
            assert (row.case_id, row.verdict, row.by) == (found["case"], "true", "a-tuner")
            page.close()
        assert worker.end() == 0
