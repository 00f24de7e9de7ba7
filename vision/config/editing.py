"""Changes to a configuration that people wrote: only what changes is written anew, all else keeps its very text.

A zone that did not change is not touched, nor is anything around the zones; within a changed zone comments, order and
the spelling of values that mean the same (`30s`, 30) stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from vision.config.errors import ConfigError, Problem
from vision.config.whole_file import replace_whole
from vision.config.yaml_errors import NO_YAML, yaml_problem
from vision.config.yaml_text import flow_text, merged_text, plain, same, zone_text

__all__ = ["fixture_added", "save_site_text", "zones_changed", "zones_of"]

FILE = "the configuration"


def zones_of(text: str, camera_id: str, *, file: str = FILE) -> list[dict[str, Any]]:
    """The zones of a camera as they are written, without defaults; what `zones_changed` compares with.

    Raises:
        ConfigError: it is no YAML, a key stands twice, or there is no such camera.
    """
    text = text.removeprefix("\ufeff")
    camera = _camera(_composed(text, file), camera_id, file)
    zones = _loaded(text, file)["cameras"][camera[0]].get("zones") or []
    return [dict(zone) for zone in zones]


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
    bom, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    number, camera = _camera(_composed(text, file), camera_id, file)
    before = _loaded(text, file)
    wanted = [_plain_copy(zone) for zone in zones]
    old = list(before["cameras"][number].get("zones") or [])
    if same(old, wanted):
        return bom + text.replace("\n", newline)
    changed = _spliced(text, camera, old, wanted, file)
    _check(before, changed, number, wanted, file, camera)
    return bom + changed.replace("\n", newline)


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


def _spliced(text: str, camera: MappingNode, old: list[Any], wanted: list[Any], file: str) -> str:
    key, value = next(((k, v) for k, v in camera.value if k.value == "zones"), (None, None))
    if key is None or value is None:
        return _with_zones(text, camera, wanted)
    if value.start_mark.index < key.start_mark.index:
        line = key.start_mark.line + 1
        raise _error(file, line, "zones", "these zones are an alias of others; write them out to change them here")
    if isinstance(value, SequenceNode) and value.value:
        if any(item.start_mark.index < value.start_mark.index for item in value.value):
            line = key.start_mark.line + 1
            raise _error(file, line, "zones", "a zone is an alias of another; write it out to change it here")
        return _flow(text, value, old, wanted) if value.flow_style else _block(text, key, value, old, wanted)
    if camera.flow_style:
        return text[: key.end_mark.index] + ": " + flow_text(wanted) + text[_value_end(key, value) :]
    rest = text[_value_end(key, value) :]
    return text[: key.end_mark.index] + ":" + _items(wanted, key.start_mark.column + 2) + rest


def _value_end(key: Node, value: Node) -> int:
    """Where the value ends; an absent one, whose marks lie anywhere, right behind its key's colon."""
    return int(value.end_mark.index if value.value or isinstance(value, SequenceNode) else key.end_mark.index + 1)


def _with_zones(text: str, camera: MappingNode, wanted: list[Any]) -> str:
    if camera.flow_style:
        at = camera.end_mark.index - 1
        return text[:at].rstrip() + ", zones: " + flow_text(wanted) + text[at:]
    at = _line_end(text, _end(text, camera))
    column = camera.start_mark.column
    gap = "" if at == 0 or text[at - 1] == "\n" else "\n"
    return text[:at] + gap + " " * column + "zones:" + _items(wanted, column + 2) + "\n" + text[at:]


def _items(zones: list[Any], column: int) -> str:
    """What stands behind `zones:` in a block."""
    if not zones:
        return " []"
    return "".join(f"\n{' ' * column}- {_indented(zone_text(zone), column + 2)}" for zone in zones)


def _flow(text: str, value: SequenceNode, old: list[Any], wanted: list[Any]) -> str:
    bodies = [text[item.start_mark.index : item.end_mark.index] for item in value.value]
    by_id = {zone.get("id"): (zone, body) for zone, body in zip(old, bodies, strict=True)}
    made = []
    for zone in wanted:
        before, body = by_id.get(zone.get("id"), (None, ""))
        made.append(body if before is not None and same(before, zone) else flow_text(zone))
    if [zone.get("id") for zone in old] == [zone.get("id") for zone in wanted]:
        for item, body in reversed(list(zip(value.value, made, strict=True))):
            text = text[: item.start_mark.index] + body + text[item.end_mark.index :]
        return text
    return text[: value.start_mark.index] + "[" + ", ".join(made) + "]" + text[value.end_mark.index :]


def _block(text: str, key: Node, value: SequenceNode, old: list[Any], wanted: list[Any]) -> str:
    begin = text.index("\n", key.end_mark.index) + 1
    column = value.start_mark.column
    parts: dict[Any, tuple[Any, str, str]] = {}
    at = begin
    for zone, item in zip(old, value.value, strict=True):
        dash = text.rindex("\n", 0, item.start_mark.index) + 1
        dash = min(dash, text.rindex("-", 0, item.start_mark.index + 1)) if dash < at else dash
        end = _line_end(text, _end(text, item))
        parts[zone.get("id")] = (zone, text[at:dash], text[dash:end])
        at = end
    if not wanted:
        return text[: key.end_mark.index] + ": []\n" + text[at:]
    made = ""
    for zone in wanted:
        before, lead, body = parts.get(zone.get("id"), (None, "", ""))
        if before is None:
            body = f"{' ' * column}- {_indented(zone_text(zone), column + 2)}\n"
        elif not same(before, zone):
            offset = column - key.start_mark.column
            head = body[: len(body) - len(body.lstrip(" "))] + "-"
            inner = body[len(head) :]
            indent = len(head) + len(inner) - len(inner.lstrip(" "))
            body = f"{head}{' ' * (indent - len(head))}{merged_text(inner.lstrip(' '), indent, zone, offset)}\n"
        made += lead + (body if body.endswith("\n") else body + "\n")
    return text[:begin] + made + text[at:]


def _indented(text: str, column: int) -> str:
    return text.rstrip("\n").replace("\n", "\n" + " " * column)


def _end(text: str, node: Node) -> int:
    """Where a node's content ends. The marks of block collections lie behind the comments that follow."""
    if isinstance(node, MappingNode) and not node.flow_style and node.value:
        key, value = node.value[-1]
        if value.start_mark.index < key.start_mark.index:  # an alias: its value stands elsewhere
            return int(key.end_mark.index)
        return max(int(key.end_mark.index), _end(text, value))
    if isinstance(node, SequenceNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1])
    return int(node.end_mark.index)


def _line_end(text: str, at: int) -> int:
    """Behind the line break of the line in which `at` lies; `at` itself at the beginning of one (a block scalar)."""
    if at and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


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


def _check(before: Any, changed: str, number: int, wanted: list[Any], file: str, camera: Node) -> None:
    """That the new text says what was asked for and nothing else: better refused than half understood."""
    line = camera.start_mark.line + 1
    try:
        after = plain(changed)
        zones = after["cameras"][number].pop("zones", None) or []
    except (*NO_YAML, KeyError, IndexError, TypeError) as error:
        name = type(error).__name__  # its text may hold a value
        raise _error(file, line, "zones", f"the zones cannot be changed from here: {name}") from None
    rest = [{**camera} for camera in before["cameras"]]
    rest[number].pop("zones", None)
    if not same(zones, wanted) or after != {**before, "cameras": rest}:
        raise _error(
            file, line, "zones", "the zones are written in a way that cannot be changed from here; use an editor"
        )


def _plain_copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain_copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(item) for item in value]
    return value


def _error(file: str, line: int | None, key: str, message: str) -> ConfigError:
    return ConfigError([Problem(file, line, key, message)])
