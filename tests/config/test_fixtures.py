"""Fixtures in a configuration: where, what, for which rule, until when; and what is said of a mistake."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vision.config import ConfigError, Fixture, Site, Spot, load_site, site_json_schema, unknown_classes
from vision.rules import RULE_SETTINGS

TEXT = """\
site: {id: bajiao}
cameras:
  - id: a
    source: a.mp4
    zones:
      - id: z
        rules: [{rule: illegal_dumping}]
        fixtures:
          - at: [0.1, 0.4, 0.2, 0.6]
            class: bin
            until: 2027-03-31
"""


def load(folder: Path, text: str) -> Site:
    path = folder / "site.yaml"
    path.write_text(text, "utf-8")
    return load_site(path, RULE_SETTINGS, environ={})


def fixture(**values: Any) -> Fixture:
    return Fixture.model_validate({"at": [0.1, 0.4, 0.2, 0.6], **values})


def test_fixture_is_read_with_its_class_and_last_day(tmp_path: Path) -> None:
    site = load(tmp_path, TEXT)
    (bin_,) = site.cameras[0].zones[0].fixtures
    assert (bin_.class_name, bin_.category, bin_.until) == ("bin", None, date(2027, 3, 31))
    assert bin_.at == Spot([0.1, 0.4, 0.2, 0.6])
    assert bin_.label == "bin at 0.1,0.4,0.2,0.6"
    assert site.fingerprint() == load(tmp_path, TEXT).fingerprint()
    assert site.fingerprint() != load(tmp_path, TEXT.replace("2027", "2028")).fingerprint()


@pytest.mark.parametrize(
    ("at", "held", "free"),
    [
        ([0.1, 0.4, 0.2, 0.6], [(0.1, 0.4, 0.2, 0.6), (0.08, 0.38, 0.21, 0.62)], [(0.15, 0.4, 0.35, 0.6)]),
        ([0.15, 0.5], [(0.1, 0.4, 0.2, 0.6)], [(0.2, 0.4, 0.3, 0.6)]),
        ([[0.1, 0.4], [0.2, 0.4], [0.2, 0.6]], [(0.15, 0.4, 0.2, 0.5)], [(0.1, 0.5, 0.15, 0.6)]),
    ],
    ids=["box", "point", "polygon"],
)  # fmt: skip
def test_spot_holds_what_stands_in_it(at: Any, held: list[Any], free: list[Any]) -> None:
    assert all(Spot(at).holds(box) for box in held)
    assert not any(Spot(at).holds(box) for box in free)


def test_fixture_holds_to_the_end_of_its_last_day() -> None:
    assert fixture(until="2027-03-31").in_force(date(2027, 3, 31))
    assert not fixture(until="2027-03-31").in_force(date(2027, 4, 1))
    assert fixture().in_force(date(2100, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[0.1, 0.4, 0.2, 0.6]", "[0.1, 0.4, 0.2]", "site.yaml:9: cameras[0].zones[0].fixtures[0].at: [0.1, 0.4, 0.2]"),
        ("[0.1, 0.4, 0.2, 0.6]", "[0.2, 0.4, 0.1, 0.6]", "x1 must be less than x2"),
        ("[0.1, 0.4, 0.2, 0.6]", "[10, 40, 20, 60]", "fractions of the picture"),
        ("[0.1, 0.4, 0.2, 0.6]", "corner", "write a box"),
        ("2027-03-31", "soon", "site.yaml:11: cameras[0].zones[0].fixtures[0].until"),
        ("class: bin", "clas: bin", "unknown key; did you mean class? allowed here: at, category, class, note, until"),
        ("class: bin", "category: ground_lok", "fixtures[0].category is 'ground_lok', and this zone has no such rule"),
    ],
)
def test_mistake_is_named_in_one_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, TEXT.replace(old, new))
    (problem,) = str(caught.value).splitlines()
    assert expected in problem


def test_class_that_the_model_does_not_have_is_named_with_the_remedy(tmp_path: Path) -> None:
    site = load(tmp_path, TEXT)
    assert unknown_classes(site.cameras, ["bin", "person"]) == []
    (text,) = unknown_classes(site.cameras, ["person", "car"])
    assert text.startswith("camera a, zone z, fixtures[0]: the model has no class 'bin'; it knows car, person.")


def test_schema_describes_fixtures() -> None:
    properties = site_json_schema(RULE_SETTINGS)["$defs"]["Fixture"]["properties"]
    assert set(properties) == {"at", "class", "category", "until", "note"}
