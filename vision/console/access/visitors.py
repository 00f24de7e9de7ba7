"""Who makes a request: a browser with its session, or a program with its token."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from sqlalchemy import update

from vision.console.access.roles import Role
from vision.console.access.secret_words import TOKEN_PREFIX, hashed
from vision.console.store import Store
from vision.console.store.tables import LoginSession, Token, User

COOKIE = "vision_session"
TOUCH_EVERY_S = 60.0
"""How exactly the last use is known; writing it at every request would cost more than the request."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may be let in.

    Attributes:
        csrf: what the header must repeat for unsafe methods; None for a program, which no other site can speak for.
        cookie_hash: of the session; None for a program.
    """

    name: str
    role: Role
    csrf: str | None = None
    cookie_hash: str | None = None
    must_change_password: bool = False
    language: str | None = None

    def csrf_fits(self, given: str | None) -> bool:
        """Whether an unsafe request was meant by its page."""
        return self.csrf is None or hmac.compare_digest(self.csrf.encode(), (given or "").encode())


def by_cookie(store: Store, cookie: str, lasts_s: float | None) -> Visitor | None:
    """The user of a session; None when it is over, or he is.

    Args:
        lasts_s: the session goes on for so long from now on, seconds; None leaves its end where it is.
    """
    now = time.time()
    with store.reading() as session:
        row = session.get(LoginSession, hashed(cookie))
        if row is None or row.expires <= now:
            return None
        user = session.get(User, row.user)
        if user is None or user.disabled:
            return None
    if lasts_s is not None and now + lasts_s - row.expires > TOUCH_EVERY_S:
        with store.writing() as session:
            query = update(LoginSession).where(LoginSession.cookie_hash == row.cookie_hash)
            session.execute(query.values(expires=now + lasts_s))
    must = user.must_change_password
    return Visitor(user.name, Role.of(user.role), row.csrf, row.cookie_hash, must, user.language)


def by_token(store: Store, secret: str) -> Visitor | None:
    """The program of a token; None when there is none, or its time is over."""
    if not secret.startswith(TOKEN_PREFIX):
        return None
    now = time.time()
    with store.reading() as session:
        row = session.query(Token).where(Token.token_hash == hashed(secret)).one_or_none()
    if row is None or (row.expires is not None and row.expires <= now):
        return None
    if row.last_used is None or now - row.last_used > TOUCH_EVERY_S:
        with store.writing() as session:
            session.execute(update(Token).where(Token.name == row.name).values(last_used=now))
    return Visitor(f"token:{row.name}", Role.of(row.role))
