"""Which models there are, and how one is found by name, by folder or by file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from vision.detect.bare_model import BARE_SUFFIXES, bare_manifest
from vision.detect.errors import ModelError
from vision.detect.manifest import MANIFEST_NAME, FileKind, Manifest, load_manifest, read_yaml

REGISTRY_NAME = "registry.yaml"
REGISTRY_SCHEMA = "model-registry/1"


def model_folders() -> list[Path]:
    """Folders that hold models, first one first: `$VISION_MODELS`, the checkout's `models/`, the installed ones.

    Raises:
        ModelError: `$VISION_MODELS` names no folder.
    """
    usual = [Path(__file__).parents[2] / "models", Path(sys.prefix) / "share" / "vision" / "models"]
    folders = [folder for folder in usual if folder.is_dir()]
    if named := os.environ.get("VISION_MODELS"):
        if not Path(named).is_dir():
            raise ModelError(f"VISION_MODELS={named}: no such folder; correct the environment variable or unset it")
        folders.insert(0, Path(named))
    return folders


def list_models(folders: Sequence[Path] | None = None, manifest_name: str = MANIFEST_NAME) -> dict[str, Path]:
    """Name to folder of every model that has such a manifest; a name in an earlier folder hides later ones."""
    found: dict[str, Path] = {}
    for folder in model_folders() if folders is None else folders:
        for manifest in sorted(folder.glob(f"*/{manifest_name}")):
            found.setdefault(manifest.parent.name, manifest.parent)
    return found


def find_model(name_or_path: str | Path, folders: Sequence[Path] | None = None) -> Manifest:
    """The manifest of a model.

    Args:
        name_or_path: `default`, a name in a models folder, a folder with a manifest, or a `.onnx` or `.pt` file. A file
            that a manifest beside it names is that model in that format; any other file is taken with the class list
            written inside it, and roles guessed from COCO's names. Opening a `.pt` file runs code from it: only files
            whose maker is trusted.
        folders: where to look for names, `model_folders()` unless told.

    Raises:
        ModelError: no such model (with the known ones), or its manifest or class list cannot be used.
    """
    folders = model_folders() if folders is None else folders
    name = str(name_or_path)
    if name == "default":
        _, name = default_registry(folders)
    known = list_models(folders)
    if name in known:
        return load_manifest(known[name])
    path = Path(name).expanduser()
    if (path / MANIFEST_NAME).is_file():
        return load_manifest(path)
    if path.suffix.lower() in BARE_SUFFIXES and path.is_file():
        return _manifest_of_file(path)
    raise ModelError(_no_such_model(name, path, known, folders))


def default_registry(folders: Sequence[Path] | None = None) -> tuple[Path, str]:
    """The file that says which model `default` means, and that name.

    Raises:
        ModelError: there is none, or it cannot be used.
    """
    folders = model_folders() if folders is None else folders
    for folder in folders:
        path = folder / REGISTRY_NAME
        if not path.is_file():
            continue
        registry = read_yaml(path)
        if registry.get("schema") != REGISTRY_SCHEMA:
            raise ModelError(f"{path}: schema: must be {REGISTRY_SCHEMA}, not {registry.get('schema')}")
        default = registry.get("default")
        if not isinstance(default, str) or default == "default":
            raise ModelError(f"{path}: default: must be the name of a model")
        return path, default
    looked = ", ".join(str(folder) for folder in folders) or "nowhere: there is no models folder"
    raise ModelError(f"no {REGISTRY_NAME} says which model is the default (looked in {looked}); set VISION_MODELS")


def _manifest_of_file(path: Path) -> Manifest:
    kind: FileKind = BARE_SUFFIXES[path.suffix.lower()]
    if (path.parent / MANIFEST_NAME).is_file():
        beside = load_manifest(path.parent)
        entry = getattr(beside.files, kind)
        if entry is not None and (path.parent / entry.path).resolve() == path.resolve():
            return beside.only(kind)
    return bare_manifest(path)


def _no_such_model(name: str, path: Path, known: dict[str, Path], folders: Sequence[Path]) -> str:
    models = f"known models: {', '.join(sorted(known))}" if known else "no models are installed"
    if path.is_dir():
        return f"{path}: no {MANIFEST_NAME} in this folder; name the folder of a model, or its .onnx or .pt file"
    if path.suffix.lower() in BARE_SUFFIXES:
        return f"{path}: no such model file; {models}"
    if path.is_file():
        return f"{path}: not a model file; allowed are {', '.join(BARE_SUFFIXES)}, or a folder with a {MANIFEST_NAME}"
    looked = ", ".join(str(folder) for folder in folders) or "no folder (set VISION_MODELS)"
    return f"no model {name!r}; {models}, or 'default', a folder or a file (looked in {looked})"
