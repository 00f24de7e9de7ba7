"""A file that is replaced whole or not at all, and is on disk when that returns."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PART = ".part"
"""Ending of a file that is being written; a crash may leave one behind."""


def replace_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Put the content in place of the file: written beside it, fsynced, renamed, the folder fsynced.

    Args:
        mode: permissions; None for those that a new file has.

    Raises:
        OSError: it cannot be written; the file is as it was, and nothing lies beside it.
    """
    part = path.with_name(f".{path.name}{PART}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else mode)
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)  # what lay there from a crash may have had another
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
