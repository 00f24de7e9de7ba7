"""What the rules get to see of one camera at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from vision.detect import Detections
from vision.scene.camera_health import HealthState
from vision.scene.places import Place
from vision.scene.static_thing import StaticThing
from vision.scene.stills import StillKeeper
from vision.scene.tracking import Track
from vision.sources import Frame


@dataclass(slots=True)
class SceneState:
    """One camera's scene after one look.

    Attributes:
        time: media time, UNIX seconds.
        frame: the picture of this look.
        tracks: persons, vehicles and animals that are alive, confirmed ones only.
        things: new static things that stand, or went a moment ago (`gone_since` set).
        places: where stalls, locks and waste keep being detected.
        detections: what the detector saw at this look; None when it was not asked.
        stills: pictures of the place from before.
        settled: False while the light has just changed as a whole.
        aspect: picture width over height.
        horizon: row below which the ground is, as a share of the picture's height, by how high people are in which row;
            minus infinity where that is not known.
        health: whether the camera can be believed; rules that need the view are not asked while it cannot.
    """

    camera_id: str
    time: float
    frame: Frame
    tracks: tuple[Track, ...]
    things: tuple[StaticThing, ...]
    places: tuple[Place, ...]
    detections: Detections | None
    stills: StillKeeper
    settled: bool
    aspect: float
    health: HealthState = field(default_factory=HealthState)
    horizon: float = -math.inf
