"""Single sign-on: to the identity provider and back."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from vision.console.access import audit
from vision.console.access.oidc import LOGIN_S, OidcError, OidcProvider, Vouched
from vision.console.access.people import NAME, begin_session
from vision.console.access.secret_words import hashed
from vision.console.api.errors import ApiError
from vision.console.api.guard import ConsoleParts, address_of
from vision.console.api.people import set_cookie
from vision.console.parts import Console
from vision.console.store.tables import OidcLogin, User

log = structlog.get_logger(__name__)

router = APIRouter()

COOKIE = "vision_oidc"
PATH = "/api/oidc"
Text = Annotated[str | None, Query(max_length=4096)]


@router.get("/api/oidc/start")
def start(request: Request, console: ConsoleParts) -> RedirectResponse:
    """To the provider's login page."""
    provider = _provider(console)
    try:
        begun = provider.begin(_callback(request))
    except OidcError as error:
        return _back("oidc_failed", error)
    with console.store.writing() as session:
        session.execute(delete(OidcLogin).where(OidcLogin.created < time.time() - LOGIN_S))
        row = OidcLogin(state_hash=hashed(begun.state), nonce=begun.nonce, verifier=begun.verifier, created=time.time())
        session.add(row)
    answer = RedirectResponse(begun.address, 302)
    # Lax, not strict: the browser comes back from another site, and only with this cookie is it the same browser.
    answer.set_cookie(
        COOKIE, begun.state, max_age=int(LOGIN_S), path=PATH, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.get("/api/oidc/callback")
def callback(
    request: Request, console: ConsoleParts, state: Text = None, code: Text = None, error: Text = None
) -> RedirectResponse:
    """Back from the provider: a session, or the login page with what went wrong."""
    provider = _provider(console)
    held = request.cookies.get(COOKIE, "")
    if error or not code or not state or not hmac.compare_digest(state.encode(), held.encode()):
        return _back("oidc_failed", error or "state does not fit")
    with console.store.writing() as session:
        begun = session.get(OidcLogin, hashed(state))
        if begun is not None:
            session.delete(begun)  # it is answered once
    if begun is None or begun.created < time.time() - LOGIN_S:
        return _back("oidc_failed", "no such login, or too late")
    try:
        vouched = provider.finish(code, _callback(request), begun.nonce, begun.verifier)
    except OidcError as refused:
        return _back("oidc_failed", refused)
    if vouched.role is None:
        return _back("oidc_no_role", "no role")
    now = time.time()
    with console.store.writing() as session:
        user = _user(session, vouched, now)
        if user is None or user.disabled:
            return _back("oidc_failed", "disabled, or no name")
        made = begin_session(session, user.name, console.settings.session, now)
        audit.note(session, user.name, "login.oidc", user.name, {"role": user.role}, address_of(request))
    answer = RedirectResponse("/", 302)
    answer.delete_cookie(COOKIE, path=PATH)
    set_cookie(answer, request, console, made)
    return answer


def _provider(console: Console) -> OidcProvider:
    if console.oidc is None:
        raise ApiError("oidc_off", 404)
    return console.oidc


def _callback(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{PATH}/callback"


def _back(code: str, why: object) -> RedirectResponse:
    log.warning("oidc_login_refused", reason=str(why)[:200])
    return RedirectResponse(f"/login?error={code}", 302)


def _user(session: Session, vouched: Vouched, now: float) -> User | None:
    """The user of a subject, made at his first login. A name that a local user has is not taken over."""
    user = session.scalars(select(User).where(User.subject == vouched.subject)).one_or_none()
    assert vouched.role is not None
    if user is None:
        short = hashlib.sha256(vouched.subject.encode()).hexdigest()[:6]
        names = [vouched.name, f"{vouched.name[:50]}.{short}"]
        free = next((name for name in names if NAME.fullmatch(name) and session.get(User, name) is None), None)
        if free is None:
            return None
        user = User(
            name=free, subject=vouched.subject, source="oidc", created=now, disabled=False, must_change_password=False
        )
        session.add(user)
    user.role, user.last_login = vouched.role.word, now
    session.flush()
    return user
