"""The teacher's classes keep their scores through the surgery, and new ones are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install street-vision[training]")
pytest.importorskip("ultralytics", reason="needs Ultralytics: pip install street-vision[training]")

from ultralytics.nn.tasks import DetectionModel  # noqa: E402

from training.loss import FrozenTeacher  # noqa: E402
from training.recipe import RecipeError, StreetClass, load_recipe  # noqa: E402
from training.surgery import blend, class_rows, street_model  # noqa: E402
from training.train import freeze_statistics, learning_rate_share, open_curves, trainable  # noqa: E402

COCO = {0: "person", 2: "car", 3: "motorcycle", 26: "handbag", 28: "suitcase"}


def test_rows_are_copied_for_known_classes_and_quiet_for_new_ones() -> None:
    weight, bias = torch.randn(80, 4, 1, 1), torch.randn(80)
    classes = [StreetClass(0, "car", "vehicle", ("car",), ()), StreetClass(1, "stall", "stall", (), ("person", "car"))]
    rows, biases = class_rows(weight, bias, COCO, classes)
    assert torch.equal(rows[0], weight[2])
    assert biases[0] == bias[2]
    assert torch.sigmoid(biases[1]) < 0.001
    assert torch.allclose(rows[1], (weight[0] + weight[2]) / 2 * 0.3)


def test_an_unknown_teacher_class_is_named() -> None:
    with pytest.raises(RecipeError, match="'spaceship'"):
        class_rows(torch.zeros(80, 4, 1, 1), torch.zeros(80), COCO, [StreetClass(0, "x", "other", ("spaceship",), ())])


def test_people_and_cars_score_as_the_teacher_says(teacher: DetectionModel) -> None:
    recipe = load_recipe()
    model = street_model(teacher, recipe).eval()
    model.model[-1].end2end = teacher.model[-1].end2end = True
    images = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        ours, theirs = model(images)[1]["one2one"]["scores"], teacher(images)[1]["one2one"]["scores"]
    for name, coco in (("person", 0), ("car", 2), ("truck", 7)):
        assert torch.allclose(ours[:, recipe.id_of(name)], theirs[:, coco], atol=1e-5)
    assert ours.shape[1] == len(recipe.classes)
    assert teacher.model[-1].nc == 80, "the teacher is left as it was"


def test_frozen_teacher_on_shared_features_gives_the_teachers_scores(teacher: DetectionModel) -> None:
    recipe = load_recipe()
    model = street_model(teacher, recipe)
    trainable(model, 10)
    frozen = FrozenTeacher(teacher, model, recipe, 10)
    model.train()
    freeze_statistics(model)
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        model(images)
        theirs = teacher.eval()(images)[1]["one2one"]["scores"].sigmoid()
    ours = frozen()["one2one"]["scores"]
    bag = frozen.ids.index(recipe.id_of("bag"))
    assert torch.allclose(ours[:, 0], theirs[:, 0], atol=1e-6)
    assert torch.allclose(ours[:, bag], theirs[:, [24, 26, 28]].amax(1), atol=1e-6), "a bag is the best of three"


@pytest.mark.parametrize("freeze", [10, 4])
def test_frozen_layers_stay_and_the_rest_learns_by_parts(teacher: DetectionModel, freeze: int) -> None:
    model = street_model(teacher, load_recipe())
    groups = trainable(model, freeze)
    assert bool(groups["trunk"]) == (freeze < 10)
    assert groups["body"]
    assert groups["heads"]
    learning = sum(len(members) for members in groups.values())
    assert learning == sum(parameter.requires_grad for parameter in model.parameters())
    still = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert {int(name.split(".")[1]) for name in still} <= set(range(freeze))


def test_learning_rate_warms_up_and_ends_low() -> None:
    shares = [learning_rate_share(step, 100, 10) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == pytest.approx(1.0)
    assert shares[-1] < 0.02


def test_a_resumed_run_writes_each_step_of_its_curves_once(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    with open_curves(path, 0) as curves:
        curves.write("20,0.1,9,1.0,1,1,1\n40,0.2,18,1.0,1,1,1\n")
    with open_curves(path, 20) as curves:
        curves.write("40,0.2,19,1.0,2,2,2\n")
    assert [row.split(",")[0] for row in path.read_text("utf-8").splitlines()] == ["step", "20", "40"]


def test_blending_moves_known_classes_back_and_leaves_new_rows(teacher: DetectionModel) -> None:
    recipe = load_recipe()
    start = street_model(teacher, recipe)
    trained = street_model(teacher, recipe)
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter += 1
    unknown = [one.id for one in recipe.classes if not one.teachers]
    mixed = blend(trained, start, 0.25, unknown).model[-1].cv3[0][-1].bias.detach()
    old, new = (model.model[-1].cv3[0][-1].bias.detach() for model in (start, trained))
    person, lock = recipe.id_of("person"), recipe.id_of("ground_lock")
    assert mixed[person] == pytest.approx(float(0.75 * new[person] + 0.25 * old[person]), abs=1e-4)
    assert mixed[lock] == new[lock]
    all_of_it = blend(trained, start, 0.25).model[-1].cv3[0][-1].bias.detach()
    assert all_of_it[lock] == pytest.approx(float(0.75 * new[lock] + 0.25 * old[lock]), abs=1e-4)
