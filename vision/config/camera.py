"""One camera: where its stream is, where it stands, how it is read and what is looked for."""

from __future__ import annotations

from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from vision.config.durations import Duration
from vision.config.health import HealthSettings
from vision.config.model import ConfigModel, Id
from vision.config.polygon import Polygon
from vision.config.recording import CameraRecording
from vision.config.sizes import ByteSize
from vision.config.zone import Zone


class Location(ConfigModel):
    """Where the camera stands, as it goes into its cases."""

    lat: float | None = Field(None, ge=-90, le=90)
    """Latitude, degrees."""
    lon: float | None = Field(None, ge=-180, le=180)
    """Longitude, degrees."""
    crs: str = "WGS84"
    """Reference system of the coordinates, e.g. WGS84 or CGCS2000."""
    address: str | None = None
    """Address in words (事发位置)."""
    grid: str | None = None
    """Code of the unit grid cell (单元网格标识码), 15 characters."""


class DecodeSettings(ConfigModel):
    """How much of the stream is decoded, and what is kept of it."""

    policy: Literal["adaptive", "keyframes", "all"] = "adaptive"
    """adaptive: keyframes while the scene is quiet, more while it matters."""
    quiet_fps: float = Field(0.5, gt=0, le=30)
    """Pictures a second while the scene is quiet and the stream's keyframes are too far apart."""
    active_fps: float = Field(5.0, gt=0, le=30)
    """Pictures a second while something happens."""
    max_keyframe_gap: Duration = Field(4.0, gt=0, le=60)
    """Keyframes further apart than this are not enough to watch a quiet scene by."""
    active_share: float = Field(0.05, ge=0, le=1)
    """Share of the time, averaged over minutes, in which every picture may be decoded."""
    ring: Duration = Field(20.0, ge=1, le=600)
    """Compressed video kept in memory, for clips."""
    ring_bytes: ByteSize = Field(12_000_000, ge=100_000)
    """At most this much of it."""
    pre_roll: Duration = Field(10.0, ge=0, le=300)
    """A clip begins this long before the event."""
    stall_timeout: Duration = Field(10.0, ge=1, le=300)
    """A stream that is silent for this long is opened again."""
    reconnect_min: Duration = Field(1.0, ge=0.1, le=60)
    """First wait before opening again; doubles each time, with jitter."""
    reconnect_max: Duration = Field(60.0, ge=1, le=3600)
    """Longest wait before opening again."""
    discard: Duration = Field(1.0, ge=0, le=30)
    """Pictures of the first moments after a connect are discarded: they are often grey or torn."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.reconnect_min > self.reconnect_max:
            raise ValueError("reconnect_min is longer than reconnect_max")
        if self.pre_roll > self.ring:
            raise ValueError("pre_roll is longer than ring: a clip cannot begin before what is kept")
        return self


class DispatchHint(ConfigModel):
    """Who should handle a case from here."""

    unit: str
    """Name of the unit."""
    level: Literal["street", "department", "district"] = "street"
    """Level of the response."""


class Camera(ConfigModel):
    """One camera."""

    id: Id
    """Name of the camera, unique within the site."""
    name: str | None = None
    """Name for people."""
    source: str
    """rtsp:// or rtsps:// URL, or a video file (relative to this file's folder)."""
    substream: str | None = None
    """A smaller stream of the same view to analyse; clips and pictures then come from `source`."""
    username: str | None = None
    """User, if not part of the URL."""
    password: SecretStr | None = None
    """Password; better written as ${NAME} or in password_file."""
    password_file: str | None = None
    """File that holds the password."""
    transport: Literal["tcp", "udp"] = "tcp"
    """How RTP is carried."""
    enabled: bool = True
    """Whether the camera is read at all."""
    loop: bool = False
    """A video file begins anew at its end."""
    location: Location = Location()
    """Where it stands."""
    decode: DecodeSettings = DecodeSettings()
    """How it is read."""
    health: HealthSettings = HealthSettings()
    """When its own pictures are not to be believed."""
    recording: CameraRecording = CameraRecording()
    """Whether its packets are recorded."""
    masks: tuple[Polygon, ...] = ()
    """Parts of the picture that are never looked at and blackened in evidence, e.g. a window or a burnt-in clock."""
    zones: tuple[Zone, ...] = ()
    """What is looked for, and where."""
    dispatch: tuple[DispatchHint, ...] = ()
    """Who should handle a case from here, beside what the category table says."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key, url in (("source", self.source), ("substream", self.substream)):
            if url is not None:
                _check_source(key, url)
        self._check_presets()
        if self.password is not None and self.password_file is not None:
            raise ValueError("password and password_file are both given; keep one")
        return self

    def _check_presets(self) -> None:
        names = [preset.id for preset in self.health.presets]
        if len(set(names)) < len(names):
            raise ValueError(f"health.presets: two have one id; each needs its own: {', '.join(names)}")
        for number, zone in enumerate(self.zones):
            if zone.preset is None and names:
                raise ValueError(f"zones[{number}].preset is missing; on which view is it drawn? {', '.join(names)}")
            if zone.preset is not None and zone.preset not in names:
                known = ", ".join(names) or "none; add them under health.presets"
                raise ValueError(f"zones[{number}].preset is {zone.preset!r}, and there are: {known}")

    def stream_settings(self) -> dict[str, Any]:
        """What, when it changes, needs the stream to be opened anew."""
        keys = {
            "source",
            "substream",
            "username",
            "password",
            "password_file",
            "transport",
            "enabled",
            "decode",
            "loop",
            "recording",
        }
        return {key: getattr(self, key) for key in keys}


def _check_source(key: str, source: str) -> None:
    if "://" not in source:
        if not source.strip():
            raise ValueError(f"{key} is empty; give an rtsp:// URL or a video file")
        return
    try:
        parts = urlsplit(source)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{key} is no valid URL: its host or port cannot be read") from None
    if parts.scheme not in ("rtsp", "rtsps", "file"):
        raise ValueError(f"{key} has the scheme {parts.scheme!r}; allowed are rtsp://, rtsps:// and files")
    if parts.scheme != "file" and not parts.hostname:
        raise ValueError(f"{key} names no host")
