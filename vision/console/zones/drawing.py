"""What is drawn on a camera's picture: its zones and its masks, as the site's file holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vision.config import Camera
from vision.config.editing import masks_changed, masks_of, zones_changed, zones_of
from vision.console.store.tables import ZoneVersion

Zones = Sequence[Mapping[str, Any]]
Masks = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Plain values without defaults. `masks`: lists of points; None where they are not known (versions of old)."""

    zones: Zones
    masks: Masks | None

    def holds(self, other: Drawing) -> bool:
        """Whether `other` says the same, as far as it is known."""
        masks = self.masks is None or other.masks is None or _listed(self.masks) == _listed(other.masks)
        return masks and _listed(self.zones) == _listed(other.zones)

    @property
    def known_masks(self) -> list[Any] | None:
        """The masks as lists, which is what JSON has."""
        return None if self.masks is None else _listed(self.masks)


def drawing_of(text: str, camera_id: str) -> Drawing:
    """What a configuration's text says.

    Raises:
        ConfigError: it is no YAML, or there is no such camera.
    """
    return Drawing(zones_of(text, camera_id), masks_of(text, camera_id))


def drawing_in_force(camera: Camera) -> Drawing:
    """What a camera was read with."""
    zones = [zone.model_dump(mode="json", exclude_unset=True) for zone in camera.zones]
    return Drawing(zones, [[list(point) for point in mask.points] for mask in camera.masks])


def before_version(row: ZoneVersion) -> Drawing:
    """What a version was made from."""
    return Drawing(row.before, row.masks_before)


def after_version(row: ZoneVersion) -> Drawing:
    """What a version made."""
    return Drawing(row.after, row.masks_after)


def redrawn(text: str, camera_id: str, drawing: Drawing, file: str) -> str:
    """The configuration's text with another drawing for one camera; unknown masks stay as they are.

    Raises:
        ConfigError: as `zones_changed`.
    """
    text = zones_changed(text, camera_id, drawing.zones, file=file)
    return text if drawing.masks is None else masks_changed(text, camera_id, drawing.masks, file=file)


def summary(before: Drawing, after: Drawing) -> str:
    """What differs: `+new -gone ~changed` zones, and how many masks there were and are."""
    old, new = ({zone.get("id"): zone for zone in one.zones} for one in (before, after))
    parts = [f"+{name}" for name in new if name not in old]
    parts += [f"-{name}" for name in old if name not in new]
    parts += [f"~{name}" for name in new if name in old and new[name] != old[name]]
    if not Drawing([], before.masks).holds(Drawing([], after.masks)):
        parts.append(f"遮罩 masks {len(before.masks or ())}→{len(after.masks or ())}")
    return " ".join(parts)


def _listed(value: Any) -> Any:
    """With lists where there are tuples."""
    if isinstance(value, Mapping):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
