"""`vision eval` that is ended, however, leaves no process behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import wait_until

CLIPS = Path(__file__).parents[2] / "sample_clips"
JOBS = 2


def replaying(parent: psutil.Process) -> list[psutil.Process]:
    """The pool's processes; the resource tracker beside them ends by itself."""
    return [child for child in parent.children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_pools_processes_end_with_the_one_that_started_them(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "vision.cli", "eval", str(CLIPS), "--jobs", str(JOBS)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        children: list[psutil.Process] = []
        try:
            parent = psutil.Process(started.pid)
            assert wait_until(lambda: len(replaying(parent)) == JOBS, 90)
            children = replaying(parent)
            # In the midst of a replay, not before it: some seconds of a processor's time are spent by then.
            assert wait_until(lambda: sum(one.cpu_times().user for one in children) > 4, 90)
            started.send_signal(how)
            _, alive = psutil.wait_procs(children, 20)
            assert not alive
        finally:
            for one in children:
                if one.is_running():
                    one.kill()
            started.kill()
