"""Which rules there are. A new event is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from vision.config import RuleSettings, Zone
from vision.rules.alarm import PeriodicAlarm
from vision.rules.camera_health import CameraHealthRule
from vision.rules.fixtures import FixtureFilter
from vision.rules.ground_lock import GroundLock
from vision.rules.illegal_dumping import IllegalDumping
from vision.rules.overflowing_bin import OverflowingBin
from vision.rules.rule import Rule
from vision.rules.street_vending import StreetVending

_RULES = (IllegalDumping, StreetVending, GroundLock, OverflowingBin, CameraHealthRule)

RULE_SETTINGS: Mapping[str, type[RuleSettings]] = {rule.category: rule.settings_type for rule in _RULES}
"""Settings model of each rule by its name: what the configuration loader validates against."""


def make_rules(zone: Zone, local: Callable[[datetime], datetime]) -> list[Rule]:
    """The rules of one zone, in the order of its configuration; `local` turns UTC into the site's time.

    Each is silent about the zone's fixtures, and reminds of what stands if its alarm mode says so.
    """
    by_name = {rule.category: rule for rule in _RULES}
    rules: list[Rule] = []
    for settings in zone.rules:
        rule = by_name[settings.rule](zone, settings, local)  # type: ignore[arg-type]
        rules.append(PeriodicAlarm(FixtureFilter(rule, zone, settings, local), settings, local))
    return rules
