"""What the console takes from a site's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vision.config import Site

DEFAULT_LISTEN = "127.0.0.1:8090"


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An OpenID Connect provider. `roles`: role → the values of `roles_claim` that bring it."""

    issuer: str
    client_id: str
    client_secret: str | None
    roles_claim: str
    roles: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The section `console` of the configuration. `session_s`: seconds a login lasts."""

    listen: str = DEFAULT_LISTEN
    database: str | None = None
    hold_for_review: bool = False
    session_s: float = 12 * 3600.0
    language: str = "zh"
    map_tiles: str | None = None
    media_server: str | None = None
    oidc: OidcSettings | None = None
    secure_cookies: bool | None = None
    """None: secure when the request came by https."""

    def origins(self) -> dict[str, str]:
        """Origins of other servers that pages may ask, by what for; for the content security policy."""
        named = {"tiles": self.map_tiles, "media": self.media_server}
        return {what: _origin(address) for what, address in named.items() if address}


def console_settings(site: Site) -> ConsoleSettings:
    """From the site's section `console`, or the defaults where it has none."""
    section: Any = getattr(site, "console", None)
    if section is None:
        return ConsoleSettings()
    secure = str(section.secure_cookies).lower()
    return ConsoleSettings(
        listen=section.listen,
        database=_plain(section.database),
        hold_for_review=section.hold_for_review,
        session_s=section.session,
        language=section.language,
        map_tiles=section.map_tiles,
        media_server=section.media_server,
        oidc=_oidc(section.oidc),
        secure_cookies=None if secure == "auto" else secure in ("true", "always"),
    )


def _oidc(section: Any) -> OidcSettings | None:
    if section is None:
        return None
    return OidcSettings(
        issuer=section.issuer.rstrip("/"),
        client_id=section.client_id,
        client_secret=_plain(section.client_secret),
        roles_claim=section.roles_claim,
        roles={role: tuple(values) for role, values in dict(section.roles).items()},
    )


def _plain(secret: Any) -> str | None:
    return secret.get_secret_value() if hasattr(secret, "get_secret_value") else secret


def _origin(address: str) -> str:
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2].replace("{s}", "*")
    return f"{parts.scheme}://{host}"
