from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vision.detect import ModelError, Role, find_model, list_models, model_folders
from vision.detect.coco_roles import guess_role

DATA = Path(__file__).parent / "data"


@pytest.fixture
def models(tmp_path: Path, tiny_model: Callable[..., Path]) -> Path:
    """A models folder with two models and a registry whose default is the second."""
    folder = tmp_path / "models"
    tiny_model(folder=folder / "tiny")
    tiny_model("yolo", folder=folder / "other", name="other", output={"layout": "yolo"})
    (folder / "registry.yaml").write_text("schema: model-registry/1\ndefault: other\nmodels: {tiny: {}, other: {}}\n")
    return folder


def test_model_is_found_by_name_folder_and_default(models: Path) -> None:
    assert find_model("tiny", [models]).name == "tiny"
    assert find_model(models / "tiny", []).name == "tiny"
    assert find_model("default", [models]).name == "other"
    assert sorted(list_models([models])) == ["other", "tiny"]


def test_environment_names_the_first_folder(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_MODELS", str(models))
    assert model_folders()[0] == models
    assert find_model("default").name == "other"


def test_environment_that_names_no_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISION_MODELS", str(tmp_path / "gone"))
    with pytest.raises(ModelError, match=r"VISION_MODELS=.*gone: no such folder"):
        find_model("tiny")


def test_unknown_model_is_refused_with_the_known_ones(models: Path) -> None:
    with pytest.raises(ModelError, match="no model 'tinny'; known models: other, tiny"):
        find_model("tinny", [models])


def test_no_model_at_all_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"no models are installed.*{tmp_path}"):
        find_model("tiny", [tmp_path])
    with pytest.raises(ModelError, match=r"no registry\.yaml"):
        find_model("default", [tmp_path])


def test_registry_of_another_version_is_refused(models: Path) -> None:
    (models / "registry.yaml").write_text("schema: model-registry/2\ndefault: tiny\n")
    with pytest.raises(ModelError, match=r"registry\.yaml: schema: must be model-registry/1"):
        find_model("default", [models])


def test_missing_file_empty_folder_and_other_file_are_told_apart(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file"):
        find_model(tmp_path / "nothing.onnx", [models])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"no manifest\.yaml in this folder"):
        find_model(tmp_path / "empty", [models])
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(ModelError, match="not a model file; allowed are"):
        find_model(tmp_path / "photo.jpg", [models])


def test_bare_onnx_file_brings_its_own_class_list() -> None:
    manifest = find_model(DATA / "end2end.onnx", [])
    assert manifest.class_names == ("person", "bag")
    assert [entry.role for entry in manifest.classes] == [Role.PERSON, Role.CARRIED]
    assert (manifest.output.layout, manifest.input_size) == ("end2end", (640, 384))
    assert find_model(DATA / "yolo.onnx", []).output.layout == "yolo"
    assert find_model(DATA / "fixed.onnx", []).input_size == (64, 32)


def test_bare_onnx_file_without_class_list_is_refused() -> None:
    with pytest.raises(ModelError, match=r"nameless\.onnx: no class list in the file"):
        find_model(DATA / "nameless.onnx", [])


def test_damaged_onnx_file_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes((DATA / "end2end.onnx").read_bytes()[:200])
    with pytest.raises(ModelError, match=r"broken\.onnx: not a network"):
        find_model(path, [])
    assert capfd.readouterr().err == ""


def test_file_that_a_manifest_beside_it_names_keeps_the_manifest(models: Path) -> None:
    manifest = find_model(models / "tiny" / "end2end.onnx", [])
    assert manifest.classes[0].min_score == 0.35
    assert manifest.files.kinds == {"onnx"}
    stranger = shutil.copy(DATA / "fixed.onnx", models / "tiny")
    assert find_model(stranger, []).name == "fixed"


@pytest.mark.parametrize(
    ("name", "role"),
    [("person", Role.PERSON), ("Truck", Role.VEHICLE), ("suitcase", Role.CARRIED), ("zebra", Role.ANIMAL)],
)
def test_coco_names_have_roles(name: str, role: Role) -> None:
    assert guess_role(name) == role


def test_unknown_class_name_is_other() -> None:
    assert guess_role("hair drier") == Role.OTHER
