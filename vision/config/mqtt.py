"""How case events reach the command centre."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from vision.config.durations import Duration
from vision.config.model import ConfigModel

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class MqttSettings(ConfigModel):
    """The MQTT broker."""

    url: str = "mqtt://127.0.0.1:1883"
    """mqtt://host:port, or mqtts:// for TLS."""
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    """MQTT version; auto begins with 5 and falls back to 3.1.1."""
    username: str | None = None
    """User."""
    password: SecretStr | None = None
    """Password; better written as ${NAME} or in password_file."""
    password_file: str | None = None
    """File that holds the password."""
    client_id: str | None = None
    """MQTT client id; the worker's name unless given."""
    keepalive: Duration = Field(30.0, ge=5, le=3600)
    """The broker reports the worker lost after one and a half times this silence."""
    ca_file: str | None = None
    """Certificate authority that signed the broker's certificate; the system's unless given."""
    cert_file: str | None = None
    """The worker's own certificate."""
    key_file: str | None = None
    """Key of the worker's certificate."""
    verify: bool = True
    """Whether the broker's certificate is checked; may be switched off on the loopback interface only."""

    @property
    def tls(self) -> bool:
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (8883 if self.tls else 1883)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError:
            raise ValueError("url is no valid URL: its host or port cannot be read") from None
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("url must be mqtt://host:port or mqtts://host:port")
        if parts.username or parts.password:
            raise ValueError("url holds a user or password; use the keys username and password or password_file")
        if self.password is not None and self.password_file is not None:
            raise ValueError("password and password_file are both given; keep one")
        if not self.verify and parts.hostname not in _LOOPBACK:
            raise ValueError("verify: false is allowed for a broker on this machine only; give its ca_file instead")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("certificates are given but url is not mqtts://")
        return self
