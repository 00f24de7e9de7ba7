"""Which model is in force, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vision.detect import ModelError, find_model
from vision.detect.model_choice import MOST_FORMER, put_in_force, take_back

REGISTRY = """\
# who reads this is a person
schema: model-registry/1
default: old   # since spring
models:
  - name: old
    note: "a long line that must stay on its line: words words words words words words words words words words words"
"""


@pytest.fixture
def models(tmp_path: Path, tiny_model: Callable[..., Path]) -> Path:
    folder = tmp_path / "models"
    for name in ("old", "new"):
        tiny_model(folder=folder / name, name=name)
    (folder / "registry.yaml").write_text(REGISTRY)
    return folder


def in_force(models: Path) -> str:
    return find_model("default", [models]).name


def test_model_is_put_in_force_and_taken_back_and_comments_stay(models: Path) -> None:
    assert put_in_force("new", [models]) == "old"
    assert in_force(models) == "new"
    assert take_back([models]) == ("new", "old")
    assert in_force(models) == "old"
    text = (models / "registry.yaml").read_text()
    assert text.replace("former: []\n", "") == REGISTRY


def test_the_way_back_is_one_step_for_each_change(models: Path, tiny_model: Callable[..., Path]) -> None:
    tiny_model(folder=models / "third", name="third")
    put_in_force("new", [models])
    put_in_force("third", [models])
    assert put_in_force("third", [models]) == "third"  # once more changes nothing
    assert [take_back([models])[1], take_back([models])[1]] == ["new", "old"]
    with pytest.raises(ModelError, match=r"registry\.yaml: former: empty; nothing was in force before old"):
        take_back([models])


def test_changed_file_is_not_put_in_force(models: Path) -> None:
    file = next((models / "new").glob("*.onnx"))
    file.write_bytes(file.read_bytes() + b"\0")
    before = (models / "registry.yaml").read_text()
    with pytest.raises(ModelError, match=str(file)):
        put_in_force("new", [models])
    assert (models / "registry.yaml").read_text() == before


def test_a_former_model_that_is_gone_is_not_taken_back(models: Path) -> None:
    put_in_force("new", [models])
    (models / "old").rename(models.parent / "old")
    with pytest.raises(ModelError, match="no model 'old'; known models: new"):
        take_back([models])
    assert in_force(models) == "new"


def test_model_outside_the_models_folders_must_be_copied_there_first(models: Path, tmp_path: Path) -> None:
    (models / "new").rename(tmp_path / "new")
    with pytest.raises(ModelError, match=f"only a model in a models folder.*copy its folder to {models}"):
        put_in_force(str(tmp_path / "new"), [models])


def test_forerunners_are_bounded(models: Path) -> None:
    for _ in range(MOST_FORMER):
        put_in_force("new", [models])
        put_in_force("old", [models])
    for _ in range(MOST_FORMER):
        take_back([models])
    with pytest.raises(ModelError, match="empty"):
        take_back([models])


@pytest.mark.parametrize("former", ["old", "[1]", "{a: b}"])
def test_registry_with_another_list_is_refused(models: Path, former: str) -> None:
    with (models / "registry.yaml").open("a") as file:
        file.write(f"former: {former}\n")
    with pytest.raises(ModelError, match=r"registry\.yaml: former: must be a list of names"):
        put_in_force("new", [models])
