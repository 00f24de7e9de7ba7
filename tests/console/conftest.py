"""A real console on a free port, over a seeded site, and people who are logged in to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import wait_until
from tests.console.seeding import SeededSite, recorded_events, seed
from vision.console.access.people import put_user
from vision.console.access.roles import Role
from vision.console.parts import Console, running_console
from vision.console.serving import address_of, listening_socket, make_server
from vision.console.store.tables import Case

ROLES = [role.word for role in Role]


@dataclass
class Served:
    """A console that answers at `url`."""

    site: SeededSite
    console: Console
    url: str

    def stranger(self, **headers: str) -> httpx2.Client:
        """A client that is not logged in."""
        return httpx2.Client(base_url=self.url, headers=headers, timeout=20)

    def client(self, role: str = "operator", name: str | None = None) -> httpx2.Client:
        """A client that is logged in as a user of that role, made for it, with the CSRF header set."""
        name = name or f"some-{role}"
        password = put_user(self.console.store, name, Role.of(role))
        client = self.stranger()
        me = client.post("/api/login", json={"name": name, "password": password})
        assert me.status_code == 200, me.text
        client.headers["X-CSRF-Token"] = me.json()["csrf"]
        return client

    def has_cases(self, number: int) -> bool:
        """Whether the console has taken so many cases from the book, in time."""

        def count() -> bool:
            with self.console.store.reading() as session:
                return session.query(Case).count() >= number

        return wait_until(count, 30)


@contextmanager
def console_over(site: SeededSite, pages: Path | None = None) -> Iterator[Served]:
    """A console on a free port over a site's folder, while the block runs."""
    with running_console(site.config) as parts:
        listening = listening_socket("127.0.0.1:0")
        server = make_server(parts, pages)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Served(site, parts, address_of(listening).rstrip("/"))
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Real events, and the folder of their evidence."""
    folder = tmp_path_factory.mktemp("events")
    return folder, recorded_events(folder)


@pytest.fixture
def serve(tmp_path: Path, events: tuple[Path, list[dict[str, Any]]]) -> Iterator[Callable[..., Served]]:
    """Starts consoles: `serve(cases=6, console="  language: en\\n")`; all are gone after the test."""
    with ExitStack() as stack:

        def start(cases: int = 6, console: str = "", pages: Path | None = None) -> Served:
            folder = tmp_path / "site"
            folder.mkdir(exist_ok=True)
            site = seed(folder, cases, *events, console=console)
            served = stack.enter_context(console_over(site, pages))
            assert served.has_cases(cases)
            return served

        yield start


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """A console over six cases."""
    return serve()
