"""The console's database: SQLite in the storage folder, or PostgreSQL by URL; brought up to date when it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

BUSY_S = 10.0
"""How long a writer waits for another one; nothing here writes for longer than a few milliseconds."""


class StoreError(Exception):
    """The database cannot be used; the text says why and never holds a password."""


class Store:
    """All that the console remembers. Safe to use from any thread: each block has a session of its own.

    Args:
        url: SQLAlchemy URL, e.g. `sqlite:////var/console.sqlite` or `postgresql+psycopg://user@host/name`.

    Raises:
        StoreError: no such database, its driver is missing, or it is of a newer program.
    """

    def __init__(self, url: str) -> None:
        shown = _shown(url)
        try:
            self._engine = _engine(url)
            self._writer = self._engine.execution_options(writes=True)
            with self._writer.begin() as connection:
                _upgrade(connection)
        except (SQLAlchemyError, CommandError, ImportError) as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(f"{shown}: {str(cause).splitlines()[0]}") from None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose block is written as a whole when it ends, or not at all when it raises."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise StoreError("console.database is no SQLAlchemy URL; write postgresql+psycopg://user@host/name") from None


def _engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=30)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # pysqlite's own BEGIN comes too late to read one state; see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={int(BUSY_S * 1000)}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that began as a reader fails at once when another has written meanwhile; so it says so first.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _upgrade(connection: Connection) -> None:
    with as_file(files("vision.console.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
