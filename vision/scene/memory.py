"""What a camera's scene must remember over a restart: the clean view, and the new things that stand before it.

Without it a restarted worker would take whatever stands there for part of the place: a bag put down a minute before a
power cut would never be reported, and a reported one never be seen to go. Saved as one NumPy archive per camera (about
300 kB), replaced as a whole.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from vision.detect import Role
from vision.scene.kinds import KindShares
from vision.scene.light import Mask
from vision.scene.places import REMEMBERED_LOOKS, Place
from vision.scene.static_thing import Spot, StaticThing
from vision.scene.tracking import Track
from vision.sources import Box, Image

FORMAT = 9
OLDEST = 8
"""What a memory of that version lacks (`dressed`, `spots`, `kinds`, ...) begins anew."""
_NUMBERS = (
    "thing_id", "appeared", "bared", "first_seen", "last_seen", "last_near", "looks", "taken_for_body", "body_before",
    "judged", "light_looks", "ghost_looks", "is_lost_vehicle", "seen", "moved_looks", "contrast",
    "ghost_beside_looks", "beside_looks",
    "unwatched", "came_under_vehicle", "under_vehicle", "bringer_height",
    "with_light", "early", "owner_near", "parked_share", "with_knock",
)  # fmt: skip


class SceneMemoryError(ValueError):
    """Bytes that are no scene memory of this version."""


@dataclass(slots=True)
class SceneMemory:
    """A scene at one moment.

    Attributes:
        clean: (h, w, 3) BGR clean view at working size.
        known: (h, w) where the clean view is known.
        things: what stood before it.
        looks: for each thing its pixels at working size, to tell whether it is still the same.
        views: the latest pictures of the quiet place, as (UNIX seconds, JPEG).
        next_track_id, next_place_id: so that ids are not given twice.
        places: where things known by class stood.
        time: of the last frame, UNIX seconds.
        lights: clean views in other light, each with where it is known, as `clean` and `known`.
        heights: row of the feet and height of the last people who walked there, picture heights.
        knocked: it was brought to where the place lies after a knock; not kept over a restart.
    """

    clean: Image
    known: Mask
    things: list[StaticThing] = field(default_factory=list)
    looks: list[Image] = field(default_factory=list)
    views: list[tuple[float, bytes]] = field(default_factory=list)
    next_track_id: int = 1
    places: list[Place] = field(default_factory=list)
    next_place_id: int = 1
    time: float = 0.0
    lights: list[tuple[Image, Mask]] = field(default_factory=list)
    heights: list[tuple[float, float]] = field(default_factory=list)
    knocked: bool = False

    def to_bytes(self) -> bytes:
        """One NumPy archive."""
        arrays: dict[str, Any] = {"clean": self.clean, "known": np.packbits(self.known)}
        for number, (thing, look) in enumerate(zip(self.things, self.looks, strict=True)):
            arrays[f"mask{number}"], arrays[f"look{number}"] = np.packbits(thing.mask), look
        for number, (light, lit) in enumerate(self.lights):
            arrays[f"light{number}"], arrays[f"lit{number}"] = light, np.packbits(lit)
        for number, (_time, jpeg) in enumerate(self.views):
            arrays[f"view{number}"] = np.frombuffer(jpeg, np.uint8)
        plain = {
            "format": FORMAT,
            "next_track_id": self.next_track_id,
            "next_place_id": self.next_place_id,
            "places": [_plain_place(place) for place in self.places],
            "things": [_plain(thing) for thing in self.things],
            "views": [time for time, _jpeg in self.views],
            "time": self.time,
            "lights": len(self.lights),
            "heights": [(round(foot, 4), round(high, 4)) for foot, high in self.heights],
        }
        arrays["plain"] = np.frombuffer(json.dumps(plain).encode(), np.uint8)
        target = io.BytesIO()
        np.savez_compressed(target, **arrays)
        return target.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> SceneMemory:
        """Read what `to_bytes` gave.

        Raises:
            SceneMemoryError: damaged, or of another version.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                plain = json.loads(arrays["plain"].tobytes())
                if not OLDEST <= plain["format"] <= FORMAT:
                    raise SceneMemoryError(f"scene memory of version {plain['format']}, not {OLDEST} to {FORMAT}")
                clean = np.asarray(arrays["clean"], np.uint8)
                shape = clean.shape[:2]
                things = [
                    _thing(values, _unpacked(arrays[f"mask{number}"], shape))
                    for number, values in enumerate(plain["things"])
                ]
                looks = [np.asarray(arrays[f"look{number}"], np.uint8) for number in range(len(things))]
                views = [(float(t), arrays[f"view{number}"].tobytes()) for number, t in enumerate(plain["views"])]
                known = _unpacked(arrays["known"], shape)
                lights = [
                    (np.asarray(arrays[f"light{number}"], np.uint8), _unpacked(arrays[f"lit{number}"], shape))
                    for number in range(plain["lights"])
                ]
                places = [_place(values) for values in plain["places"]]
                return cls(
                    clean, known, things, looks, views, int(plain["next_track_id"]), places,
                    int(plain["next_place_id"]), float(plain["time"]), lights,
                    [(float(foot), float(high)) for foot, high in plain["heights"]],
                )  # fmt: skip
        except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise SceneMemoryError(f"no scene memory: {error}") from None


def _plain(thing: StaticThing) -> dict[str, Any]:
    actors = [
        {
            "track_id": a.track_id, "role": a.role.value, "name": a.name, "box": a.box, "score": a.score,
            "first_seen": a.first_seen, "last_seen": a.last_seen,
            "visits": a.boxes_between(thing.appeared - 3.0, thing.bared)[-8:],
        }
        for a in thing.actors.values()
    ]  # fmt: skip
    values: dict[str, Any] = {name: getattr(thing, name) for name in _NUMBERS}
    roles = {role.value: score for role, score in thing.roles.items()}
    return values | {
        "box": thing.box, "actors": actors, "roles": roles, "names": dict(thing.names), "dressed": thing.dressed,
        "spots": [asdict(spot) for spot in thing.spots], "body_lately": list(thing.body_lately),
        "kinds": thing.kinds.plain(),
    }  # fmt: skip


def _plain_place(place: Place) -> dict[str, Any]:
    return {
        "place_id": place.place_id, "role": place.role.value, "box": place.box, "first_seen": place.first_seen,
        "last_seen": place.last_seen, "last_look": place.last_look, "names": dict(place.names),
        "scores": list(place.scores), "seen": list(place.seen), "hits": place.hits,
        "total": place.total, "also": dict(place.also), "kinds": place.kinds.plain(),
        "seen_closely": place.seen_closely, "missing_since": place.missing_since,
    }  # fmt: skip


def _place(values: dict[str, Any]) -> Place:
    place = Place(**{**values, "role": Role(values["role"]), "box": _box(values["box"])})
    place.names, place.also = Counter(values["names"]), defaultdict(float, values.get("also", {}))
    place.kinds = KindShares.of(values.get("kinds"))
    place.scores = deque(values["scores"], maxlen=REMEMBERED_LOOKS)
    place.seen = deque(values["seen"], maxlen=REMEMBERED_LOOKS)
    return place


def _thing(values: dict[str, Any], mask: Mask) -> StaticThing:
    thing = StaticThing(
        int(values["thing_id"]), _box(values["box"]), mask, values["appeared"], values["bared"],
        values["first_seen"], values["last_seen"], values["last_near"],
    )  # fmt: skip
    for name in _NUMBERS[6:]:
        if name in values:
            setattr(thing, name, values[name])
    for role, score in values["roles"].items():
        thing.roles[Role(role)] = score
    thing.names.update(values["names"])
    thing.dressed = [tuple(look) for look in values.get("dressed", [])]
    thing.spots = [Spot(**{**spot, "box": _box(spot["box"])}) for spot in values.get("spots", [])]
    thing.body_lately.extend((at, body) for at, body in values.get("body_lately", []))
    thing.kinds = KindShares.of(values.get("kinds"))
    for actor in values["actors"]:
        box = _box(actor["box"])
        track = Track(
            actor["track_id"], Role(actor["role"]), actor["name"], box, actor["score"], actor["first_seen"],
            actor["last_seen"], actor["last_seen"], box,
        )  # fmt: skip
        track.path.extend((thing.appeared, _box(visit)) for visit in actor["visits"])
        thing.actors[track.track_id] = track
    return thing


def _box(values: Any) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


def _unpacked(bits: np.ndarray, shape: tuple[int, ...]) -> Mask:
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(np.bool_)
