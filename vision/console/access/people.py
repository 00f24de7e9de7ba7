"""Users: made, changed, logged in; and the first admin of a new console."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from vision.console.access import audit
from vision.console.access.passwords import hash_password, one_time_password
from vision.console.access.roles import Role
from vision.console.access.secret_words import hashed, new_secret
from vision.console.store import Store
from vision.console.store.tables import LoginSession, User

FIRST_ADMIN = "admin"
NAME = re.compile(r"[\w.@-]{1,64}")
MOST_SESSIONS = 20
"""Of one user; the oldest ends when another begins."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A login. `cookie` is told to the browser once and kept nowhere; `expires`: UNIX seconds."""

    cookie: str
    expires: float


def first_admin(store: Store) -> str | None:
    """Make `admin` with a one-time password when nobody can log in yet; the password, or None when there are users."""
    password = one_time_password()
    password_hash = hash_password(password)
    with store.writing() as session:
        if session.scalar(select(func.count()).select_from(User)):
            return None
        session.add(
            User(name=FIRST_ADMIN, password_hash=password_hash, role=Role.ADMIN.word, must_change_password=True,
                 disabled=False, source="local", created=time.time())
        )  # fmt: skip
        audit.note(session, "console", "user.created", FIRST_ADMIN, {"role": Role.ADMIN.word, "first": True})
    return password


def put_user(store: Store, name: str, role: Role) -> str:
    """Make a local user, or give an old one a new password, that he need not change; the password. For the demo."""
    password = one_time_password()
    password_hash = hash_password(password)
    with store.writing() as session:
        user = session.get(User, name)
        if user is None:
            user = User(name=name, created=time.time(), source="local")
            session.add(user)
        user.password_hash, user.role, user.disabled = password_hash, role.word, False
        user.must_change_password = False
        end_sessions(session, name)
        audit.note(session, "console", "user.password_set", name, {"role": role.word})
    return password


def begin_session(session: Session, name: str, lasts_s: float, now: float) -> NewSession:
    """Log a user in; old sessions are swept."""
    session.execute(delete(LoginSession).where(LoginSession.expires < now))
    old = select(LoginSession.cookie_hash).where(LoginSession.user == name).order_by(LoginSession.created.desc())
    for cookie_hash in session.scalars(old.offset(MOST_SESSIONS - 1)).all():
        session.execute(delete(LoginSession).where(LoginSession.cookie_hash == cookie_hash))
    cookie = new_secret()
    row = LoginSession(cookie_hash=hashed(cookie), user=name, csrf=new_secret(), created=now, expires=now + lasts_s)
    session.add(row)
    return NewSession(cookie, row.expires)


def end_sessions(session: Session, name: str, but: str | None = None) -> None:
    """Log a user out everywhere; `but`: hash of the cookie whose session stays."""
    query = delete(LoginSession).where(LoginSession.user == name)
    session.execute(query if but is None else query.where(LoginSession.cookie_hash != but))


def admins_left(session: Session, without: str) -> bool:
    """Whether somebody else could still let people in."""
    query = select(func.count()).select_from(User)
    query = query.where(User.role == Role.ADMIN.word, User.disabled.is_(False), User.name != without)
    return bool(session.scalar(query))
