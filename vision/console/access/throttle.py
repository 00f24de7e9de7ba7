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


def blocked_for(session: Session, name: str, address: str, now: float) -> float:
    """How many seconds to wait before the next attempt is looked at; 0 when there is no need."""
    wait = 0.0
    for kind, key in _keys(name, address).items():
        row = session.get(LoginFailure, key)
        if row is not None and row.count >= LIMITS[kind] and now < row.since + WINDOW_S:
            wait = max(wait, row.since + WINDOW_S - now)
    return wait


def note_failure(session: Session, name: str, address: str, now: float) -> None:
    """Count one failure; old rows go."""
    session.execute(delete(LoginFailure).where(LoginFailure.since < now - WINDOW_S))
    for key in _keys(name, address).values():
        row = session.get(LoginFailure, key)
        if row is None:
            session.add(LoginFailure(key=key, count=1, since=now))
        else:
            row.count += 1


def forget_failures(session: Session, name: str, address: str) -> None:
    """Who has logged in begins anew; what came from the address stays counted."""
    keys = _keys(name, address)
    session.execute(delete(LoginFailure).where(LoginFailure.key.in_([keys["pair"], keys["name"]])))
