"""People, programs and the audit log: for admins."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, field_validator
from sqlalchemy import func, select

from vision.console.access import audit
from vision.console.access.passwords import hash_password, one_time_password
from vision.console.access.people import NAME, admins_left, end_sessions
from vision.console.access.roles import Role
from vision.console.access.secret_words import TOKEN_PREFIX, hashed, new_secret
from vision.console.api.case_json import moment
from vision.console.api.errors import ApiError
from vision.console.api.guard import Admin, ConsoleParts, address_of
from vision.console.api.people import Asked
from vision.console.parts import Console
from vision.console.store.tables import Token, User

router = APIRouter()

RoleWord = Literal["viewer", "operator", "tuner", "admin"]
MOST_USERS = 1000
MOST_TOKENS = 200


class UserJson(BaseModel):
    """A user. `source`: local, or oidc for one whom the identity provider vouches for."""

    name: str
    role: str
    disabled: bool
    source: str
    must_change_password: bool
    created: str
    last_login: str | None


class UserAsked(Asked):
    """A new user."""

    name: str
    role: RoleWord

    @field_validator("name")
    @classmethod
    def _fits(cls, value: str) -> str:
        if not NAME.fullmatch(value):
            raise ValueError(f"{value!r} is no name: letters, digits, - _ . @, at most 64")
        return value


class UserChange(Asked):
    """What is to change of a user; what is left out stays."""

    role: RoleWord | None = None
    disabled: bool | None = None
    reset_password: bool = False


class UserDone(BaseModel):
    """The user, and the one-time password where one was made: it is shown this once."""

    user: UserJson
    password: str | None


class TokenJson(BaseModel):
    """A program's token, without the secret."""

    name: str
    role: str
    created: str
    created_by: str
    expires: str | None
    last_used: str | None


class TokenAsked(Asked):
    """A new token."""

    name: Annotated[str, Field(pattern=r"^[\w.@-]{1,64}$")]
    role: RoleWord
    expires: AwareDatetime | None


class TokenMade(TokenJson):
    """A new token with its secret, which is shown this once."""

    token: str


class AuditLine(BaseModel):
    """One line of the log."""

    id: int
    at: str
    who: str
    action: str
    subject: str
    detail: dict[str, Any]
    address: str


class AuditPage(BaseModel):
    """A page of the log, newest first."""

    items: list[AuditLine]
    next: str | None


@router.get("/api/users", response_model=list[UserJson])
def users(console: ConsoleParts, _visitor: Admin) -> list[UserJson]:
    """All users."""
    with console.store.reading() as session:
        return [_user(console, user) for user in session.scalars(select(User).order_by(User.name))]


@router.post("/api/users", response_model=UserDone, status_code=201)
def add_user(body: UserAsked, request: Request, console: ConsoleParts, visitor: Admin) -> UserDone:
    """A new user with a one-time password."""
    password = one_time_password()
    password_hash = hash_password(password)
    with console.store.writing() as session:
        _free(session.get(User, body.name) is None)
        if (session.scalar(select(func.count()).select_from(User)) or 0) >= MOST_USERS:
            raise ApiError("busy", 429)
        user = User(
            name=body.name, password_hash=password_hash, role=body.role, disabled=False, source="local",
            must_change_password=True, created=time.time(),
        )  # fmt: skip
        session.add(user)
        audit.note(session, visitor.name, "user.created", body.name, {"role": body.role}, address_of(request))
    return UserDone(user=_user(console, user), password=password)


@router.patch("/api/users/{name}", response_model=UserDone)
def change_user(name: str, body: UserChange, request: Request, console: ConsoleParts, visitor: Admin) -> UserDone:
    """Change a user; who loses a right loses it at once."""
    password = one_time_password() if body.reset_password else None
    password_hash = hash_password(password) if password is not None else None
    with console.store.writing() as session:
        user = session.get(User, name)
        if user is None:
            raise ApiError("not_found", 404)
        loses = body.disabled or (body.role is not None and body.role != Role.ADMIN.word)
        if loses and user.role == Role.ADMIN.word and not admins_left(session, name):
            raise ApiError("last_admin", 409)
        user.role = body.role or user.role
        user.disabled = user.disabled if body.disabled is None else body.disabled
        if password_hash is not None:
            if user.source != "local":
                raise ApiError("no_password", 409)
            user.password_hash, user.must_change_password = password_hash, True
        if user.disabled or password_hash is not None:
            end_sessions(session, name)
        audit.note(session, visitor.name, "user.changed", name, body.model_dump(exclude_none=True), address_of(request))
    return UserDone(user=_user(console, user), password=password)


@router.delete("/api/users/{name}", status_code=204)
def remove_user(name: str, request: Request, console: ConsoleParts, visitor: Admin) -> None:
    """Remove a user; verdicts and the audit log keep the name."""
    with console.store.writing() as session:
        user = session.get(User, name)
        if user is None:
            raise ApiError("not_found", 404)
        if not admins_left(session, name):
            raise ApiError("last_admin", 409)
        end_sessions(session, name)
        session.delete(user)
        audit.note(session, visitor.name, "user.removed", name, address=address_of(request))


@router.get("/api/tokens", response_model=list[TokenJson])
def tokens(console: ConsoleParts, _visitor: Admin) -> list[TokenJson]:
    """All tokens, without their secrets."""
    with console.store.reading() as session:
        return [TokenJson(**_token(console, token)) for token in session.scalars(select(Token).order_by(Token.name))]


@router.post("/api/tokens", response_model=TokenMade, status_code=201)
def add_token(body: TokenAsked, request: Request, console: ConsoleParts, visitor: Admin) -> TokenMade:
    """A token for a program: `Authorization: Bearer …`."""
    secret = TOKEN_PREFIX + new_secret()
    with console.store.writing() as session:
        _free(session.get(Token, body.name) is None)
        if (session.scalar(select(func.count()).select_from(Token)) or 0) >= MOST_TOKENS:
            raise ApiError("busy", 429)
        token = Token(
            name=body.name, token_hash=hashed(secret), role=body.role, created=time.time(), created_by=visitor.name,
            expires=body.expires.timestamp() if body.expires else None,
        )  # fmt: skip
        session.add(token)
        audit.note(session, visitor.name, "token.created", body.name, {"role": body.role}, address_of(request))
    return TokenMade(**_token(console, token), token=secret)


@router.delete("/api/tokens/{name}", status_code=204)
def remove_token(name: str, request: Request, console: ConsoleParts, visitor: Admin) -> None:
    """Take a token back."""
    with console.store.writing() as session:
        token = session.get(Token, name)
        if token is None:
            raise ApiError("not_found", 404)
        session.delete(token)
        audit.note(session, visitor.name, "token.removed", name, address=address_of(request))


@router.get("/api/audit", response_model=AuditPage)
def audit_log(
    console: ConsoleParts,
    _visitor: Admin,
    cursor: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> AuditPage:
    """The audit log, newest first."""
    with console.store.reading() as session:
        rows = audit.page(session, cursor, limit + 1)
    lines = [
        AuditLine(
            id=row.id, at=moment(console, row.at), who=row.who, action=row.action, subject=row.subject,
            detail=row.detail, address=row.address,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return AuditPage(items=lines, next=str(lines[-1].id) if len(rows) > limit else None)


def _free(free: bool) -> None:
    if not free:
        raise ApiError("name_taken", 409, fields={"name": ApiError("name_taken").body["message"]})


def _user(console: Console, user: User) -> UserJson:
    return UserJson(
        name=user.name, role=user.role, disabled=user.disabled, source=user.source,
        must_change_password=user.must_change_password, created=moment(console, user.created),
        last_login=None if user.last_login is None else moment(console, user.last_login),
    )  # fmt: skip


def _token(console: Console, token: Token) -> dict[str, Any]:
    return {
        "name": token.name,
        "role": token.role,
        "created": moment(console, token.created),
        "created_by": token.created_by,
        "expires": None if token.expires is None else moment(console, token.expires),
        "last_used": None if token.last_used is None else moment(console, token.last_used),
    }
