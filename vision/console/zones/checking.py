"""Zones and masks as the API takes them: checked by the models that check the YAML, with what is wrong at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from vision.config import Camera, Polygon, Zone
from vision.config.site import site_model
from vision.console.field_errors import Text, field_text, in_both
from vision.console.zones.drawing import Drawing
from vision.rules import RULE_SETTINGS

MOST_ZONES = 100
MOST_MASKS = 50
_DEFAULTS: dict[str, Any] = {
    "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "preset": None, "tags": [], "rules": [], "fixtures": [],
}  # fmt: skip
"""What a zone says that leaves a key out; the API tells it, and the file need not hold it."""


class ZonesError(Exception):
    """Zones that cannot be used; `fields`: what is wrong, by place such as `zones.0.polygon`."""

    def __init__(self, fields: dict[str, Text]) -> None:
        super().__init__("; ".join(f"{place}: {text['en']}" for place, text in fields.items()))
        self.fields = fields


def checked_zones(camera: Camera, zones: Sequence[Mapping[str, Any]]) -> tuple[Zone, ...]:
    """The zones as the worker would have them.

    Raises:
        ZonesError: some cannot be used.
    """
    if len(zones) > MOST_ZONES:
        raise ZonesError({"zones": {"zh": f"最多 {MOST_ZONES} 个区域", "en": f"at most {MOST_ZONES} zones"}})
    try:
        made = _zones_adapter().validate_python(list(zones))
    except ValidationError as error:
        raise ZonesError(_fields(error)) from None
    fields: dict[str, Text] = {}
    seen: dict[str, int] = {}
    for number, zone in enumerate(made):
        if zone.id in seen:
            text = f"zones[{seen[zone.id]}] and zones[{number}] have the same id {zone.id!r}"
            fields[f"zones.{number}.id"] = in_both(text)
        seen.setdefault(zone.id, number)
    presets = [preset.id for preset in camera.health.presets]
    for number, zone in enumerate(made):
        if zone.preset is None and presets:
            names = ", ".join(presets)
            text = f"zones[{number}].preset is missing; on which view is it drawn? {names}"
            fields[f"zones.{number}.preset"] = in_both(text)
        elif zone.preset is not None and zone.preset not in presets:
            text = f"zones[{number}].preset is {zone.preset!r}, and there is no such view"
            fields[f"zones.{number}.preset"] = in_both(text)
    if fields:
        raise ZonesError(fields)
    return tuple(made)


def checked_masks(masks: Sequence[Any]) -> tuple[Polygon, ...]:
    """The masks as the worker would have them.

    Raises:
        ZonesError: some cannot be used.
    """
    if len(masks) > MOST_MASKS:
        raise ZonesError({"masks": {"zh": f"最多 {MOST_MASKS} 处遮罩", "en": f"at most {MOST_MASKS} masks"}})
    made, fields = [], {}
    for number, points in enumerate(masks):
        try:
            made.append(Polygon(points))
        except ValueError as error:
            fields[f"masks.{number}"] = in_both(str(error))
    if fields:
        raise ZonesError(fields)
    return tuple(made)


def checked_drawing(camera: Camera, drawing: Drawing) -> tuple[Zone, ...]:
    """The zones of a drawing that can be used as a whole; what is wrong with either is said at once.

    Raises:
        ZonesError: zones or masks cannot be used.
    """
    fields: dict[str, Text] = {}
    zones: tuple[Zone, ...] = ()
    try:
        zones = checked_zones(camera, drawing.zones)
    except ZonesError as error:
        fields |= error.fields
    try:
        checked_masks(drawing.masks or ())
    except ZonesError as error:
        fields |= error.fields
    if fields:
        raise ZonesError(fields)
    return zones


def shown(zones: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Zones as written, with what they leave out."""
    return [{**_DEFAULTS, **zone} for zone in zones]


def written(zones: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Zones as the file should hold them: without defaults that it does not hold now."""
    held = {zone.get("id"): set(zone) for zone in before}
    return [
        {
            key: value
            for key, value in zone.items()
            if key in held.get(zone.get("id"), ()) or key not in _DEFAULTS or value != _DEFAULTS[key]
        }
        for zone in zones
    ]


def zone_model() -> type[Zone]:
    """The model of a zone with all rules that there are."""
    camera = get_args(site_model(RULE_SETTINGS).model_fields["cameras"].annotation)[0]
    return cast(type[Zone], get_args(camera.model_fields["zones"].annotation)[0])


def _zones_adapter() -> TypeAdapter[list[Zone]]:
    zones: Any = list[zone_model()]  # type: ignore[misc]
    return TypeAdapter(zones)


def _fields(error: ValidationError) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for details in error.errors(include_url=False):
        # Pydantic names the rule as a part of the place of its settings: zones.0.rules.1.illegal_dumping.dwell
        place = [str(part) for part in details["loc"] if part not in RULE_SETTINGS]
        found.setdefault(".".join(["zones", *place]), field_text(details))
    return found
