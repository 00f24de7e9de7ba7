"""The worker's main thread hears of a signal, whichever thread the kernel interrupts for it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SLEEPER = """
import signal, threading, time
from vision.cli.stop_signals import stop_signals
with stop_signals() as told_to_stop:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {blocked})  # so that the kernel hands it to the thread beside it
    print('waits', flush=True)
    told_to_stop()
    print('ends', flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("blocked", ["set()", "{signal.SIGTERM, signal.SIGINT}"], ids=["main thread", "other thread"])
def test_signal_ends_the_wait_whichever_thread_it_interrupts(number: signal.Signals, blocked: str) -> None:
    command = [sys.executable, "-c", SLEEPER.format(blocked=blocked)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "waits\n"
            process.send_signal(number)
            assert (process.communicate(timeout=20)[0], process.returncode) == ("ends\n", 0)
        finally:
            process.kill()


def test_signal_that_came_before_the_wait_ends_it_at_once_and_a_second_one_ends_nothing() -> None:
    script = """
import signal
from vision.cli.stop_signals import stop_signals
with stop_signals() as told_to_stop:
    signal.raise_signal(signal.SIGTERM)
    told_to_stop()
    signal.raise_signal(signal.SIGTERM)
signal.raise_signal(signal.SIGTERM)
print(signal.set_wakeup_fd(-1))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.returncode) == ("-1\n", 0), done.stderr
