"""When a camera's own pictures are not to be believed, and what a camera that turns shows."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, PrivateAttr, model_validator

from vision.config.durations import Duration
from vision.config.model import ConfigModel, Id


class Preset(ConfigModel):
    """One of the views between which a camera turns."""

    id: Id
    """Its name; zones name it."""
    view: str
    """A picture of it, any size, relative to this file's folder."""
    _path: Path = PrivateAttr(default=Path())

    @property
    def path(self) -> Path:
        """The picture as it can be opened."""
        return self._path


class HealthSettings(ConfigModel):
    """What is held against a camera's view. While anything is, its zones rest; a change here renews the reference."""

    watch: bool = True
    """Whether the view is watched at all."""
    after: Duration = Field(20.0, ge=1, le=3600)
    """A problem is told when it has lasted this long; from its first moment on zones rest."""
    moved: float = Field(0.02, gt=0, le=0.1)
    """Shift of the view that counts as moved, share of the picture."""
    dark: float = Field(16.0, ge=0, le=128)
    """Brightness, 0..255, that 98 % of a dark picture stay below: black is 16 in most video."""
    frozen_after: Duration = Field(60.0, ge=5, le=3600)
    """A picture that has not changed in a single value for this long is frozen: a sensor always makes noise."""
    presets: tuple[Preset, ...] = ()
    """Views of a camera that turns. Between them nothing is concluded."""

    @model_validator(mode="after")
    def _presets_need_watching(self) -> Self:
        if self.presets and not self.watch:
            raise ValueError("presets need watch: true; which of them is shown is told by watching")
        return self
