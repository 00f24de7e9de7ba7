"""Zones tried on a real clip before they are saved; media; what past verdicts propose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.conftest import wait_until
from tests.console.conftest import Served
from tests.console.judged import judge_short_ones_false
from tests.console.records import TRY_OUT_S
from vision.console.tryouts import MOST_WAITING, BusyError, Tryouts

pytestmark = [pytest.mark.network, pytest.mark.timeout(TRY_OUT_S + 60)]

ELSEWHERE = {
    "id": "road", "polygon": [[0.7, 0.05], [0.95, 0.05], [0.95, 0.15], [0.7, 0.15]],
    "rules": [{"rule": "illegal_dumping", "dwell": "5s"}],
}  # fmt: skip


def clips(client: httpx2.Client, camera_id: str = "bj-001") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/cameras/{camera_id}/media").json()
    return found


def begin(client: httpx2.Client, zones: list[dict[str, Any]], **more: Any) -> httpx2.Response:
    return client.post("/api/cameras/bj-001/tryouts", json={"zones": zones, **more})


def ended(client: httpx2.Client, job: str, timeout: float = TRY_OUT_S) -> dict[str, Any]:
    def state() -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/api/tryouts/{job}").json()
        return found

    assert wait_until(lambda: state()["state"] in ("done", "failed", "cancelled"), timeout), state()
    return state()


def test_zone_that_looks_elsewhere_loses_the_case_and_shows_it(serve: Callable[..., Served]) -> None:
    client = serve(1).client("tuner")
    clip = clips(client)[0]
    answer = begin(client, [ELSEWHERE], media=[clip["id"]])
    assert answer.status_code == 202, answer.text
    job = ended(client, answer.json()["id"])
    assert (job["state"], job["progress"], job["gained"], job["unchanged"]) == ("done", 1.0, [], []), job["error"]
    lost = job["lost"][0]
    assert (lost["category"], lost["zone_id"], lost["medium"]) == ("illegal_dumping", "road", clip["id"])
    assert client.get(lost["picture"]).headers["content-type"] == "image/jpeg"
    part = client.get(lost["medium_url"], headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)


def test_bad_zone_is_refused_at_the_field_before_anything_is_tried(served: Served) -> None:
    answer = begin(served.client("tuner"), [{**ELSEWHERE, "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}])
    assert list(answer.json()["fields"]) == ["zones.0.polygon"]


def test_without_media_there_is_nothing_to_try_on(served: Served) -> None:
    client = served.client("tuner")
    assert client.post("/api/cameras/bj-004/tryouts", json={"zones": []}).json()["error"] == "no_media"
    assert begin(client, [ELSEWHERE], media=["clip~none"]).json()["error"] == "no_media"


def test_job_that_nobody_wants_any_more_is_given_up(served: Served) -> None:
    client = served.client("tuner")
    first = begin(client, [ELSEWHERE]).json()["id"]
    second = begin(client, [ELSEWHERE]).json()["id"]
    assert ended(client, first)["state"] == "cancelled"
    assert client.delete(f"/api/tryouts/{second}").status_code == 204
    assert ended(client, second)["state"] == "cancelled"
    assert client.delete("/api/tryouts/none").status_code == 404


def test_jobs_that_wait_are_bounded(served: Served) -> None:
    site = served.console.site.site
    camera = site.cameras[0]
    tryouts = Tryouts()  # not started: all wait
    for number in range(MOST_WAITING):
        tryouts.add(site, camera.model_copy(update={"id": f"c{number}"}), camera.zones, ())
    with pytest.raises(BusyError):
        tryouts.add(site, camera, camera.zones, ())


def test_medium_is_found_by_its_listed_id_and_no_other(served: Served) -> None:
    client = served.client("tuner")
    folder = served.site.storage / "recordings" / "bj-001"
    folder.mkdir(parents=True)
    (folder / "20261125T093000.000Z.mkv").write_bytes(b"x" * 50)
    listed = clips(client)
    assert {one["kind"] for one in listed} == {"recording", "clip"}
    recording = next(one for one in listed if one["kind"] == "recording")
    assert client.get(f"/api/media/{recording['id']}").content == b"x" * 50
    for wrong in ("recording~bj-001~..%2f..%2fconsole", "recording~..~console", "clip~..", "x", "recording~bj-001~"):
        assert client.get(f"/api/media/{wrong}").status_code == 404


def test_past_verdicts_propose_a_dwell_that_drops_false_alarms_only(serve: Callable[..., Served]) -> None:
    served = serve(1)
    client = served.client("tuner")
    judge_short_ones_false(served, client)
    found = client.get("/api/cameras/bj-001/suggestions").json()
    dwell = next(one for one in found if one["parameter"] == "dwell")
    assert (dwell["rule"], dwell["drops_false"], dwell["of_false"], dwell["drops_true"]) == ("illegal_dumping", 4, 4, 0)
    assert dwell["value"] > dwell["now"] == 5
    assert dwell["text"]["zh"]
