"""The `console:` and `recording:` sections: safe unless told otherwise, mistakes named, secrets out of sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel import yaml

from vision.config import ConfigError, RecordingSettings, Site, load_site, site_json_schema
from vision.rules import RULE_SETTINGS

EXAMPLE = Path(__file__).parents[2] / "configs" / "example.yaml"
TEXT = """\
site: {id: bajiao}
console:
  database: postgresql+psycopg://vision:hunter2@db/vision
  map_tiles: https://tiles.example/{z}/{x}/{y}.png
  oidc: {issuer: https://id.example, client_id: vision, client_secret_file: oidc, roles: {operator: [cg]}}
recording: {enabled: true, keep: 3d, max_bytes: 2GB}
cameras:
  - {id: a, source: a.mp4}
  - {id: b, source: b.mp4, recording: {enabled: false}}
  - {id: c, source: c.mp4, masks: [[[0, 0], [1, 0], [1, 1]]], recording: {enabled: true}}
"""


def load(folder: Path, text: str) -> Site:
    path = folder / "site.yaml"
    path.write_text(text, "utf-8")
    (folder / "oidc").write_text("s3cret\n", "utf-8")
    return load_site(path, RULE_SETTINGS, environ={})


def test_console_is_local_and_sends_at_once_unless_told_otherwise(tmp_path: Path) -> None:
    console = load(tmp_path, "site: {id: a}\n").console
    assert (console.listen, console.run, console.hold_for_review) == ("127.0.0.1:8090", False, False)
    assert (console.database, console.oidc, console.map_tiles) == (None, None, None)


def test_secrets_are_read_and_stay_out_of_sight(tmp_path: Path) -> None:
    site = load(tmp_path, TEXT)
    assert site.console.oidc is not None
    assert site.console.oidc.client_secret is not None
    assert site.console.oidc.client_secret.get_secret_value() == "s3cret"
    assert site.console.oidc.roles == {"operator": ("cg",)}
    assert "hunter2" not in repr(site)
    assert "s3cret" not in repr(site) + str(site.model_dump(mode="json"))
    assert site.fingerprint() == load(tmp_path, TEXT.replace("hunter2", "other")).fingerprint()


def test_camera_with_masks_is_never_recorded(tmp_path: Path) -> None:
    site = load(tmp_path, TEXT)
    assert [site.records(camera) for camera in site.cameras] == [True, False, False]


def test_default_record_has_room_for_as_long_as_it_is_kept() -> None:
    measured = 2.3e9  # bytes of keyframes a camera and day: docs/operations.md
    settings = RecordingSettings()
    assert settings.max_bytes >= settings.keep / 86400 * measured * 1.25
    example = yaml.YAML(typ="safe").load(EXAMPLE.read_text("utf-8"))["recording"]
    assert RecordingSettings(**example) == settings


def test_other_recording_opens_the_stream_anew(tmp_path: Path) -> None:
    first, second, _third = load(tmp_path, TEXT).cameras
    other = first.model_copy(update={"recording": second.recording})
    assert other.stream_settings() != first.stream_settings()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{x}/", "", "site.yaml:4: console.map_tiles: map_tiles lacks {x}"),
        ("postgresql+psycopg", "mysql", "site.yaml:3: console.database: the database is sqlite"),
        ("https://id", "http://id", "site.yaml:5: console.oidc: issuer must be https://"),
        ("client_secret_file: oidc, ", "", "site.yaml:5: console.oidc: give one of client_secret and"),
        ("client_secret_file: oidc", "client_secret_file: no", "site.yaml:5: console.oidc.client_secret_file: the"),
        ("{operator:", "{boss:", "site.yaml:5: console.oidc.roles.boss"),
        ("console:\n", "console:\n  listen: here\n", "site.yaml:3: console.listen: 'here' is no address"),
        ("keep: 3d", "keep: 3s", "site.yaml:6: recording.keep"),
        ("enabled: true, keep", "on: true, keep", "site.yaml:6: recording.on: unknown key"),
    ],
)
def test_mistake_is_named_without_its_secret(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, TEXT.replace(old, new, 1))
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_every_key_is_explained_in_the_schema() -> None:
    parts = site_json_schema(RULE_SETTINGS)["$defs"]
    for name in ("ConsoleSettings", "RecordingSettings", "OidcSettings"):
        assert all(entry.get("description") for entry in parts[name]["properties"].values()), name
