"""Cameras that are configured otherwise than in their file, to try what would come of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vision.config import Camera, ConfigError, Problem, RuleSettings, Site, load_site
from vision.rules import RULE_SETTINGS


def tried_camera(config: Path, camera_id: str | None, rule: str, settings: Mapping[str, Any]) -> tuple[Site, Camera]:
    """The camera of a configuration with other values for one of its rules.

    Raises:
        ConfigError: it cannot be used, the camera is not in it or has no such rule, or the rule no such value.
    """
    site = load_site(config, RULE_SETTINGS)
    camera = next((camera for camera in site.cameras if camera.id == camera_id), None)
    if camera is None:
        names = ", ".join(camera.id for camera in site.cameras) or "none"
        raise ConfigError([Problem(str(config), None, "cameras", f"there is no {camera_id!r}; there are: {names}")])
    if not any(given.rule == rule for zone in camera.zones for given in zone.rules):
        rules = ", ".join(sorted({given.rule for zone in camera.zones for given in zone.rules})) or "none"
        raise ConfigError([Problem(str(config), None, f"cameras {camera_id}", f"no rule {rule!r}; it has: {rules}")])

    def changed(given: RuleSettings) -> RuleSettings:
        if given.rule != rule:
            return given
        try:
            checked = type(given).model_validate({"rule": rule, **settings})
        except ValidationError as error:
            wrong = [
                Problem(str(config), None, f"{rule}.{'.'.join(map(str, e['loc']))}", e["msg"]) for e in error.errors()
            ]
            raise ConfigError(wrong) from None
        return given.model_copy(update={name: getattr(checked, name) for name in settings})

    zones = tuple(zone.model_copy(update={"rules": tuple(map(changed, zone.rules))}) for zone in camera.zones)
    return site, camera.model_copy(update={"zones": zones})


def stretched(camera: Camera, factor: float) -> Camera:
    """The camera with the dwell of every rule multiplied."""
    if factor == 1.0:
        return camera
    zones = tuple(
        zone.model_copy(
            update={"rules": tuple(rule.model_copy(update={"dwell": rule.dwell * factor}) for rule in zone.rules)}
        )
        for zone in camera.zones
    )
    return camera.model_copy(update={"zones": zones})
