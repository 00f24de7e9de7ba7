from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vision.detect import Manifest, ModelError, Role, load_manifest
from vision.detect.manifest import sha256_of


def test_manifest_gives_roles_and_least_scores(tiny_model: Callable[..., Path]) -> None:
    manifest = load_manifest(tiny_model())
    assert manifest.input_size == (64, 32)
    assert [(entry.name, entry.role, entry.min_score) for entry in manifest.classes] == [
        ("person", Role.PERSON, 0.35),
        ("bag", Role.CARRIED, 0.25),
    ]


def test_unknown_key_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(
        "schema: model-manifest/1\nname: x\nversion: '1'\nlicence: MIT\n"
        "input:\n  width: 64\n  height: 32\n  hight: 3\noutput: {layout: end2end}\n"
        "classes: [{id: 0, name: a, role: person}]\nfiles: {onnx: {path: a.onnx, sha256: " + "0" * 64 + "}}\n"
    )
    with pytest.raises(ModelError, match=r"manifest\.yaml:8: input\.hight: .*not permitted"):
        load_manifest(tmp_path)


def test_all_mistakes_come_in_one_message(tiny_model: Callable[..., Path]) -> None:
    folder = tiny_model(output={"layout": "yolo9000"}, input={"width": 65, "height": 32})
    with pytest.raises(ModelError) as caught:
        load_manifest(folder)
    assert "input.width" in str(caught.value)
    assert "output.layout" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"schema": "model-manifest/2"}, "model-manifest/1"),
        ({"classes": [{"id": 1, "name": "a", "role": "person"}]}, "from 0 without gaps"),
        ({"classes": [{"id": i, "name": "a", "role": "person"} for i in (0, 1)]}, "names given twice: a"),
        ({"classes": [{"id": 0, "name": "a", "role": "villain"}]}, r"classes\.0\.role"),
        ({"classes": [{"id": 0, "name": "a", "role": "person", "min_score": 1.5}]}, "less than or equal to 1"),
        ({"files": {}}, "no file"),
        ({"files": {"onnx": {"path": "../a.onnx", "sha256": "0" * 64}}}, "inside the model's folder"),
        ({"files": {"onnx": {"path": "/a.onnx", "sha256": "0" * 64}}}, "inside the model's folder"),
        ({"files": {"onnx": {"path": "a.onnx", "sha256": "abc"}}}, "files.onnx.sha256"),
        ({"licence": None}, "licence: Field required"),
    ],
)
def test_bad_manifest_is_refused(tiny_model: Callable[..., Path], changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        load_manifest(tiny_model(**changes))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "a: [1,\n", "\x00"])
def test_what_is_no_manifest_at_all_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.yaml").write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.yaml"):
        load_manifest(tmp_path)


def test_changed_file_is_refused(tiny_model: Callable[..., Path]) -> None:
    folder = tiny_model()
    with (folder / "end2end.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"end2end\.onnx: changed since its manifest was written"):
        load_manifest(folder).verified_file("onnx")


def test_missing_file_is_refused(tiny_model: Callable[..., Path]) -> None:
    folder = tiny_model()
    (folder / "end2end.onnx").unlink()
    with pytest.raises(ModelError, match=r"end2end\.onnx: missing"):
        load_manifest(folder).verified_file("onnx")


def test_weights_of_a_quantised_graph_are_verified_too(tmp_path: Path, manifest: Callable[..., Manifest]) -> None:
    (tmp_path / "a.xml").write_text("<net/>")
    (tmp_path / "a.bin").write_bytes(b"weights")
    graph, weights = sha256_of(tmp_path / "a.xml"), sha256_of(tmp_path / "a.bin")
    entry = {"path": "a.xml", "sha256": graph, "weights": "a.bin", "weights_sha256": weights}
    quantised = manifest(files={"openvino_int8": entry}).at(tmp_path)
    assert quantised.verified_file("openvino_int8") == (tmp_path / "a.xml", weights)
    (tmp_path / "a.bin").write_bytes(b"other weights")
    with pytest.raises(ModelError, match=r"a\.bin: changed"):
        quantised.verified_file("openvino_int8")
