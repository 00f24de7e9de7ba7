"""The web console of a site: where it is served, what it keeps, who may come in."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from vision.config.address import Address
from vision.config.durations import Duration
from vision.config.model import ConfigModel

Role = Literal["viewer", "operator", "tuner", "admin"]
_TILE_PARTS = ("{z}", "{x}", "{y}")


class OidcSettings(ConfigModel):
    """Signing in with the identity provider that the office has (OpenID Connect)."""

    issuer: str
    """Address of the provider; its configuration is read from below /.well-known/."""
    client_id: str = Field(min_length=1)
    """Name under which the console is known to it."""
    client_secret: SecretStr | None = None
    """Secret of the console; better written as ${NAME} or in client_secret_file."""
    client_secret_file: str | None = None
    """File that holds the secret."""
    roles_claim: str = Field("groups", min_length=1)
    """Which claim of the token lists what decides the role."""
    roles: dict[Role, tuple[str, ...]] = Field(default_factory=dict)
    """Role → values of that claim; the highest that fits counts, and who has none may not come in."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.client_secret is None) == (self.client_secret_file is None):
            raise ValueError("give one of client_secret and client_secret_file")
        parts = _web_address("issuer", self.issuer)
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("issuer must be https://: who can change the answer on the way can be anyone")
        return self


class ConsoleSettings(ConfigModel):
    """The web console."""

    listen: Address = "127.0.0.1:8090"
    """Address it is served at; whoever opens it to a network puts a proxy with TLS before it."""
    run: bool = False
    """Whether `vision run` serves it as well; `vision console` serves it by itself."""
    database: str | None = Field(None, repr=False)
    """SQLAlchemy URL of its own store, e.g. postgresql+psycopg://…; a SQLite file in storage.dir unless given."""
    hold_for_review: bool = False
    """Send cases whose rule says `review: required` only after an operator has confirmed them."""
    publish_verdicts: bool = True
    """Publish each verdict on vision/{site}/verdicts/{case_id}."""
    session: Duration = Field(12 * 3600.0, ge=300, le=30 * 86400)
    """A person who has been idle for this long signs in again."""
    language: Literal["zh", "en"] = "zh"
    """What a new browser sees first."""
    map_tiles: str | None = None
    """Address of map tiles with {z}, {x} and {y}; coordinates without a map unless given."""
    media_server: str | None = None
    """Base address of a media server (MediaMTX, go2rtc) for live video; snapshots unless given."""
    oidc: OidcSettings | None = None
    """Signing in with the office's identity provider, beside the console's own users."""
    secure_cookies: Literal["auto"] | bool = "auto"
    """Whether cookies go over https only; auto: when the request came by https."""

    @field_validator("database")
    @classmethod
    def _database_url(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme.partition("+")[0] not in ("sqlite", "postgresql"):
            raise ValueError("the database is sqlite:///file or postgresql+psycopg://user@host/name")
        return value

    @field_validator("map_tiles")
    @classmethod
    def _tiles(cls, value: str | None) -> str | None:
        if value is not None:
            _web_address("map_tiles", value)
            if missing := [part for part in _TILE_PARTS if part not in value]:
                raise ValueError(
                    f"map_tiles lacks {', '.join(missing)}; e.g. https://tiles.example/{{z}}/{{x}}/{{y}}.png"
                )
        return value

    @field_validator("media_server")
    @classmethod
    def _server(cls, value: str | None) -> str | None:
        if value is not None:
            _web_address("media_server", value)
        return value


def _web_address(key: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{key} is no valid URL: its host or port cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{key} must be http://host or https://host")
    return parts
