"""The audit log: who changed what, from where. Written in the transaction of the change itself."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from vision.console.store.tables import AuditEntry


def note(
    session: Session, who: str, action: str, subject: str = "", detail: dict[str, Any] | None = None, address: str = ""
) -> None:
    """Add one line. `detail` holds plain JSON values and never a secret."""
    entry = AuditEntry(
        at=time.time(), who=who[:80], action=action, subject=subject[:160], detail=detail or {}, address=address[:64]
    )
    session.add(entry)


def page(session: Session, before: int | None, limit: int) -> list[AuditEntry]:
    """The lines before a row, newest first."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(session.scalars(query))
