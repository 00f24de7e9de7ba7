"""Which model is in force: `default` in registry.yaml, changed and taken back, with its forerunners beside it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from vision.detect.errors import ModelError
from vision.detect.registry import default_registry, find_model

FORMER = "former"
MOST_FORMER = 20


def put_in_force(name: str, folders: Sequence[Path] | None = None) -> str:
    """Make a model what `default` means, once every file of it has stood its checksum; the name of the former one.

    Args:
        name: of a model in a models folder.
        folders: where to look, `model_folders()` unless told.

    Raises:
        ModelError: no such model, a changed file, or the registry cannot be written. Nothing is changed then.
    """
    path, before = default_registry(folders)
    manifest = find_model(name, folders)
    if manifest.folder.name != name:
        raise ModelError(
            f"{name}: only a model in a models folder can be put in force; copy its folder to {path.parent}"
        )
    for kind in sorted(manifest.files.kinds):
        manifest.verified_file(kind)
    if before != name:
        _write(path, name, [*_former(path), before])
    return before


def take_back(folders: Sequence[Path] | None = None) -> tuple[str, str]:
    """Put in force again what was before the last change; (what was in force, what is now).

    Raises:
        ModelError: nothing was in force before, or it is gone or changed. Nothing is changed then.
    """
    path, before = default_registry(folders)
    former = _former(path)
    if not former:
        raise ModelError(f"{path}: {FORMER}: empty; nothing was in force before {before}")
    manifest = find_model(former[-1], folders)
    for kind in sorted(manifest.files.kinds):
        manifest.verified_file(kind)
    _write(path, former[-1], former[:-1])
    return before, former[-1]


def _former(path: Path) -> list[str]:
    names = YAML(typ="safe").load(path.read_text("utf-8")).get(FORMER) or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ModelError(f"{path}: {FORMER}: must be a list of names")
    return names


def _write(path: Path, default: str, former: list[str]) -> None:
    """Change these two keys and nothing else; comments stay."""
    yaml = YAML(typ="rt")
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(path.read_text("utf-8"))
    content["default"] = default
    if FORMER in content or former:
        content[FORMER] = former[-MOST_FORMER:]
    text = io.StringIO()
    yaml.dump(content, text)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text.getvalue(), "utf-8")
        os.replace(part, path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror}") from None
