"""Certificates and password of the broker connection, read anew for each connection so that they may be renewed."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from vision.config import MqttSettings
from vision.config.secrets import read_secret


class PublisherSettingsError(ValueError):
    """A file that the MQTT settings name cannot be used."""


def password_of(settings: MqttSettings, resolve: Callable[[str], Path]) -> str | None:
    """Raises PublisherSettingsError when the password file cannot be read; the text never holds its content."""
    if settings.password_file is not None:
        try:
            return read_secret(resolve(settings.password_file))
        except ValueError as error:
            raise PublisherSettingsError(f"mqtt.password_file: {error}") from None
    return settings.password.get_secret_value() if settings.password is not None else None


def tls_context(settings: MqttSettings, resolve: Callable[[str], Path]) -> ssl.SSLContext | None:
    """None without TLS. Raises PublisherSettingsError naming the key and file that cannot be used."""
    if not settings.tls:
        return None
    ca_file = None if settings.ca_file is None else resolve(settings.ca_file)
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except OSError as error:
        raise PublisherSettingsError(f"mqtt.ca_file: {ca_file} cannot be used: {_reason(error)}") from None
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert_file is not None and settings.key_file is not None:
        certificate, key = resolve(settings.cert_file), resolve(settings.key_file)
        try:
            # A password callback keeps OpenSSL from asking at the terminal.
            context.load_cert_chain(str(certificate), str(key), password=lambda: "")
        except OSError as error:
            raise PublisherSettingsError(
                f"mqtt.cert_file, mqtt.key_file: {certificate} and {key} cannot be used: {_reason(error)}"
            ) from None
    return context


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "not in PEM format"
    return error.strerror or str(error)
