"""The detector and the classifier that a site asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from vision.config import Site, load_site
from vision.detect import ModelError
from vision.rules import RULE_SETTINGS
from vision.runtime.site_detector import load_site_detector


def site(folder: Path, detector: str) -> Site:
    path = folder / "site.yaml"
    path.write_text(
        f"site: {{id: a, name: a, timezone: Asia/Shanghai}}\nmqtt: {{url: 'mqtt://127.0.0.1'}}\n{detector}\n"
        "cameras: [{id: c, source: c.mp4, zones: [{id: z, rules: [{rule: illegal_dumping}]}]}]\n",
        "utf-8",
    )
    return load_site(path, RULE_SETTINGS)


def test_a_site_that_says_nothing_gets_close_looks(tmp_path: Path) -> None:
    with load_site_detector(site(tmp_path, ""), threads=1) as detector:
        assert detector.classifier is not None
        assert detector.classifier.name.startswith("street-kinds@")
        assert detector.classify is not None


def test_null_turns_them_off(tmp_path: Path) -> None:
    with load_site_detector(site(tmp_path, "detector: {classifier: null}"), threads=1) as detector:
        assert (detector.classifier, detector.classify) == (None, None)


def test_unknown_classifier_is_one_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no classifier 'no-such'; known ones: street-kinds"):
        load_site_detector(site(tmp_path, "detector: {classifier: no-such}"), threads=1)
