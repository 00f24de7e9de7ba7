"""A configuration is read, or every problem is named with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.conftest import wait_until
from vision.config import ConfigError, Site, SiteChange, SiteWatcher, diff_sites, load_site, site_json_schema
from vision.rules import RULE_SETTINGS

EXAMPLE = Path(__file__).parents[2] / "configs" / "example.yaml"
GOOD = """\
site: {id: bajiao, name: 八角街道}
cameras:
  - id: a
    source: rtsp://h/x
    zones:
      - id: z
        polygon: [[0, 0], [1, 0], [1, 1]]
        rules: [{rule: illegal_dumping, dwell: 45s}]
"""


def load(folder: Path, text: str | bytes, **environ: str) -> Site:
    path = folder / "site.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_site(path, RULE_SETTINGS, environ=environ)


def problems(folder: Path, text: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environ)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def test_good_file_is_read_with_the_settings_of_each_rule(tmp_path: Path) -> None:
    site = load(tmp_path, GOOD)
    (rule,) = site.cameras[0].zones[0].rules
    assert (rule.rule, rule.dwell) == ("illegal_dumping", 45.0)
    assert type(rule) is RULE_SETTINGS["illegal_dumping"]
    assert site.resolve("var") == tmp_path / "var"


def test_example_shows_every_key_and_is_valid() -> None:
    site = load_site(EXAMPLE, RULE_SETTINGS, environ={})
    text = EXAMPLE.read_text("utf-8")
    for model in (Site, *(type(getattr(site, name)) for name in Site.model_fields if name != "cameras")):
        for key in model.model_fields:
            assert f"{key}:" in text, key
    for key in type(site.cameras[0]).model_fields:
        assert f"{key}:" in text, key


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("dwell:", "dwel:"), "site.yaml:8: cameras[0].zones[0].rules[0].dwel: unknown key; did you mean dwell?"),
        (("45s", "soon"), "site.yaml:8: cameras[0].zones[0].rules[0].dwell: 'soon' is no duration"),
        (
            ("illegal_dumping", "dumping"),
            "site.yaml:8: cameras[0].zones[0].rules[0]: there is no rule 'dumping'; known",
        ),
        (("[1, 0]", "[1.5, 0]"), "site.yaml:7: cameras[0].zones[0].polygon: point 2 is [1.5, 0]"),
        (("    source: rtsp://h/x\n", ""), "site.yaml:3: cameras[0].source: this key is missing"),
        (("rtsp://", "http://"), "site.yaml:3: cameras[0]: source has the scheme 'http'"),
        (("id: a", "id: a/b"), "site.yaml:3: cameras[0].id: 'a/b' is no id"),
        (("id: a\n", "id: ${CAMERA}\n"), "site.yaml:3: cameras[0].id: the environment variable CAMERA is not set"),
        (("cameras:", "cameras: ["), "site.yaml:"),
        (("    source", "    id: b\n    source"), "site.yaml:4: id: a key may stand once"),
    ],
)
def test_mistake_is_named_with_line_and_key(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    assert problems(tmp_path, GOOD.replace(*change, 1))[0].startswith(expected)


def test_every_mistake_is_in_one_message(tmp_path: Path) -> None:
    text = GOOD.replace("45s", "soon").replace("[1, 0]", "[2, 0]").replace("site:", "sites:")
    assert len(problems(tmp_path, text)) == 4  # sites unknown, site missing, polygon, dwell


def test_two_cameras_with_one_id_are_named_both(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD + "  - {id: a, source: b.mp4}\n")
    assert problem.startswith("site.yaml:9: cameras[1].id: ")
    assert "the first stands on line 3" in problem


@pytest.mark.parametrize(
    ("content", "what"), [(b"", "empty"), (b"# nothing\n", "empty"), (b"\xff\xfe\x00", "not UTF-8"), (b"- 1\n", "keys")]
)
def test_file_that_is_no_configuration_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    assert what in problems(tmp_path, content)[0]


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_site(tmp_path / "none.yaml", RULE_SETTINGS)


def test_secrets_come_from_environment_and_files_and_stay_out_of_sight(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    text = GOOD.replace("    zones:", "    username: u\n    password_file: secret\n    zones:", 1)
    site = load(tmp_path, text + "mqtt: {username: w, password: '${MQTT}'}\n", MQTT="s3cret")
    assert site.cameras[0].password is not None
    assert site.cameras[0].password.get_secret_value() == "hunter2"
    assert site.mqtt.password is not None
    assert site.mqtt.password.get_secret_value() == "s3cret"
    assert not any(secret in repr(site) + str(site.model_dump(mode="json")) for secret in ("hunter2", "s3cret"))
    assert site.fingerprint() == load(tmp_path, text + "mqtt: {username: w, password: other}\n").fingerprint()


def test_missing_secret_file_names_the_key(tmp_path: Path) -> None:
    text = GOOD.replace("    zones:", "    password_file: secret\n    zones:", 1)
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("site.yaml:5: cameras[0].password_file: the secret file")


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2) | st.text("abc:${}", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["site", "cameras", "id", "source", "zones", "mqtt", "rules", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(trees)
def test_any_tree_gives_a_site_or_a_config_error(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "site.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(tree, file)
    result: Site | ConfigError
    try:
        result = load_site(path, RULE_SETTINGS, environ={})
    except ConfigError as error:
        result = error
    assert isinstance(result, Site) or str(result).startswith(str(path))


def test_schema_knows_each_rules_settings() -> None:
    schema = site_json_schema(RULE_SETTINGS)
    rules = schema["$defs"]["Zone"]["properties"]["rules"]["items"]
    assert set(rules["discriminator"]["mapping"]) == set(RULE_SETTINGS)
    assert "pile_after" in schema["$defs"]["DumpingSettings"]["properties"]
    assert schema["$defs"]["Camera"]["additionalProperties"] is False


def test_change_is_told_by_what_it_needs(tmp_path: Path) -> None:
    old = load(tmp_path, GOOD + "  - {id: b, source: b.mp4}\n  - {id: c, source: c.mp4}\n")
    new = load(
        tmp_path,
        GOOD.replace("45s", "50s")
        + "  - {id: b, source: other.mp4}\n  - {id: d, source: d.mp4}\nmqtt: {keepalive: 60s}\n",
    )
    assert diff_sites(old, new) == SiteChange(
        added=("d",), removed=("c",), restarted=("b",), updated=("a",), site_wide=("mqtt",)
    )
    assert not diff_sites(old, old)


@pytest.mark.parametrize("replace", [False, True])
def test_watcher_hands_over_good_changes_only(tmp_path: Path, replace: bool) -> None:
    site = load(tmp_path, GOOD)
    path, changes, errors = tmp_path / "site.yaml", [], []
    watcher = SiteWatcher(path, RULE_SETTINGS, site, lambda s, c: changes.append((s, c)), errors.append)

    def write(text: str) -> None:
        target = path.with_suffix(".new") if replace else path
        target.write_text(text, "utf-8")
        if replace:
            target.replace(path)

    watcher.start()
    try:
        assert wait_until(lambda: (write(GOOD.replace("45s", "50s")), changes)[1], 10)
        assert changes[0][1].updated == ("a",)
        write(GOOD.replace("45s", "soon"))
        # Written in place, it may be read half written before.
        assert wait_until(lambda: any("'soon' is no duration" in str(error) for error in errors), 10)
        assert len(changes) == 1
        write(GOOD)
        assert wait_until(lambda: len(changes) == 2, 10)
    finally:
        watcher.stop()
