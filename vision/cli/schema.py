"""`vision schema`: the contracts as JSON Schema."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from vision.cases import case_event_schema
from vision.config import site_json_schema
from vision.rules import RULE_SETTINGS


class Contract(StrEnum):
    """What there is a schema of."""

    CASE_EVENT = "case-event"
    CONFIG = "config"


def command(contract: Annotated[Contract, typer.Argument(help="哪个契约 Which contract.")]) -> None:
    """输出 JSON Schema Print the JSON Schema of case events or of the configuration."""
    schema = case_event_schema() if contract is Contract.CASE_EVENT else site_json_schema(RULE_SETTINGS)
    typer.echo(json.dumps(schema, indent=2, ensure_ascii=False))
