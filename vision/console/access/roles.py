"""The four roles; each may do what the lower ones may."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """viewer < operator < tuner < admin."""

    VIEWER = 1
    OPERATOR = 2
    TUNER = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """As it stands in JSON and in the configuration."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Role:
        """From its word.

        Raises:
            ValueError: there is no such role.
        """
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is no role; there are viewer, operator, tuner, admin") from None
