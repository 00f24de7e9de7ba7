"""Alembic's entry: the store hands over its connection, and with it the transaction."""

from __future__ import annotations

from alembic import context

from vision.console.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
context.run_migrations()
