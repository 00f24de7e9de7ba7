"""The views of one camera, and what is known of each: a scene for each preset, and whether one of them is shown."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping

import cv2
import numpy as np
import structlog

from vision.config import Camera
from vision.scene import CameraHealth, HealthState, Scene, SceneMemory, SceneMemoryError, Track
from vision.scene.background import working_size
from vision.scene.geometry import area
from vision.scene.view_match import View, view_of
from vision.sources import Frame

log = structlog.get_logger(__name__)

VIEW = "@view"
"""Name under which the looks of the views are saved. Scenes: `@preset-NAME`, and no name where there is but one."""
RECENT_S = 5.0
"""A body seen this long ago still hides what is behind it, as far as the view is judged."""


class Views:
    """Scenes and health of one camera.

    Args:
        camera: its configuration.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._scenes: dict[str | None, Scene] = {}
        self._health = CameraHealth(camera.health, _preset_views(camera))
        self._renewals = 0

    def configure(self, camera: Camera) -> None:
        """Take a changed configuration. Who redraws zones, or changes `health`, means the view of today."""
        before, self._camera = self._camera, camera
        if camera.masks != before.masks or (not self.health.usable and camera.health.presets == before.health.presets):
            self._scenes.clear()
        if _drawn_on(before) != _drawn_on(camera):
            self._health = CameraHealth(camera.health, _preset_views(camera))
            self._renewals = 0

    @property
    def scene(self) -> Scene:
        """The scene of the view that is shown, or was last."""
        return self._scene_of(self._health.state.preset)

    @property
    def health(self) -> HealthState:
        """How the camera is."""
        return self._health.state

    def see(self, frame: Frame, tracks: tuple[Track, ...]) -> HealthState:
        """Take a frame, with the bodies last seen before it."""
        width, height = working_size(frame.width, frame.height)
        bodies = (track for track in tracks if frame.time - track.last_seen <= RECENT_S)
        hidden = min(1.0, sum(area(track.box) for track in bodies))
        before = self._health.state
        state = self._health.update(frame.bgr(width, height), frame.time, hidden)
        if state.problem is not before.problem:
            log.log(
                30 if state.problem else 20, "camera_health", camera=self._camera.id, problem=state.problem,
                value=state.value, threshold=state.threshold, before=before.problem,
            )  # fmt: skip
        if self._health.renewals != self._renewals:
            self._renewals = self._health.renewals
            self._renew(frame)
        return state

    def remember(self) -> dict[str, bytes]:
        """What must survive a restart, by name."""
        parts: dict[str, bytes] = {}
        for preset, scene in self._scenes.items():
            memory = scene.remember()
            if memory is not None:
                parts[_name(preset)] = memory.to_bytes()
        content = io.BytesIO()
        np.savez_compressed(content, drawn_on=np.array(_drawn_on(self._camera)), **self._health.remember())  # type: ignore[arg-type]
        return parts | {VIEW: content.getvalue()}

    def recall(self, name: str, content: bytes) -> None:
        """Go on with one part of what `remember` gave before a restart; views of another configuration are left out.

        Raises:
            SceneMemoryError: the bytes are something else.
        """
        if name != VIEW:
            preset = next((p.id for p in self._camera.health.presets if _name(p.id) == name), None)
            self._scene_of(preset).recall(SceneMemory.from_bytes(content))
            return
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                if str(arrays["drawn_on"]) == _drawn_on(self._camera):
                    self._health.recall({key: arrays[key] for key in arrays.files})
        except (KeyError, TypeError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise SceneMemoryError(f"no camera's views: {error}") from None

    def part_names(self) -> list[str]:
        """The names that `remember` may give."""
        presets = [preset.id for preset in self._camera.health.presets]
        return [VIEW, *(_name(preset) for preset in presets)] if presets else [VIEW, _name(None)]

    def _renew(self, frame: Frame) -> None:
        """The view is another from now on. What is known of the place goes along if it is the same, a little off."""
        shift, preset = self._health.knocked_by, self._health.knocked_preset
        if shift is None:
            self._scenes.clear()
        scene = self._scenes.pop(preset, None)
        known = scene.follow_view(frame, shift) if scene is not None and shift is not None else None
        if known is not None:
            self._scene_of(preset).recall(known)
        log.info("view_renewed", camera=self._camera.id, preset=preset, knocked_by=shift, place_known=known is not None)

    def _scene_of(self, preset: str | None) -> Scene:
        if preset not in self._scenes:
            self._scenes[preset] = Scene(self._camera.id, tuple(mask.array for mask in self._camera.masks))
        return self._scenes[preset]


def _name(preset: str | None) -> str:
    return "" if preset is None else f"@preset-{preset}"


def _drawn_on(camera: Camera) -> str:
    """What stands for the view that the zones are drawn on: who changes it has looked at the picture of today."""
    zones = [[zone.id, zone.preset, np.round(zone.polygon.array, 6).tolist()] for zone in camera.zones]
    text = json.dumps([zones, camera.health.model_dump(mode="json")])
    return hashlib.sha256(text.encode()).hexdigest()


def _preset_views(camera: Camera) -> Mapping[str, View]:
    views = {}
    for preset in camera.health.presets:
        picture = cv2.imread(str(preset.path), cv2.IMREAD_COLOR)
        if picture is None:
            log.error("preset_unreadable", camera=camera.id, preset=preset.id, file=str(preset.path))
            continue
        width, height = working_size(picture.shape[1], picture.shape[0])
        views[preset.id] = view_of(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    return views
