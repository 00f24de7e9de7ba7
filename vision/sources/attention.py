"""How much a scene is worth looking at right now."""

from __future__ import annotations

from enum import IntEnum


class Attention(IntEnum):
    """Asked of the decoder by whoever understands the scene. Ordered: more attention is the larger value."""

    QUIET = 0
    """Nobody moves about, nothing is undecided: keyframes are enough."""
    ACTIVE = 1
    """Somebody is there or something is being watched: every picture may count."""
