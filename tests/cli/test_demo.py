"""`vision demo`: its site as a file, its console, and its last lines."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from vision.cli.demo_site import USER, demo_site, free_address
from vision.config import load_site
from vision.console.access.passwords import password_fits
from vision.console.parts import open_store
from vision.console.serving import listening_socket
from vision.console.store.tables import User
from vision.rules import RULE_SETTINGS

pytestmark = pytest.mark.network

SHIPPED = Path(__file__).parents[2] / "sample_clips" / "demo.yaml"


def test_demo_is_a_site_in_a_file_with_as_many_cameras_as_asked(tmp_path: Path) -> None:
    with ExitStack() as stack:
        path, _ = demo_site(SHIPPED, tmp_path / "out", 6, "mqtt://127.0.0.1:1", stack)
        site = load_site(path, RULE_SETTINGS)
    assert [camera.id for camera in site.cameras][3:] == ["bj-004", "bj-001-2", "bj-002-2"]
    assert site.resolve(site.storage.dir) == tmp_path / "out"
    assert site.cameras[4].zones == site.cameras[0].zones
    assert site.recording.enabled


def test_address_that_is_taken_is_another_port_of_the_same_host() -> None:
    with listening_socket("127.0.0.1:0") as taken:
        port = taken.getsockname()[1]
        address = free_address(f"127.0.0.1:{port}")
    assert address.startswith("127.0.0.1:")
    assert address != f"127.0.0.1:{port}"


def test_demo_without_a_terminal_ends_with_the_consoles_address_and_a_user_that_works(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "vision.cli", "demo", "--cameras", "1", "--seconds", "45", "--out", str(out)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-4:]
    assert re.search(r"Console: http://127\.0\.0\.1:\d+/", last[0])
    assert last[1].endswith(f"user: {USER}")
    assert "console -c" in last[3]
    password = last[2].rpartition(" ")[2]
    store = open_store(load_site(out / "site.yaml", RULE_SETTINGS))
    with store.reading() as session:
        user = session.get_one(User, USER)
        assert password_fits(password, user.password_hash)
        assert not user.must_change_password
    store.close()
