"""The rolling record of a camera's packets, to try zones and rules on what has really happened."""

from __future__ import annotations

from pydantic import Field

from vision.config.durations import Duration
from vision.config.model import ConfigModel
from vision.config.sizes import ByteSize


class RecordingSettings(ConfigModel):
    """What is recorded of every camera, and for how long. Cameras with masks are never recorded."""

    enabled: bool = False
    """Whether cameras are recorded; each may say otherwise under its own `recording`."""
    keyframes_only: bool = True
    """Record keyframes only: a twentieth of the bytes, and what a quiet scene is looked at by."""
    keep: Duration = Field(86400.0, ge=60, le=366 * 86400)
    """Recordings older than this are removed."""
    max_bytes: ByteSize = Field(3_000_000_000, ge=1_000_000)
    """Of each camera at most; beyond this the oldest is removed. A day of keyframes is 2.3 GB (measured)."""
    segment: Duration = Field(600.0, ge=1, le=3600)
    """Length of one file."""


class CameraRecording(ConfigModel):
    """Whether this camera is recorded."""

    enabled: bool | None = None
    """As `recording.enabled` of the site says, unless given."""
