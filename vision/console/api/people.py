"""Logging in and out, who I am, my password and language."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vision.console.access import audit
from vision.console.access.passwords import hash_password, password_fits, too_weak
from vision.console.access.people import NewSession, begin_session, end_sessions
from vision.console.access.throttle import attempt, forget
from vision.console.access.visitors import COOKIE, Visitor, by_cookie
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, Newcomer, address_of, visitor_of
from vision.console.parts import Console
from vision.console.store.tables import LoginSession, User

router = APIRouter()

COOKIE_S = 30 * 86400
"""The browser keeps the cookie for long; the session behind it ends when it was idle for `console.session`."""
Language = Literal["zh", "en"]


class Asked(BaseModel):
    """A request's body; keys that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


class Login(Asked):
    """Name and password."""

    name: str = Field(max_length=64)
    password: str = Field(max_length=200)


class PasswordChange(Asked):
    """The old and the new password."""

    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


class LanguageChoice(Asked):
    """Which language the pages are in."""

    language: Language


class SiteInfo(BaseModel):
    """Which site this is."""

    id: str
    name: str
    timezone: str


class PageSettings(BaseModel):
    """What the pages need to know of the configuration."""

    map_tiles: str | None
    media_server: str | None
    hold_for_review: bool
    oidc: bool


class Me(BaseModel):
    """Who is logged in. `csrf` belongs into the header `X-CSRF-Token` of every unsafe request."""

    name: str
    role: str
    csrf: str | None
    language: str
    site: SiteInfo
    settings: PageSettings
    must_change_password: bool


@router.post("/api/login", response_model=Me)
def login(body: Login, request: Request, response: Response, console: ConsoleParts) -> Me:
    """Begin a session."""
    now, address = time.time(), address_of(request)
    _throttled(console, body.name, address, now)
    with console.store.reading() as session:
        user = session.get(User, body.name)
    stored = user.password_hash if user is not None and not user.disabled else None
    if not password_fits(body.password, stored):
        with console.store.writing() as session:
            audit.note(session, body.name, "login.failed", address=address)
        raise ApiError("wrong_login", 401)
    with console.store.writing() as session:
        forget(session, body.name, address)
        made = begin_session(session, body.name, console.settings.session, now)
        known = session.get_one(User, body.name)
        known.last_login = now
        audit.note(session, body.name, "login", address=address)
    set_cookie(response, request, console, made)
    visitor = by_cookie(console.store, made.cookie, console.settings.session)
    assert visitor is not None
    return _me(visitor, console)


@router.post("/api/logout", status_code=204)
def logout(request: Request, response: Response, console: ConsoleParts, visitor: Newcomer) -> None:
    """End the session."""
    with console.store.writing() as session:
        if visitor.cookie_hash is not None:
            row = session.get(LoginSession, visitor.cookie_hash)
            if row is not None:
                session.delete(row)
        audit.note(session, visitor.name, "logout", address=address_of(request))
    response.delete_cookie(COOKIE, path="/")


@router.get("/api/me", response_model=Me)
def me(console: ConsoleParts, visitor: Annotated[Visitor | None, Depends(visitor_of)]) -> Me:
    """Who is logged in; a stranger gets what the login page needs."""
    if visitor is None:
        public = {"language": console.settings.language, "oidc": console.settings.oidc is not None}
        raise ApiError("not_logged_in", 401, extra=public)
    return _me(visitor, console)


@router.post("/api/me/password", response_model=Me)
def change_password(body: PasswordChange, request: Request, console: ConsoleParts, visitor: Newcomer) -> Me:
    """Change one's own password; all other sessions end."""
    now, address = time.time(), address_of(request)
    with console.store.reading() as session:
        user = session.get(User, visitor.name)
    if user is None or user.password_hash is None:
        raise ApiError("no_password", 409)
    _throttled(console, visitor.name, address, now)
    if not password_fits(body.old, user.password_hash):
        raise ApiError("wrong_password", 403, fields={"old": ApiError("wrong_password").body["message"]})
    if too_weak(body.new, visitor.name) or body.new == body.old:
        raise ApiError("weak_password", 422, fields={"new": ApiError("weak_password").body["message"]})
    password_hash = hash_password(body.new)
    with console.store.writing() as session:
        forget(session, visitor.name, address)
        known = session.get_one(User, visitor.name)
        known.password_hash, known.must_change_password = password_hash, False
        end_sessions(session, visitor.name, but=visitor.cookie_hash)
        audit.note(session, visitor.name, "password.changed", visitor.name, address=address)
    return _me(_again(visitor, must_change_password=False), console)


@router.put("/api/me/language", response_model=Me)
def choose_language(body: LanguageChoice, console: ConsoleParts, visitor: Newcomer) -> Me:
    """Choose the language of one's pages; of a program's token it is not kept."""
    with console.store.writing() as session:
        user = session.get(User, visitor.name)
        if user is not None:
            user.language = body.language
    return _me(_again(visitor, language=body.language), console)


def _throttled(console: Console, name: str, address: str, now: float) -> None:
    """Count an attempt, or refuse it."""
    with console.store.writing() as session:
        wait = attempt(session, name, address, now)
    if wait:
        minutes = {"minutes": int(wait // 60) + 1}
        raise ApiError("too_many_logins", 429, values=minutes, headers={"Retry-After": str(int(wait) + 1)})


def set_cookie(response: Response, request: Request, console: Console, made: NewSession) -> None:
    """Give the browser its session."""
    secure = console.settings.secure_cookies
    response.set_cookie(
        COOKIE, made.cookie, max_age=COOKIE_S, path="/", httponly=True, samesite="strict",
        secure=request.url.scheme == "https" if secure == "auto" else secure,
    )  # fmt: skip


def _me(visitor: Visitor, console: Console) -> Me:
    site, settings = console.site.site.site, console.settings
    return Me(
        name=visitor.name,
        role=visitor.role.word,
        csrf=visitor.csrf,
        language=visitor.language or settings.language,
        site=SiteInfo(id=site.id, name=site.name or site.id, timezone=site.timezone),
        settings=PageSettings(
            map_tiles=settings.map_tiles,
            media_server=settings.media_server,
            hold_for_review=settings.hold_for_review,
            oidc=settings.oidc is not None,
        ),
        must_change_password=visitor.must_change_password,
    )


def _again(visitor: Visitor, *, must_change_password: bool | None = None, language: str | None = None) -> Visitor:
    must = visitor.must_change_password if must_change_password is None else must_change_password
    return Visitor(visitor.name, visitor.role, visitor.csrf, visitor.cookie_hash, must, language or visitor.language)
