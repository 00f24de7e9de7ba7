"""Evidence: with permission, in ranges, by the names in the case's events and no others."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
import pytest

from tests.console.conftest import Served
from vision.console.thumbnails import WIDTH

pytestmark = pytest.mark.network


def evidence(served: Served, role: str) -> str:
    case: dict[str, Any] = served.client("viewer", "finder").get(f"/api/cases/{served.site.case_ids[0]}").json()
    return next(item["url"] for item in case["evidence"] if item["role"] == role)


def test_clip_is_served_in_ranges_so_that_it_can_be_scrubbed(served: Served) -> None:
    client, url = served.client("viewer"), evidence(served, "clip")
    whole = client.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["content-disposition"] == "inline"
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert part.content == whole.content[100:200]
    beyond = client.get(url, headers={"Range": f"bytes={len(whole.content) + 1}-"})
    assert beyond.status_code == 416


def test_still_that_has_not_changed_is_not_sent_again(served: Served) -> None:
    client, url = served.client("viewer"), evidence(served, "after")
    first = client.get(url)
    assert first.headers["content-type"] == "image/jpeg"
    assert "private" in first.headers["cache-control"]
    again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_list_gets_its_stills_small(served: Served) -> None:
    client = served.client("viewer")
    url = client.get("/api/cases?limit=1").json()["items"][0]["thumb"]
    small = client.get(url)
    picture = cv2.imdecode(np.frombuffer(small.content, np.uint8), cv2.IMREAD_COLOR)
    whole = cv2.imdecode(np.frombuffer(client.get(url.partition("?")[0]).content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[:2] == (round(whole.shape[0] * WIDTH / whole.shape[1]), WIDTH)
    little = cv2.resize(whole, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(picture.astype(int) - little).mean() < 6, "the same picture"
    again = client.get(url, headers={"If-None-Match": small.headers["etag"]})
    assert (again.status_code, small.headers["content-type"]) == (304, "image/jpeg")
    assert served.stranger().get(url).status_code == 401


def test_clip_is_no_still_to_be_made_small(served: Served) -> None:
    assert served.client("viewer").get(f"{evidence(served, 'clip')}?small=1").status_code == 404


def test_stranger_gets_no_evidence(served: Served) -> None:
    assert served.stranger().get(evidence(served, "clip")).status_code == 401


@pytest.mark.parametrize(
    "file",
    ["../../../../console.sqlite", "..%2f..%2fconsole.sqlite", "%2e%2e/%2e%2e/site.yaml", "....//console.sqlite",
     "%00", "console.sqlite", "/etc/passwd", "..\\..\\site.yaml"],
)  # fmt: skip
def test_no_name_leads_out_of_the_case(served: Served, file: str) -> None:
    client = served.client("admin")
    case_id = served.site.case_ids[0]
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    for name in (file, quote(file, safe="")):
        path = f"/api/evidence/{case_id}/{name}"
        # Not by the client, which would resolve the dots itself and ask for a page.
        connection = HTTPConnection(client.base_url.host, client.base_url.port, timeout=20)
        connection.request("GET", path, headers={"Cookie": cookies})
        answer = connection.getresponse()
        assert answer.status == 404, path
        assert b"SQLite" not in answer.read()


def test_file_of_another_case_is_not_this_ones(served: Served) -> None:
    client, url = served.client("viewer"), evidence(served, "clip")
    other = url.replace(served.site.case_ids[0], served.site.case_ids[1])
    assert client.get(other).status_code == 404


def test_link_that_leads_out_of_the_evidence_folder_is_not_followed(served: Served) -> None:
    client, url = served.client("viewer"), evidence(served, "after")
    file = next(served.console.evidence.rglob(url.rpartition("/")[2]))
    file.unlink()
    file.symlink_to(served.site.config)
    answer = client.get(url)
    assert (answer.status_code, b"hunter2" in answer.content) == (404, False)


def test_evidence_whose_time_is_over_is_said_to_be_gone(served: Served) -> None:
    client, url = served.client("viewer"), evidence(served, "after")
    next(served.console.evidence.rglob(url.rpartition("/")[2])).unlink()
    assert client.get(url).json()["error"] == "no_such_file"
