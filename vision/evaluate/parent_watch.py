"""Processes that replay for another one, and end when it is gone."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """Let this process end at once when the one that started it is gone, killed perhaps, in the midst of its work.

    Nobody is left then who would take the result; without it a pool's processes wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _watch(parent: int) -> None:
    wait([parent])
    os._exit(1)
