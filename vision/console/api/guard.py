"""At the door of every route: who is it, may he, and did his page mean it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from vision.console.access.roles import Role
from vision.console.access.visitors import COOKIE, Visitor, by_cookie, by_token
from vision.console.api.errors import ApiError
from vision.console.parts import Console

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-csrf-token"


def console_of(request: Request) -> Console:
    """What the routes work with."""
    console: Console = request.app.state.console
    return console


ConsoleParts = Annotated[Console, Depends(console_of)]


def visitor_of(request: Request, console: ConsoleParts) -> Visitor | None:
    """Who makes the request; None for a stranger. A bearer token goes before a cookie."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return by_token(console.store, secret.strip())
    cookie = request.cookies.get(COOKIE)
    return by_cookie(console.store, cookie, console.settings.session) if cookie else None


def address_of(request: Request) -> str:
    """Where the request comes from, for the audit log and the throttle."""
    return request.client.host if request.client else ""


class Allow:
    """Lets in who has at least a role.

    Args:
        role: the least.
        unfinished: also who has not yet changed his one-time password.
    """

    def __init__(self, role: Role, *, unfinished: bool = False) -> None:
        self.role, self._unfinished = role, unfinished

    def __call__(self, request: Request, visitor: Annotated[Visitor | None, Depends(visitor_of)]) -> Visitor:
        if visitor is None:
            raise ApiError("not_logged_in", 401)
        if request.method not in SAFE_METHODS and not visitor.csrf_fits(request.headers.get(CSRF_HEADER)):
            raise ApiError("csrf", 403)
        if visitor.must_change_password and not self._unfinished:
            raise ApiError("must_change_password", 403)
        if visitor.role < self.role:
            raise ApiError("forbidden", 403, values={"role": self.role.word})
        return visitor


Viewer = Annotated[Visitor, Depends(Allow(Role.VIEWER))]
Operator = Annotated[Visitor, Depends(Allow(Role.OPERATOR))]
Tuner = Annotated[Visitor, Depends(Allow(Role.TUNER))]
Admin = Annotated[Visitor, Depends(Allow(Role.ADMIN))]
Newcomer = Annotated[Visitor, Depends(Allow(Role.VIEWER, unfinished=True))]
