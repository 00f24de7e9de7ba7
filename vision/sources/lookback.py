"""Pictures of what was: the adaptive decoder skips most of them, but their packets are still in the ring."""

from __future__ import annotations

from collections.abc import Iterator

from vision.sources.frame import Frame
from vision.sources.pace import Pace
from vision.sources.packets import ClipPackets
from vision.sources.pictures import PictureDecoder


def decode_window(clip: ClipPackets, fps: float, camera_id: str = "") -> Iterator[Frame]:
    """Decode a clip and give its pictures in order of time, at most `fps` a second of media time.

    Costs a full decode of the clip. What is damaged is passed over up to the next keyframe.

    Raises:
        ValueError: there is no decoder for the clip's codec.
    """
    decoder = PictureDecoder(camera_id, clip.codec)
    pace = Pace(fps)
    whole = False
    for packet in clip.packets:
        if not whole and not packet.keyframe:
            continue
        frames = decoder.decode(packet)
        whole = frames is not None
        for frame in frames or ():
            if pace.take(frame.time):
                yield frame
    for frame in decoder.drain():
        if pace.take(frame.time):
            yield frame
