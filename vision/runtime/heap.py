"""The C heap of a process with many camera threads.

glibc gives each thread a heap of its own and keeps what is freed there; a decoded 1080p picture is 3 MB, its BGR form
6 MB, and a hundred threads would each keep a few. So: two heaps for all, and what is large goes straight back to the
system. See mallopt(3), M_ARENA_MAX and M_MMAP_THRESHOLD.
"""

from __future__ import annotations

import ctypes

import structlog

log = structlog.get_logger(__name__)

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
ARENAS = 2
LARGE_BYTES = 2_500_000
"""Pictures of a camera are larger (1080p: 3.1 MB planar, 6.2 MB BGR), what the scene computes with is smaller: it is
needed again at once, and fetching it from the system each time was measured to cost more than it saves."""


def keep_heap_small() -> bool:
    """Set both bounds; whether this system has them (glibc). To be called before threads are started."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        log.debug("heap_left_alone")
        return False
    return bool(mallopt(_M_ARENA_MAX, ARENAS) and mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
