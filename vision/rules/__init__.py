"""One file per event."""

from vision.rules.fixtures import Suppression, suppressions
from vision.rules.incident import Actor, Incident, IncidentKind, Reason, Still
from vision.rules.register import Registered
from vision.rules.registry import RULE_SETTINGS, make_rules
from vision.rules.rule import Rule, in_zone

__all__ = [
    "RULE_SETTINGS",
    "Actor",
    "Incident",
    "IncidentKind",
    "Reason",
    "Registered",
    "Rule",
    "Still",
    "Suppression",
    "in_zone",
    "make_rules",
    "suppressions",
]
