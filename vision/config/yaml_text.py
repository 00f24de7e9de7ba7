"""Parts of a YAML file as text: read without a file, written in the style of the shipped example."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from vision.config.durations import parse_duration

SHORT = 100
"""Characters of a mapping that stands on one line; the shipped example's longest are about that."""
_WIDTH = 4096
"""Lines are not broken: a person's are kept, and a program's need no column."""
_ONE_LINE = ("polygon", "tags", "schedule", "at")


def plain(text: str) -> Any:
    """The text's content as plain values, `${NAME}` as it is written.

    Raises:
        YAMLError: it is no YAML.
    """
    return _plain(YAML(typ="rt", pure=True).load(text))


def same(one: Any, other: Any) -> bool:
    """Whether two plain values say the same; `30s` and 30 do, and so do 1 and 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other or ((isinstance(one, date) or isinstance(other, date)) and str(one) == str(other)):
        return True
    if isinstance(one, str) != isinstance(other, str) and one is not None and other is not None:
        try:
            return parse_duration(one) == parse_duration(other)
        except ValueError:
            return False
    return False


def zone_text(zone: Mapping[str, Any]) -> str:
    """A zone in block style, lines from column 0, without a line break at its end."""
    return _dumped(_styled(zone), 2)


def flow_text(value: Any) -> str:
    """A value on one line, as it can stand within brackets."""
    text = _dumped(_flowing(value), 2)
    return text.removesuffix("\n...")


def merged_text(text: str, column: int, zone: Mapping[str, Any], offset: int) -> str:
    """A zone's text with other content: what says the same, and every comment, stays.

    Args:
        text: as it stood, its first line without, the others with the indent `column`.
        column: of its keys; the result's lines after the first have it, too.
        offset: how far the dashes of the file's lists stand behind the key above them.
    """
    lines = text.split("\n")
    bare = "\n".join([lines[0], *(line[min(column, len(line) - len(line.lstrip(" "))) :] for line in lines[1:])])
    try:
        old = YAML(typ="rt", pure=True).load(bare)
    except YAMLError:  # an alias of something outside of it
        old = None
    if not isinstance(old, CommentedMap):
        new = zone_text(zone)
    else:
        _merge(old, zone)
        new = _dumped(old, offset)
    return new.replace("\n", "\n" + " " * column)


def _merge(old: CommentedMap, new: Mapping[str, Any]) -> None:
    for key in [key for key in old if key not in new]:
        del old[key]
    styled = _styled(new)
    for key, value in new.items():
        if key in old and same(_plain(old[key]), value):
            continue
        if isinstance(old.get(key), CommentedMap) and isinstance(value, Mapping):
            _merge(old[key], value)
        elif isinstance(old.get(key), CommentedSeq) and _all_maps(old[key]) and _all_maps(value):
            _merge_list(old[key], value, styled[key])
        else:
            old[key] = styled[key]


def _merge_list(old: CommentedSeq, new: list[Any], styled: CommentedSeq) -> None:
    """Entries that are the same rule, or the same number in a list without names, are changed in place."""
    while len(old) > len(new):
        gone = next((i for i, entry in enumerate(old) if not any(_is_one(entry, other) for other in new)), len(old) - 1)
        del old[gone]
    for number, entry in enumerate(new):
        if number >= len(old):
            old.append(styled[number])
        elif _is_one(old[number], entry):
            _merge(old[number], entry)
        else:
            old[number] = styled[number]


def _is_one(old: Any, new: Mapping[str, Any]) -> bool:
    return isinstance(old, CommentedMap) and old.get("rule") == new.get("rule")


def _all_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value)


def _styled(zone: Mapping[str, Any]) -> CommentedMap:
    made = CommentedMap()
    for key, value in zone.items():
        if isinstance(value, list) and value and key not in _ONE_LINE and _all_maps(value):
            made[key] = CommentedSeq(_short(entry) for entry in value)
        else:
            made[key] = _flowing(value)
    return made


def _short(value: Mapping[str, Any]) -> CommentedMap:
    flowing = _flowing(value)
    return flowing if len(_dumped(flowing, 2)) <= SHORT else _styled(value)


def _flowing(value: Any) -> Any:
    if isinstance(value, Mapping):
        made = CommentedMap((str(key), _flowing(item)) for key, item in value.items())
        made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(_flowing(item) for item in value)
        sequence.fa.set_flow_style()
        return sequence
    return value


def _dumped(value: Any, offset: int) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.width, yaml.preserve_quotes, yaml.allow_unicode = _WIDTH, True, True
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue().rstrip("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, CommentedMap):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value
