"""The console's database: SQLite and a real PostgreSQL, brought up to date, append only, forgetting what is old."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.conftest import wait_until
from tests.console.seeding import add_to_book, recorded_events
from vision.console.cases.book import BookAnswer, BookReader
from vision.console.cases.mirror import forget_old, take_answers, take_events
from vision.console.cases.queue import QueueFilter, queue_page
from vision.console.cases.verdicts import Decision, SeenTooOldError, decide, in_force, undo, verdicts_of
from vision.console.store import Store, StoreError
from vision.console.store.tables import Base, Case, Event

SERVERS = [shutil.which("initdb"), *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")))]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own; skips where none is installed."""
    initdb = next((path for path in SERVERS if path), None)
    if initdb is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    binaries = Path(initdb).resolve().parent
    account: dict[str, Any] = {}
    if os.getuid() == 0:  # it refuses to run as root
        try:
            user = pwd.getpwnam("nobody")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user nobody")
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Not in pytest's folder, which others than root may not enter.
    with tempfile.TemporaryDirectory(prefix="vision-postgresql-") as name:
        folder = Path(name)
        if account:
            os.chown(folder, account["user"], account["group"])
        yield from _served(binaries, folder, account)


def _served(binaries: Path, folder: Path, account: dict[str, Any]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "vision", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"],
        capture_output=True, text=True, cwd=folder, check=False, **account,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    command = [binaries / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "-F"], stdout=log, stderr=log, cwd=folder, **account)

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    assert wait_until(listens, 30), (folder / "log").read_text()
    yield f"postgresql+psycopg://vision@127.0.0.1:{port}/postgres"
    server.terminate()
    server.wait(20)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.network)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store; in PostgreSQL the tables of the test before are gone."""
    if request.param == "sqlite":
        made = Store(f"sqlite:///{tmp_path / 'console.sqlite'}")
    else:
        url = request.getfixturevalue("postgresql")
        made = Store(url)
        with made.writing() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
        made.close()
        made = Store(url)
    yield made
    made.close()


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> tuple[Store, list[str]]:
    """A store that has taken three cases from a book; their ids."""
    events = recorded_events(tmp_path)
    book = tmp_path / "cases.sqlite"
    add_to_book(book, [[event] for event in events])
    reader = BookReader(book)
    with store.writing() as session:
        take_events(session, reader.events(0, 100))
    with store.writing() as session:  # again, as after a crash
        assert take_events(session, reader.events(0, 100)) == []
    reader.close()
    return store, [event["case_id"] for event in events]


def test_migrations_make_the_very_tables_that_the_program_uses(store: Store) -> None:
    with store.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, Base.metadata) == []


def test_cases_verdicts_and_their_undoing(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled
    with store.writing() as session:
        first = decide(session, ids[0], None, Decision("true"), "li").id
    with pytest.raises(SeenTooOldError), store.writing() as session:
        decide(session, ids[0], None, Decision("false"), "wang")
    with store.writing() as session:
        undo(session, ids[0], first, "li")
    with store.reading() as session:
        assert in_force(verdicts_of(session, ids[0])) is None
        page = queue_page(session, QueueFilter(), "severity", None, 2)
        rest = queue_page(session, QueueFilter(), "severity", page.cursor, 2)
    assert sorted(case.case_id for case in [*page.cases, *rest.cases]) == sorted(ids)
    assert page.unreviewed == 3


def test_of_many_writers_at_once_one_wins(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled
    won, lost = [], []
    start = threading.Barrier(6)

    def race(name: str) -> None:
        start.wait()
        try:
            with store.writing() as session:
                decide(session, ids[0], None, Decision("true"), name)
            won.append(name)
        except SeenTooOldError:
            lost.append(name)

    threads = [threading.Thread(target=race, args=(f"r{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)


def test_verdicts_are_append_only(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled
    with store.writing() as session:
        decide(session, ids[0], None, Decision("true"), "li")
    for statement in ("UPDATE verdicts SET by = 'x'", "DELETE FROM verdicts"):
        with pytest.raises(SQLAlchemyError, match="append only"), store.writing() as session:
            session.execute(text(statement.replace(" by ", ' "by" ')))


def test_what_the_worker_forgets_is_forgotten_here_and_open_cases_are_not(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled
    with store.writing() as session:
        session.get_one(Case, ids[0]).state = "cleared"
    with store.writing() as session:
        assert forget_old(session, time.time() + 10 * 365 * 86400) == 1
        assert session.query(Event).filter_by(case_id=ids[0]).count() == 0
        assert session.query(Case).count() == 2


def test_block_that_raises_leaves_nothing_behind(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled

    def half() -> None:
        with store.writing() as session:
            decide(session, ids[0], None, Decision("true"), "li")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with store.reading() as session:
        assert verdicts_of(session, ids[0]) == []


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/at/all.sqlite", "oracle://x"])
def test_database_that_cannot_be_used_is_said_in_one_line(url: str) -> None:
    with pytest.raises(StoreError) as raised:
        Store(url)
    assert len(str(raised.value).splitlines()) == 1


def test_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'console.sqlite'}"
    store = Store(url)
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="9999"):
        Store(url)


def test_answers_of_a_new_book_take_the_place_of_the_lost_ones(filled: tuple[Store, list[str]]) -> None:
    store, ids = filled
    old, new = BookAnswer(1, ids[0], "accepted", None, 10.0), BookAnswer(1, ids[1], "rejected", "已有案件", 20.0)
    for answer, taken in ((old, [ids[0]]), (old, []), (new, [ids[1]])):
        with store.writing() as session:
            assert take_answers(session, [answer]) == taken
    with store.reading() as session:
        assert session.get_one(Case, ids[1]).state == "rejected"
