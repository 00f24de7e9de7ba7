"""Every route of the app × every role and a stranger, from a table: what is not in the table fails the test."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.routing import iter_route_contexts

from tests.console.conftest import ROLES, Served
from vision.config import ConsoleSettings
from vision.console.app import make_app

STRANGER = "stranger"
EVERYONE = [STRANGER, *ROLES]
ROUTES: dict[tuple[str, str], str] = {
    ("POST", "/api/login"): STRANGER,
    ("GET", "/api/oidc/start"): STRANGER,
    ("GET", "/api/oidc/callback"): STRANGER,
    ("GET", "/{path:path}"): STRANGER,
    ("HEAD", "/{path:path}"): STRANGER,
    ("POST", "/api/logout"): "viewer",
    ("GET", "/api/me"): "viewer",
    ("POST", "/api/me/password"): "viewer",
    ("PUT", "/api/me/language"): "viewer",
    ("GET", "/api/openapi.json"): "viewer",
    ("GET", "/api/cases"): "viewer",
    ("GET", "/api/cases/{case_id}"): "viewer",
    ("GET", "/api/reasons"): "viewer",
    ("GET", "/api/evidence/{case_id}/{file}"): "viewer",
    ("HEAD", "/api/evidence/{case_id}/{file}"): "viewer",
    ("GET", "/api/live"): "viewer",
    ("GET", "/api/cameras"): "viewer",
    ("GET", "/api/cameras/{camera_id}"): "viewer",
    ("GET", "/api/cameras/{camera_id}/still.jpg"): "viewer",
    ("GET", "/api/cameras/{camera_id}/boxes"): "viewer",
    ("GET", "/api/cameras/{camera_id}/history"): "viewer",
    ("GET", "/api/config/schema"): "viewer",
    ("GET", "/api/versions"): "viewer",
    ("GET", "/api/versions/{number}/diff"): "viewer",
    ("GET", "/api/statistics"): "viewer",
    ("GET", "/api/statistics.csv"): "viewer",
    ("GET", "/api/models"): "viewer",
    ("POST", "/api/cases/{case_id}/verdicts"): "operator",
    ("POST", "/api/cases/{case_id}/undo"): "operator",
    ("POST", "/api/verdicts/bulk"): "operator",
    ("POST", "/api/cases/{case_id}/fixture"): "tuner",
    ("GET", "/api/cameras/{camera_id}/zones"): "viewer",
    ("POST", "/api/cameras/{camera_id}/zones/check"): "tuner",
    ("PUT", "/api/cameras/{camera_id}/zones"): "tuner",
    ("POST", "/api/cameras/{camera_id}/tryouts"): "tuner",
    ("GET", "/api/tryouts/{job_id}"): "tuner",
    ("DELETE", "/api/tryouts/{job_id}"): "tuner",
    ("GET", "/api/tryouts/{job_id}/pictures/{kind}/{number}.jpg"): "tuner",
    ("GET", "/api/cameras/{camera_id}/media"): "tuner",
    ("GET", "/api/media/{medium_id}"): "tuner",
    ("GET", "/api/cameras/{camera_id}/suggestions"): "tuner",
    ("POST", "/api/versions/{number}/rollback"): "tuner",
    ("POST", "/api/models/use"): "admin",
    ("GET", "/api/users"): "admin",
    ("POST", "/api/users"): "admin",
    ("PATCH", "/api/users/{name}"): "admin",
    ("DELETE", "/api/users/{name}"): "admin",
    ("GET", "/api/tokens"): "admin",
    ("POST", "/api/tokens"): "admin",
    ("DELETE", "/api/tokens/{name}"): "admin",
    ("GET", "/api/audit"): "admin",
}
"""Route → the least who may."""


def routes() -> Iterator[tuple[str, str]]:
    """All routes that the app has."""
    app = make_app(types.SimpleNamespace(settings=ConsoleSettings()))  # type: ignore[arg-type]
    for context in iter_route_contexts(app.routes):
        for method in context.methods or ():
            yield method, str(context.path)


def test_table_has_every_route_of_the_app_and_no_other() -> None:
    assert set(routes()) == set(ROUTES)


def ask(client: httpx2.Client, method: str, path: str) -> httpx2.Response:
    """A request with nothing sensible in it: only who may come in is asked."""
    parts = {"case_id": "no-case", "camera_id": "no-camera", "number": "999", "name": "nobody", "path:path": "cases"}
    for name, value in {**parts, "file": "x.jpg", "job_id": "no", "kind": "lost", "medium_id": "no"}.items():
        path = path.replace(f"{{{name}}}", value)
    body: Any = {} if method in ("POST", "PUT", "PATCH") else None
    if path == "/api/live":  # it never ends: its head is enough
        with client.stream("GET", path) as answer:
            return answer
    return client.request(method, path, json=body) if body is not None else client.request(method, path)


@pytest.mark.network
def test_each_role_may_what_the_table_says_and_nothing_else(served: Served) -> None:
    clients = {role: served.client(role) for role in ROLES} | {STRANGER: served.stranger()}
    wrong = []
    for (method, path), least in ROUTES.items():
        if path == "/api/logout":
            continue
        for who in EVERYONE:
            status = ask(clients[who], method, path).status_code
            let_in = status not in (401, 403) or (path, status) == ("/api/login", 401)
            if path == "/api/me/password" and who != STRANGER:
                let_in = status == 422
            if let_in != (EVERYONE.index(who) >= EVERYONE.index(least)):
                wrong.append(f"{who} {method} {path}: {status}")
            if who == STRANGER and least != STRANGER and status != 401:
                wrong.append(f"a stranger gets {status} from {method} {path}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.network
def test_program_may_with_its_token_what_its_role_may_until_it_ends(served: Served) -> None:
    admin = served.client("admin")
    made = admin.post("/api/tokens", json={"name": "wall", "role": "operator", "expires": None}).json()
    program = served.stranger(Authorization=f"Bearer {made['token']}")
    wrong = []
    for (method, path), least in ROUTES.items():
        if path in ("/api/login", "/api/logout") or "oidc" in path:
            continue
        status = ask(program, method, path).status_code
        if (status not in (401, 403)) != (EVERYONE.index("operator") >= EVERYONE.index(least)):
            wrong.append(f"{method} {path}: {status}")
    assert not wrong, "\n".join(wrong)
    verdict = {"verdict": "true", "based_on": None}
    case = program.post(f"/api/cases/{served.site.case_ids[0]}/verdicts", json=verdict).json()
    assert case["verdict"]["by"] == "token:wall"
    assert admin.get("/api/tokens").json()[0]["last_used"] is not None
    assert admin.delete("/api/tokens/wall").status_code == 204
    assert program.get("/api/cases").status_code == 401


@pytest.mark.network
def test_token_past_its_end_and_invented_ones_let_nobody_in(served: Served) -> None:
    admin = served.client("admin")
    body = {"name": "old", "role": "admin", "expires": "2020-01-01T00:00:00+08:00"}
    old = admin.post("/api/tokens", json=body).json()["token"]
    for header in (f"Bearer {old}", "Bearer vt_x", "Bearer", f"Basic {old}", "Bearer " + "x" * 5000):
        assert served.stranger(Authorization=header).get("/api/cases").status_code == 401


@pytest.mark.network
def test_role_that_was_taken_away_is_gone_at_once(served: Served) -> None:
    admin, tuner = served.client("admin"), served.client("tuner", "chen")
    assert tuner.get("/api/cameras/bj-001/media").status_code == 200
    assert admin.patch("/api/users/chen", json={"role": "viewer"}).status_code == 200
    assert tuner.get("/api/cameras/bj-001/media").json()["error"] == "forbidden"


@pytest.mark.network
def test_admin_makes_users_with_one_time_passwords_and_everything_is_logged(served: Served) -> None:
    admin = served.client("admin", "chief")
    made = admin.post("/api/users", json={"name": "li", "role": "operator"})
    assert made.status_code == 201
    assert admin.post("/api/users", json={"name": "li", "role": "viewer"}).json()["error"] == "name_taken"
    assert admin.post("/api/users", json={"name": "a b", "role": "viewer"}).status_code == 422
    login = {"name": "li", "password": made.json()["password"]}
    assert served.stranger().post("/api/login", json=login).json()["must_change_password"]
    reset = admin.patch("/api/users/li", json={"reset_password": True}).json()["password"]
    assert served.stranger().post("/api/login", json=login).status_code == 401
    assert served.stranger().post("/api/login", json={**login, "password": reset}).status_code == 200
    assert admin.delete("/api/users/li").status_code == 204
    lines = admin.get("/api/audit").json()["items"]
    actions = [line["action"] for line in lines if line["subject"] == "li" and line["who"] == "chief"]
    assert actions == ["user.removed", "user.changed", "user.created"]
    assert reset not in str(lines)
    assert made.json()["password"] not in str(lines)


@pytest.mark.network
def test_last_admin_cannot_lock_everybody_out(served: Served) -> None:
    admin = served.client("admin", "chief")
    for change in ({"role": "viewer"}, {"disabled": True}):
        assert admin.patch("/api/users/chief", json=change).json()["error"] == "last_admin"
    assert admin.delete("/api/users/chief").json()["error"] == "last_admin"


@pytest.mark.network
def test_audit_log_is_read_page_by_page(served: Served) -> None:
    admin = served.client("admin")
    for number in range(5):
        admin.post("/api/users", json={"name": f"u{number}", "role": "viewer"})
    first = admin.get("/api/audit?limit=3").json()
    second = admin.get(f"/api/audit?limit=3&cursor={first['next']}").json()
    ids = [line["id"] for line in first["items"] + second["items"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 6
