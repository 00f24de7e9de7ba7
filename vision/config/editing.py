"""Changes to a configuration that people wrote: only what changes is written anew, all else keeps its very text.

A zone or mask that did not change is not touched, nor is anything around them; within a changed zone comments, order
and the spelling of values that mean the same (`30s`, 30) stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from vision.config.camera_lists import MASKS, ZONES, Listed, spliced
from vision.config.errors import ConfigError, Problem
from vision.config.whole_file import replace_whole
from vision.config.yaml_errors import NO_YAML, yaml_problem
from vision.config.yaml_text import plain, same

__all__ = ["fixture_added", "masks_changed", "masks_of", "save_site_text", "zones_changed", "zones_of"]

FILE = "the configuration"


def zones_of(text: str, camera_id: str, *, file: str = FILE) -> list[dict[str, Any]]:
    """The zones of a camera as they are written, without defaults; what `zones_changed` compares with.

    Raises:
        ConfigError: it is no YAML, a key stands twice, or there is no such camera.
    """
    return [dict(zone) for zone in _entries(text, camera_id, ZONES, file)]


def masks_of(text: str, camera_id: str, *, file: str = FILE) -> list[Any]:
    """The masks of a camera as they are written, each a list of points; what `masks_changed` compares with.

    Raises:
        ConfigError: as `zones_of`.
    """
    return [list(mask) for mask in _entries(text, camera_id, MASKS, file)]


def zones_changed(text: str, camera_id: str, zones: Sequence[Mapping[str, Any]], *, file: str = FILE) -> str:
    """The configuration with other zones for one camera.

    Args:
        text: the file's content.
        zones: all zones of the camera in their order, as they would be written: plain values, without defaults that
            the file should not hold. Told apart by `id`.
        file: its name, for errors.

    Raises:
        ConfigError: it is no YAML, a key stands twice, there is no such camera, or the zones are written so that they
            cannot be changed from here (an alias of something that stands elsewhere).
    """
    return _changed(text, camera_id, ZONES, zones, file)


def masks_changed(text: str, camera_id: str, masks: Sequence[Sequence[Any]], *, file: str = FILE) -> str:
    """The configuration with other masks for one camera, each a list of points. A mask that was bent keeps its comment.

    Raises:
        ConfigError: as `zones_changed`.
    """
    return _changed(text, camera_id, MASKS, masks, file)


def fixture_added(text: str, camera_id: str, zone_id: str, fixture: Mapping[str, Any], *, file: str = FILE) -> str:
    """The configuration with one more fixture in a zone.

    Raises:
        ConfigError: as `zones_changed`, or there is no such zone.
    """
    zones = zones_of(text, camera_id, file=file)
    for zone in zones:
        if zone.get("id") == zone_id:
            zone["fixtures"] = [*(zone.get("fixtures") or []), dict(fixture)]
            return zones_changed(text, camera_id, zones, file=file)
    known = ", ".join(str(zone.get("id")) for zone in zones) or "none"
    raise _error(file, None, f"camera {camera_id}", f"there is no zone {zone_id!r}; there are: {known}")


def save_site_text(path: Path, text: str) -> None:
    """Put a text in place of the file, whole or not at all, on disk when this returns. A link stays a link.

    Raises:
        ConfigError: it cannot be written; the file is as it was.
    """
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        replace_whole(target, text.encode("utf-8"), mode)
    except OSError as error:
        raise _error(str(path), None, "", f"the file cannot be written: {error.strerror}") from None


def _entries(text: str, camera_id: str, listed: Listed, file: str) -> list[Any]:
    text = text.removeprefix("\ufeff")
    number, _ = _camera(_composed(text, file), camera_id, file)
    return _loaded(text, file)["cameras"][number].get(listed.key) or []


def _changed(text: str, camera_id: str, listed: Listed, entries: Sequence[Any], file: str) -> str:
    bom, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    number, camera = _camera(_composed(text, file), camera_id, file)
    before = _loaded(text, file)
    wanted = [_plain_copy(entry) for entry in entries]
    old = list(before["cameras"][number].get(listed.key) or [])
    if same(old, wanted):
        return bom + text.replace("\n", newline)
    changed = spliced(text, camera, listed, old, wanted, file)
    _check(before, changed, number, listed.key, wanted, file, camera)
    return bom + changed.replace("\n", newline)


def _composed(text: str, file: str) -> Node:
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except NO_YAML as error:
        raise yaml_problem(file, error) from None
    return node


def _loaded(text: str, file: str) -> Any:
    """The content as plain values. What composes may still say a key twice, or hold a value its tag does not fit."""
    try:
        return plain(text)
    except NO_YAML as error:
        raise yaml_problem(file, error) from None


def _camera(root: Node, camera_id: str, file: str) -> tuple[int, MappingNode]:
    """Number and node of a camera."""
    found = []
    pairs = root.value if isinstance(root, MappingNode) else []
    cameras = next((value for key, value in pairs if key.value == "cameras"), None)
    for number, camera in enumerate(cameras.value if isinstance(cameras, SequenceNode) else []):
        name = next((v.value for k, v in camera.value if k.value == "id"), None) if _is_map(camera) else None
        found.append(str(name))
        if name == camera_id:
            return number, camera
    raise _error(file, None, "cameras", f"there is no camera {camera_id!r}; there are: {', '.join(found) or 'none'}")


def _is_map(node: Node) -> bool:
    return isinstance(node, MappingNode)


def _check(before: Any, changed: str, number: int, key: str, wanted: list[Any], file: str, camera: Node) -> None:
    """That the new text says what was asked for and nothing else: better refused than half understood."""
    line = camera.start_mark.line + 1
    try:
        after = plain(changed)
        entries = after["cameras"][number].pop(key, None) or []
    except (*NO_YAML, KeyError, IndexError, TypeError) as error:
        name = type(error).__name__  # its text may hold a value
        raise _error(file, line, key, f"the {key} cannot be changed from here: {name}") from None
    rest = [{**camera} for camera in before["cameras"]]
    rest[number].pop(key, None)
    if not same(entries, wanted) or after != {**before, "cameras": rest}:
        raise _error(file, line, key, f"the {key} are written in a way that cannot be changed from here; use an editor")


def _plain_copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(item) for item in value]
    return value


def _error(file: str, line: int | None, key: str, message: str) -> ConfigError:
    return ConfigError([Problem(file, line, key, message)])
