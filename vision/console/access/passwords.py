"""Passwords: hashed with Argon2id, checked in the same time whether or not there is such a user."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

LEAST_LENGTH = 10
MOST_LENGTH = 200
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters that look alike: a one-time password is read from a screen."""
_hasher = PasswordHasher()
_at_once = threading.Semaphore(2)
"""Each hash takes 64 MiB for some 50 ms: a flood of logins must not take the worker's memory."""
_NOBODY = _hasher.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """An Argon2id hash with its salt and parameters."""
    with _at_once:
        return _hasher.hash(password)


def password_fits(password: str, stored: str | None) -> bool:
    """Whether it is the password; with `None` (no such user) it takes as long and is never."""
    with _at_once:
        try:
            _hasher.verify(stored or _NOBODY, password[:MOST_LENGTH])
        except (VerifyMismatchError, InvalidHashError):
            return False
    return stored is not None


def one_time_password() -> str:
    """Three groups of five, some 74 bits: `k7m2p-…`."""
    letters = [secrets.choice(_ALPHABET) for _ in range(15)]
    return "-".join("".join(letters[start : start + 5]) for start in (0, 5, 10))


def too_weak(password: str, name: str) -> bool:
    """Whether it is too short, too long, or the name itself."""
    return not LEAST_LENGTH <= len(password) <= MOST_LENGTH or password.lower() == name.lower()
