"""Logging in with the office's identity provider: OpenID Connect, authorization code with PKCE.

Authlib speaks OAuth 2, joserfc checks the signed token: its signature against the provider's keys, who made it, for
whom, until when, and that it answers the very login that this browser began (state and nonce).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from vision.config import OidcSettings
from vision.console.access.roles import Role
from vision.console.access.secret_words import new_secret

TIMEOUT_S = 10.0
METADATA_S = 3600.0
LEEWAY_S = 60
"""Clocks of two servers differ."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures with a key pair; never `none`, nor one with a secret that the provider's keys could be taken for."""
LOGIN_S = 600.0
"""A login that has begun must end within this time."""


class OidcError(Exception):
    """The provider cannot be reached, or what it says cannot be believed; the text is for the log, without secrets."""


@dataclass(frozen=True, slots=True)
class BegunLogin:
    """A login that has begun: where the browser goes, and what the answer must match."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for. `role`: the highest that his claim brings; None when it brings none."""

    subject: str
    name: str
    role: Role | None


class OidcProvider:
    """One provider. Safe to use from any thread."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._read_at = float("-inf")

    def begin(self, redirect_uri: str) -> BegunLogin:
        """Begin a login.

        Raises:
            OidcError: the provider does not say where to.
        """
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        endpoint = self._known()["authorization_endpoint"]
        with self._client(redirect_uri) as client:
            address, _ = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier)
        return BegunLogin(address, state, nonce, verifier)

    def finish(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> Vouched:
        """Exchange the code that came back for the token, and believe it or not.

        Raises:
            OidcError: it is not to be believed.
        """
        metadata = self._known()
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=verifier)
            keys = httpx2.get(metadata["jwks_uri"], timeout=TIMEOUT_S)
            return self._vouched(self._claims(token.get("id_token"), keys.raise_for_status().json(), nonce))
        except (OAuthError, httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcError(f"the login is not to be believed: {type(error).__name__}") from None

    def _claims(self, id_token: Any, keys: Any, nonce: str) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise OidcError("the answer holds no id_token")
        claims = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._known()["issuer"]},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        registry.validate(claims)
        return dict(claims)

    def _vouched(self, claims: dict[str, Any]) -> Vouched:
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        return Vouched(str(claims["sub"])[:255], str(name), role_of(claims, self._settings))

    def _client(self, redirect_uri: str) -> OAuth2Client:
        secret = self._settings.client_secret
        return OAuth2Client(
            self._settings.client_id,
            secret.get_secret_value() if secret is not None else None,
            scope="openid profile email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
        )

    def _known(self) -> dict[str, Any]:
        """The provider's own description, read once an hour."""
        with self._lock:
            if time.monotonic() - self._read_at < METADATA_S:
                return self._metadata
            issuer = self._settings.issuer.rstrip("/")
            try:
                answer = httpx2.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT_S)
                metadata = answer.raise_for_status().json()
                if metadata["issuer"].rstrip("/") != issuer:
                    raise OidcError(f"{issuer} calls itself {metadata['issuer']}")
                for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if urlsplit(metadata[key]).scheme not in ("https", urlsplit(issuer).scheme):
                        raise OidcError(f"{key} is less safe than the issuer")
            except (httpx2.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise OidcError(f"{issuer} cannot be asked: {type(error).__name__}") from None
            self._metadata, self._read_at = metadata, time.monotonic()
            return self._metadata


def role_of(claims: dict[str, Any], settings: OidcSettings) -> Role | None:
    """The highest role that the claim's values bring."""
    held = claims.get(settings.roles_claim)
    values = {held} if isinstance(held, str) else {value for value in held or () if isinstance(value, str)}
    roles = [Role.of(word) for word, wanted in settings.roles.items() if values & set(wanted)]
    return max(roles, default=None)
