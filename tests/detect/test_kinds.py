"""The classifier of close-ups: what it is made of, and what the shipped one tells."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.detect import KindClassifier, ModelError, load_classifier
from vision.detect.close_up import close_up
from vision.sources import Image

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "street-kinds"
SPRITES = ROOT / "bench" / "scene_maker" / "sprites"


@pytest.fixture(scope="module")
def classifier() -> KindClassifier:
    return load_classifier(SHIPPED)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "copy"))


def pavement(seed: int = 1) -> Image:
    """720p of grey ground, rough as asphalt is."""
    ground = np.random.default_rng(seed).normal(120, 9, (180, 320, 3))
    return cv2.resize(np.clip(ground, 0, 255).astype(np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC)


def put(picture: Image, name: str, height: int = 90) -> tuple[float, float, float, float]:
    """Paste a rendered thing into the middle; the box it covers."""
    sprite = cv2.imread(str(SPRITES / name), cv2.IMREAD_UNCHANGED)
    rows, columns = np.where(sprite[..., 3] > 20)
    sprite = sprite[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = height / sprite.shape[0]
    sprite = cv2.resize(sprite, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    alpha, (high, wide) = sprite[..., 3:] / 255, sprite.shape[:2]
    under = picture[300 : 300 + high, 600 : 600 + wide]
    picture[300 : 300 + high, 600 : 600 + wide] = (sprite[..., :3] * alpha + under * (1 - alpha)).astype(np.uint8)
    return 600 / 1280, 300 / 720, (600 + wide) / 1280, (300 + high) / 720


def test_close_up_shows_the_box_in_the_middle_with_what_is_around_it() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[80:120, 180:220] = (10, 200, 30)
    cut = close_up(picture, (180 / 400, 80 / 200, 220 / 400, 120 / 200), side=112, context=2.0, least=10)
    assert cut.shape == (112, 112, 3)
    inside = (cut[..., 1] > 100).nonzero()
    assert [int(i.min()) for i in inside] == pytest.approx([28, 28], abs=1)
    assert [int(i.max()) for i in inside] == pytest.approx([83, 83], abs=1)


def test_close_up_at_the_edge_goes_on_as_the_edge_does() -> None:
    picture = np.full((100, 100, 3), 50, np.uint8)
    picture[:, :2] = 200
    cut = close_up(picture, (0.0, 0.4, 0.1, 0.5), side=64, context=4.0, least=10)
    assert (cut[:, :20] == 200).all()


def test_close_up_of_something_large_is_averaged_and_not_sampled() -> None:
    picture = np.zeros((1200, 1200, 3), np.uint8)
    picture[::2, ::2] = 200
    cut = close_up(picture, (0.1, 0.1, 0.9, 0.9), side=64, context=1.2, least=10)
    assert cut.std() < 12
    assert cut.mean() == pytest.approx(50, abs=15)


def test_shipped_one_tells_furniture_bins_cars_and_bare_ground(classifier: KindClassifier) -> None:
    told = {}
    for number, name in enumerate(("bulky-00.png", "bin-00.png", "car-00.png")):
        picture = pavement(number)
        (told[name],) = classifier.classify(picture, [put(picture, name)])
    (ground,) = classifier.classify(pavement(9), [(0.45, 0.4, 0.53, 0.55)])
    assert told["bulky-00.png"]["bulky"] + told["bulky-00.png"]["rubbish"] > 0.6
    assert told["bin-00.png"]["bin"] > 0.6
    assert told["car-00.png"]["vehicle"] > 0.6
    assert ground["nothing"] > 0.6
    assert set(ground) == set(classifier.kinds)
    assert sum(ground.values()) == pytest.approx(1.0, abs=0.01)


def test_an_answer_does_not_depend_on_what_else_is_asked(classifier: KindClassifier) -> None:
    picture = pavement()
    box = put(picture, "bulky-00.png")
    (alone,) = classifier.classify(picture, [box])
    _, among, _ = classifier.classify(picture, [(0.1, 0.1, 0.2, 0.3), box, (0.7, 0.7, 0.8, 0.9)])
    assert among == alone


def test_changed_file_is_refused(copied: Path) -> None:
    path = copied / "street-kinds.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=r"street-kinds\.onnx: changed since its manifest was written"):
        load_classifier(copied)


def test_wrong_key_is_named_with_its_line(copied: Path) -> None:
    manifest = copied / "classifier.yaml"
    manifest.write_text(manifest.read_text().replace("context: 1.7", "context: 0.5"))
    line = 1 + next(n for n, text in enumerate(manifest.read_text().splitlines()) if "context" in text)
    with pytest.raises(ModelError, match=rf"classifier\.yaml:{line}: input\.context: "):
        load_classifier(copied)


def test_network_with_other_kinds_than_its_manifest_is_refused(copied: Path) -> None:
    manifest = copied / "classifier.yaml"
    manifest.write_text(manifest.read_text().replace("kinds: [nothing, ", "kinds: ["))
    with pytest.raises(ModelError, match="answers with 13 kinds, its manifest lists 12"):
        load_classifier(copied)


def test_unknown_name_says_which_there_are(copied: Path) -> None:
    with pytest.raises(ModelError, match=r"no classifier 'nothing-such'; known ones: copy, or a folder with"):
        load_classifier("nothing-such", [copied.parent])


def test_found_by_name_in_a_models_folder(copied: Path) -> None:
    assert load_classifier("copy", [copied.parent]).name.startswith("street-kinds@")
