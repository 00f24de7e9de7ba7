"""Slows down who guesses passwords: by name and address, by address, and by name."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from vision.console.store.tables import LoginFailure

WINDOW_S = 900.0
LIMITS = {"pair": 5, "address": 50, "name": 100}
"""Failures within the window. The limit by name alone is high: a stranger must not lock a colleague out for fun."""


def _keys(name: str, address: str) -> dict[str, str]:
    short = name[:64].lower()
    return {"pair": f"p:{short}:{address[:50]}", "address": f"a:{address[:50]}", "name": f"n:{short}"}


def attempt(session: Session, name: str, address: str, now: float) -> float:
    """How many seconds to wait before another attempt is looked at; 0 when this one may be, which is counted.

    It is counted as a failure before the password is looked at, in one writing transaction: of a hundred attempts at
    once no more are let through than of a hundred one after the other. `forget` takes it back.
    """
    session.execute(delete(LoginFailure).where(LoginFailure.since < now - WINDOW_S))
    rows = {kind: session.get(LoginFailure, key) for kind, key in _keys(name, address).items()}
    full = [row.since for kind, row in rows.items() if row is not None and row.count >= LIMITS[kind]]
    if full:
        return max(full) + WINDOW_S - now
    for kind, key in _keys(name, address).items():
        row = rows[kind]
        if row is None:
            session.add(LoginFailure(key=key, count=1, since=now))
        else:
            row.count += 1
    return 0.0


def forget(session: Session, name: str, address: str) -> None:
    """Who has given the right password begins anew; other names' failures from the address stay counted."""
    keys = _keys(name, address)
    session.execute(delete(LoginFailure).where(LoginFailure.key.in_([keys["pair"], keys["name"]])))
    row = session.get(LoginFailure, keys["address"])
    if row is not None:
        row.count -= 1
