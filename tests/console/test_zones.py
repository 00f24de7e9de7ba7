"""Zones: checked at the field, saved into the very file with its comments, as versions that can be taken back."""

from __future__ import annotations

import os
from typing import Any

import httpx2
import pytest

from tests.conftest import wait_until
from tests.console.conftest import Served
from vision.config import load_site
from vision.rules import RULE_SETTINGS

pytestmark = pytest.mark.network

CORNER: dict[str, Any] = {
    "id": "corner",
    "polygon": [[0.6, 0.6], [0.9, 0.6], [0.9, 0.9], [0.6, 0.9]],
    "tags": ["school"],
    "rules": [{"rule": "illegal_dumping", "dwell": "45s", "schedule": ["Mon-Fri 06:00-22:00"]}],
    "fixtures": [],
    "preset": None,
}
ADDRESS = "/api/cameras/bj-001/zones"


def read(client: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(ADDRESS).json()
    return found


def save(client: httpx2.Client, zones: list[dict[str, Any]], based_on: int, reason: str = "新角落") -> httpx2.Response:
    return client.put(ADDRESS, json={"zones": zones, "based_on": based_on, "reason": reason})


def test_schema_is_that_of_the_models_that_check_the_file(served: Served) -> None:
    schema = served.client("viewer").get("/api/config/schema").json()
    assert set(schema["rules"]) == set(RULE_SETTINGS)
    dumping = schema["rules"]["illegal_dumping"]
    assert dumping["title"] == {"zh": "乱倒垃圾渣土", "en": "Illegal dumping"}
    assert dumping["defaults"]["dwell"] == "30s"
    assert dumping["schema"]["properties"]["min_area"]["maximum"] == 1
    assert "polygon" in schema["zone"]["properties"]


def test_zones_are_told_with_what_the_file_leaves_out(served: Served) -> None:
    found = read(served.client("tuner"))
    assert (found["version"], found["zones"][0]["id"], found["zones"][0]["fixtures"]) == (0, "road", [])
    assert "person" in found["classes"]
    assert "school" in found["tags_known"]


def test_saved_zone_is_in_the_file_and_comments_and_other_cameras_stay(served: Served) -> None:
    client = served.client("tuner", "chen")
    before = served.site.config.read_text("utf-8")
    found = read(client)
    answer = save(client, [*found["zones"], CORNER], found["version"])
    assert answer.status_code == 200, answer.text
    after = served.site.config.read_text("utf-8")
    assert all(line in after.splitlines() for line in before.splitlines())
    assert load_site(served.site.config, RULE_SETTINGS).cameras[0].zones[1].rules[0].dwell == 45
    assert "preset" not in after
    version = client.get("/api/versions").json()[0]
    assert (version["author"], version["reason"], version["summary"]) == ("chen", "新角落", "+corner")
    assert read(client)["version"] == answer.json()["version"] == version["version"]
    assert not list(served.site.folder.glob(".site*"))


def test_zones_that_did_not_change_leave_the_file_as_it_is(served: Served) -> None:
    client = served.client("tuner")
    before = served.site.config.read_bytes()
    assert save(client, read(client)["zones"], 0).status_code == 200
    assert served.site.config.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "field", "chinese"),
    [
        ({"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "zones.1.polygon", "自相交"),
        ({"polygon": [[0, 0], [1.2, 0], [1, 1]]}, "zones.1.polygon", "超出画面"),
        ({"id": "road"}, "zones.1.id", "重复"),
        ({"id": "a/b"}, "zones.1.id", "名称"),
        ({"rules": [{"rule": "illegal_dumping", "dwell": "soon"}]}, "zones.1.rules.0.dwell", "时长"),
        ({"rules": [{"rule": "illegal_dumping", "dwell": "0s"}]}, "zones.1.rules.0.dwell", "不能小于"),
        ({"rules": [{"rule": "jaywalking"}]}, "zones.1.rules.0", "没有规则"),
        ({"rules": [{"rule": "ground_lock", "pile_after": "3s"}]}, "zones.1.rules.0.pile_after", "没有这个设置"),
        ({"rules": [{"rule": "ground_lock", "schedule": ["never"]}]}, "zones.1.rules.0.schedule", "时段"),
        ({"preset": "gate"}, "zones.1.preset", "预置位"),
    ],
)
def test_bad_zone_is_refused_at_the_field_in_both_languages(
    served: Served, change: dict[str, Any], field: str, chinese: str
) -> None:
    client = served.client("tuner")
    before = served.site.config.read_bytes()
    zones = [*read(client)["zones"], {**CORNER, **change}]
    for answer in (client.post(f"{ADDRESS}/check", json={"zones": zones}), save(client, zones, 0)):
        assert answer.status_code == 422
        assert chinese in answer.json()["fields"][field]["zh"]
        assert answer.json()["fields"][field]["en"]
    assert served.site.config.read_bytes() == before
    assert client.post(f"{ADDRESS}/check", json={"zones": [CORNER]}).json() == {"ok": True}


def test_second_tuner_does_not_overwrite_the_first(served: Served) -> None:
    first, second = served.client("tuner", "chen"), served.client("tuner", "zhao")
    seen = read(first)
    made = save(first, [*seen["zones"], CORNER], seen["version"]).json()["version"]
    late = save(second, [], seen["version"])
    assert (late.status_code, late.json()["version"]) == (409, made)
    assert len(read(second)["zones"]) == 2


def test_change_by_hand_becomes_a_version_and_makes_older_bases_stale(served: Served) -> None:
    client = served.client("tuner")
    seen = read(client)
    text = served.site.config.read_text("utf-8").replace("dwell: 5s}, {rule: street_vending, dwell: 15s}", "dwell: 9s}")
    part = served.site.config.with_suffix(".part")
    part.write_text(text, "utf-8")
    os.replace(part, served.site.config)
    assert wait_until(lambda: client.get("/api/versions?camera=bj-001").json(), 10)
    assert client.get("/api/versions?camera=bj-001").json()[0]["author"] == "file"
    assert save(client, [CORNER], seen["version"]).status_code == 409


def test_version_shows_what_it_changed_and_can_be_taken_back(served: Served) -> None:
    client = served.client("tuner")
    seen = read(client)
    first = save(client, seen["zones"], 0, "as found").json()["version"]
    second = save(client, [{**CORNER, "id": "road"}], first, "drawn anew").json()["version"]
    diff = client.get(f"/api/versions/{second}/diff").json()
    assert diff["summary"] == "~road"
    assert "+  - rule: illegal_dumping" in diff["diff"] or "+- id: road" in diff["diff"] or "45s" in diff["diff"]
    assert "45s" in diff["after"]
    third = client.post(f"/api/versions/{first}/rollback", json={"reason": "too wide"}).json()["version"]
    assert third > second
    assert read(client)["zones"][0]["polygon"] == seen["zones"][0]["polygon"]
    assert [row["reason"] for row in client.get("/api/versions").json()] == ["too wide", "drawn anew", "as found"]


def test_file_that_somebody_broke_is_said_and_left_alone(served: Served) -> None:
    client = served.client("tuner")
    seen = read(client)
    broken = served.site.config.read_text("utf-8") + "cameras: twice\n"
    served.site.config.write_text(broken, "utf-8")
    answer = save(client, [CORNER], seen["version"])
    assert (answer.status_code, answer.json()["error"]) == (409, "site_file")
    assert served.site.config.read_text("utf-8") == broken


def test_case_becomes_a_fixture_until_a_date(served: Served) -> None:
    client = served.client("tuner")
    case_id = served.site.case_ids[0]
    case = client.get(f"/api/cases/{case_id}").json()
    body = {"until": "2027-03-31", "note": "街道办的花箱"}
    answer = client.post(f"/api/cases/{case_id}/fixture", json=body)
    assert answer.status_code == 200, answer.text
    fixture = load_site(served.site.config, RULE_SETTINGS).camera(case["camera_id"]).zones[0].fixtures[0]
    assert fixture.at.holds(tuple(case["bbox"]))
    assert (str(fixture.until), fixture.category, fixture.note) == ("2027-03-31", case["category"], "街道办的花箱")


def test_fixture_is_where_the_operator_says_the_thing_is_and_where_it_was_seen_once_that_is_undone(
    served: Served,
) -> None:
    client = served.client("tuner")
    case = client.get(f"/api/cases/{served.site.case_ids[0]}").json()
    address, box = f"/api/cases/{case['case_id']}", [0.41, 0.52, 0.47, 0.61]
    verdict = {"verdict": "false", "reason": "belongs_there", "based_on": None, "box": box}
    judged = client.post(f"{address}/verdicts", json=verdict)
    assert judged.status_code == 200, judged.text
    for expected in (box, case["bbox"]):
        assert client.post(f"{address}/fixture", json={"until": None}).status_code == 200
        fixture = load_site(served.site.config, RULE_SETTINGS).camera(case["camera_id"]).zones[0].fixtures[-1]
        assert fixture.at.holds(tuple(expected))
        last = client.get(address).json()["last_verdict_id"]
        client.post(f"{address}/undo", json={"based_on": last})


def test_no_answer_about_zones_holds_a_secret(served: Served) -> None:
    client = served.client("admin")
    version = save(client, [CORNER], 0).json()["version"]
    pages = [
        client.get(path).text for path in ("/api/versions", f"/api/versions/{version}/diff", ADDRESS, "/api/audit")
    ]
    assert not any("hunter2" in page for page in pages)


CLOCK = [[0, 0], [0.3, 0], [0.3, 0.06], [0, 0.06]]


def draw(client: httpx2.Client, masks: Any, reason: str = "时间水印") -> httpx2.Response:
    """Save the zones as they are with other masks."""
    seen = read(client)
    body = {"zones": seen["zones"], "masks": masks, "based_on": seen["version"], "reason": reason}
    return client.put(ADDRESS, json=body)


def test_masks_are_saved_as_a_version_that_shows_them_and_can_be_taken_back(served: Served) -> None:
    client = served.client("tuner", "chen")
    before = served.site.config.read_text("utf-8")
    assert read(client)["masks"] == []
    first = draw(client, [])
    assert first.status_code == 200, first.text
    made = draw(client, [CLOCK]).json()["version"]
    assert len(load_site(served.site.config, RULE_SETTINGS).cameras[0].masks) == 1
    assert all(line in served.site.config.read_text("utf-8").splitlines() for line in before.splitlines())
    assert read(client)["masks"] == [CLOCK]
    row = client.get("/api/versions").json()[0]
    assert (row["version"], row["author"], row["summary"]) == (made, "chen", "遮罩 masks 0→1")
    assert "+masks:" in client.get(f"/api/versions/{made}/diff").json()["diff"]
    back = client.post(f"/api/versions/{first.json()['version']}/rollback", json={"reason": "too wide"})
    assert back.status_code == 200, back.text
    assert read(client)["masks"] == []
    audit = served.client("admin").get("/api/audit").json()["items"]
    noted = next(one for one in audit if one["action"] == "zones.saved")
    assert noted["detail"]["changed"] == "遮罩 masks 1→0"


def test_who_says_nothing_of_masks_leaves_them(served: Served) -> None:
    client = served.client("tuner")
    assert draw(client, [CLOCK]).status_code == 200
    assert save(client, [*read(client)["zones"], CORNER], read(client)["version"]).status_code == 200
    assert read(client)["masks"] == [CLOCK]


@pytest.mark.parametrize(
    ("mask", "chinese"),
    [
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "自相交"),
        ([[0, 0], [1.2, 0], [1, 1]], "超出画面"),
        ([[0, 0], [0.5, 0]], "3 到 200 个点"),
        ([0.1, 0.2, 0.3], "点应为"),
    ],
)
def test_bad_mask_is_refused_at_its_place_and_bad_zones_are_said_beside_it(
    served: Served, mask: Any, chinese: str
) -> None:
    client = served.client("tuner")
    before = served.site.config.read_bytes()
    zones = [*read(client)["zones"], {**CORNER, "id": "a/b"}]
    for answer in (
        client.post(f"{ADDRESS}/check", json={"zones": zones, "masks": [CLOCK, mask]}),
        client.put(ADDRESS, json={"zones": zones, "masks": [CLOCK, mask], "based_on": 0}),
    ):
        assert answer.status_code == 422
        assert chinese in answer.json()["fields"]["masks.1"]["zh"]
        assert "zones.1.id" in answer.json()["fields"]
    assert served.site.config.read_bytes() == before


def test_masks_changed_by_hand_become_a_version(served: Served) -> None:
    client = served.client("tuner")
    text = served.site.config.read_text("utf-8").replace("    zones:\n", f"    masks: [{CLOCK}]\n    zones:\n", 1)
    part = served.site.config.with_suffix(".part")
    part.write_text(text, "utf-8")
    os.replace(part, served.site.config)
    assert wait_until(lambda: client.get("/api/versions?camera=bj-001").json(), 10)
    row = client.get("/api/versions?camera=bj-001").json()[0]
    assert (row["author"], row["summary"]) == ("file", "遮罩 masks 0→1")
