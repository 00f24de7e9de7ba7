"""The console's tables. A change here needs a migration in `migrations/versions`; times are UNIX seconds.

`verdicts` and `audit` are append only: the migration puts triggers on them that refuse to change or delete a row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Double, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {float: Double, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012  read by SQLAlchemy


class User(Base):
    """Who may log in. People whom the OIDC provider vouches for have its `subject` for them, and no password here."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    disabled: Mapped[bool] = mapped_column(Boolean, default=False)
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    source: Mapped[str] = mapped_column(String(8), default="local")
    subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    language: Mapped[str | None] = mapped_column(String(2))
    created: Mapped[float]
    last_login: Mapped[float | None]


class LoginSession(Base):
    """A browser that is logged in. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "sessions"

    cookie_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[float]
    expires: Mapped[float] = mapped_column(Double, index=True)


class Token(Base):
    """A program that may use the API. Only the SHA-256 of its token is kept."""

    __tablename__ = "tokens"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    created: Mapped[float]
    created_by: Mapped[str] = mapped_column(String(64))
    expires: Mapped[float | None]
    last_used: Mapped[float | None]


class LoginFailure(Base):
    """Failed logins of one key (a name from an address, or an address) since `since`."""

    __tablename__ = "login_failures"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    count: Mapped[int]
    since: Mapped[float] = mapped_column(Double, index=True)


class OidcLogin(Base):
    """A login by OIDC that has begun: what its answer must match."""

    __tablename__ = "oidc_logins"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(128))
    created: Mapped[float]


class AuditEntry(Base):
    """Who changed what. Append only."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[float]
    who: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(160))
    detail: Mapped[dict[str, Any]]
    address: Mapped[str] = mapped_column(String(64))


class Case(Base):
    """A case as its last event left it, with what the queue filters and sorts by.

    Attributes:
        verdict: the verdict in force; null while nobody has decided, or after an undo.
        last_verdict_id: the last row of `verdicts` about it, undone or not; what `based_on` is compared with.
    """

    __tablename__ = "cases"

    case_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    category: Mapped[str] = mapped_column(String(64))
    subcategory: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    camera_id: Mapped[str] = mapped_column(String(64))
    zone_id: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[float]
    detected_at: Mapped[float]
    cleared_at: Mapped[float | None]
    confidence: Mapped[float]
    uncertainty: Mapped[float]
    severity: Mapped[str] = mapped_column(String(8))
    severity_rank: Mapped[int]
    review: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(160))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    thumb_event: Mapped[str | None] = mapped_column(String(64))
    thumb_file: Mapped[str | None] = mapped_column(String(255))
    words: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str | None] = mapped_column(String(16))
    verdict_reason: Mapped[str | None] = mapped_column(Text)
    last_verdict_id: Mapped[int | None]

    __table_args__ = (
        Index("cases_newest", "detected_at", "case_id"),
        Index("cases_severity", "severity_rank", "detected_at", "case_id"),
        Index("cases_uncertain", "uncertainty", "detected_at", "case_id"),
        Index("cases_verdict", "verdict", "detected_at"),
        Index("cases_place", "camera_id", "zone_id", "detected_at"),
        Index("cases_category", "category", "detected_at"),
    )


class Event(Base):
    """One case event, whole. `book_row` is its row in the worker's book."""

    __tablename__ = "events"

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(64), index=True)
    book_row: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    detected_at: Mapped[float]
    payload: Mapped[dict[str, Any]]


class Answer(Base):
    """What the command centre said of a case; `id` is its row in the worker's book."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[float]


class Verdict(Base):
    """What an operator decided. Append only: a correction is a new row, and so is an undo."""

    __tablename__ = "verdicts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    verdict_id: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[str] = mapped_column(String(64), index=True)
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(String(64))
    duplicate_of: Mapped[str | None] = mapped_column(String(64))
    box: Mapped[list[Any] | None]
    note: Mapped[str | None] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[float]


class Unforwarded(Base):
    """A verdict that the worker's inbox has not got yet: written with the verdict, gone when it is handed over."""

    __tablename__ = "unforwarded"

    verdict: Mapped[int] = mapped_column(ForeignKey("verdicts.id"), primary_key=True)


class ZoneVersion(Base):
    """The zones and masks of one camera as somebody saved them. `version` counts over the whole site.

    The masks are null in versions from before they could be drawn here.
    """

    __tablename__ = "zone_versions"

    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[float]
    author: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    camera_id: Mapped[str] = mapped_column(String(64), index=True)
    before: Mapped[list[Any]]
    after: Mapped[list[Any]]
    masks_before: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    masks_after: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))


class Position(Base):
    """How far the worker's book has been read: the last row of `what`."""

    __tablename__ = "positions"

    what: Mapped[str] = mapped_column(String(32), primary_key=True)
    row: Mapped[int]
