"""What every answer carries, and what no request may do."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.console.conftest import Served
from vision.config import ConsoleSettings
from vision.console.api.shield import MOST_BYTES, content_policy

pytestmark = pytest.mark.network


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder of built pages, with a secret beside it."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>控制台</title>", "utf-8")
    (folder / "assets" / "index-1a2b.js").write_text("export {}", "utf-8")
    (tmp_path / "secret.js").write_text("hunter2", "utf-8")
    return folder


def test_every_answer_forbids_what_no_page_needs(serve: Callable[..., Served], pages: Path) -> None:
    served = serve(1, pages=pages)
    for path in ("/", "/assets/index-1a2b.js", "/api/me", "/api/none", "/cases/1"):
        headers = served.stranger().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert served.stranger().get("/api/me").headers["cache-control"] == "no-store"


def test_policy_lets_in_the_map_and_media_servers_that_the_site_names_and_their_passwords_not() -> None:
    settings = ConsoleSettings(
        map_tiles="https://{s}.tiles.example/{z}/{x}/{y}.png?key=k", media_server="http://u:p@10.0.0.5:8889/live"
    )
    policy = content_policy(settings)
    assert "img-src 'self' data: blob: https://*.tiles.example;" in policy
    assert "connect-src 'self' http://10.0.0.5:8889" in policy
    assert "frame-src 'self' http://10.0.0.5:8889;" in policy, "a camera's page frames the media server's player"
    assert "u:p" not in policy
    assert "frame-src 'self';" in content_policy(ConsoleSettings())


def test_pages_are_served_as_built_and_every_other_address_finds_its_way(
    serve: Callable[..., Served], pages: Path
) -> None:
    stranger = serve(1, pages=pages).stranger()
    for path in ("/", "/cases/abc", "/cameras/bj-001/zones"):
        assert "控制台" in stranger.get(path).text
    script = stranger.get("/assets/index-1a2b.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert stranger.get("/").headers["cache-control"] == "no-cache"
    assert stranger.get("/assets/gone.js").status_code == 404
    assert stranger.get("/api/none").json()["error"] == "not_found"


def raw(served: Served, request: str) -> str:
    """What a client that does not tidy its path gets."""
    parts = urlsplit(served.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(request.encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "path", ["/../secret.js", "/assets/../../secret.js", "/%2e%2e/secret.js", "//etc/passwd", "/..%2fsecret.js"]
)
def test_no_path_leaves_the_folder_of_the_pages(serve: Callable[..., Served], pages: Path, path: str) -> None:
    served = serve(1, pages=pages)
    answer = raw(served, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert "hunter2" not in answer
    assert "root:" not in answer


def test_body_that_is_too_large_is_refused_unread(served: Served) -> None:
    client = served.client()
    answer = client.post("/api/verdicts/bulk", content=b"x" * (MOST_BYTES + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_body_in_pieces_ends_at_the_bound(served: Served) -> None:
    head = "POST /api/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    piece = "10000\r\n" + "x" * 0x10000 + "\r\n"
    try:
        answer = raw(served, head + piece * 40 + "0\r\n\r\n")
    except ConnectionError:  # hung up on, which is as good
        return
    assert " 200 " not in answer.split("\r\n")[0]


def test_script_in_a_name_or_note_stays_text(served: Served) -> None:
    client = served.client("operator")
    evil = "<script>alert(1)</script>"
    body = {"verdict": "false", "reason": evil, "note": evil, "based_on": None}
    answer = client.post(f"/api/cases/{served.site.case_ids[0]}/verdicts", json=body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["verdict"]["note"] == evil
    assert served.client("admin").post("/api/users", json={"name": evil, "role": "viewer"}).status_code == 422


def test_description_of_the_api_is_for_who_is_logged_in(served: Served) -> None:
    described = served.client("viewer").get("/api/openapi.json").json()
    assert "/api/cases/{case_id}/verdicts" in described["paths"]
    assert json.dumps(described)


def test_unexpected_error_is_one_line_without_its_text(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("password: hunter2")

    monkeypatch.setattr("vision.console.api.cameras._counts", fail)
    answer = served.client("viewer").get("/api/cameras")
    assert (answer.status_code, answer.json()["error"]) == (500, "failed")
    told = capsys.readouterr()
    assert "console_request_failed" in told.out + told.err
    assert "hunter2" not in answer.text + told.out + told.err
