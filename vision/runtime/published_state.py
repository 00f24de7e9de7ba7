"""A camera's state as it is published: what is in force, what was dropped, whether its view can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vision.rules import Registered
from vision.runtime.live_camera import LiveCamera
from vision.scene import HealthState


def turned(state: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether something changed that is published at once; numbers that run wait for the next round."""
    if any(state[key] != before.get(key) for key in ("online", "policy", "codec", "last_error", "register")):
        return True
    view, view_before = state["view"], before.get("view", {})
    return any(view[key] != view_before.get(key) for key in ("usable", "problem", "preset"))


def camera_state(live: LiveCamera) -> dict[str, Any]:
    """A camera's state as it is published: what is in force, and what was dropped."""
    status = live.status()
    return {
        "online": status.online,
        "policy": status.policy,
        "codec": status.codec,
        "size": [status.width, status.height],
        "fps": round(status.fps, 2),
        "gop_s": status.gop_s if status.gop_s is None else round(status.gop_s, 2),
        "kbit_s": round(status.kbit_s),
        "transport": status.transport,
        "frames_decoded": status.frames_decoded,
        "frames_handed_out": status.frames_handed_out,
        "dropped": dict(status.dropped),
        "timestamp_anomalies": dict(status.timestamp_anomalies),
        "decode_errors": status.decode_errors,
        "starved": status.starved,
        "reconnects": status.reconnects,
        "last_error": status.last_error,
        "frame_errors": live.errors,
        "view": view_state(live.view),
        "register": [_entry(one) for one in live.register],
    }


def _entry(one: Registered) -> dict[str, Any]:
    return {
        "zone_id": one.zone_id,
        "category": one.category,
        "bbox": [round(side, 4) for side in one.box],
        "state": one.state,
        "since": _utc(one.since),
    }


def view_state(health: HealthState) -> dict[str, Any]:
    """Whether the camera shows the place that it should, as it is published."""
    return {
        "usable": health.usable,
        "problem": health.problem,
        "since": None if health.since is None else _utc(health.since),
        "value": health.value,
        "threshold": health.threshold,
        "shift": list(health.shift),
        "preset": health.preset,
    }


def _utc(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
