"""Logging in: who gets in, who is slowed down, what a stolen cookie, form or database is worth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx2
import pytest

from tests.console.conftest import Served
from vision.console.access.passwords import hash_password
from vision.console.access.people import first_admin, put_user
from vision.console.access.roles import Role
from vision.console.access.throttle import WINDOW_S
from vision.console.store.tables import LoginFailure, LoginSession, Token, User

pytestmark = pytest.mark.network


def test_stranger_learns_only_what_the_login_page_needs(served: Served) -> None:
    answer = served.stranger().get("/api/me")
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "not_logged_in",
        "message": {"zh": "请先登录", "en": "Log in first"},
        "language": "zh",
        "oidc": False,
    }


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(served: Served) -> None:
    password = put_user(served.console.store, "li", Role.VIEWER)
    answer = served.stranger().post("/api/login", json={"name": "li", "password": password})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert answer.json()["role"] == "viewer"


def test_cookie_goes_over_https_only_when_the_site_says_so(serve: Callable[..., Served]) -> None:
    served = serve(1, console="  secure_cookies: true\n")
    password = put_user(served.console.store, "li", Role.VIEWER)
    answer = served.stranger().post("/api/login", json={"name": "li", "password": password})
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_wrong_password_and_unknown_name_are_told_apart_by_nothing(served: Served) -> None:
    put_user(served.console.store, "li", Role.VIEWER)
    stranger = served.stranger()
    known = stranger.post("/api/login", json={"name": "li", "password": "wrong"})
    unknown = stranger.post("/api/login", json={"name": "nobody", "password": "wrong"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (401, known.json())


def test_five_wrong_passwords_close_the_door_even_for_the_right_one(served: Served) -> None:
    password = put_user(served.console.store, "li", Role.VIEWER)
    stranger = served.stranger()
    for _ in range(5):
        assert stranger.post("/api/login", json={"name": "li", "password": "wrong"}).status_code == 401
    refused = stranger.post("/api/login", json={"name": "li", "password": password})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_S + 1
    with served.console.store.writing() as session:
        for row in session.query(LoginFailure):
            row.since -= WINDOW_S
    assert stranger.post("/api/login", json={"name": "li", "password": password}).status_code == 200


def test_guesses_at_once_are_no_more_than_guesses_one_after_the_other(served: Served) -> None:
    put_user(served.console.store, "li", Role.VIEWER)
    statuses: list[int] = []

    def guess(number: int) -> None:
        body = {"name": "li", "password": f"guess-{number}"}
        statuses.append(served.stranger().post("/api/login", json=body).status_code)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 7


def test_right_password_is_no_failure_however_often_it_is_given(served: Served) -> None:
    password = put_user(served.console.store, "li", Role.VIEWER)
    for _ in range(7):
        body = {"name": "li", "password": password}
        assert served.stranger().post("/api/login", json=body).status_code == 200


def test_unsafe_request_without_its_csrf_token_is_refused(served: Served) -> None:
    client = served.client("operator")
    body = {"verdict": "true", "based_on": None}
    address = f"/api/cases/{served.site.case_ids[0]}/verdicts"
    for wrong in ("", "x", client.headers["x-csrf-token"][:-1]):
        answer = client.post(address, json=body, headers={"X-CSRF-Token": wrong})
        assert (answer.status_code, answer.json()["error"]) == (403, "csrf")
    assert client.post(address, json=body).status_code == 200


def test_unsafe_request_from_another_site_is_refused_whatever_it_carries(served: Served) -> None:
    client = served.client("operator")
    answer = client.put("/api/me/language", json={"language": "en"}, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["error"]) == (403, "cross_site")
    assert client.put("/api/me/language", json={"language": "en"}, headers={"Origin": served.url}).status_code == 200


def test_session_ends_at_logout_and_when_it_was_idle_for_too_long(served: Served) -> None:
    client = served.client()
    cookies = dict(client.cookies)
    assert client.get("/api/me").status_code == 200
    assert client.post("/api/logout").status_code == 204
    assert httpx2.get(f"{served.url}/api/me", cookies=cookies).status_code == 401
    client = served.client()
    with served.console.store.writing() as session:
        session.query(LoginSession).update({"expires": time.time() - 1})
    assert client.get("/api/me").status_code == 401


def test_session_that_is_used_goes_on(served: Served) -> None:
    client = served.client()
    with served.console.store.writing() as session:
        session.query(LoginSession).update({"expires": time.time() + 30})
    assert client.get("/api/me").status_code == 200
    with served.console.store.reading() as session:
        assert session.query(LoginSession).one().expires > time.time() + 3600


def test_disabled_user_is_out_at_once(served: Served) -> None:
    client = served.client("tuner", "wang")
    with served.console.store.writing() as session:
        session.get_one(User, "wang").disabled = True
    assert client.get("/api/cases").status_code == 401


def test_first_admin_must_change_his_one_time_password_before_anything_else(served: Served) -> None:
    password = first_admin(served.console.store)
    assert password is not None
    assert first_admin(served.console.store) is None
    client = served.stranger()
    me = client.post("/api/login", json={"name": "admin", "password": password}).json()
    assert me["must_change_password"]
    client.headers["X-CSRF-Token"] = me["csrf"]
    assert client.get("/api/cases").json()["error"] == "must_change_password"
    weak = client.post("/api/me/password", json={"old": password, "new": "short"})
    assert (weak.status_code, list(weak.json()["fields"])) == (422, ["new"])
    wrong = client.post("/api/me/password", json={"old": "no", "new": "a-long-new-password"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (403, ["old"])
    assert client.post("/api/me/password", json={"old": password, "new": "a-long-new-password"}).status_code == 200
    assert client.get("/api/cases").status_code == 200


def test_new_password_ends_the_other_sessions(served: Served) -> None:
    first = served.client("viewer", "li")
    password = put_user(served.console.store, "li", Role.VIEWER)
    second, third = served.stranger(), served.stranger()
    for client in (second, third):
        me = client.post("/api/login", json={"name": "li", "password": password}).json()
        client.headers["X-CSRF-Token"] = me["csrf"]
    assert first.get("/api/me").status_code == 401
    assert second.post("/api/me/password", json={"old": password, "new": "a-long-new-password"}).status_code == 200
    assert (second.get("/api/me").status_code, third.get("/api/me").status_code) == (200, 401)


def test_stolen_database_holds_no_password_cookie_or_token(served: Served) -> None:
    client = served.client("admin", "chief")
    made = client.post("/api/tokens", json={"name": "wall", "role": "viewer", "expires": None}).json()
    with served.console.store.reading() as session:
        stored = session.get_one(User, "chief").password_hash
        assert stored is not None
        assert stored.startswith("$argon2id$")
        assert session.query(LoginSession).one().cookie_hash != client.cookies["vision_session"]
        assert session.query(Token).one().token_hash != made["token"]


def test_language_is_kept_for_the_person(served: Served) -> None:
    client = served.client("viewer", "li")
    assert client.get("/api/me").json()["language"] == "zh"
    client.put("/api/me/language", json={"language": "en"})
    assert client.get("/api/me").json()["language"] == "en"
    assert client.put("/api/me/language", json={"language": "fr"}).status_code == 422


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("the same words") != hash_password("the same words")
