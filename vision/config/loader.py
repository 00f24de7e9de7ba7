"""From a YAML file to a `Site`, or to one message that says everything that is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import cv2
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from vision.config.errors import ConfigError, Problem
from vision.config.rule import RuleSettings
from vision.config.secrets import read_secret
from vision.config.site import DoubleIdError, Site, site_model
from vision.config.yaml_file import Key, YamlFile, key_text, read_yaml


def load_site(
    path: Path,
    rule_settings: Mapping[str, type[RuleSettings]],
    *,
    environ: Mapping[str, str] | None = None,
    text: str | None = None,
) -> Site:
    """Read and check a site's configuration.

    Args:
        path: the YAML file; paths in it are relative to its folder.
        rule_settings: settings model of each known rule by name.
        environ: where `${NAME}` is looked up; the process's environment unless given.
        text: checked in place of the file's content, e.g. before it is saved there.

    Raises:
        ConfigError: it cannot be used; lists every problem with file, line and key.
    """
    file = read_yaml(path, environ, text)
    if not isinstance(file.data, dict):
        raise ConfigError([Problem(str(path), 1, "", "the file must hold keys such as site: and cameras:")])
    model = site_model(rule_settings)
    try:
        site = model.model_validate(file.data)
    except ValidationError as error:
        raise ConfigError(sorted(_problems(error, file, model), key=lambda p: p.line or 0)) from None
    site = _with_secrets(site, file)
    site._folder = path.absolute().parent
    _find_preset_views(site, file)
    return site


def _find_preset_views(site: Site, file: YamlFile) -> None:
    problems = []
    for number, camera in enumerate(site.cameras):
        for index, preset in enumerate(camera.health.presets):
            preset._path = site.resolve(preset.view)
            if not preset.path.is_file() or not cv2.haveImageReader(str(preset.path)):
                what = "is not a picture that can be read" if preset.path.is_file() else "does not exist"
                key = ("cameras", number, "health", "presets", index, "view")
                problems.append(Problem(str(file.path), file.line(key), key_text(key), f"{preset.path} {what}"))
    if problems:
        raise ConfigError(problems)


def _problems(error: ValidationError, file: YamlFile, model: type[BaseModel]) -> list[Problem]:
    found = []
    for details in error.errors(include_url=False):
        cause = details.get("ctx", {}).get("error")
        key = _key(details["loc"], file)
        if isinstance(cause, DoubleIdError):
            first = _line_of(cause.where, cause.first, file)
            message = f"{cause} (the first stands on line {first})"
            key = _path_of(cause.where, cause.second)
        else:
            message = _message(details, file, key, model)
        found.append(Problem(str(file.path), file.line(key), key_text(key), message))
    return found


def _key(loc: tuple[str | int, ...], file: YamlFile) -> Key:
    """Pydantic's place without what is not in the file: the names of union members."""
    key: Key = ()
    for part in loc:
        if (*key, part) in file.lines or part == loc[-1] or isinstance(part, int):
            key = (*key, part)
    return key


def _path_of(where: str, number: int) -> Key:
    key: list[str | int] = []
    for part in where.split("."):
        name, bracket, rest = part.partition("[")
        key.append(name)
        if bracket:
            key.append(int(rest.rstrip("]")))
    return (*key, number, "id")


def _line_of(where: str, number: int, file: YamlFile) -> int | None:
    return file.line(_path_of(where, number))


def _message(details: ErrorDetails, file: YamlFile, key: Key, model: type[BaseModel]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        allowed = _allowed_keys(model, details["loc"][:-1])
        close = difflib.get_close_matches(str(details["loc"][-1]), allowed, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"unknown key; {hint}allowed here: {', '.join(allowed)}"
    if kind == "missing":
        return "this key is missing"
    if kind == "union_tag_invalid":
        return f"there is no rule {context.get('tag')!r}; known rules: {context.get('expected_tags')}"
    if kind == "union_tag_not_found":
        return "a rule needs its name, e.g. {rule: illegal_dumping}"
    if kind == "value_error":
        return str(context.get("error", details["msg"]))
    message = details["msg"][0].lower() + details["msg"][1:]
    secret = key and str(key[-1]) in ("password", "source", "substream", "url", "database", "client_secret")
    given = details.get("input")
    if secret or isinstance(given, dict | list) or given is None:
        return message
    return f"{message}, not {given!r}"


def _allowed_keys(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """The keys of the model at a place in the configuration."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        members = [m for m in _models(current) if _tag(m) == part]
        if members:
            current = members[0]
            continue
        fields = [m.model_fields[part].annotation for m in _models(current) if part in m.model_fields]
        if not fields:
            return []
        current = fields[0]
    names = [field.alias or name for member in _models(current)[:1] for name, field in member.model_fields.items()]
    return sorted(names)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _tag(model: type[BaseModel]) -> object:
    field = model.model_fields.get("rule")
    return field.default if field is not None else None


def _with_secrets(site: Site, file: YamlFile) -> Site:
    """Read the secret files; a copy in which `password` is set wherever `password_file` was given."""
    problems: list[Problem] = []

    def secret(path: str | None, key: Key) -> SecretStr | None:
        if path is None:
            return None
        try:
            return SecretStr(read_secret(file.path.absolute().parent / path))
        except ValueError as error:
            problems.append(Problem(str(file.path), file.line(key), key_text(key), str(error)))
            return None

    mqtt = site.mqtt
    if mqtt.password_file is not None:
        mqtt = mqtt.model_copy(update={"password": secret(mqtt.password_file, ("mqtt", "password_file"))})
    console = site.console
    if console.oidc is not None and console.oidc.client_secret_file is not None:
        found = secret(console.oidc.client_secret_file, ("console", "oidc", "client_secret_file"))
        console = console.model_copy(update={"oidc": console.oidc.model_copy(update={"client_secret": found})})
    cameras = tuple(
        camera.model_copy(update={"password": secret(camera.password_file, ("cameras", number, "password_file"))})
        if camera.password_file is not None
        else camera
        for number, camera in enumerate(site.cameras)
    )
    if problems:
        raise ConfigError(problems)
    return site.model_copy(update={"mqtt": mqtt, "console": console, "cameras": cameras})
