"""Every page, in both languages and both lights, for whoever may see it: no gaps, no errors, usable by everybody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.console.browser.chromium import until
from tests.console.conftest import Served
from tests.console.test_cases import decide
from vision.console.access.people import put_user
from vision.console.access.roles import Role

pytestmark = [pytest.mark.network, pytest.mark.timeout(300)]

Visit = Callable[..., Any]
AXE = Path(__file__).parents[3] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
READY = {
    "/review": ".whys li",
    "/cameras": ".cam",
    "/cameras/bj-001": ".camera-grid",
    "/zones/bj-001": ".rule",
    "/statistics": ".figures",
    "/model": ".model-grid",
    "/admin": ".table",
    "/admin/tokens": ".panel",
    "/admin/audit": ".table",
}
"""Every page, and what is there once it is."""
SETTLED = """Promise.allSettled([document.fonts.ready, ...document.getAnimations()
  .filter(one => one.effect.getComputedTiming().iterations !== Infinity).map(one => one.finished)]).then(() => 0)"""
"""Fonts are there and nothing fades in any more: contrast is measured as people see it."""


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (cd frontend && npm ci)")
@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_no_page_shuts_anybody_out(served: Served, visit: Visit, light: str, size: tuple[int, int]) -> None:
    found: dict[str, list[str]] = {}
    page = visit(served, "admin", "/review", size=size, color_scheme=light)
    for path, ready in READY.items():
        page.goto(path)
        page.wait_for_selector(ready, state="attached")
        page.evaluate(SETTLED)
        page.evaluate(AXE.read_text("utf-8") + ";0")
        violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
        serious = [one for one in violations if one["impact"] in ("serious", "critical")]
        if serious:
            found[path] = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in serious]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_both_languages_and_the_choice_is_kept(served: Served, visit: Visit) -> None:
    page = visit(served, "operator")
    page.wait_for_selector(".whys li")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert "判定依据" in page.inner_text("body")
    page.click(".topbar .menu > button")
    page.click(".topbar .pop >> text=English")
    until(page, "document.documentElement.lang === 'en'")
    page.reload()
    page.wait_for_selector(".whys li")
    text = page.inner_text("body")
    assert "Why it was reported" in text
    assert "判定依据" not in text


def test_choice_of_light_is_kept(served: Served, visit: Visit) -> None:
    page = visit(served, "viewer", color_scheme="light")
    page.wait_for_selector(".whys li")
    page.click(".topbar .menu > button")
    page.click(".topbar .pop >> text=深色")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_only_admins_are_offered_the_administration(served: Served, visit: Visit) -> None:
    page = visit(served, "tuner")
    page.wait_for_selector(".rail")
    assert page.query_selector(".rail a[href='/admin']") is None
    page.goto("/admin")
    page.wait_for_selector(".state")
    assert page.query_selector(".table") is None


def test_lost_connection_is_told(served: Served, visit: Visit) -> None:
    page = visit(served, "operator")
    page.wait_for_selector(".livesign.open")
    page.route("**/api/live", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".strip.lost")
    page.wait_for_selector(".whys li")
    page.unroute("**/api/live")
    page.wait_for_selector(".livesign.open")
    page.wait_for_selector(".strip.lost", state="detached")
    assert page.query_selector(".whys li") is not None


def test_stranger_gets_the_login_page_and_no_data(served: Served, visit: Visit) -> None:
    page = visit(served, None, "/cameras")
    page.wait_for_selector("input[autocomplete=current-password]")
    assert page.query_selector(".cam") is None


@pytest.mark.parametrize(
    ("code", "chinese", "english"),
    [("oidc_failed", "没有成功", "did not work"), ("oidc_no_role", "没有角色", "has no role")],
)
def test_who_is_sent_back_by_the_identity_provider_is_told_why_and_can_still_come_in(
    served: Served, visit: Visit, code: str, chinese: str, english: str
) -> None:
    password = put_user(served.console.store, "li-si", Role.of("viewer"))
    page = visit(served, None, f"/login?error={code}")
    page.wait_for_selector("[role=alert]")
    assert chinese in page.inner_text("[role=alert]")
    page.click("text=English")
    assert english in page.inner_text("[role=alert]")
    page.fill("input[autocomplete=username]", "li-si")
    page.fill("input[autocomplete=current-password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]", state="detached")
    page.wait_for_selector("input[autocomplete=new-password], .queue")


@pytest.mark.parametrize(
    ("locale", "language", "month", "form"),
    [("en-US", "zh", "2026年11月", "年-月-日"), ("zh-CN", "en", "November 2026", "YYYY-MM-DD")],
)
def test_calendar_speaks_the_consoles_language_not_the_browsers(
    served: Served, visit: Visit, locale: str, language: str, month: str, form: str
) -> None:
    page = visit(served, "viewer", "/statistics", locale=locale)
    page.wait_for_selector(".figures")
    if language == "en":
        page.click(".topbar .menu > button")
        page.click(".topbar .pop >> text=English")
        page.keyboard.press("Escape")
    start, to = (page.locator(f".page-head .datefield >> nth={at}") for at in (0, 1))
    start.locator("input").fill("2026-11-10")
    to.locator("input").fill("")
    assert to.locator("input").get_attribute("placeholder") == form
    to.locator("input").fill("2026-11-30")
    to.locator("> button").click()
    assert to.locator(".calendar strong").inner_text() == month
    for key in ("ArrowLeft", "PageUp"):
        page.keyboard.press(key)
    assert to.locator(".calendar :focus").get_attribute("aria-disabled") == "true", (
        "the 29th of October is out of range"
    )
    page.keyboard.press("Enter")
    assert to.locator("input").input_value() == "2026-11-30", "a day out of range is not chosen"
    for key in ("PageDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector(".calendar", state="hidden")
    assert to.locator("input").input_value() == "2026-11-22"
    to.locator("input").fill("2026-02-30")
    assert to.locator("input").get_attribute("aria-invalid") == "true"
    to.locator("input").blur()
    assert to.locator("input").input_value() == "2026-11-22", "what is no day is not taken"


def test_statistics_are_offered_by_street(served: Served, visit: Visit) -> None:
    page = visit(served, "viewer", "/statistics")
    page.wait_for_selector(".table-panel tbody tr")
    page.click(".table-panel .seg >> text=街道")
    page.wait_for_selector(".table-panel tbody td >> text=八角街道")
    assert page.locator(".table-panel tbody tr").count() == 1
    assert "by=street" in page.get_attribute("a[download]", "href")


def test_statistics_print_without_the_pages_furniture_and_with_the_days_they_are_of(
    served: Served, visit: Visit
) -> None:
    assert decide(served.client("operator"), served.site.case_ids[0], "false", reason="weather").status_code == 200
    page = visit(served, "viewer", "/statistics", color_scheme="dark")
    page.wait_for_selector(".figures")
    assert not page.locator(".only-print >> nth=0").is_visible()
    page.emulate_media(media="print")
    for furniture in (".rail", ".topbar", ".page-head .seg", ".table-panel .seg"):
        assert not page.locator(furniture).first.is_visible(), furniture
    assert page.locator(".page-head .only-print").inner_text().count("-") == 4, "from – to"
    for content in (".figures", ".per-day svg", ".table-panel .table"):
        assert page.locator(content).first.is_visible(), content
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert 1 <= paper.count(b"/Type /Page\n") <= 3


def test_words_of_others_are_shown_as_words(served: Served, visit: Visit) -> None:
    """A reason is anybody's text: it must not become part of the page."""
    case_id = served.site.case_ids[0]
    text = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
    body = {"verdict": "false", "reason": text, "based_on": None}
    assert served.client("operator").post(f"/api/cases/{case_id}/verdicts", json=body).status_code == 200
    page = visit(served, "viewer", f"/review?state=all&case={case_id}")
    page.wait_for_selector(".course .note")
    assert "<img src=x" in page.inner_text(".course")
    assert page.evaluate("window.broken") is None
