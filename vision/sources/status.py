"""How a camera is doing, as numbers that others publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, frozen=True)
class SourceStatus:
    """One camera's source at one moment. Counts are since the start.

    Attributes:
        online: packets arrive.
        ended: a file has come to its end; nothing follows.
        codec, width, height, fps, gop_s, gop_max_s, kbit_s: of the stream that is analysed, as measured; None, 0:
            not known yet.
        policy: what is in force, one of `POLICIES`.
        transport: `tcp`, `udp` or `file`.
        packets: read of the stream that is analysed.
        frames_decoded, frames_handed_out: pictures.
        dropped: pictures not used, by reason: `overwritten` in the mailbox, `after_reconnect`, `corrupt`, `late`.
        timestamp_anomalies: by kind: `missing`, `backward`, `forward`, `drift`.
        decode_errors: packets and pictures that the decoder refused.
        reconnects: times the stream was opened again after it had been open.
        last_error: why it is or was last offline, without secrets.
        ring_bytes, ring_seconds: what the ring holds.
        starved: packets of an active scene passed over because the camera's budget was spent.
    """

    camera_id: str
    online: bool
    policy: str
    transport: str
    ended: bool = False
    codec: str | None = None
    width: int = 0
    height: int = 0
    fps: float = 0.0
    gop_s: float | None = None
    gop_max_s: float | None = None
    kbit_s: float = 0.0
    packets: int = 0
    frames_decoded: int = 0
    frames_handed_out: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    timestamp_anomalies: Mapping[str, int] = field(default_factory=dict)
    decode_errors: int = 0
    reconnects: int = 0
    last_error: str | None = None
    ring_bytes: int = 0
    ring_seconds: float = 0.0
    starved: int = 0
