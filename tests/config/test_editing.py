"""Zones changed from the console: the file says what was wanted, and what did not change keeps its very text."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.config import ConfigError, load_site
from vision.config.editing import (
    fixture_added,
    masks_changed,
    masks_of,
    save_site_text,
    zones_changed,
    zones_of,
)
from vision.rules import RULE_SETTINGS

EXAMPLE = (Path(__file__).parents[2] / "configs" / "example.yaml").read_text("utf-8")
HEAD = "# our street\nsite: {id: bajiao}   # of the city\n"
ZONE_A = """\
      - id: corner   # by the shop
        polygon: [[0.10, 0.40], [0.90, 0.40], [0.90, 0.95]]  # drawn in May
        # asked for by the street office
        rules:
          - rule: illegal_dumping
            dwell: 45s    # shorter gave false alarms
          - {rule: ground_lock}
"""
ZONE_B = """\
      # the bay of the fire brigade
      - id: "bay"
        tags: [fire_lane]
        rules: [{rule: ground_lock, dwell: 60s}]
"""
ZONE_C = "      - {id: lane, rules: [{rule: street_vending, schedule: [周六 22:00-02:00]}]}\n"
TAIL = (
    "    # the pole was moved in June\n    transport: tcp\n  - id: b\n    source: b.mp4\n    zones: [{id: z}]  # all\n"
)
BLOCK = f"{HEAD}cameras:\n  - id: a\n    source: a.mp4\n    zones:\n{ZONE_A}{ZONE_B}{ZONE_C}{TAIL}"
START = f"{HEAD}cameras:\n  - id: a\n    source: a.mp4\n    zones:\n"
LAST = f"{START}{ZONE_A}\n\n{ZONE_B}# the end\nmqtt: {{client_id: x}}\n"
FLAT = BLOCK.replace("\n      ", "\n    ")
FLOW = f"""{HEAD}cameras:
- {{id: a, source: a.mp4, zones: [{{id: z, tags: [x]}}, {{id: y}}]}}  # old camera
- id: b
  source: b
"""
NONE = f"{HEAD}cameras:\n  - id: a   # new\n    source: a.mp4\n  # more to come\n  - {{id: b, source: b.mp4}}\n"
EMPTY = NONE.replace("a.mp4\n", "a.mp4\n    zones: []\n")
NULL = NONE.replace("a.mp4\n", "a.mp4\n    zones:\n    loop: true\n")
CRLF = BLOCK.replace("\n", "\r\n")
TEXTS = {
    "block": BLOCK, "last": LAST, "flat": FLAT, "flow": FLOW, "none": NONE, "empty": EMPTY, "crlf": CRLF,
}  # fmt: skip


def wanted(text: str, zones: list[dict[str, Any]]) -> list[Any]:
    """What the zones are once the file is read."""
    body = "\n".join([HEAD, "cameras:", f"  - {{id: a, source: a.mp4, zones: {_json(zones)}}}"])
    return list(load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=body).camera("a").zones)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def loaded(text: str) -> list[Any]:
    return list(load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=text).camera("a").zones)


def test_nothing_changed_is_the_very_same_text() -> None:
    for text in TEXTS.values():
        assert zones_changed(text, "a", zones_of(text, "a")) == text
    assert zones_changed(EXAMPLE, "bj-001", zones_of(EXAMPLE, "bj-001")) == EXAMPLE


def test_value_written_otherwise_is_no_change() -> None:
    zones = zones_of(BLOCK, "a")
    zones[0]["rules"][0]["dwell"] = 45.0
    zones[0]["polygon"] = [[0.1, 0.4], [0.9, 0.4], [0.9, 0.95]]
    assert zones_changed(BLOCK, "a", zones) == BLOCK


def test_changed_value_keeps_the_comments_around_it() -> None:
    zones = zones_of(BLOCK, "a")
    zones[0]["rules"][0]["dwell"] = "50s"
    zones[0]["polygon"][0] = [0.2, 0.4]
    changed = zones_changed(BLOCK, "a", zones)
    assert "dwell: 50s    # shorter gave false alarms" in changed
    assert "# asked for by the street office" in changed
    assert "# by the shop" in changed
    assert changed.replace("50s", "45s").count("\n") == BLOCK.count("\n")
    assert ZONE_B in changed
    assert ZONE_C + TAIL in changed


def test_rule_that_goes_leaves_the_others_as_they_are() -> None:
    zones = zones_of(EXAMPLE, "bj-001")
    del zones[0]["rules"][1]
    changed = zones_changed(EXAMPLE, "bj-001", zones)
    assert "dwell: 30s          # after the bringer has left" in changed
    assert "- {rule: overflowing_bin, dwell: 5m, clear_after: 60s}" in changed
    assert "street_vending" not in changed.split("zones:")[1]


def test_fixture_is_added_to_its_zone_only() -> None:
    fixture = {"at": [0.3, 0.4, 0.5, 0.6], "class": "bin", "until": "2027-03-31", "note": "垃圾桶"}
    changed = fixture_added(EXAMPLE, "bj-001", "bay", fixture)
    site = load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=changed)
    first, second = site.camera("bj-001").zones[1].fixtures
    assert (first.note, second.note, second.class_name) == ("消防通道，街道办批准", "垃圾桶", "bin")
    assert "# as the model calls it; anything that fits the spot unless given" in changed
    assert changed.split("- id: bay")[0] == EXAMPLE.split("- id: bay")[0]
    assert "note: 垃圾桶" in fixture_added(BLOCK, "a", "lane", fixture)


POINTS = st.lists(st.sampled_from([0.1, 0.25, 0.5]), min_size=2, max_size=2)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A text, and zones that came of its own by some clicks in the console."""
    text = TEXTS[draw(st.sampled_from(sorted(TEXTS)))]
    zones = copy.deepcopy(zones_of(text, "a"))
    for number in range(draw(st.integers(0, 4))):
        what = draw(st.sampled_from(["move", "dwell", "tag", "remove", "add", "swap", "rule", "fixture", "plain"]))
        if what == "add" or not zones:
            rules = [{"rule": "illegal_dumping", "dwell": "30s", "schedule": ["Mon-Fri 06:00-22:00"]}]
            zones.insert(0 if draw(st.booleans()) else len(zones), {"id": f"new-{number}", "rules": rules})
            continue
        zone = zones[draw(st.integers(0, len(zones) - 1))]
        if what == "move":
            x, y = draw(POINTS)
            zone["polygon"] = [[x, y], [0.9, y], [0.9, 0.95], [x, 0.95]]
        elif what == "dwell" and zone.get("rules"):
            zone["rules"][0]["dwell"] = draw(st.sampled_from([20, "1m", "45s", 12.5]))
        elif what == "tag":
            zone["tags"] = ["学校: a", "b"]
        elif what == "remove":
            zones.remove(zone)
        elif what == "swap":
            zones.reverse()
        elif what == "rule":
            zone["rules"] = [*zone.get("rules", []), {"rule": "overflowing_bin", "clear_after": "60s"}]
        elif what == "fixture":
            zone["fixtures"] = [{"at": [0.1, 0.2], "note": "it's #1"}]
        else:
            zone.pop("tags", None)
            zone.pop("polygon", None)
    return text, zones


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits())
def test_any_edit_says_what_was_wanted_and_leaves_the_rest(edit: tuple[str, list[dict[str, Any]]]) -> None:
    text, zones = edit
    before = {zone["id"]: zone for zone in zones_of(text, "a")}
    changed = zones_changed(text, "a", zones)
    assert loaded(changed) == wanted(text, zones)
    one, other = (load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=t) for t in (text, changed))
    assert one.model_copy(update={"cameras": ()}) == other.model_copy(update={"cameras": ()})
    assert [c.model_copy(update={"zones": ()}) for c in one.cameras] == [
        c.model_copy(update={"zones": ()}) for c in other.cameras
    ]
    assert one.cameras[1:] == other.cameras[1:]
    newline = "\r\n" if "\r\n" in text else "\n"
    kept = {zone["id"] for zone in zones if zone == before.get(zone["id"])}
    bodies = {"corner": ZONE_A, "bay": ZONE_B, "lane": ZONE_C, "z": "{id: z, tags: [x]}", "y": "{id: y}"}
    for name in kept:
        body = bodies[name].replace("\n", newline)
        assert body not in text or body in changed
    if "# the end" in text:
        assert "# the end\nmqtt: {client_id: x}\n" in changed
    assert changed.startswith(text[: text.index("source: a")])
    assert zones_changed(changed, "a", zones) == changed


def test_key_without_a_value_gets_one() -> None:
    changed = zones_changed(NULL, "a", [{"id": "z"}])
    assert "    zones:\n      - id: z\n    loop: true\n  # more to come\n" in changed


@pytest.mark.parametrize(
    ("text", "camera", "expected"),
    [
        (BLOCK, "x", "site.yaml: cameras: there is no camera 'x'; there are: a, b"),
        (BLOCK + "]", "a", "site.yaml:"),
        ("a: 1\n", "a", "there are: none"),
        (
            "all: &all [{id: z}]\ncameras:\n  - id: a\n    zones: *all\n",
            "a",
            "site.yaml:4: zones: these zones are an alias",
        ),
        (
            "q: &q {id: q}\ncameras:\n  - id: a\n    zones: [{id: p}, *q]\n",
            "a",
            "site.yaml:4: zones: a zone is an alias",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused_with_its_place(text: str, camera: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        zones_changed(text, camera, [{"id": "new"}], file="site.yaml")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("source: rtsp://u:hunter2@h/1\n    source: rtsp://u:hunter3@h/2", "site.yaml:4: source: a key may stand once"),
        ("source: !!int rtsp://u:hunter2@h/1", "site.yaml: this is no YAML: a value is not what its tag says"),
    ],
)
def test_no_error_of_a_text_holds_a_password(lines: str, expected: str) -> None:
    text = f"cameras:\n  - id: a\n    {lines}\n    zones: []\n"
    for call in (
        lambda: zones_of(text, "a", file="site.yaml"),
        lambda: zones_changed(text, "a", [{"id": "new"}], file="site.yaml"),
        lambda: fixture_added(text, "a", "z", {"at": [0.1, 0.1]}, file="site.yaml"),
    ):
        with pytest.raises(ConfigError) as caught:
            call()
        assert str(caught.value).startswith(expected)
        assert "hunter" not in str(caught.value)


def test_unknown_zone_of_a_fixture_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no zone 'x'; there are: corner, bay, lane"):
        fixture_added(BLOCK, "a", "x", {"at": [0.1, 0.1]})


def test_saving_is_whole_and_keeps_mode_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "site.yaml"
    real.write_text("old", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    (tmp_path / ".real.yaml.part").write_text("left by a crash", "utf-8")
    save_site_text(link, "八角\n")
    assert link.is_symlink()
    assert (real.read_text("utf-8"), real.stat().st_mode & 0o777) == ("八角\n", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real.yaml", "site.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigError, match=r"site\.yaml: the file cannot be written"):
        save_site_text(tmp_path / "site.yaml", "x")


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site\.yaml: the file cannot be written: No such file"):
        save_site_text(tmp_path / "none" / "site.yaml", "x")


CLOCK: Any = [[0, 0], [0.3, 0], [0.3, 0.05], [0, 0.05]]
WINDOW: Any = [[0.7, 0.1], [0.8, 0.1], [0.8, 0.3]]
MASKED = BLOCK.replace(
    "    zones:\n",
    "    masks:\n"
    "      # burnt in by the recorder\n"
    "      - [[0, 0], [0.3, 0], [0.3, 0.05], [0, 0.05]]   # the clock\n"
    "      - [[0.7, 0.1], [0.8, 0.1], [0.8, 0.3]]  # a window of flat 3\n"
    "    zones:\n",
    1,
)


def test_masks_are_told_and_unchanged_ones_leave_the_text_as_it_is() -> None:
    assert masks_of(MASKED, "a") == [CLOCK, WINDOW]
    for text in (*TEXTS.values(), MASKED):
        assert masks_changed(text, "a", masks_of(text, "a")) == text


def test_bent_mask_keeps_its_comments_and_the_others_their_text() -> None:
    bent = [[0, 0], [0.3, 0], [0.3, 0.08], [0, 0.05]]
    changed = masks_changed(MASKED, "a", [bent, WINDOW])
    assert changed == MASKED.replace(
        "- [[0, 0], [0.3, 0], [0.3, 0.05], [0, 0.05]]", "- [[0, 0], [0.3, 0], [0.3, 0.08], [0, 0.05]]"
    )


def test_removed_mask_takes_its_own_comment_along_even_when_the_other_was_bent() -> None:
    bent = [[0.7, 0.1], [0.8, 0.1], [0.85, 0.4]]
    changed = masks_changed(MASKED, "a", [bent])
    assert "the clock" not in changed
    assert "- [[0.7, 0.1], [0.8, 0.1], [0.85, 0.4]]  # a window of flat 3\n" in changed
    assert zones_of(changed, "a") == zones_of(MASKED, "a")


@pytest.mark.parametrize("name", TEXTS)
def test_masks_are_added_and_all_taken_away_again_in_every_style(name: str) -> None:
    text = TEXTS[name]
    changed = masks_changed(text, "a", [CLOCK, WINDOW])
    camera = load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=changed).camera("a")
    assert [len(mask.points) for mask in camera.masks] == [4, 3]
    assert zones_of(changed, "a") == zones_of(text, "a")
    assert all(line in changed.splitlines() for line in text.splitlines() if "{id: a" not in line)
    gone = masks_changed(changed, "a", [])
    assert loaded(gone) == loaded(text)
    assert load_site(Path("x.yaml"), RULE_SETTINGS, environ={}, text=gone).camera("a").masks == ()


def test_masks_that_stand_elsewhere_are_refused() -> None:
    text = f"{HEAD}both: &m [[[0, 0], [1, 0], [1, 1]]]\ncameras:\n  - {{id: a, source: a.mp4, masks: *m}}\n"
    with pytest.raises(ConfigError, match="these masks are an alias"):
        masks_changed(text, "a", [])
