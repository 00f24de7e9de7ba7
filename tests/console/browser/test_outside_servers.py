"""What a site may have beside the console: map tiles, a media server, an identity provider; each a real server here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from tests.conftest import wait_until
from tests.console.browser.chromium import until
from tests.console.conftest import Served

pytestmark = [pytest.mark.network, pytest.mark.timeout(300)]

Visit = Callable[..., Any]
TILE = cv2.imencode(".png", np.full((256, 256, 3), (200, 220, 180), np.uint8))[1].tobytes()
PLAYER = "<!doctype html><title>player</title><p id=stream></p><script>stream.textContent = location.pathname</script>"


@contextmanager
def answering(body: bytes, kind: str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives everybody the same: its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join(5)


def test_map_is_drawn_from_the_sites_own_tiles(serve: Callable[..., Served], visit: Visit) -> None:
    with answering(TILE, "image/png") as (tiles, asked):
        served = serve(1, console=f"  map_tiles: '{tiles}/{{z}}/{{x}}/{{y}}.png'\n")
        page = visit(served, "operator")
        page.wait_for_selector(".map .leaflet-tile-loaded")
        page.wait_for_selector(".map path.mapmark")
        assert any(path.startswith("/17/") and path.endswith(".png") for path in asked), asked
        assert "39.9075" in page.inner_text(".facts-pane")


def test_coordinates_stand_there_without_tiles_and_while_their_server_is_away(
    serve: Callable[..., Served], visit: Visit
) -> None:
    served = serve(1)
    page = visit(served, "operator")
    page.wait_for_selector(".whys li")
    assert "39.90750, 116.20460" in page.inner_text(".facts-pane")
    assert page.query_selector(".map") is None


def test_tile_server_that_is_away_takes_the_map_but_nothing_else(serve: Callable[..., Served], visit: Visit) -> None:
    served = serve(1, console="  map_tiles: 'http://127.0.0.1:9/{z}/{x}/{y}.png'\n")
    page = visit(served, "operator")
    page.wait_for_selector(".map path.mapmark")
    assert "39.90750, 116.20460" in page.inner_text(".facts-pane")
    page.keyboard.press("t")
    page.wait_for_selector(".strip.good")


def test_live_video_is_the_media_servers_own_page_of_that_camera(serve: Callable[..., Served], visit: Visit) -> None:
    with answering(PLAYER.encode(), "text/html") as (server, asked):
        served = serve(1, console=f"  media_server: '{server}/live/'\n")
        page = visit(served, "viewer", "/cameras/bj-001")
        page.wait_for_selector(".camera-grid .live img")
        assert not asked, "nothing is asked of it before somebody wants to see it"
        page.click(".page-head .seg button:nth-child(2)")
        frame = page.frame_locator("iframe.stream")
        assert frame.locator("#stream").inner_text() == "/live/bj-001"
        page.click(".page-head .seg button:nth-child(1)")
        page.wait_for_selector("iframe.stream", state="detached")


def test_without_a_media_server_only_pictures_are_offered(served: Served, visit: Visit) -> None:
    page = visit(served, "viewer", "/cameras/bj-001")
    page.wait_for_selector(".camera-grid .live img")
    assert page.locator(".page-head .seg").count() == 0
    assert "frame-src 'self';" in served.stranger().get("/").headers["content-security-policy"]


@pytest.fixture
def provider() -> Iterator[str]:
    """An OpenID Connect provider with a login page, somebody of the night shift and a stranger; its address."""
    oidc = pytest.importorskip("oidc_provider_mock", reason="the package oidc-provider-mock is not installed")
    people = [
        oidc.User(sub="u-1", claims={"preferred_username": "li-si", "groups": ["street-review"]}),
        oidc.User(sub="u-2", claims={"preferred_username": "visitor", "groups": ["guests"]}),
    ]
    with oidc.run_server_in_thread(user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


def test_person_signs_on_at_the_provider_and_comes_back_with_his_role(
    serve: Callable[..., Served], visit: Visit, provider: str
) -> None:
    section = f"issuer: '{provider}', client_id: console, client_secret: s3cret, roles: {{operator: [street-review]}}"
    served = serve(1, console=f"  oidc: {{{section}}}\n")
    page = visit(served, None, "/review")
    page.click("a[href='/api/oidc/start']")
    page.wait_for_url(f"{provider}/**")
    page.click("button[value=u-2]")
    page.wait_for_selector("[role=alert] >> text=没有角色")
    assert page.query_selector(".queue") is None

    page.click("a[href='/api/oidc/start']")
    page.click("button[value=u-1]")
    page.wait_for_selector(".whys li")
    assert page.url.startswith(served.url)
    assert page.locator(".topbar .menu").inner_text() == "li-si"
    page.keyboard.press("t")
    assert wait_until(lambda: served.client("viewer").get("/api/cases?state=all").json()["items"][0]["verdict"], 20)
    assert served.client("viewer").get("/api/cases?state=all").json()["items"][0]["verdict"]["by"] == "li-si"
    page.click(".topbar .menu > button")
    page.click(".topbar .pop >> text=退出")
    page.wait_for_selector("input[autocomplete=current-password]")
    until(page, "document.cookie === ''")
