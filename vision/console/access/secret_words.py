"""Cookies and tokens: random, and kept by their SHA-256 only, so that a stolen database logs nobody in."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_PREFIX = "vt_"


def new_secret() -> str:
    """256 random bits, safe in a cookie and in a header."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """SHA-256 in hex; a plain hash is enough for what is random."""
    return hashlib.sha256(secret.encode()).hexdigest()
