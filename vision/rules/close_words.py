"""What close looks make of the detector's word: a lock that is a sack, a stall that is a car.

The detector sees the whole picture at once and calls small things by what they are most like; the classifier sees one
thing in native resolution. Where it is sure of something else, it is believed.
"""

from __future__ import annotations

from vision.scene import Place
from vision.scene.kinds import BIN, LOCK, OTHER, POST, STALL, TRICYCLE, VEHICLE, WASTE, KindShares

NO_LOCK_KIND, MAY_BE_LOCK = 0.2, 0.4
"""Share of locks, and of all that a lock may look like, at close looks: below both it is none."""
SLIM = 0.6
"""Width over height below which what close looks call a post may be one that locks a bay; a cone is wider."""
WASTE_KIND = 0.4
"""Share of rubbish and furniture from which something low is that, if it is less of a lock: of real heaps cut out and
composed anew the detector calls every fourth a lock."""
CLOSED_TRICYCLE = "tricycle"
CLOSED_SHARE, CLOSED_KIND = 0.7, 0.5
"""A stall whose box the model also calls a cargo tricycle, with this share of the score at least, is a closed one:
couriers' boxes on wheels, from which nothing is sold; or one that close looks call so, or a parked car. Of 85 composed
stalls one has 0.63, the others 0.32 at most; of five closed tricycles called stalls at most looks, two have more."""
EVEN = 0.5
"""Least mean of what the detector and close looks make of a stall, where both have been asked. Of 46 real stalls that
the detector sees 41 have it; of 28 composed ones the least is 0.58; of 14 road signs, parasols and motorcycles that
were told for stalls in places made of stills 9 have less."""


def is_waste(kinds: KindShares) -> bool:
    """Whether what is low is rubbish or furniture sooner than a lock."""
    waste = kinds.low_share(*WASTE)
    return waste >= WASTE_KIND and waste > kinds.low_share(LOCK)


def is_no_lock(lock: Place, aspect: float) -> bool:
    """Whether close looks show something else, as low as a lock: a cone, bare ground, a sack."""
    kinds, (x1, y1, x2, y2) = lock.kinds, lock.box
    slim = (x2 - x1) * aspect < SLIM * (y2 - y1)
    may_be_one = kinds.low_share(LOCK, OTHER, BIN, *((POST,) if slim else ()))
    like_none = kinds.low_share(LOCK) < NO_LOCK_KIND and may_be_one < MAY_BE_LOCK
    return kinds.known and (like_none or is_waste(kinds))


def least_stall_share(score: float) -> float:
    """Share of stalls that close looks must show, 0..1, to bear out what the detector calls one with that score."""
    return max(0.0, 2 * EVEN - score)


def is_doubted_stall(stall: Place) -> bool:
    """Whether what the detector calls a stall is sooner none with what close looks say."""
    return stall.kinds.known and stall.kinds.share(STALL) < least_stall_share(stall.score)


def is_no_stall(stall: Place) -> bool:
    """Whether it is a car or a tricycle from which nothing is sold: to the detector, or at close looks."""
    closed = stall.kinds.share(TRICYCLE, VEHICLE)
    return stall.also_share(CLOSED_TRICYCLE) >= CLOSED_SHARE or closed > max(CLOSED_KIND, stall.kinds.share(STALL))
