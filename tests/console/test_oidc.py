"""Single sign-on against a small provider that signs real tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.conftest import wait_until
from tests.console.conftest import Served
from vision.config import OidcSettings
from vision.console.access.oidc import role_of
from vision.console.access.people import put_user
from vision.console.access.roles import Role
from vision.console.serving import address_of, listening_socket
from vision.console.store.tables import User

SETTINGS = OidcSettings(
    issuer="https://id.example", client_id="console", client_secret="s3cret", roles_claim="groups",
    roles={"viewer": ("staff",), "operator": ("review", "night"), "admin": ("it",)},
)  # fmt: skip


class Provider:
    """Issues a token with `claims` for any code; `claims` may be changed to lie."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "k1"})
        self.signed_by = self.key
        self.claims: dict[str, Any] = {"sub": "u-1", "preferred_username": "li", "groups": ["staff", "review"]}
        self.asked: dict[str, str] = {}
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def metadata() -> dict[str, str]:
            return {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
            }  # fmt: skip

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.post("/token")
        async def token(request: Request) -> dict[str, Any]:
            form = parse_qs((await request.body()).decode())
            self.asked = {"code": form["code"][0], "verifier": form["code_verifier"][0]}
            now = int(time.time())
            usual = {"iss": self.url, "aud": "console", "iat": now, "exp": now + 300}
            claims = {**usual, "nonce": self.nonce, **self.claims}
            return {
                "access_token": "a", "token_type": "Bearer",
                "id_token": jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.signed_by),
            }  # fmt: skip

        self._socket = listening_socket("127.0.0.1:0")
        self.url = address_of(self._socket).rstrip("/")
        self.nonce = ""
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        assert wait_until(lambda: self._server.started, 10)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def signing_on(serve: Callable[..., Served], provider: Provider) -> Served:
    """A console that lets the provider's people in."""
    roles = "{viewer: [staff], operator: [review], admin: [it]}"
    section = f"issuer: '{provider.url}', client_id: console, client_secret: s3cret, roles: {roles}"
    return serve(1, console=f"  oidc: {{{section}}}\n")


def sign_on(served: Served, provider: Provider, client: httpx2.Client | None = None, **changed: str) -> httpx2.Response:
    """A browser's way: to the provider and back."""
    client = client or served.stranger()
    start = client.get("/api/oidc/start")
    asked = {key: values[0] for key, values in parse_qs(urlsplit(start.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    provider.nonce = asked["nonce"]
    answer = client.get("/api/oidc/callback", params={"state": asked["state"], "code": "c-1", **changed})
    assert answer.status_code == 302
    return answer


@pytest.mark.network
def test_person_of_the_provider_comes_in_with_the_role_of_his_groups(signing_on: Served, provider: Provider) -> None:
    client = signing_on.stranger()
    assert client.get("/api/me").json()["oidc"] is True
    assert sign_on(signing_on, provider, client).headers["location"] == "/"
    me = client.get("/api/me").json()
    assert (me["name"], me["role"], me["must_change_password"]) == ("li", "operator", False)
    assert len(provider.asked["verifier"]) >= 43
    assert client.post("/api/login", json={"name": "li", "password": ""}).status_code == 401


@pytest.mark.network
def test_role_follows_the_groups_at_the_next_login(signing_on: Served, provider: Provider) -> None:
    sign_on(signing_on, provider)
    provider.claims["groups"] = "it"
    client = signing_on.stranger()
    sign_on(signing_on, provider, client)
    assert client.get("/api/me").json()["role"] == "admin"


@pytest.mark.network
@pytest.mark.parametrize(
    "lie",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"groups": ["visitors"]}],
    ids=["nonce", "audience", "issuer", "expired", "no role"],
)
def test_token_that_is_not_for_this_login_lets_nobody_in(
    signing_on: Served, provider: Provider, lie: dict[str, Any]
) -> None:
    provider.claims |= lie
    client = signing_on.stranger()
    assert sign_on(signing_on, provider, client).headers["location"].startswith("/login?error=oidc_")
    assert client.get("/api/me").status_code == 401


@pytest.mark.network
def test_token_that_somebody_else_signed_lets_nobody_in(signing_on: Served, provider: Provider) -> None:
    provider.signed_by = ECKey.generate_key("P-256", {"kid": "k1"})
    assert sign_on(signing_on, provider).headers["location"] == "/login?error=oidc_failed"


@pytest.mark.network
def test_answer_to_another_browsers_login_lets_nobody_in(signing_on: Served, provider: Provider) -> None:
    attacker = signing_on.stranger().get("/api/oidc/start").headers["location"]
    state = parse_qs(urlsplit(attacker).query)["state"][0]
    assert sign_on(signing_on, provider, state=state).headers["location"] == "/login?error=oidc_failed"


@pytest.mark.network
def test_local_users_name_is_not_taken_over(signing_on: Served, provider: Provider) -> None:
    put_user(signing_on.console.store, "li", Role.ADMIN)
    client = signing_on.stranger()
    sign_on(signing_on, provider, client)
    me = client.get("/api/me").json()
    assert me["name"].startswith("li.")
    assert me["role"] == "operator"
    with signing_on.console.store.reading() as session:
        assert session.get_one(User, "li").source == "local"


@pytest.mark.network
def test_without_a_provider_there_is_no_single_sign_on(served: Served) -> None:
    assert served.stranger().get("/api/oidc/start").status_code == 404


@pytest.mark.parametrize(
    ("groups", "role"),
    [(["night"], Role.OPERATOR), (["staff", "it"], Role.ADMIN), ("staff", Role.VIEWER), ([], None), (None, None),
     (["IT"], None), ([{"a": 1}, "review"], Role.OPERATOR)],
)  # fmt: skip
def test_highest_role_that_the_groups_bring_counts(groups: Any, role: Role | None) -> None:
    assert role_of({"groups": groups}, SETTINGS) is role
