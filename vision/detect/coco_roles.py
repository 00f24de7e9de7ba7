"""Roles of the 80 COCO classes, for model files that come without a manifest of ours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vision.detect.roles import Role

_BY_ROLE: dict[Role, tuple[str, ...]] = {
    Role.PERSON: ("person",),
    Role.VEHICLE: ("bicycle", "car", "motorcycle", "bus", "train", "truck", "tricycle"),
    Role.ANIMAL: ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    Role.CARRIED: ("backpack", "handbag", "suitcase", "bag", "parcel"),
    Role.STALL: ("umbrella", "dining table", "cart", "stall"),
    Role.FIXTURE: ("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "potted plant"),
}

COCO_ROLES: Mapping[str, Role] = MappingProxyType({name: role for role, names in _BY_ROLE.items() for name in names})
"""Class name to role. To COCO an umbrella that is carried and a stall's parasol are one class: the vending rule
tells them apart."""


def guess_role(name: str) -> Role:
    """The role of a class that is known by its name only; `other` for what the table does not have."""
    return COCO_ROLES.get(name.strip().lower(), Role.OTHER)
