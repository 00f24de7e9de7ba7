"""What is wrong with a YAML text, in words that hold no value of it: one may be a password."""

from __future__ import annotations

import re

from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from vision.config.errors import ConfigError, Problem

NO_YAML = (YAMLError, ValueError, RecursionError)
"""What reading a text raises that is no YAML; the first two also where a value is not of the kind that its tag says."""
_TWICE = re.compile(r'duplicate key "(.*?)"(?: with value|$)', re.DOTALL)


def yaml_problem(file: str, error: Exception) -> ConfigError:
    """The error of a text that could not be read, one of `NO_YAML`, with its line and key where they are known."""
    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    line = mark.line + 1 if mark is not None else None
    if isinstance(error, DuplicateKeyError):  # its own text goes on with both values
        found = _TWICE.search(str(error.problem or ""))
        return ConfigError([Problem(file, line, found[1] if found else "", "a key may stand once only")])
    if isinstance(error, MarkedYAMLError):
        return ConfigError([Problem(file, line, "", f"this is no YAML: {error.problem or error.context}")])
    if isinstance(error, YAMLError):
        return ConfigError([Problem(file, line, "", f"this is no YAML: {str(error).split(chr(10))[0]}")])
    why = "nested too deeply" if isinstance(error, RecursionError) else "a value is not what its tag says"
    return ConfigError([Problem(file, line, "", f"this is no YAML: {why}")])
