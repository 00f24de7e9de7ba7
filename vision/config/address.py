"""Addresses that a part of the program listens on: `127.0.0.1:9108`, `[::1]:9108`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def checked_address(value: str) -> str:
    """The address as it was given.

    Raises:
        ValueError: it is not host:port with a port of 0 to 65535.
    """
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} is no address; write host:port such as 127.0.0.1:9108")
    return value


Address = Annotated[str, AfterValidator(checked_address)]
"""Host and port to listen on; port 0 takes any free one."""
