"""`vision console` and the console beside a worker, as processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import wait_until
from tests.console.seeding import write_site
from vision.cli.console_process import ConsoleProcess
from vision.console.serving import listening_socket

pytestmark = pytest.mark.network


class Started:
    """`vision console` with its output in a file."""

    def __init__(self, config: Path, *arguments: str) -> None:
        self._log = config.with_name("console.log")
        command = [sys.executable, "-m", "vision.cli", "console", "-c", str(config), *arguments]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8")

    def url(self) -> str:
        """Where it listens; waits for it to say so."""
        assert wait_until(lambda: "Console: http" in self.output or self.process.poll() is not None, 60), self.output
        found = re.search(r"Console: (http\S+)", self.output)
        assert found, self.output
        return found[1].rstrip("/")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_site(tmp_path)


@pytest.fixture
def started(config: Path) -> Iterator[Started]:
    running = Started(config)
    yield running
    running.process.kill()
    running.process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/api/me", timeout=5).status_code == 401
    except httpx2.TransportError:
        return False


def free_address() -> str:
    with listening_socket("127.0.0.1:0") as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"


def test_first_start_prints_a_password_that_works_once_and_later_starts_none(started: Started, config: Path) -> None:
    url = started.url()
    assert wait_until(lambda: answers(url), 30)
    password = re.findall(r"admin / (\S+?)（", started.output)
    assert len(password) == 1
    assert not any(password[0] in line for line in started.output.splitlines() if line.startswith("{"))
    me = httpx2.post(f"{url}/api/login", json={"name": "admin", "password": password[0]}).json()
    assert me["must_change_password"]
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(20) == 0
    again = Started(config)
    again.url()
    assert "First login" not in again.output
    again.process.terminate()
    assert again.process.wait(20) == 0


def test_store_is_readable_by_its_owner_only(started: Started, config: Path) -> None:
    started.url()
    assert (config.parent / "var" / "console.sqlite").stat().st_mode & 0o077 == 0


def test_address_that_is_taken_is_one_message_and_exit_code_1(config: Path) -> None:
    with listening_socket("127.0.0.1:0") as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = Started(config, "--listen", address)
        assert refused.process.wait(60) == 1
    assert f"Address cannot be used: {address}" in refused.output
    assert "Traceback" not in refused.output


def test_database_that_is_not_there_is_one_message_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+psycopg://vision:hunter2@127.0.0.1:1/none"
    refused = Started(write_site(tmp_path, console=f"  database: {url}\n"))
    assert refused.process.wait(60) == 1
    assert "Database cannot be used: postgresql+psycopg://vision:***@127.0.0.1:1/none" in refused.output
    assert "hunter2" not in refused.output
    assert "Traceback" not in refused.output


def test_console_beside_a_worker_is_started_again_when_it_dies_and_ends_with_it(config: Path) -> None:
    address = free_address()
    url = f"http://{address}"
    with ConsoleProcess(config, address, log=config.with_name("child.log")) as beside:
        assert wait_until(lambda: answers(url), 60)
        first = beside.pid
        assert first is not None
        assert os.getpriority(os.PRIO_PROCESS, first) > os.getpriority(os.PRIO_PROCESS, 0)
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: beside.pid not in (None, first) and answers(url), 60)
    assert not answers(url)


def test_console_ends_when_its_worker_was_killed(config: Path) -> None:
    address = free_address()
    script = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-m', 'vision.cli', 'console', '-c', {str(config)!r}, "
        f"'--listen', {address!r}, '--with-parent'])"
    )
    worker = subprocess.Popen([sys.executable, "-c", script])
    assert wait_until(lambda: answers(f"http://{address}"), 60)
    worker.kill()
    worker.wait(10)
    assert wait_until(lambda: not answers(f"http://{address}"), 20)


def test_base_install_says_what_to_install_and_all_else_works(config: Path) -> None:
    blocked = (
        "import sys\n"
        "for name in ('fastapi', 'sqlalchemy', 'uvicorn', 'argon2', 'authlib', 'alembic'): sys.modules[name] = None\n"
        "sys.argv = ['vision', *sys.argv[1:]]\n"
        "from vision.cli import main\n"
        "main()\n"
    )

    def vision(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", blocked, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    done = vision("console", "-c", str(config))
    assert (done.returncode, "pip install 'street-vision[console]'" in done.stderr) == (2, True)
    assert vision("schema", "config").returncode == 0
