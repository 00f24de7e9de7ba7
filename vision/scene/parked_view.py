"""Parked vehicles as a part of the view: what is put down before one is seen, and so is what it leaves behind."""

from __future__ import annotations

import numpy as np

from vision.scene.background import Change, CleanView
from vision.scene.geometry import pixels
from vision.scene.light import Mask
from vision.scene.parked import ParkedVehicles
from vision.scene.things import ThingKeeper
from vision.sources import Box, Image


def settle_parked(
    vehicles: ParkedVehicles, view: CleanView, keeper: ThingKeeper, shape: tuple[int, ...], time: float
) -> None:
    """What has parked becomes a part of the view, but where something that is watched stood before it came.

    `shape`: (h, w) of the working size; `time`: UNIX seconds of media time.
    """
    for spot in vehicles.settle(time):
        assert spot.home is not None
        before = keeper.held(shape, before_parked=True)
        view.set_aside(_place(spot.home, shape) & (before | ~keeper.held(shape)), before, time)


def release_parked(
    vehicles: ParkedVehicles,
    view: CleanView,
    keeper: ThingKeeper,
    image: Image,
    change: Change,
    covered: Mask,
    time: float,
) -> None:
    """Where a vehicle has left, go back to the ground; where another has come in its stead, learn that.

    Args:
        image: (h, w, 3) BGR at working size, compared with the clean view in `change`.
        covered: (h, w) where bodies are; what has left or come is added: this look was compared with what stood there.
        time: UNIX seconds of media time.
    """
    if not vehicles.homes:
        return
    seen = ~covered & view.aside & change.known

    def ground_share(home: Box) -> float:
        return view.ground_share(_place(home, covered.shape) & seen, image, time)

    left, others = vehicles.compare(change.changed, seen, ground_share, time)
    for spot in [*left, *others]:
        assert spot.home is not None
        where = _place(spot.home, covered.shape)
        since = view.differs_since(where & view.aside) or spot.last_seen
        keeper.drop_before_vehicle(spot.home, since)
        if spot in others:
            new = where & view.aside & ~keeper.held(covered.shape)
            view.set_aside(new, np.zeros_like(new), time)
        else:
            for home in vehicles.homes:
                where[pixels(home, where.shape)] = False
            view.put_back(where, image, keeper.held(covered.shape), since, time)
        covered |= where


def _place(box: Box, shape: tuple[int, ...]) -> Mask:
    where = np.zeros(shape, np.bool_)
    where[pixels(box, shape)] = True
    return where
