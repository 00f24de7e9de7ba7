"""The console beside a worker: a process of its own, so that no page costs the cameras a picture."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 60.0
STOP_S = 8.0
NICENESS = 5
"""Cameras go first."""


class ConsoleProcess:
    """`vision console` as a child; started again when it ends by itself. A context.

    Args:
        config: the site's file.
        listen: address; the site's unless given.
        log: file for what it says; it goes where ours goes unless given.
    """

    def __init__(self, config: Path, listen: str | None = None, *, log: Path | None = None) -> None:
        self._command = [sys.executable, "-m", "vision.cli", "console", "-c", str(config), "--with-parent"]
        self._command += ["--listen", listen] if listen else []
        self._log = log
        self._stop = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="console-process", daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the child that runs now; None before the first."""
        return self._child.pid if self._child is not None else None

    def __enter__(self) -> ConsoleProcess:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        child = self._child
        if child is not None:
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stop.is_set():
            self._child = child = self._start()
            with contextlib.suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
            if self._stop.is_set():
                child.terminate()
            code = child.wait()
            if self._stop.is_set():
                return
            log.error("console_ended", code=code, again_in_s=wait)
            self._stop.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _start(self) -> subprocess.Popen[bytes]:
        if self._log is None:
            return subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        with self._log.open("wb") as file:
            return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
