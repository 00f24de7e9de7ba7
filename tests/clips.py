"""Clips for tests, cut from those that ship."""

from __future__ import annotations

from pathlib import Path

import av


def shortened(clip: Path, to: Path, seconds: float) -> Path:
    """Write the first seconds of a clip, packet by packet. Replaying a clip costs by the number of its pictures."""
    with av.open(str(clip)) as whole, av.open(str(to), "w") as part:
        stream = part.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = stream
                part.mux(packet)
    return to
