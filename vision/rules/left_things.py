"""What speaks for and against a thing that was put down and left: the judgements that `illegal_dumping` rests on."""

from __future__ import annotations

from collections.abc import Iterable

from vision.detect import Role
from vision.rules.close_words import is_doubted_stall, is_no_lock, is_waste
from vision.rules.incident import Actor, Reason
from vision.scene import Place, StaticThing, Track
from vision.scene.geometry import area, covered_share, gap, grown, intersection, iou
from vision.scene.kinds import BIN, LOCK, NOTHING, OTHER, WASTE
from vision.scene.owners import BROUGHT_S
from vision.scene.static_thing import KNOWN_KIND, KNOWN_SHARE
from vision.sources import Box

BODY_SHARE = 0.25
"""A thing taken for a person, vehicle or animal at more than this share of the looks is one that stands or parks."""
LIGHT_SHARE = 0.5
"""Of light and shadow, and of a thing taken away: a reflection on a car is now the one and now the other. Of 133 things
told in composed scenes with one all but one, which the model knows for waste, have 0.33 of both together at most."""
LIGHT_AND_BARE = 0.7
"""The same together with the share of bare ground at close looks."""
NO_LIGHT_SHARE = 0.4
"""Mean score of waste from which it is no light or shadow: a bag by night has the colours of its ground."""
LEFT_KIND = 0.25
"""Share of what may be left (rubbish, furniture, bins, what has no name) at close looks below which a thing is none. Of
what was put down in lot 20261210 the least has 0.47, of all else that somebody brought, but for bags whose owner waits
beside them, the most 0.26; of three real things 0.32, 0.83 and 0.94."""
BARE = 0.75
"""Nor is it one if they show bare ground so many times as surely: of what was put down in lot 20261214 and two real
scenes, but for a strip beside one, the most has 0.35 times as much; the edge of a white mark under a swinging sun has
1.1, a tape that a parked van hid and showed again 1.5 to 2.3."""
LOW = 0.5
"""Height beside people's below which something is no vehicle and no stall."""
GHOST_SHARE = 0.5
EARLY_GHOST_SHARE = 0.25
"""The same of what came right after the first picture: what stood there then and went looks the same."""
VEHICLE_SIZES = 3.0
LARGE_BODY_SHARE = 0.1
"""A thing this many times as large as whoever came to it is a parked car sooner than a heap: at night the model calls
one a truck at every fifth look."""
RESTLESS_SHARE = 0.25
EDGE_THICKNESS, EDGE_SHAPE = 0.0125, 3.0
"""Picture heights (three to four pixels at working size), and how many times as long as thick."""
UPRIGHT_SHAPE = 0.5
"""Width over height: posts have 0.2 to 0.43, people who stand 0.3 to 0.45; of 120 things put down in composed scenes
the slimmest, a refrigerator, has 0.69."""
LEAST_SIZE = 0.1
"""Width or height of the smallest thing that is a case, as share of a standing person's height: 17 cm. A bag of rubbish
has 0.2 to 0.45; a hand's breadth of a wall in another light, a cup, a leaf have less."""
LEAST_OF_WHOLE = 0.04
"""Share of the box around all pieces of one thing that a piece has at least to be a case of its own. What was told
falsely as a piece of a cart, or of somebody who waits and was not seen at first, had 0.002 to 0.027."""
PIECE_SHARE = 0.6
"""A thing of which this share lies in another's box is a piece of that."""
PIECE_INSIDE = 0.8
"""The same where it is a piece of what close looks know for something else."""
TOGETHER_S, NAMELESS = 2.0, 0.2
"""Within this time of each other two things came at once; share of waste at close looks below which it is not said to
be that."""
MOST_AROUND = 6.0
"""How many times as large as a piece of it a thing may be, to the detector."""
OTHER_RULE_SHARE = 0.3
"""Mean score at which a thing is taken for a lock or a stall: it belongs to those rules, not to this one."""
WASTE_HITS = 2
"""Looks, a second apart at least, at which the model must have known waste in the place of what nobody saw come."""
OTHER_HITS, OTHER_SHARE = 4, 0.6
"""How often and at what share of the last looks a lock or a stall must have been seen there ..."""
OTHER_HITS_IF_UNKNOWN, OTHER_SHARE_IF_UNKNOWN = 3, 0.35
"""... and where the model has no other word for the thing, which people may hide half of the time."""
LOCK_IOU = 0.25
NEW_WASTE_HITS, NEW_WASTE_SCORE, NEW_WASTE_SHARE = 4, 0.68, 0.5
"""Looks at which the model must have known waste, with what median score (its own threshold), and at what share of the
last ones, for pieces of change in its box to be waste whatever they look like by themselves ..."""
NEW_WASTE_S = 2.0
"""... if it was not known there so long before they appeared."""
WITH_STALL_S = 15.0
"""What appears within this time of a stall came with it: it is set up in one go."""
LEAST_PRESENT, EARLY_PRESENT = 0.4, 0.75
"""Share of the looks at its place, with nobody before it, at which a left thing must have been there."""
CERTAIN_SHARE = 0.6
"""A case is withdrawn only when this much speaks against it: somebody who stands before a bag for a while does not."""
REMOVED_HITS, REMOVED_IOU = 3, 0.35
"""How often the model must have known waste in the place before it changed, and how well the two boxes agree."""
SURELY_WASTE = 0.8
"""Share of waste at close looks from which what came in the place of a sack is another: what a sack has hidden of dark
ground has 0.6 to 0.7 by night."""
BULKY = 0.5
"""A thing larger than this share of its bringer's box is bulky goods (furniture), by trial on pictures."""
BULKY_NAMES = ("furniture", "chair", "table")
TIPPING_VEHICLES = ("truck", "tricycle")
"""What rubble comes in: the city's night checks look for trucks and tricycles (domain.md, section 1)."""


def against(thing: StaticThing) -> bool:
    """Whether it is a body, light, a ghost, or moves, and so was not left there."""
    return (
        thing.body_share > BODY_SHARE
        or (_is_vehicle_size(thing) and max(thing.body_share, thing.whole_body_share) > LARGE_BODY_SHARE)
        or (_is_light(thing) and not _is_surely_waste(thing))
        or thing.ghost_share > (EARLY_GHOST_SHARE if thing.early else GHOST_SHARE)
        or (thing.beside_ghost and not thing.known_as_waste)  # else a hedge that came to light
        or (thing.with_light and thing.waste_share < KNOWN_SHARE)  # a lit piece of a bin is furniture to close looks
        or (thing.with_knock and not thing.known_as_waste)
        or thing.is_of_vehicle
        or thing.restless > RESTLESS_SHARE
        or is_other_kind(thing)
        or (thing.roles[Role.LOCK] > OTHER_RULE_SHARE * max(1, thing.looks) and not is_waste(thing.kinds))
        or thing.stall_share > OTHER_RULE_SHARE
    )


def is_other_kind(thing: StaticThing) -> bool:
    """Whether close looks show bare ground, a body, or what other rules are for, and next to nothing that is left."""
    left = _close_share(thing, *WASTE, BIN, OTHER)
    return thing.kinds.known and (left < LEFT_KIND or _close_share(thing, NOTHING) > BARE * left)


def _close_share(thing: StaticThing, *kinds: str) -> float:
    """Share of these at close looks, 0..1, among all that it can be by its height beside people's."""
    low = thing.whole[3] - thing.whole[1] < LOW * thing.upright
    return (thing.kinds.low_share if low else thing.kinds.share)(*kinds)


def _is_light(thing: StaticThing) -> bool:
    """Whether it is light, shadow or a thing taken away by turns; sooner where close looks show bare ground."""
    light = thing.light_share + thing.ghost_share
    return light > LIGHT_SHARE or light + thing.kinds.share(NOTHING) > LIGHT_AND_BARE


def _is_surely_waste(thing: StaticThing) -> bool:
    return thing.waste_share >= NO_LIGHT_SHARE or thing.kinds.share(*WASTE) >= KNOWN_KIND


def comes_and_goes(thing: StaticThing) -> bool:
    """Whether it differs from the ground only now and then, in some light: a shadow, a reflection."""
    return thing.present_share < least_present(thing)


def least_present(thing: StaticThing) -> float:
    """At what share of the looks it must have been there; at more of them if the clean view was just being learnt."""
    return EARLY_PRESENT if thing.early else LEAST_PRESENT


def is_of_parked(thing: StaticThing) -> bool:
    """Whether it is before a parked vehicle and not surely waste: a reflection, an open door."""
    return thing.before_parked and thing.kinds.share(*WASTE) < SURELY_WASTE


def is_edge(thing: StaticThing, aspect: float) -> bool:
    """Whether it is a line of a few pixels: the edge of something that sways, a tape, a wire, a branch."""
    width, height = (thing.whole[2] - thing.whole[0]) * aspect, thing.whole[3] - thing.whole[1]
    thin, long = min(width, height), max(width, height)
    return thin < EDGE_THICKNESS and long > EDGE_SHAPE * thin


def is_upright(thing: StaticThing, others: Iterable[StaticThing], aspect: float) -> bool:
    """Whether it stands up like a post or like somebody whom the detector misses, and is no waste to it.

    Not if it is a piece of what else stands there: what differs from the ground of a sack may be a strip of it.
    """
    width, height = (thing.whole[2] - thing.whole[0]) * aspect, thing.whole[3] - thing.whole[1]
    if thing.known_as_waste or width >= UPRIGHT_SHAPE * height:
        return False
    standing = (other.box for other in others if other is not thing and other.gone_since is None)
    return not any(covered_share(thing.box, box) > PIECE_SHARE for box in standing)


def is_small(thing: StaticThing, aspect: float) -> bool:
    """Whether it is too small for rubbish beside the people who walk there; never where nobody has been seen to."""
    width, height = (thing.whole[2] - thing.whole[0]) * aspect, thing.whole[3] - thing.whole[1]
    return max(width, height) < LEAST_SIZE * thing.upright


def is_scrap(thing: StaticThing) -> bool:
    """Whether it is next to nothing of what it is a piece of."""
    return area(thing.box) < LEAST_OF_WHOLE * area(thing.whole)


def was_brought(thing: StaticThing, places: Iterable[Place], min_score: float) -> bool:
    """Whether somebody may have brought it; what came while nobody looked, if the model has known waste there twice."""
    places = tuple(places)
    return (
        thing.brought
        or came_unseen(thing, places, min_score)
        or (
            thing.unwatched
            and any(
                place.role is Role.WASTE
                and place.hits >= WASTE_HITS
                and intersection(place.box, thing.box) > 0.5 * min(area(place.box), area(thing.box))
                for place in places
            )
        )
    )


def came_unseen(thing: StaticThing, places: Iterable[Place], min_score: float) -> bool:
    """Whether it is surely waste to both networks and was not there before: somebody has brought it, though by night
    the detector saw nobody. What came to light with the light, or from behind what was taken away, may be older.

    `min_score`: least median score of the detector, 0..1.
    """
    if thing.early or thing.with_light or thing.beside_ghost or thing.unwatched:
        return False
    return any(
        place.score >= min_score
        and place.kinds.share(*WASTE) >= SURELY_WASTE
        and _is_new_waste(place, thing.appeared)
        and _is_around(place.box, thing.box)
        for place in places
    )


def _is_vehicle_size(thing: StaticThing) -> bool:
    people = [
        area(box)
        for actor in thing.actors.values()
        if actor.role is Role.PERSON
        for box in actor.boxes_between(thing.appeared - BROUGHT_S, thing.bared)
    ]
    return bool(people) and area(thing.whole) > VEHICLE_SIZES * max(people)


def is_piece_of_other(thing: StaticThing, others: Iterable[StaticThing]) -> bool:
    """Whether it belongs to what close looks know for a body or for what other rules are for: it lies in that, as the
    wheel of a cart, or came with it, touches it, and has no name of its own, as the window of a parked van."""
    return not thing.known_as_waste and any(
        other is not thing
        and other.gone_since is None
        and is_other_kind(other)
        and (covered_share(thing.box, other.box) > PIECE_INSIDE or _came_with(thing, other))
        for other in others
    )


def _came_with(thing: StaticThing, other: StaticThing) -> bool:
    together = abs(thing.appeared - other.appeared) <= TOGETHER_S and intersection(thing.box, other.box) > 0
    nameless = thing.kinds.known and thing.kinds.share(*WASTE) < NAMELESS
    return together and nameless and area(thing.box) < area(other.box)


def shown_box(thing: StaticThing, places: Iterable[Place]) -> Box:
    """The box to report: the detector's where it sees waste of which the thing is a piece, as of a heap that is like
    its ground."""
    around = (
        place.box
        for place in places
        if place.role is Role.WASTE or (place.role is Role.LOCK and is_waste(place.kinds))
        if place.hits >= WASTE_HITS and place.missing_since is None
        if _is_around(place.box, thing.box)
        and (area(place.box) < MOST_AROUND * area(thing.box) or _is_new_waste(place, thing.appeared))
    )
    return max(around, key=area, default=thing.box)


def is_of_new_waste(thing: StaticThing, places: Iterable[Place]) -> bool:
    """Whether it is a piece of what both networks know for waste that was not there before: of a white sack on a pale
    road only strips differ from the ground, and a strip is shadow, bare ground, or what was taken away."""
    if thing.body_share > BODY_SHARE or thing.is_of_vehicle:
        return False
    return any(_is_new_waste(place, thing.appeared) and _is_around(place.box, thing.box) for place in places)


def _is_new_waste(place: Place, appeared: float) -> bool:
    return (
        place.role is Role.WASTE
        and place.hits >= NEW_WASTE_HITS
        and place.score >= NEW_WASTE_SCORE
        and place.present_share >= NEW_WASTE_SHARE
        and place.kinds.share(*WASTE) >= KNOWN_KIND
        and place.first_seen >= appeared - NEW_WASTE_S
    )


def _is_around(box: Box, piece: Box) -> bool:
    return covered_share(piece, box) > PIECE_INSIDE


def is_removed_waste(thing: StaticThing, places: Iterable[Place]) -> bool:
    """Whether the model knew waste in just that place, or all around, until it changed, and has not since: the change
    is its removal, or that of its shadow.

    The patch alone does not tell: by infrared the ground may have sharper outlines than the furniture that stood there.
    """
    if thing.waste_share >= KNOWN_SHARE or thing.kinds.share(*WASTE) >= SURELY_WASTE:
        return False
    return any(
        place.role is Role.WASTE
        and place.hits >= REMOVED_HITS
        and place.last_seen <= thing.appeared
        and (iou(place.box, thing.box) >= REMOVED_IOU or _is_around(place.box, thing.box))
        for place in places
    )


def belongs_to_other(thing: StaticThing, places: Iterable[Place], aspect: float) -> bool:
    """Whether to the model it is a ground lock, or came as a part of a stall: no rubbish, whatever the zone's rules."""
    known = thing.known_as_waste
    hits, share = (OTHER_HITS, OTHER_SHARE) if known else (OTHER_HITS_IF_UNKNOWN, OTHER_SHARE_IF_UNKNOWN)
    places = tuple(places)
    return any(
        place.hits >= hits
        and not (place.role is Role.STALL and is_doubted_stall(place))
        and place.present_share >= share
        and not place.is_outweighed(places, Role.WASTE)
        and (_is_lock(thing, place, aspect) if place.role is Role.LOCK else _is_part_of_stall(thing, place))
        for place in places
        if place.role in (Role.LOCK, Role.STALL)
    )


def _is_lock(thing: StaticThing, lock: Place, aspect: float) -> bool:
    if is_no_lock(lock, aspect):
        return False
    if is_waste(thing.kinds) and not _is_piece_of_new_lock(thing, lock):
        return False
    return iou(thing.box, lock.box) > LOCK_IOU or covered_share(thing.box, grown(lock.box, 0.1)) > 0.8


def _is_piece_of_new_lock(thing: StaticThing, lock: Place) -> bool:
    """Whether it lies in what both networks know for a lock, and the lock was not there first: its base, its shadow."""
    known = lock.kinds.known and lock.kinds.low_share(LOCK) > lock.kinds.low_share(*WASTE)
    return known and lock.first_seen >= thing.appeared - NEW_WASTE_S and _is_around(lock.box, thing.box)


def _is_part_of_stall(thing: StaticThing, stall: Place) -> bool:
    """Wheels and boxes under a cart, which the model's box leaves out; what is thrown down beside it comes later."""
    came_with_it = abs(thing.appeared - stall.first_seen) <= WITH_STALL_S
    under_it = covered_share(thing.box, grown(stall.box, 0.3)) > 0.8
    return came_with_it and (under_it or covered_share(stall.box, thing.whole) > 0.8)


def refuted(thing: StaticThing) -> Reason | None:
    """Why a thing that was reported was none after all; None while it may be one.

    What has the colours of its ground and was told because the model keeps calling it waste is not taken back for them.
    """
    shares = {
        "taken_for_body_share": max(thing.body_share, thing.body_share_lately),
        "light_or_shadow_share": 0.0 if _is_surely_waste(thing) else thing.light_share,
        "taken_away_share": thing.ghost_share,
    }
    name, share = max(shares.items(), key=lambda item: item[1])
    return Reason(name, round(share, 2), CERTAIN_SHARE) if share > CERTAIN_SHARE else None


def reasons(thing: StaticThing, left_for: float, dwell: float, least_looks: int) -> tuple[Reason, ...]:
    """Every test that it stood, beside the time for which it has been left."""
    close = (
        (Reason("close_look_left_share", round(_close_share(thing, *WASTE, BIN, OTHER), 2), LEFT_KIND),)
        if thing.kinds.known
        else ()
    )
    return (
        Reason("left_behind_s", round(left_for, 2), dwell),
        Reason("attended_s", round(max(0.0, thing.last_near - thing.appeared), 2), 0.0),
        Reason("present_share", round(thing.present_share, 2), least_present(thing)),
        Reason("taken_for_body_share", round(thing.body_share, 2), BODY_SHARE),
        Reason("light_or_shadow_share", round(thing.light_share, 2), LIGHT_SHARE),
        Reason("taken_away_share", round(thing.ghost_share, 2), GHOST_SHARE),
        Reason("looks", thing.looks, least_looks),
        *close,
    )


def confidence(thing: StaticThing) -> float:
    """0..1: half for having stood every test, the rest by how clearly, and by what the detector takes it for."""
    doubt = max(thing.body_share, thing.light_share, thing.ghost_share, thing.restless)
    known = min(1.0, (thing.roles[Role.WASTE] + thing.roles[Role.CARRIED]) / max(1, thing.looks) * 2)
    clear = min(1.0, thing.contrast / 60)
    return round(min(0.99, 0.5 + 0.2 * (1 - 2 * doubt) + 0.15 * clear + 0.1 * known + 0.04 * bool(thing.actors)), 3)


def subcategory(thing: StaticThing, aspect: float) -> str:
    """Construction waste where a truck or tricycle brought it, bulky goods where it is furniture or large beside the
    person who brought it, else household waste."""
    if any(actor.name in TIPPING_VEHICLES for actor in thing.actors.values()):
        return "construction_waste"
    taken_for = max(thing.names, key=lambda name: thing.names[name], default="")
    bodies = [area(closest_box(a, thing, aspect)) for a in thing.actors.values() if a.role is Role.PERSON]
    large = bool(bodies) and area(thing.box) > BULKY * max(bodies)
    return "bulky_goods" if large or taken_for in BULKY_NAMES else "household_waste"


def bringers(thing: StaticThing, aspect: float) -> tuple[Actor, ...]:
    """Who brought it, each where he was nearest to it."""
    return tuple(
        Actor(a.name, a.track_id, closest_box(a, thing, aspect), a.first_seen, a.last_seen)
        for a in thing.actors.values()
    )


def closest_box(actor: Track, thing: StaticThing, aspect: float) -> Box:
    """Where the actor was when he was nearest to the place, around the time the thing appeared."""
    visits = actor.boxes_between(thing.appeared - BROUGHT_S, thing.bared) or [actor.box]
    return min(visits, key=lambda box: gap(box, thing.box, aspect))
