"""A site: everything one worker needs to know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self, Union

from pydantic import Field, PrivateAttr, create_model, model_validator

from vision.config.camera import Camera
from vision.config.cases import CaseSettings
from vision.config.console import ConsoleSettings
from vision.config.model import ConfigModel
from vision.config.mqtt import MqttSettings
from vision.config.recording import RecordingSettings
from vision.config.rule import RuleSettings
from vision.config.secrets import redact_url
from vision.config.sections import DetectorSettings, RuntimeSettings, SiteIdentity, StorageSettings
from vision.config.zone import Zone


class Site(ConfigModel):
    """A site's whole configuration."""

    site: SiteIdentity
    """Which site this is."""
    mqtt: MqttSettings = MqttSettings()
    """How case events reach the command centre."""
    storage: StorageSettings = StorageSettings()
    """What is kept on disk."""
    detector: DetectorSettings = DetectorSettings()
    """The detection model."""
    runtime: RuntimeSettings = RuntimeSettings()
    """The worker itself."""
    cases: CaseSettings = CaseSettings()
    """How cases are kept, and which finds are one case."""
    console: ConsoleSettings = ConsoleSettings()
    """The web console."""
    recording: RecordingSettings = RecordingSettings()
    """The rolling record of the cameras' packets."""
    cameras: tuple[Camera, ...] = ()
    """The cameras."""
    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder of the file it was read from: paths in it are relative to this."""
        return self._folder

    def resolve(self, path: str) -> Path:
        """A path of the configuration as one that can be opened."""
        return (self._folder / Path(path.removeprefix("file://")).expanduser()).absolute()

    def camera(self, camera_id: str) -> Camera:
        """The camera of that id.

        Raises:
            KeyError: there is none; the message lists those there are.
        """
        for camera in self.cameras:
            if camera.id == camera_id:
                return camera
        raise KeyError(f"no camera {camera_id!r}; there are: {', '.join(c.id for c in self.cameras) or 'none'}")

    def records(self, camera: Camera) -> bool:
        """Whether a camera's packets are recorded; never those of a camera with masks, which they would not have."""
        wanted = self.recording.enabled if camera.recording.enabled is None else camera.recording.enabled
        return wanted and not camera.masks

    def fingerprint(self) -> str:
        """sha256 (hex) of the configuration in force without its secrets: the same settings, the same text."""
        plain = json.dumps(_without_secrets(self.model_dump(mode="json")), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()

    @model_validator(mode="after")
    def _unique_ids(self) -> Self:
        _refuse_doubles("cameras", (camera.id for camera in self.cameras))
        for number, camera in enumerate(self.cameras):
            _refuse_doubles(f"cameras[{number}].zones", (zone.id for zone in camera.zones))
        unknown = {name for group in self.cases.views for name in group} - {camera.id for camera in self.cameras}
        if unknown:
            raise ValueError(f"cases.views names cameras that there are not: {', '.join(sorted(unknown))}")
        tried = set(self.detector.shadow.cameras if self.detector.shadow is not None else ())
        if unknown := tried - {camera.id for camera in self.cameras}:
            raise ValueError(f"detector.shadow names cameras that there are not: {', '.join(sorted(unknown))}")
        return self


def site_model(rule_settings: Mapping[str, type[RuleSettings]]) -> type[Site]:
    """`Site` for the given rules: each entry of a zone's `rules` is read as the settings of the rule that it names."""
    return _site_model(tuple(rule_settings.values()))


@cache
def _site_model(settings: tuple[type[RuleSettings], ...]) -> type[Site]:
    if not settings:
        return Site
    union: Any = settings[0] if len(settings) == 1 else Union[settings]  # noqa: UP007  built at run time
    entry: Any = Annotated[union, Field(discriminator="rule")] if len(settings) > 1 else union
    described = {
        model: {name: field.description for name, field in model.model_fields.items()} for model in (Zone, Camera, Site)
    }
    zone: Any = create_model(
        "Zone", __base__=Zone, rules=(tuple[entry, ...], Field(default=(), description=described[Zone]["rules"]))
    )
    camera: Any = create_model(
        "Camera", __base__=Camera, zones=(tuple[zone, ...], Field(default=(), description=described[Camera]["zones"]))
    )
    cameras = (tuple[camera, ...], Field(default=(), description=described[Site]["cameras"]))
    return create_model("Site", __base__=Site, cameras=cameras)


class DoubleIdError(ValueError):
    """Two entries of one list have the same id."""

    def __init__(self, where: str, first: int, second: int, name: str) -> None:
        super().__init__(f"{where}[{first}] and {where}[{second}] have the same id {name!r}; ids must be unique")
        self.where, self.first, self.second = where, first, second


def _refuse_doubles(where: str, names: Iterable[str]) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in seen:
            raise DoubleIdError(where, seen[name], number, name)
        seen[name] = number


_SECRETS = ("password", "client_secret")


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_secrets(item) for key, item in value.items() if key not in _SECRETS}
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return redact_url(value) if isinstance(value, str) else value
