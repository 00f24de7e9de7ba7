"""JSON Schema of the configuration, so that editors complete and check it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vision.config.rule import RuleSettings
from vision.config.site import site_model


def site_json_schema(rule_settings: Mapping[str, type[RuleSettings]]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a site's configuration with the given rules."""
    schema = site_model(rule_settings).model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Vision site configuration", **schema}
