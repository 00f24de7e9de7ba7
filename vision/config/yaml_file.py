"""YAML with line numbers: plain values, and for each key the line on which it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from vision.config.errors import ConfigError, Problem
from vision.config.yaml_errors import NO_YAML, yaml_problem

MOST_BYTES = 4_000_000
"""A site of 1,000 cameras is about 1 MB; more is not a configuration."""
MOST_DEPTH = 50
Key = tuple[str | int, ...]
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


@dataclass
class YamlFile:
    """A YAML file's content.

    Attributes:
        data: plain dicts, lists and scalars.
        lines: key path → line, from 1.
    """

    path: Path
    data: Any
    lines: dict[Key, int] = field(default_factory=dict)

    def line(self, key: Key) -> int | None:
        """The line of a key, or of the nearest key around it."""
        for end in range(len(key), -1, -1):
            if key[:end] in self.lines:
                return self.lines[key[:end]]
        return None


def read_yaml(path: Path, environ: Mapping[str, str] | None = None, text: str | None = None) -> YamlFile:
    """Read a file and put `${NAME}` and `${NAME:-default}` into its texts. `text`: read this, as if it stood there.

    Raises:
        ConfigError: missing, unreadable, not UTF-8, no YAML, a key twice, a variable that is not set.
    """
    file = YamlFile(path, None)
    try:
        loaded = YAML(typ="rt", pure=True).load(_text(path) if text is None else text)
    except NO_YAML as error:
        raise yaml_problem(str(path), error) from None
    if loaded is None:
        raise _problem(path, None, "the file is empty; configs/example.yaml shows what belongs in it")
    problems: list[Problem] = []
    file.data = _plain(loaded, (), file, os.environ if environ is None else environ, problems)
    if problems:
        raise ConfigError(problems)
    return file


def key_text(key: Key) -> str:
    """`("cameras", 0, "id")` as `cameras[0].id`."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _problem(
                path, None, f"the file is larger than {MOST_BYTES // 1_000_000} MB; this is no configuration"
            )
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise _problem(path, None, "the file does not exist") from None
    except UnicodeDecodeError as error:
        raise _problem(path, None, f"the file is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise _problem(path, None, f"the file cannot be read: {error.strerror}") from None


def _problem(path: Path, line: int | None, message: str) -> ConfigError:
    return ConfigError([Problem(str(path), line, "", message)])


def _plain(value: Any, key: Key, file: YamlFile, environ: Mapping[str, str], problems: list[Problem]) -> Any:
    if len(key) > MOST_DEPTH:
        problems.append(Problem(str(file.path), file.line(key), key_text(key[:3]) + " …", "nested too deeply"))
        return None
    if isinstance(value, CommentedMap):
        plain = {}
        for name, item in value.items():
            inner = (*key, str(name))
            file.lines[inner] = value.lc.key(name)[0] + 1 if name in (value.lc.data or {}) else file.line(key) or 1
            plain[str(name)] = _plain(item, inner, file, environ, problems)
        return plain
    if isinstance(value, CommentedSeq):
        for number in range(len(value)):
            file.lines[(*key, number)] = value.lc.item(number)[0] + 1 if value.lc.data else file.line(key) or 1
        return [_plain(item, (*key, number), file, environ, problems) for number, item in enumerate(value)]
    if isinstance(value, str):
        return _substitute(str(value), key, file, environ, problems)
    if isinstance(value, bool):
        return bool(value)
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _substitute(text: str, key: Key, file: YamlFile, environ: Mapping[str, str], problems: list[Problem]) -> str:
    def put_in(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if name in environ:
            return environ[name]
        if default is None:
            message = f"the environment variable {name} is not set; set it, or write ${{{name}:-default}}"
            problems.append(Problem(str(file.path), file.line(key), key_text(key), message))
        return default or ""

    return _VARIABLE.sub(put_in, text)
