"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vision.config import Camera, ConfigError, Problem, Site, load_site
from vision.rules import RULE_SETTINGS

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="站点配置文件 Site configuration (YAML).")]
JsonFlag = Annotated[bool, typer.Option("--json", help="输出 JSON JSON for programs.")]


def read_site(path: Path) -> Site:
    """The site's configuration with all rules that there are.

    Raises:
        ConfigError: it cannot be used.
    """
    return load_site(path, RULE_SETTINGS)


def pick_camera(site: Site, camera_id: str | None, path: Path) -> Camera:
    """The camera of that id, or the only one.

    Raises:
        ConfigError: there is none of that id, or several and none was named.
    """
    names = ", ".join(camera.id for camera in site.cameras) or "none"
    if camera_id is None and len(site.cameras) != 1:
        raise ConfigError([Problem(str(path), None, "cameras", f"there are several; choose with --camera: {names}")])
    for camera in site.cameras:
        if camera_id in (None, camera.id):
            return camera
    raise ConfigError([Problem(str(path), None, "cameras", f"there is no camera {camera_id!r}; there are: {names}")])
