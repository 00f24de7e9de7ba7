"""How the cases of a site are kept, and which finds of several cameras are one case."""

from __future__ import annotations

from pydantic import Field

from vision.config.durations import Duration
from vision.config.model import ConfigModel, Id


class CaseSettings(ConfigModel):
    """The case book."""

    similar: bool = False
    """Take a find near an open case of another camera for the same case; for cameras whose views overlap."""
    views: tuple[tuple[Id, ...], ...] = ()
    """Groups of cameras whose views overlap: only those share cases. Unless given, all that stand near each other."""
    similar_distance: float = Field(50.0, gt=0, le=1000)
    """How near two cameras must stand for that, metres (the city's rule: 50)."""
    similar_within: Duration = Field(86400.0, ge=60, le=30 * 86400)
    """How long after the first find (the city's rule: 24 h)."""
    keep: Duration = Field(365 * 86400.0, ge=86400)
    """Closed cases, and the answers to them, are forgotten after this time; open ones never."""

    def may_share(self, camera_id: str, other_id: str) -> bool:
        """Whether two cameras may see the same thing."""
        together = not self.views or any(camera_id in group and other_id in group for group in self.views)
        return self.similar and camera_id != other_id and together
