"""The `cases:` section: which finds are one case, and how long cases are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.config import CaseSettings, ConfigError, Site, load_site
from vision.rules import RULE_SETTINGS

TEXT = """\
site: {id: bajiao}
cases: {similar: true, similar_distance: 40, similar_within: 12h, keep: 90d, views: [[a, b]]}
cameras:
  - {id: a, source: a.mp4}
  - {id: b, source: b.mp4}
  - {id: c, source: c.mp4, zones: [{id: z, rules: [{rule: illegal_dumping, aggregate: 10m, alarm: periodic}]}]}
"""


def load(folder: Path, text: str) -> Site:
    path = folder / "site.yaml"
    path.write_text(text, "utf-8")
    return load_site(path, RULE_SETTINGS, environ={})


def test_section_is_read_and_may_be_left_out(tmp_path: Path) -> None:
    cases = load(tmp_path, TEXT).cases
    assert (cases.similar_distance, cases.similar_within, cases.keep) == (40.0, 43200.0, 90 * 86400.0)
    (rule,) = load(tmp_path, TEXT).cameras[2].zones[0].rules
    assert (rule.aggregate, rule.alarm, rule.alarm_every) == (600.0, "periodic", 600.0)
    usual = CaseSettings()
    assert (usual.similar, usual.similar_distance, usual.similar_within) == (False, 50.0, 86400.0)


def test_views_say_who_may_share_a_case() -> None:
    named = CaseSettings(similar=True, views=(("a", "b"), ("b", "c")))
    assert named.may_share("a", "b")
    assert named.may_share("c", "b")
    assert not named.may_share("a", "c")
    assert CaseSettings(similar=True).may_share("a", "c")
    assert not CaseSettings(similar=True).may_share("a", "a")
    assert not CaseSettings().may_share("a", "b")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[[a, b]]", "[[a, d]]", "cases.views names cameras that there are not: d"),
        ("similar_distance: 40", "similar_distance: 50m", "site.yaml:2: cases.similar_distance"),
        ("keep: 90d", "keep: 1h", "site.yaml:2: cases.keep"),
        ("aggregate: 10m", "aggregate: 2d", "site.yaml:6: cameras[2].zones[0].rules[0].aggregate"),
        ("alarm: periodic", "alarm: often", "site.yaml:6: cameras[2].zones[0].rules[0].alarm"),
    ],
)
def test_mistake_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, TEXT.replace(old, new))
    assert expected in str(caught.value)
