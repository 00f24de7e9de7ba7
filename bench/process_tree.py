"""CPU time and memory of a program with all its children."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


class ProgramEndedError(Exception):
    """The measured program is gone."""


@dataclass(slots=True, frozen=True)
class Usage:
    """What a process tree used up to one moment.

    Attributes:
        at: monotonic clock, seconds.
        cpu_s: user and system time, seconds, of all living processes and of the children that they have buried.
        rss_mb: resident memory, MB (10^6 bytes); shared pages count once per process.
        uss_mb: memory that no other process shares, MB.
        processes: how many there are.
    """

    at: float
    cpu_s: float
    rss_mb: float
    uss_mb: float
    processes: int


def usage_of(pid: int) -> Usage:
    """What the process `pid` and its descendants have used so far.

    Raises:
        ProgramEndedError: there is no such process, or only its corpse.
    """
    try:
        root = psutil.Process(pid)
        if root.status() == psutil.STATUS_ZOMBIE:
            raise ProgramEndedError(f"process {pid} has ended")
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess as error:
        raise ProgramEndedError(f"process {pid} has ended") from error
    cpu_s = rss = uss = 0.0
    living = 0
    for process in tree:
        try:
            times, memory = process.cpu_times(), process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # Ended since the list was made; its parent has its time.
        cpu_s += times.user + times.system + times.children_user + times.children_system
        rss += memory.rss
        uss += memory.uss
        living += 1
    return Usage(time.monotonic(), cpu_s, rss / 1e6, uss / 1e6, living)


def cpu_ms_per_camera_second(before: Usage, after: Usage, cameras: int) -> float:
    """Milliseconds of CPU that one camera costs in one second of the time between two readings."""
    return 1000 * (after.cpu_s - before.cpu_s) / (after.at - before.at) / cameras
