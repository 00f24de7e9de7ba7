"""The parts of a site's configuration that are not cameras."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from vision.config.address import checked_address
from vision.config.durations import Duration
from vision.config.model import ConfigModel, Id
from vision.config.sizes import ByteSize


class SiteIdentity(ConfigModel):
    """Which site this is."""

    id: Id
    """Short name, part of every topic."""
    name: str = ""
    """Name for people; also the first dispatch hint of its cases."""
    timezone: str = "Asia/Shanghai"
    """IANA name of the timezone, for schedules and the times in cases."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no timezone; use an IANA name such as Asia/Shanghai") from None
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class StorageSettings(ConfigModel):
    """What is kept on disk."""

    dir: str = "var"
    """Folder for the outbox, the state and the evidence (relative to this file's folder)."""
    max_evidence: ByteSize = Field(10_000_000_000, ge=1_000_000)
    """Evidence beyond this is removed, oldest first."""
    retention: Duration = Field(30 * 86400.0, ge=3600)
    """Evidence older than this is removed."""
    min_free: ByteSize = Field(500_000_000, ge=0)
    """Evidence is not written when less than this would stay free on the disk; cases are."""
    max_outbox: ByteSize = Field(200_000_000, ge=1_000_000)
    """Beyond this the outbox gives up evidence of events that wait; cases never."""
    evidence_url: str | None = None
    """Address under which others reach the evidence folder; file:// paths unless given."""


class ShadowSettings(ConfigModel):
    """A candidate model that runs beside the one in force: its reports are written down, not published."""

    model: str
    """Name of a model in models/, or a path (relative to this file's folder)."""
    cameras: tuple[Id, ...] = ()
    """Cameras it is tried on; all unless given. Each costs a second inference and a second scene."""


class DetectorSettings(ConfigModel):
    """The detection model."""

    model: str = "default"
    """Name of a model in models/, or a path (relative to this file's folder)."""
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    """auto, cpu, or cuda:0."""
    backend: Literal["auto", "openvino", "onnxruntime", "ultralytics"] = "auto"
    """What runs the model."""
    precision: Literal["auto", "f32", "bf16", "int8"] = "auto"
    """Number format; auto takes the fastest that the processor has and the model ships."""
    overview: bool = True
    """A second, smaller look for what fills the picture, where the model's manifest has one: 1.3 times the work."""
    threads: int | None = Field(None, ge=1, le=256)
    """CPU threads; all that the process may use unless given."""
    max_batch: int = Field(8, ge=1, le=64)
    """Pictures in one batch at most."""
    classifier: str | None = "street-kinds"
    """What tells kinds of things from close looks: a name in models/, a path (as for `model`), or null for nothing."""
    shadow: ShadowSettings | None = None
    """A candidate model to try beside it."""


class RuntimeSettings(ConfigModel):
    """The worker itself."""

    worker: Id = "w-1"
    """Name of this worker, unique within the site."""
    listen: str = "127.0.0.1:9108"
    """Address of the health and metrics endpoint; empty for none."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged."""
    log_style: Literal["auto", "json", "console"] = "auto"
    """Log format; auto is for people on a terminal and JSON elsewhere."""
    status_every: Duration = Field(30.0, ge=1, le=3600)
    """How often camera and worker status are published when nothing changes."""
    categories: str | None = None
    """The city's own table of categories and codes, over the one that is shipped."""

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        return checked_address(value) if value else value
