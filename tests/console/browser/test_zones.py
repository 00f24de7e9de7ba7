"""A tuner's work: a zone is drawn, set, refused where it is wrong, saved, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import wait_until
from tests.console.browser.chromium import until
from tests.console.browser.drawing import draw, save
from tests.console.conftest import Served
from tests.console.judged import judge_short_ones_false
from tests.console.records import TRY_OUT_S, record
from tests.console.seeding import CLIPS
from vision.config import load_site
from vision.rules import RULE_SETTINGS

pytestmark = [pytest.mark.network, pytest.mark.timeout(TRY_OUT_S + 120)]

Visit = Callable[..., Any]


def choose_record(page: Any) -> None:
    """Try on the camera's record alone."""
    page.click(".try .seg button:nth-child(2)")
    page.locator(".media label").filter(has_text="录像").locator("input").check()


def test_zone_is_drawn_with_the_mouse_given_a_rule_and_saved(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-004", size=(1440, 900))
    draw(page, [(0.3, 0.5), (0.6, 0.5), (0.6, 0.8), (0.3, 0.8)])
    page.wait_for_selector("input[value=zone]")
    page.fill("input[value=zone]", "kerb")
    page.select_option("select.add", "illegal_dumping")
    page.wait_for_selector(".rule")
    dwell = page.get_by_label("停留时间", exact=True)
    dwell.fill("45")
    page.wait_for_selector(".check-state .good")
    save(page, "路口新增区域")
    page.wait_for_selector(".toast")
    text = served.site.config.read_text("utf-8")
    assert "id: kerb" in text
    assert "dwell: 45s" in text
    assert "# as agreed with the office" in text, "the comments of the file stay"
    zones = served.client("tuner").get("/api/cameras/bj-004/zones").json()["zones"]
    kerb = next(zone for zone in zones if zone["id"] == "kerb")
    for (x, y), (wanted_x, wanted_y) in zip(
        kerb["polygon"], [(0.3, 0.5), (0.6, 0.5), (0.6, 0.8), (0.3, 0.8)], strict=True
    ):
        assert x == pytest.approx(wanted_x, abs=0.02)
        assert y == pytest.approx(wanted_y, abs=0.02)
    versions = served.client("viewer").get("/api/versions?camera=bj-004").json()
    assert (versions[0]["author"], versions[0]["reason"]) == ("a-tuner", "路口新增区域")


def test_mask_is_drawn_bent_saved_with_its_warning_and_deleted(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-002", size=(1440, 900))
    draw(page, [(0.6, 0.05), (0.9, 0.05), (0.9, 0.15), (0.6, 0.15)], key="m")
    page.wait_for_selector(".masks .zone-list [aria-current]")
    assert "没有案件片段" in page.inner_text(".masks .strip")
    page.focus(".zone-stage")
    for key in ("]", "ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_selector(".check-state .good")
    page.keyboard.press("Control+s")
    page.wait_for_selector("dialog .strip.attention >> text=立即删除它的录像")
    page.keyboard.press("Escape")
    save(page, "车牌不应入镜")
    page.wait_for_selector(".toast")
    camera = load_site(served.site.config, RULE_SETTINGS).camera("bj-002")
    (mask,) = camera.masks
    assert mask.points[0] == (pytest.approx(0.598, abs=0.02), pytest.approx(0.034, abs=0.02))
    assert "# as agreed with the office" in served.site.config.read_text("utf-8"), "the comments of the file stay"
    version = served.client("viewer").get("/api/versions?camera=bj-002").json()[0]
    assert (version["author"], version["reason"], version["summary"]) == (
        "a-tuner", "车牌不应入镜", "遮罩 masks 0→1",
    )  # fmt: skip
    page.click(".masks .zone-list button")
    page.click(".masks .danger")
    page.wait_for_selector(".check-state .good")
    save(page, "不再需要")
    assert wait_until(lambda: load_site(served.site.config, RULE_SETTINGS).camera("bj-002").masks == (), 10)


def test_bad_mask_shows_its_error_at_its_points_and_is_not_saved(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-002", size=(1440, 900), locale="en-GB")
    draw(page, [(0.65, 0.2), (0.9, 0.5), (0.9, 0.2), (0.65, 0.5)], key="m")
    page.wait_for_selector(".masks #polygon-error .error")
    page.wait_for_selector(".masks .zone-list .tag.bad")
    assert page.locator(".zone-tools .primary").is_disabled()
    page.focus(".zone-stage")
    page.keyboard.press("Delete")
    page.wait_for_selector(".masks .zone-list", state="detached")
    until(page, "document.querySelector('.zone-tools .primary').disabled")


def test_bad_polygon_shows_its_error_at_the_field_and_is_not_saved(served: Served, visit: Visit) -> None:
    before = served.site.config.read_text("utf-8")
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    draw(page, [(0.65, 0.2), (0.9, 0.5), (0.9, 0.2), (0.65, 0.5)])
    page.wait_for_selector("#polygon-error .error")
    page.wait_for_selector(".check-state .bad")
    assert page.locator(".zone-tools .primary").is_disabled()
    page.keyboard.press("Control+z")
    page.wait_for_selector(".check-state .bad", state="detached")
    assert served.site.config.read_text("utf-8") == before


def test_bad_setting_shows_its_error_at_the_field(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".rule")
    page.get_by_label("停留时间", exact=True).fill("soon")
    page.wait_for_selector(".setting.duration .error")
    assert page.get_by_label("停留时间", exact=True).get_attribute("aria-invalid") == "true"


def test_vertices_are_bent_by_key_split_and_copied_and_all_of_it_undone(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".zone-canvas canvas")
    page.focus(".zone-stage")
    for key in ("]", "ArrowRight", "Shift+ArrowDown", "i", "Delete", "c"):
        page.keyboard.press(key)
    until(page, "document.querySelectorAll('.zone-list li').length === 2")
    page.keyboard.press("p")
    frame = page.query_selector(".zone-canvas canvas").bounding_box()
    for y in (0.2, 0.9):
        page.mouse.click(frame["x"] + 0.3 * frame["width"], frame["y"] + y * frame["height"])
    until(page, "document.querySelectorAll('.zone-list li').length === 3")
    for _ in range(8):
        page.keyboard.press("Control+z")
    until(page, "document.querySelectorAll('.zone-list li').length === 1")
    until(page, "document.querySelector('.zone-tools .primary').disabled")
    assert served.client("tuner").get("/api/cameras/bj-001/zones").json()["version"] == 0


def test_second_tuner_is_told_and_a_version_is_taken_back(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".rule")
    other = served.client("admin")
    now = other.get("/api/cameras/bj-001/zones").json()
    now["zones"][0]["rules"][0]["dwell"] = "99s"
    body = {"zones": now["zones"], "based_on": now["version"], "reason": "the other"}
    assert other.put("/api/cameras/bj-001/zones", json=body).status_code == 200
    page.get_by_label("停留时间", exact=True).fill("45")
    save(page, "mine")
    page.wait_for_selector(".strip.attention")
    assert "dwell: 45s" not in served.site.config.read_text("utf-8")
    page.click(".strip.attention button")
    until(page, "document.querySelector('.setting.duration input').value === '99'")
    page.get_by_label("停留时间", exact=True).fill("45")
    page.wait_for_selector(".check-state .good")
    save(page, "mine again")
    page.click("#tab-versions")
    page.wait_for_selector(".versions li >> nth=1")
    page.click(".versions li >> nth=1 >> button >> nth=1")
    page.fill("dialog textarea", "back to the other's")
    page.click("dialog footer .primary")
    assert wait_until(lambda: "dwell: 99s" in served.site.config.read_text("utf-8"), 20)


def test_value_of_a_sweep_is_taken_into_the_form(served: Served, visit: Visit) -> None:
    record(CLIPS / "dumping" / "clip.mp4", served.site.storage, "bj-001")
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".rule")
    page.click("#tab-try >> visible=true")
    choose_record(page)
    page.fill(".try form input", "7s 60s")
    page.click(".try form button")
    page.wait_for_selector(".chart", timeout=TRY_OUT_S * 1000)
    assert page.inner_text(".outcome .unchanged strong") == "1", "a sweep tries the zones as they are drawn, too"
    assert page.query_selector(".tried.unchanged img")
    said = page.get_attribute(".chart svg", "aria-label")
    assert re.search(r"7s: [1-9]\d*/0/0; 60s: 0/0/0", said), said
    assert page.locator(".chart .line").count() == 3
    points = [float(one.get_attribute("cy")) for one in page.query_selector_all(".chart .line.good circle")]
    assert points[0] < points[1], "what is found is drawn higher than nothing"
    page.click(".chart button >> text=7s")
    page.click("#tab-zone")
    until(page, "document.querySelector('.setting.duration input').value === '7'")
    assert not page.locator(".zone-tools .primary").is_disabled()
    assert "dwell: 7s" not in served.site.config.read_text("utf-8")


def test_suggestion_of_past_verdicts_is_taken_into_the_form(serve: Callable[..., Served], visit: Visit) -> None:
    served = serve(1)
    judge_short_ones_false(served, served.client("tuner"))
    page = visit(served, "tuner", "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".rule")
    before = float(page.input_value(".setting.duration input"))
    page.click("#tab-try >> visible=true")
    dwell = page.locator(".suggestion").filter(has_text="停留时间")
    dwell.wait_for()
    assert "4" in dwell.locator("p").inner_text()
    dwell.locator("button").click()
    page.wait_for_selector(".check-state .good")
    save(page, "误报停留更短")
    rules = load_site(served.site.config, RULE_SETTINGS).camera("bj-001").zones[0].rules
    assert rules[0].dwell > before


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_tune_sees_the_zones_and_changes_none(served: Served, visit: Visit, role: str) -> None:
    before = served.site.config.read_bytes()
    page = visit(served, role, "/zones/bj-001", size=(1440, 900))
    page.wait_for_selector(".rule")
    page.wait_for_selector(".zone-tools >> text=修改需要调参员角色")
    assert page.query_selector(".zone-tools .primary, .zone-tools [role=toolbar], #tab-try, .masks button") is None
    assert page.locator(".zone-panel fieldset :enabled").count() == 0
    draw(page, [(0.3, 0.5), (0.6, 0.5), (0.6, 0.8)])
    for key in ("]", "ArrowRight", "c", "Control+s"):
        page.keyboard.press(key)
    page.click("#tab-versions")
    page.wait_for_selector(".zone-panel .state")
    page.click("#tab-zone")
    assert page.locator(".zone-list li").count() == 1
    assert page.query_selector("dialog") is None
    assert served.site.config.read_bytes() == before
