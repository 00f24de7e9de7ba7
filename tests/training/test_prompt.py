"""Classes given by words become an ordinary model; tried on untrained networks, for no trained ones may be shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
pytest.importorskip("ultralytics", reason="needs Ultralytics: pip install street-vision[training]")
pytest.importorskip("onnx", reason="needs onnx: pip install street-vision[training]")

import onnx  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402
from ultralytics import YOLO, YOLOE, YOLOWorld  # noqa: E402

from training.prompt import PromptError, boxes_only, build, give_words, read_prompts  # noqa: E402
from vision.detect import Role, load_detector  # noqa: E402

TEXT = """
name: street-words
licence: AGPL-3.0
input: {width: 128, height: 96}
classes:
  - {name: ground_lock, role: lock, prompt: parking lock on the ground, min_score: 0.0}
  - {name: stall, role: stall, prompt: street food cart, min_score: 0.0}
  - {name: rubbish, role: waste, prompt: pile of garbage bags, min_score: 0.0}
"""


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.yaml"
    path.write_text(TEXT)
    return path


def words(count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 512)).astype(np.float32)


@pytest.mark.parametrize(
    "network",
    [
        lambda: YOLOE("yoloe-11n-seg.yaml"),
        lambda: YOLOE("yoloe-11n.yaml"),
        lambda: YOLOE("yoloe-26n-seg.yaml"),
        lambda: YOLOWorld("yolov8s-worldv2.yaml"),
    ],
    ids=["YOLOE with masks", "YOLOE", "YOLOE 26", "YOLO-World"],
)
def test_prompted_network_runs_as_any_model_with_its_roles(
    prompts: Path, tmp_path: Path, network: Callable[[], object]
) -> None:
    build(network(), read_prompts(prompts), tmp_path / "model", words())
    detector = load_detector(tmp_path / "model", device="cpu", threads=1)
    assert detector.backend == "openvino"
    assert [known.role for known in detector.classes] == [Role.LOCK, Role.STALL, Role.WASTE]
    picture = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
    (found,) = detector.detect([picture])
    assert len(found) > 0  # untrained, and every score is taken
    assert set(found.names) <= {"ground_lock", "stall", "rubbish"}
    assert found.boxes.min() >= 0
    assert found.boxes.max() <= 1


def test_other_words_are_another_network(prompts: Path, tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
    network = YOLOE("yoloe-11n.yaml")
    for name, weight in network.model.model[-1].named_parameters():
        if name.startswith(("cv3", "cv4")):  # untrained, it answers with its bias alone
            torch.nn.init.normal_(weight, std=0.5)
    weights = {key: value.clone() for key, value in network.model.state_dict().items()}
    scores = []
    for seed in (0, 1):
        fresh = YOLOE("yoloe-11n.yaml")
        fresh.model.load_state_dict(weights)
        build(fresh, read_prompts(prompts), tmp_path / str(seed), words(seed=seed))
        (found,) = load_detector(tmp_path / str(seed), device="cpu", threads=1).detect([picture])
        scores.append(sorted(found.scores.tolist()))
    assert scores[0] != scores[1]


@pytest.mark.parametrize(
    ("shape", "layout", "left"),
    [
        ([1, 300, 38], "end2end", [1, 300, 6]),
        ([1, 39, 5040], "yolo", [1, 7, 5040]),
        ([1, 7, 5040], "yolo", [1, 7, 5040]),
    ],
)
def test_masks_are_cut_off_the_answer(shape: list[int], layout: str, left: list[int]) -> None:
    graph = answering(shape)
    assert boxes_only(graph, 3) == layout
    (output,) = graph.graph.output
    assert [side.dim_value for side in output.type.tensor_type.shape.dim] == left


def test_answer_that_is_no_list_of_boxes_is_refused() -> None:
    with pytest.raises(PromptError, match=r"answers with \[1, 5, 100\], that is no list of boxes of 3 classes"):
        boxes_only(answering([1, 5, 100]), 3)


def answering(shape: list[int]) -> onnx.ModelProto:
    """A graph that passes on what it is given, and has masks beside it."""
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("in", "output0", "output1")]
    nodes = [helper.make_node("Identity", ["in"], [name]) for name in ("output0", "output1")]
    graph = helper.make_graph(nodes, "masks", given[:1], given[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_weights_without_an_open_vocabulary_are_refused(prompts: Path) -> None:
    with pytest.raises(PromptError, match="must be YOLOE's or YOLO-World's"):
        give_words(YOLO("yolo11n.yaml"), read_prompts(prompts), words())


def test_embeddings_of_another_number_of_classes_are_refused(prompts: Path) -> None:
    with pytest.raises(PromptError, match=r"embeddings are \(2, 512\), there are 3 classes"):
        give_words(YOLOE("yoloe-11n.yaml"), read_prompts(prompts), words(2))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("role: lock", "role: locker", r"prompts\.yaml: classes\.0\.role"),
        ("name: stall", "name: rubbish", r"classes: name given twice: rubbish"),
        ("street food cart", "pile of garbage bags", r"classes: prompt given twice: pile of garbage bags"),
        ("width: 128", "width: 100", r"input\.width"),
        ("licence: AGPL-3.0\n", "", "licence"),
    ],
)
def test_wrong_prompts_are_refused_with_file_and_key(prompts: Path, old: str, new: str, said: str) -> None:
    prompts.write_text(TEXT.replace(old, new))
    with pytest.raises(PromptError, match=said):
        read_prompts(prompts)
