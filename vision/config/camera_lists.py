"""A camera's zones or masks changed in a configuration's text: entries that stay keep their very text."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from vision.config.errors import ConfigError, Problem
from vision.config.yaml_text import flow_text, merged_text, same, zone_text

Names = list[Hashable]


@dataclass(frozen=True, slots=True)
class Listed:
    """One of a camera's lists, and how its entries are told apart and written."""

    key: str
    """Its name in the file."""
    names: Callable[[list[Any], list[Any]], tuple[Names, Names]]
    """Names of the old and of the wanted entries: who has the same is the same entry."""
    text: Callable[[Any], str]
    """A new entry in block style, lines from column 0."""
    rewritten: Callable[[str, int, Any, int], str]
    """The text of an entry with other content; arguments as those of `merged_text`."""


def spliced(text: str, camera: MappingNode, listed: Listed, old: list[Any], wanted: list[Any], file: str) -> str:
    """The text with other entries in a camera's list.

    Args:
        camera: the camera in the composed `text`.
        old, wanted: the entries as plain values.
        file: its name, for errors.

    Raises:
        ConfigError: the list or one of its entries is an alias of something that stands elsewhere.
    """
    key, value = next(((k, v) for k, v in camera.value if k.value == listed.key), (None, None))
    if key is None or value is None:
        return _with_list(text, camera, listed, wanted)
    if value.start_mark.index < key.start_mark.index:
        raise _error(file, key, f"these {listed.key} are an alias of others; write them out to change them here")
    if isinstance(value, SequenceNode) and value.value:
        if any(item.start_mark.index < value.start_mark.index for item in value.value):
            one = listed.key.removesuffix("s")
            raise _error(file, key, f"a {one} is an alias of another; write it out to change it here")
        if value.flow_style:
            return _flow(text, value, listed, old, wanted)
        return _block(text, key, value, listed, old, wanted)
    if camera.flow_style:
        return text[: key.end_mark.index] + ": " + flow_text(wanted) + text[_value_end(key, value) :]
    rest = text[_value_end(key, value) :]
    return text[: key.end_mark.index] + ":" + _items(listed, wanted, key.start_mark.column + 2) + rest


def _value_end(key: Node, value: Node) -> int:
    """Where the value ends; an absent one, whose marks lie anywhere, right behind its key's colon."""
    return int(value.end_mark.index if value.value or isinstance(value, SequenceNode) else key.end_mark.index + 1)


def _with_list(text: str, camera: MappingNode, listed: Listed, wanted: list[Any]) -> str:
    if camera.flow_style:
        at = camera.end_mark.index - 1
        return text[:at].rstrip() + f", {listed.key}: " + flow_text(wanted) + text[at:]
    at = _line_end(text, _end(text, camera))
    column = camera.start_mark.column
    gap = "" if at == 0 or text[at - 1] == "\n" else "\n"
    return text[:at] + gap + " " * column + f"{listed.key}:" + _items(listed, wanted, column + 2) + "\n" + text[at:]


def _items(listed: Listed, entries: list[Any], column: int) -> str:
    """What stands behind `zones:` in a block."""
    if not entries:
        return " []"
    return "".join(f"\n{' ' * column}- {_indented(listed.text(entry), column + 2)}" for entry in entries)


def _flow(text: str, value: SequenceNode, listed: Listed, old: list[Any], wanted: list[Any]) -> str:
    bodies = [text[item.start_mark.index : item.end_mark.index] for item in value.value]
    names, new_names = listed.names(old, wanted)
    by_name = {name: (entry, body) for name, entry, body in zip(names, old, bodies, strict=True)}
    made = []
    for name, entry in zip(new_names, wanted, strict=True):
        before, body = by_name.get(name, (None, ""))
        made.append(body if before is not None and same(before, entry) else flow_text(entry))
    if names == new_names:
        for item, body in reversed(list(zip(value.value, made, strict=True))):
            text = text[: item.start_mark.index] + body + text[item.end_mark.index :]
        return text
    return text[: value.start_mark.index] + "[" + ", ".join(made) + "]" + text[value.end_mark.index :]


def _block(text: str, key: Node, value: SequenceNode, listed: Listed, old: list[Any], wanted: list[Any]) -> str:
    begin = text.index("\n", key.end_mark.index) + 1
    column = value.start_mark.column
    names, new_names = listed.names(old, wanted)
    parts: dict[Hashable, tuple[Any, str, str]] = {}
    at = begin
    for name, entry, item in zip(names, old, value.value, strict=True):
        dash = text.rindex("\n", 0, item.start_mark.index) + 1
        dash = min(dash, text.rindex("-", 0, item.start_mark.index + 1)) if dash < at else dash
        end = _line_end(text, _end(text, item))
        parts[name] = (entry, text[at:dash], text[dash:end])
        at = end
    if not wanted:
        return text[: key.end_mark.index] + ": []\n" + text[at:]
    made = ""
    for name, entry in zip(new_names, wanted, strict=True):
        before, lead, body = parts.get(name, (None, "", ""))
        if before is None:
            body = f"{' ' * column}- {_indented(listed.text(entry), column + 2)}\n"
        elif not same(before, entry):
            offset = column - key.start_mark.column
            head = body[: len(body) - len(body.lstrip(" "))] + "-"
            inner = body[len(head) :]
            indent = len(head) + len(inner) - len(inner.lstrip(" "))
            body = f"{head}{' ' * (indent - len(head))}{listed.rewritten(inner.lstrip(' '), indent, entry, offset)}\n"
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


def _ids(old: list[Any], wanted: list[Any]) -> tuple[Names, Names]:
    return [zone.get("id") for zone in old], [zone.get("id") for zone in wanted]


def _by_shape(old: list[Any], wanted: list[Any]) -> tuple[Names, Names]:
    """Masks have no names: the same one is that of the same shape, else of the most points, else of the same number."""
    left = dict(enumerate(old))
    names: Names = [f"new {number}" for number in range(len(wanted))]
    for number, mask in enumerate(wanted):
        found = next((key for key, other in left.items() if same(other, mask)), None)
        if found is not None:
            names[number] = found
            del left[found]
    for number, mask in enumerate(wanted):
        if isinstance(names[number], int) or not left:
            continue
        shared = {key: sum(point in other for point in mask) for key, other in left.items()}
        best = max(shared, key=lambda key: shared[key])
        if not shared[best]:
            if len(old) != len(wanted) or number not in left:
                continue
            best = number
        names[number] = best
        del left[best]
    return list(range(len(old))), names


def _mask_rewritten(text: str, _column: int, mask: Any, _offset: int) -> str:
    """The points are written anew; a comment behind them or below stays."""
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except YAMLError:  # an alias of something outside of it
        return flow_text(mask)
    flow = isinstance(node, SequenceNode) and node.flow_style
    rest = text[node.end_mark.index :] if flow else ""
    return (flow_text(mask) + rest).rstrip("\n")


def _error(file: str, key: Node, message: str) -> ConfigError:
    return ConfigError([Problem(file, key.start_mark.line + 1, str(key.value), message)])


ZONES = Listed("zones", _ids, zone_text, merged_text)
MASKS = Listed("masks", _by_shape, flow_text, _mask_rewritten)
