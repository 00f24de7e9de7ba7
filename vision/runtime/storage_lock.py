"""One worker at a time in a storage folder: two would send each case twice and overwrite what the other remembers."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = "worker.lock"
_TAKEN = {errno.EACCES, errno.EAGAIN}
"""What lockf(3) says when another process has it; the number depends on the system."""


class StorageInUseError(Exception):
    """Another process has the storage folder."""


@contextmanager
def storage_lock(folder: Path) -> Iterator[None]:
    """Keep `folder`, which is made if it is not there, for this process alone.

    The kernel lets go of the lock when the process ends, however it ends: nothing is left behind that a person must
    remove after a power cut. A lock of lockf(3) is not handed on to children, so none of them keeps it longer.

    Raises:
        StorageInUseError: another process has it; the message names the folder and that process.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a+", encoding="ascii") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StorageInUseError(
                f"{folder}: process {holder} works in it; give each worker a folder of its own (storage.dir)"
            ) from None
        with suppress(OSError):  # on a full disk the lock holds all the same, and cases must go on
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), b"%d\n" % os.getpid())
        yield
