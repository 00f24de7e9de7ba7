"""What stands and moves before one camera."""

from vision.scene.camera_health import CameraHealth, CameraProblem, HealthState
from vision.scene.memory import SceneMemory, SceneMemoryError
from vision.scene.places import Place
from vision.scene.scene import Scene
from vision.scene.state import SceneState
from vision.scene.static_thing import StaticThing
from vision.scene.stills import Still, StillKeeper
from vision.scene.tracking import Track

__all__ = [
    "CameraHealth",
    "CameraProblem",
    "HealthState",
    "Place",
    "Scene",
    "SceneMemory",
    "SceneMemoryError",
    "SceneState",
    "StaticThing",
    "Still",
    "StillKeeper",
    "Track",
]
