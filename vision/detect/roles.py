"""What a class of a model means to the rules. Rules speak of roles; a model's manifest maps its classes to them."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The part a detected thing can play in an event."""

    PERSON = "person"
    VEHICLE = "vehicle"
    """Anything that drives: bicycle, motorcycle, tricycle, car, truck, bus."""
    ANIMAL = "animal"
    STALL = "stall"
    """Equipment of a street stall: cart, table, umbrella, goods rack."""
    WASTE = "waste"
    LOCK = "lock"
    """A ground lock or barrier post on a parking bay."""
    CARRIED = "carried"
    """Something a person carries and may put down: bag, suitcase, parcel."""
    FIXTURE = "fixture"
    """Street furniture that belongs where it stands: bin, bench, planter, legal bollard."""
    OTHER = "other"
