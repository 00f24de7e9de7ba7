"""As few pictures as the scene is worth: decoding is most of what a camera costs.

Quiet scenes are watched by keyframes, and nothing else reaches the decoder. Where keyframes are too far apart, all
pictures that others refer to are decoded and a few are handed out. Active scenes are decoded whole, from the keyframe
before the moment somebody took notice, as long as the camera's budget lasts.
"""

from __future__ import annotations

import math
from collections import Counter

from vision.config import DecodeSettings
from vision.sources.attention import Attention
from vision.sources.budget import Budget
from vision.sources.frame import Frame
from vision.sources.gop import GopMeter
from vision.sources.pace import Pace
from vision.sources.packets import CodecParameters, StoredPacket
from vision.sources.pictures import PictureDecoder

POLICIES = ("keyframes", "sparse", "all")
"""What can be in force: keyframes only; all that others refer to, few handed out; everything."""

QUIET_KEYFRAMES_FPS = 2.0
"""At most so many keyframes a second are decoded of a quiet scene: some streams consist of nothing else (MJPEG)."""
TRY_AGAIN = 30
"""After so many more keyframes one of them is tried again."""
MAX_GOP_BYTES = 16_000_000
"""A GOP is remembered for catching up to this size; packets are shared with the ring, not copied."""
MAX_GOP_PACKETS = 3000
"""… and to this length: 60 s at 50 pictures a second."""
BARREN = 3
"""After so many keyframes in a row that gave no picture the stream refreshes bit by bit and has no true keyframes."""
LONGEST_STEP_S = 60.0
"""Pauses beyond this do not fill the budget any further."""


class AdaptiveDecoder:
    """Turns one camera's packets into the frames worth looking at; the same packets and calls give the same frames.

    Args:
        camera_id: goes into the frames.
        settings: how the camera is read.
        live: whether the first moments after `open` are torn and to be discarded; files are not.

    Attributes:
        dropped: pictures not handed out though decoded for it, by reason: `after_reconnect`, `corrupt`, `late`.
        starved: packets of an active scene that were passed over because the budget was spent.
        frames_handed_out: what `feed` and `finish` gave.
    """

    def __init__(self, camera_id: str, settings: DecodeSettings, *, live: bool = False) -> None:
        self._camera_id, self._settings, self._live = camera_id, settings, live
        self._attention = Attention.QUIET
        self._budget = Budget(settings.active_share)
        self._pace = Pace(settings.quiet_fps)
        self._pictures: PictureDecoder | None = None
        self._meter = GopMeter()
        self._gop: list[StoredPacket] = []
        self._gop_bytes = 0
        self._following = False  # the decoder has everything since the last keyframe
        self._barren = 0
        self._latest = -math.inf
        self._handed = -math.inf
        self._clear_from: float | None = None
        self._decoded_before = self._errors_before = 0
        self.policy: str = "sparse" if settings.policy == "adaptive" else settings.policy
        self.dropped: Counter[str] = Counter()
        self.starved = 0
        self.frames_handed_out = 0

    @property
    def meter(self) -> GopMeter:
        """Measures of the stream that is open."""
        return self._meter

    @property
    def frames_decoded(self) -> int:
        return self._decoded_before + (self._pictures.decoded if self._pictures else 0)

    @property
    def decode_errors(self) -> int:
        return self._errors_before + (self._pictures.errors if self._pictures else 0)

    def open(self, codec: CodecParameters) -> None:
        """A stream begins (again).

        Raises:
            ValueError: there is no decoder for it.
        """
        self._decoded_before, self._errors_before = self.frames_decoded, self.decode_errors
        self._pictures = None
        self._pictures = PictureDecoder(self._camera_id, codec)
        self._meter = GopMeter()
        self._forget_gop()
        self._barren = 0
        self._clear_from = None

    def attend(self, attention: Attention) -> None:
        """From the next packet on, the scene is worth this much."""
        self._attention = attention

    def feed(self, packet: StoredPacket) -> list[Frame]:
        """Take the next packet, in decoding order; the frames to look at now, in order of time, mostly none.

        Raises:
            RuntimeError: no stream was opened.
        """
        if self._pictures is None:
            raise RuntimeError("open() comes before feed()")
        self._meter.add(packet)
        step = 0.0 if self._latest == -math.inf else min(max(0.0, packet.time - self._latest), LONGEST_STEP_S)
        self._latest = max(self._latest, packet.time)
        self._budget.pass_time(step)
        if self._clear_from is None:
            self._clear_from = packet.time + (self._settings.discard if self._live else 0.0)
        self._remember(packet)
        self.policy = self._choose(packet)
        if self.policy == "keyframes":
            return self._keyframe_only(packet)
        return self._continuous(packet, step)

    def finish(self) -> list[Frame]:
        """The stream has ended: what the decoder still held back."""
        if self._pictures is None or not self._following:
            return []
        self._following = False
        return self._hand_out(self._pictures.drain())

    def _choose(self, packet: StoredPacket) -> str:
        settings, meter = self._settings, self._meter
        active = self._attention is Attention.ACTIVE
        self._pace.fps = settings.active_fps
        if settings.policy != "adaptive":
            return settings.policy
        gop = meter.gop_s
        if self._barren >= BARREN and packet.keyframe:
            self._barren = self._barren + 1 if self._barren < BARREN + TRY_AGAIN else BARREN - 1
        far = max(gop or 0.0, meter.open_s) > settings.max_keyframe_gap
        if gop is None or far or self._barren >= BARREN:
            if active:
                return "all"
            self._pace.fps = settings.quiet_fps
            return "sparse"
        if not active and gop < 1.0 / QUIET_KEYFRAMES_FPS:
            self._pace.fps = min(settings.active_fps, QUIET_KEYFRAMES_FPS)
        if not active or gop <= 1.0 / settings.active_fps:
            return "keyframes"
        if packet.keyframe:
            self._budget.refill(gop)
        if self._budget.empty:
            self.starved += not packet.keyframe
            return "keyframes"
        return "all"

    def _keyframe_only(self, packet: StoredPacket) -> list[Frame]:
        assert self._pictures is not None
        if self._following:
            self._pictures.reset()
            self._following = False
        if not packet.keyframe or not self._pace.due(packet.time):
            return []
        self._pictures.skip_unreferenced(False)
        frames = self._pictures.decode(packet)
        frames = None if frames is None else frames + self._pictures.drain()
        if not frames:
            self._pictures.reset()
            self._corrupt()
            self._barren += 1
            return []
        self._barren = 0
        return self._hand_out(frames)

    def _continuous(self, packet: StoredPacket, step: float) -> list[Frame]:
        """Decode on, or catch up with the GOP that has been remembered and hand out its newest picture only."""
        assert self._pictures is not None
        if not self._gop and not self._following:
            return []
        behind: list[StoredPacket] = [] if self._following or packet.keyframe else self._gop[:-1]
        if not self._following:
            self._pictures.reset()
            self._following = True
        if self._limited:
            self._budget.spend(step + (packet.time - behind[0].time if behind else 0.0))
        self._pictures.skip_unreferenced(self.policy == "sparse")
        frames: list[Frame] = []
        for stored in [*behind, packet]:
            got = self._pictures.decode(stored)
            if got is None:
                self._corrupt()
                self._forget_gop()
                break
            # Of a catch-up only the newest picture counts; fifty of 1080p would be 150 MB.
            frames = (frames + got)[-1:] if behind else frames + got
        return self._hand_out(frames)

    @property
    def _limited(self) -> bool:
        """Whether keyframes would do instead: only then there is something to save."""
        gop = self._meter.gop_s
        return self._settings.policy == "adaptive" and gop is not None and gop <= self._settings.max_keyframe_gap

    def _hand_out(self, frames: list[Frame]) -> list[Frame]:
        taken = []
        for frame in frames:
            if self._clear_from is not None and frame.time < self._clear_from:
                self.dropped["after_reconnect"] += 1
            elif frame.time < self._handed:
                self.dropped["late"] += 1
            elif frame.time == self._handed:
                continue  # caught up with a keyframe that had been handed out already
            elif self._pace.take(frame.time):
                self._handed = frame.time
                taken.append(frame)
        self.frames_handed_out += len(taken)
        return taken

    def _remember(self, packet: StoredPacket) -> None:
        if packet.keyframe:
            self._gop, self._gop_bytes = [], 0
        elif not self._gop:
            return
        self._gop.append(packet)
        self._gop_bytes += len(packet.data)
        if self._gop_bytes > MAX_GOP_BYTES or len(self._gop) > MAX_GOP_PACKETS:
            self._gop, self._gop_bytes = [], 0  # no more catching up in this GOP; who follows it goes on

    def _forget_gop(self) -> None:
        """Nothing can be decoded until the next keyframe."""
        self._gop, self._gop_bytes = [], 0
        self._following = False

    def _corrupt(self) -> None:
        self.dropped["corrupt"] += 1
