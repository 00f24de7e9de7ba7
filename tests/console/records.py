"""A camera's rolling record, made of a clip: keyframes only, as the worker records by default."""

from __future__ import annotations

import time
from pathlib import Path

import av

from vision.evidence.recording_files import start_name

TRY_OUT_S = 500
"""How long a try-out may take: its replays are niced, and get a tenth of a machine that other work fills."""

AGO_S = 300.0


def record(clip: Path, storage: Path, camera_id: str, ago_s: float = AGO_S) -> None:
    """Put a clip's keyframes into a camera's record, as if that had begun some time ago.

    Replaying them takes a twentieth of what the whole clip takes, and finds the same case.
    """
    folder = storage / "recordings" / camera_id
    folder.mkdir(parents=True)
    with av.open(str(clip)) as source, av.open(str(folder / f"{start_name(time.time() - ago_s)}.mkv"), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.is_keyframe and packet.dts is not None:
                packet.stream = video
                target.mux(packet)
